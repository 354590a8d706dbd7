"""Preparing: what the classifier sees, where identifiers stand, which languages are doubtful."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.document import Document
from model.entities import Finder
from model.preparation import BUDGET, UNSUPPORTED, as_written, prepare, prepare_all
from model.reading import clean, read

ROOT = Path(__file__).parents[2]
REPLY = (
    "Please stop order 4500123.\n\n-- \nAna Lima\nAcme GmbH\n\n"
    "On 3 May 2024 at 10:12, Bo <b@x.org> wrote:\n> old 999888\n"
)


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder.load(ROOT / "data" / "entities.jsonl")


def test_the_newest_message_is_seen_and_the_rest_is_kept_apart() -> None:
    seen = prepare(Document("Stop", REPLY, "email")).document
    assert seen.body == "Please stop order 4500123."
    assert [span.kind for span in seen.removed] == ["signature", "quote"]


@pytest.mark.parametrize("channel", ["chat", "phone"])
def test_what_was_spoken_stays_whole(channel: str) -> None:
    assert prepare(Document("", REPLY, channel)).document.body == REPLY.strip()


def test_what_reading_has_cleaned_is_not_cleaned_again() -> None:
    mail = read(f"From: a@x.org\nSubject: Stop\n\n{REPLY}".encode(), media_type="message/rfc822")
    assert prepare(mail).document == mail


def test_a_text_file_keeps_the_empty_lines_that_cleaning_needs() -> None:
    data = REPLY.encode()
    document = as_written(read(data, filename="note.txt"), data)
    assert prepare(replace(document, channel="email")).document.body == "Please stop order 4500123."
    html = b"<html><body><p>one</p></body></html>"
    assert as_written(read(html), html) == read(html)


def test_preparing_twice_changes_nothing_in_any_thread() -> None:
    lines = (ROOT / "tests/model/reading/threads.jsonl").read_text(encoding="utf-8").splitlines()
    for thread in map(json.loads, lines):
        once = prepare(Document("s", thread["thread"], "email")).document
        assert prepare(Document("s", once.body, "email")).document.body == once.body


@given(st.text(alphabet="ab \n>-:,.12@<", max_size=200), st.sampled_from(["email", "ticket", "chat", None]))
@settings(max_examples=200, deadline=None)
def test_every_character_that_was_kept_stands_where_its_place_says(text: str, channel: str | None) -> None:
    found = prepare(Document("", text, channel))
    assert found.newest == clean(text, channel=channel)[0]
    assert all(text[found._place(offset)] == sign for offset, sign in enumerate(found.newest))


def test_identifiers_are_placed_in_the_body_as_it_came(finder: Finder) -> None:
    body = f"  [cid:logo]\n{REPLY}"
    found = prepare(Document("RMA 55021 again", body, "email")).mentions(finder)
    assert [(mention.field, mention.entity.kind) for mention in found] == [("subject", "rma"), ("body", "order")]
    order = found[1].entity
    assert body[order.start : order.end] == order.text == "4500123"


PART = Document("", "Purchase order 4711001 for 20 pallets", "document")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("see below", True, id="hardly anything"),
        pytest.param("Dear team, please find attached our order for next month, best regards", True, id="a pointer"),
        pytest.param("Where is my parcel? It was to come on Monday, says the depot", False, id="a request"),
    ],
)
def test_attachments_speak_for_a_message_that_says_little(body: str, seen: bool, finder: Finder) -> None:
    found = prepare(Document("hello", body, "email", parts=(PART,)))
    assert ("20 pallets" in found.document.body) is seen
    assert any(mention.field == "attachments.0" for mention in found.mentions(finder)) is seen


def test_more_than_the_budget_is_left_out_and_said() -> None:
    found = prepare(Document("", "word " * BUDGET, "document")).document
    assert (len(found.body), found.truncated) == (BUDGET, True)
    assert not prepare(Document("", "few words", "document")).document.truncated


def test_a_subject_has_the_same_budget_and_its_identifiers_are_found_behind_it(finder: Finder) -> None:
    subject = f"order 4500123 {'word ' * (BUDGET // 5)}RMA 55021"
    prepared = prepare(Document(subject, "few words", "email"))
    found = prepared.document
    assert (found.subject, found.body, found.truncated) == (subject[:BUDGET], "few words", True)
    whole = [subject[each.entity.start : each.entity.end] for each in prepared.mentions(finder)]
    assert whole == ["4500123", "55021"]
    assert not prepare(Document(subject[:BUDGET], "few words")).document.truncated


GERMAN = "Wo bleibt unsere Bestellung? Wir warten seit zwei Wochen auf die Ware und brauchen sie dringend."


@pytest.mark.parametrize(
    ("text", "stated", "languages", "doubts"),
    [
        pytest.param(GERMAN, None, ("en",), (UNSUPPORTED,), id="foreign"),
        pytest.param(GERMAN, None, ("en", "de"), (), id="trained on"),
        pytest.param(GERMAN, None, (), (), id="not known what was trained on"),
        pytest.param("PO 4500 qty?", None, ("en",), (), id="too little to tell"),
        pytest.param("PO 4500 qty?", "pt-BR", ("en",), (UNSUPPORTED,), id="stated"),
        pytest.param(GERMAN, "EN", ("en",), (), id="what is stated is believed"),
    ],
)
def test_text_in_a_foreign_language_is_doubted(
    text: str, stated: str | None, languages: tuple[str, ...], doubts: tuple[str, ...]
) -> None:
    assert prepare(Document("", text), stated).doubts(languages) == doubts


def test_documents_prepared_together_are_as_each_by_itself() -> None:
    items = [(Document("", body), stated) for body in (GERMAN, REPLY, "", "PO 4500 qty?") for stated in (None, "pt-BR")]
    together, apart = prepare_all(items), [prepare(*item) for item in items]
    assert together == apart
    assert [each.language for each in together] == [each.language for each in apart]


@pytest.mark.parametrize("channel", ["email", "chat", None])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(REPLY, id="reply"),
        pytest.param(f"Hello Ana,\n\nthe lamp broke when I opened it.\n\n{REPLY}", id="greeting"),
        pytest.param("  Good morning,\n the pallet is wet,  who pays?\n\nJohn Smith", id="name below"),
        pytest.param("see [cid:img1.png] the picture of the broken lamp <mailto:a@b.c> and pay", id="residue"),
    ],
)
def test_every_word_that_is_seen_is_found_where_it_was_sent(body: str, channel: str | None) -> None:
    prepared = prepare(Document("", body, channel))
    for word in re.finditer(r"\S+", prepared.document.body):
        field, start, end = prepared.sent(word.start(), word.end())
        assert (field, body[start:end]) == ("body", word[0])


def test_words_of_attachments_are_found_in_their_attachment() -> None:
    message = "Hi all,\nplease see the attached files"
    parts = (Document(body="stop the order"), Document(), Document("Re", "and pay it back"))
    prepared = prepare(Document("", message, parts=parts))
    texts = [part.text_with_parts for part in prepared.parts]
    for word in re.finditer(r"\S+", prepared.document.body):
        field, start, end = prepared.sent(word.start(), word.end())
        text = message if field == "body" else texts[int(field.removeprefix("attachments."))]
        assert text[start:end] == word[0]
    assert prepared.sent(len(prepared.document.body) - 4, len(prepared.document.body))[0] == "attachments.1"
