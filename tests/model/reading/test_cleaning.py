import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.document import Removed
from model.reading import clean
from model.reading.markup import text_of

THREADS = [
    json.loads(line) for line in Path(__file__).with_name("threads.jsonl").read_text(encoding="utf-8").splitlines()
]
PIECES = [
    "Please cancel line 3.",
    "Regards,",
    "Ann Miller",
    "-- ",
    "> quoted",
    "> > deeper",
    "",
    "",
    "Sent from my iPhone",
    "PS: and line 4",
    "On Mon, 3 May 2024 at 10:12, Ann <a@b.example> wrote:",
    "From: Ann",
    "Sent: Monday",
    "To: Bob",
    "Subject: Order",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "Thanks",
    "[cid:image001.png@01D]",
    "FYI",
    "T: +44 20 7946 0123",
    "##- Please type your reply above this line -##",
    "This e-mail is confidential and intended only for the addressee.",
    "________________",
]


def lines(text: str) -> list[str]:
    """The filled lines, whose spacing is no part of the message."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def wrong(rows: list[dict[str, Any]]) -> list[str]:
    """Names of the threads whose newest message is not recovered exactly."""
    return [row["name"] for row in rows if lines(clean(row["thread"], channel="email")[0]) != lines(row["newest"])]


def check_cover(text: str, newest: str, removed: tuple[Removed, ...]) -> None:
    """What is kept and what is removed are the text; nothing is lost, nothing twice."""
    kept, place = "", 0
    for span in removed:
        assert place <= span.start < span.end <= len(text)
        assert span.text == text[span.start : span.end]
        kept, place = kept + text[place : span.start], span.end
    assert (kept + text[place:]).strip() == newest
    assert bool(newest) == bool(text.strip())


def test_the_set_has_ten_languages_with_twelve_threads_each() -> None:
    counts: dict[str, int] = defaultdict(int)
    for row in THREADS:
        counts[row["language"]] += 1
    assert set(counts) == {"da", "de", "en", "es", "fr", "it", "nl", "pl", "pt", "sv"}
    assert min(counts.values()) >= 12


@pytest.mark.parametrize("language", sorted({row["language"] for row in THREADS}))
def test_the_newest_message_is_recovered_exactly_in_every_language(language: str) -> None:
    rows = [row for row in THREADS if row["language"] == language]
    assert len(wrong(rows)) <= 0.1 * len(rows)


def test_the_newest_message_is_recovered_exactly_in_nearly_all_threads() -> None:
    assert len(wrong(THREADS)) <= 0.03 * len(THREADS)


@pytest.mark.parametrize("channel", ["email", None])
def test_no_line_of_a_newest_message_is_ever_lost(channel: str | None) -> None:
    for row in THREADS:
        missing = set(lines(row["newest"])) - set(lines(clean(row["thread"], channel=channel)[0]))
        assert not missing, row["name"]


@pytest.mark.parametrize("row", THREADS[::5], ids=lambda row: f"{row['language']} {row['name']}")
def test_threads_are_covered_by_what_is_kept_and_what_is_removed(row: dict[str, Any]) -> None:
    check_cover(row["thread"], *clean(row["thread"], channel="email"))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["email", "ticket", "chat", None]))
def test_kept_and_removed_cover_any_text(pieces: list[str], channel: str | None) -> None:
    text = "\n".join(pieces)
    check_cover(text, *clean(text, channel=channel))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_kept_and_removed_cover_arbitrary_characters(text: str) -> None:
    check_cover(text, *clean(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=10), st.sampled_from(["email", None]))
def test_a_first_sentence_is_kept_whatever_follows(pieces: list[str], channel: str | None) -> None:
    text = "\n".join(["Please stop the truck in Ghent today.", "", *pieces])
    assert clean(text, channel=channel)[0].startswith("Please stop the truck in Ghent today.")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Please check gate 4.", "It was due on Monday", "- one", "ok?", "", "SKU 7 is short"]),
        max_size=9,
    )
)
def test_plain_tickets_stay_as_they_are(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    assert clean(text) == (text.strip(), ())


@pytest.mark.parametrize(
    "text",
    [
        "We need:\n> 5 boxes of gloves\nby Friday",
        "Best regards is missing in our mail template, please add it.",
        "On Monday the driver wrote: nobody at the gate. What now?",
        "From: Hamburg\nDestination is Oslo, when does it leave?",
        "Thanks for the parts\nThe second box was empty though.",
        "Deliver to:\nJohn Smith\nACME Ltd\nTel +44 20 7946 0123",
    ],
    ids=[
        "one quoted line",
        "regards in a sentence",
        "wrote in a sentence",
        "one header",
        "thanks in a sentence",
        "address",
    ],
)
def test_one_sign_alone_proves_nothing_in_a_ticket(text: str) -> None:
    assert clean(text) == (text, ())


@pytest.mark.parametrize(
    "sentence", ["Please cancel line 3.", "and stop the truck today", "Did it arrive?", "Bitte Position 3 stornieren!"]
)
def test_what_is_said_below_a_closing_is_kept(sentence: str) -> None:
    newest, removed = clean(f"We need gloves.\n\nBest regards\nAnn Miller\n\n{sentence}", channel="email")
    assert newest.endswith(sentence)
    assert [span.text.strip() for span in removed] == ["Best regards\nAnn Miller"]


@pytest.mark.parametrize("channel", ["chat", "phone"])
def test_spoken_channels_keep_everything_but_residue(channel: str) -> None:
    text = "Hello\u200b there\nThanks\nAnn"
    assert clean(text, channel=channel) == ("Hello there\nThanks\nAnn", (Removed("residue", 5, 6, "\u200b"),))


def test_html_mail_is_cleaned_with_places_in_its_text() -> None:
    source = (
        "<div>Gate 4 is shut.</div><div><br></div><div>Regards,<br>Ann</div><div class='gmail_quote'>"
        "<div>On Mon, 3 May 2024 at 10:12, Desk &lt;d@a.example&gt; wrote:<br></div>"
        "<blockquote>Where are you?</blockquote></div>"
    )
    newest, removed = clean(source, html=True, channel="email")
    assert newest == "Gate 4 is shut."
    assert [span.kind for span in removed] == ["signature", "quote"]
    check_cover(text_of(source), newest, removed)


def test_kinds_name_what_was_removed() -> None:
    text = (
        "[EXTERNAL]\nStop the truck. [cid:logo.png]\n\nRegards,\nAnn\n\nThis e-mail is confidential.\n\n"
        "##- Please type your reply above this line -##\nOlder words"
    )
    newest, removed = clean(text, channel="email")
    assert newest == "Stop the truck."
    assert [span.kind for span in removed] == ["disclaimer", "residue", "signature", "disclaimer", "marker", "quote"]
