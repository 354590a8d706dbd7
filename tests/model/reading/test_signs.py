"""What lines begin with rules nothing out that stands there."""

import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.reading import phrases, signatures, signs
from model.reading.quotes import cuts

LINES = [
    "Please cancel line 3.", "Best regards,", "Thanks", "Ann Miller", "T: +44 20 7946 0123", "-- ", "> quoted", "",
    "Sent from my iPhone", "[EXTERNAL] mail", "Attention: external sender", "This e-mail is confidential.", "  ",
    "On Mon, 3 May 2024 at 10:12, Ann <a@b.example> wrote:", "Am 3. Mai um 10:12 schrieb Bo:", "Ann a écrit :  ",
    "From: Ann", "De : Bo", "Sent: Monday", "To: Bo", "Subject: Order", "-----Original Message-----", "__________",
    "Begin forwarded message:", "## Please reply above this line ##", "On Monday 10:12 Bo wrote", "\xa0Regards",
    "*Cheers*", "wrote", "PS: no",
]  # fmt: skip
ALL = -1
"""Every sign: nothing is ruled out."""
DRESS = st.text(" \t*_>-#=!~|\x0b\x1c", max_size=4)
HEADERS = "|".join((phrases.FROM, phrases.SENT, phrases.SUBJECT))
KINDS = {
    "banner": (phrases.BANNER, signs.BANNER),
    "device": (phrases.DEVICE, signs.DEVICE),
    "legal note": (phrases.DISCLAIMER, signs.LEGAL),
    "regards": (phrases.REGARDS, signs.CLOSING),
    "thanks": (phrases.THANKS, signs.CLOSING),
    "forwarded": (phrases.BEGIN_FORWARDED, signs.FORWARDED),
    "header": (rf"(?:{HEADERS})[ \t]?[*_]{{0,2}}[ \t]?:", signs.HEADED),
}


@pytest.mark.parametrize("name", KINDS)
def test_no_phrase_is_ruled_out_whatever_stands_before_and_behind_it(name: str) -> None:
    pattern, kind = KINDS[name]

    @settings(max_examples=250, deadline=None, database=None)
    @given(DRESS, st.from_regex(re.compile(pattern, re.I), fullmatch=True), st.sampled_from(["", " ", ".", "\t", "s"]))
    def holds(dress: str, phrase: str, rest: str) -> None:
        line = dress + re.sub(r"\s", " ", phrase) + rest
        assert signs.sign(line) & kind
        assert signs.signs(f"A lamp is broken.\n{line}\nPay it.") & kind

    holds()


@pytest.mark.parametrize("begins", phrases.GO_ON)
def test_a_beginning_goes_on_as_itself(begins: str) -> None:
    assert all(each.startswith(begins) and len(each) <= signs.LETTERS for each in phrases.GO_ON[begins])


@given(st.text(" \t", max_size=3), st.sampled_from(signs.RULES), st.text(string.printable, max_size=9))
def test_a_line_between_messages_is_seen_behind_blanks(blanks: str, rule: str, rest: str) -> None:
    assert signs.signs(f"pay it\n{blanks}{rule}{rest}") & signs.RULED


@pytest.mark.parametrize("line", ["", " \t", "Our lamp is broken.", "Dear Ann,", "You owe us 4 lamps", "Is it paid?"])
def test_ordinary_lines_begin_no_phrase(line: str) -> None:
    assert signs.signs(line) == signs.sign(line) == 0


@settings(max_examples=200, deadline=None)
@given(st.from_regex(phrases.REPLY_ABOVE, fullmatch=True))
def test_every_request_to_write_above_a_line_holds_known_letters(request: str) -> None:
    assert any(part in request for part in phrases.LINE_PARTS)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12), st.booleans(), st.sampled_from([0, 3_950, 4_020]))
def test_what_is_ruled_out_is_not_there(lines: list[str], careful: bool, before: int) -> None:
    text = "\n".join(["x" * before, *lines])
    told = signs.signs(text)
    assert cuts(text, careful, told) == cuts(text, careful, ALL)
    assert signatures.spans(text, 0, len(text), careful, told) == signatures.spans(text, 0, len(text), careful, ALL)
