"""What lines begin with rules nothing out that stands there."""

import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.reading import phrases, signs

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
        assume("\n" not in phrase)
        line = dress + phrase + rest
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
