"""Checks: every fault with its row, warnings told apart from faults, and nothing sound is accused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model.document import Document
from model.errors import CorpusError
from model.taxonomy import Level, Taxonomy
from training.checks import check, leaks
from training.corpus import Item
from training.examination import Sources, examine
from training.findings import KINDS, Finding, as_rows, faults, table
from training.fitting import Settings
from training.run import read_inputs
from training.shares import Shares, alike

TWO = Taxonomy("two", 1, (Level("kind", ("a", "b")),))
TEXT = "the crane lorry is booked for seven but the lane behind the school is closed until friday noon"


def item(number: int, body: str, label: str = "a", **facts: str) -> Item:
    return Item(f"i{number}", Document(body=body), (label,), f"f.csv:{number}", facts)


def word(number: int) -> str:
    return "".join("bcdfglmnpr"[int(digit)] + "ao" for digit in str(number))


def many(count: int = 60, **facts: str) -> list[Item]:
    return [
        item(1000 + k, f"matter {word(k)} thing {word(k * 7)} place {word(k * 13)}", "ab"[k % 2], **facts)
        for k in range(count)
    ]


def found(*items: Item) -> list[Finding]:
    return check([*many(), *items], TWO, alike([*many(), *items]))


def test_sound_items_have_no_findings() -> None:
    assert found() == []


def test_the_same_words_under_other_labels_are_a_fault_of_the_later_row() -> None:
    (only,) = found(item(1, TEXT), item(2, TEXT.upper() + "!", "b"))
    assert (only.kind, only.place) == ("same text, other labels", "f.csv:2")
    assert only.said == "is b; the same text is a at f.csv:1"
    assert faults([only]) == [only]
    assert faults([only], tolerated=["same text, other labels"]) == []


def test_a_correction_that_contradicts_stops_nothing() -> None:
    (only,) = found(item(1, TEXT), item(2, TEXT, "b", corrected_at="2026-05-01"))
    assert not KINDS[only.kind]


def test_nearly_the_same_words_under_other_labels_are_a_warning() -> None:
    (only,) = found(item(1, TEXT), item(2, f"hello, {TEXT} regards", "b"))
    assert (only.kind, KINDS[only.kind], only.place) == ("alike, other labels", False, "f.csv:2")


def test_duplicates_are_counted_and_their_labels_agree() -> None:
    assert [each.kind for each in found(*(item(k, TEXT) for k in range(4)))] == ["duplicate"] * 3


@pytest.mark.parametrize(
    ("count", "kind"), [(0, "too few items"), (1, "too few items"), (2, "few items"), (19, "few items")]
)
def test_a_label_may_have_too_few_items_to_learn_or_to_measure(count: int, kind: str) -> None:
    items = [each for each in many(80) if each.labels == ("a",)] + many(80)[1 : 2 * count : 2]
    (only,) = check(items, TWO, alike(items))
    assert (only.kind, f"'b' has {count} items" in only.said) == (kind, True)


def test_twenty_items_are_enough_to_measure() -> None:
    assert check(many(40), TWO, alike(many(40))) == []


def test_one_writer_of_many_items_is_told() -> None:
    by_ana = [replace(each, facts={"writer": "Ana"}) for each in many()[:20]]
    by_others = [replace(each, facts={"writer": f"w{k}"}) for k, each in enumerate(many()[20:])]
    items = by_ana + by_others
    assert [each.said for each in check(items, TWO, alike(items))] == ["20 of 60 items are by 'Ana'"]


def test_a_text_or_a_thread_in_two_shares_is_a_leak() -> None:
    one, two, three = item(1, TEXT), item(2, TEXT), item(3, "else", thread="i1")
    assert [(each.kind, each.place) for each in leaks(Shares([one], [two], [three]))] == [
        ("leak between shares", "f.csv:2"),
        ("leak between shares", "f.csv:3"),
    ]
    assert leaks(Shares([one, two, three], [], many())) == []


def test_the_table_shows_the_first_rows_of_a_kind_and_counts_the_others() -> None:
    several = [Finding("missing text", f"f.csv:{k}", "no text") for k in range(25)]
    lines = table([Finding("duplicate", "f.csv:99", "again"), *several])
    assert lines[0].split() == ["fault", "25", "missing", "text"]
    assert (len(lines), lines[11].strip()) == (14, "and 15 more")
    assert lines[12].startswith("warning")
    assert [row["weight"] for row in as_rows(several)] == ["fault"] * 25


def corpus(folder: Path, *lines: dict[str, str]) -> Sources:
    (folder / "taxonomy.yaml").write_text("name: two\nlevels: [kind]\nlabels: {kind: {a: A, b: B}}\n")
    good = [{"id": i.id, "body": i.document.body, "kind": i.labels[0]} for i in many()]
    (folder / "c.jsonl").write_text("\n".join(json.dumps(line) for line in [*good, *lines]))
    return Sources(folder / "taxonomy.yaml", folder / "c.jsonl")


def test_a_faulty_corpus_is_refused_with_faults_of_reading_and_of_checking_at_once(tmp_path: Path) -> None:
    sources = corpus(
        tmp_path,
        {"id": "x1", "body": "", "kind": "a"},
        {"id": "x2", "body": TEXT, "kind": "a"},
        {"id": "x3", "body": TEXT, "kind": "b"},
        {"id": "x4", "body": "predicted so", "kind": "b", "prediction": "p-1"},
    )
    with pytest.raises(CorpusError) as caught:
        read_inputs(sources, Settings())
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == ["c.jsonl:61", "c.jsonl:64", "c.jsonl:63"]


def test_what_is_tolerated_and_what_only_warns_trains(tmp_path: Path) -> None:
    contradiction = ({"id": "x2", "body": TEXT, "kind": "a"}, {"id": "x3", "body": TEXT, "kind": "b"})
    sources = replace(corpus(tmp_path, *contradiction), tolerated=("same text, other labels",))
    inputs = read_inputs(sources, Settings())
    assert (len(inputs.items), len(inputs.warnings)) == (62, 1)


def test_a_second_look_prepares_nothing_again_and_finds_the_same(tmp_path: Path) -> None:
    sources = replace(corpus(tmp_path), cache=tmp_path / "cache")
    first = examine(sources, TWO, seed=7)
    (entry,) = (tmp_path / "cache").glob("*.arrays")
    written = entry.stat().st_mtime_ns, entry.read_bytes()
    assert examine(sources, TWO, seed=7).prepared == first.prepared
    assert entry.read_bytes() == written[1]
    entry.write_bytes(written[1][:-1])
    assert examine(sources, TWO, seed=7).prepared == first.prepared
