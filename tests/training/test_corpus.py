"""Reading labelled items: all faults at once, nothing half-read, later words outrank earlier ones."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.document import Document
from model.errors import CorpusError
from model.taxonomy import Taxonomy
from training.corpus import Item, corpus_hash, merged, read_corpus

GOOD: dict[str, Any] = {
    "id": "a1",
    "channel": "email",
    "subject": "s",
    "body": "where is it",
    "stage": "deliver",
    "function": "order_processing",
    "service": "order_tracking",
    "world": "w",
    "writer": "x",
}


def written(folder: Path, *lines: dict[str, Any] | str) -> Path:
    path = folder / "part.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_line_becomes_an_item_with_its_facts(tmp_path: Path, taxonomy: Taxonomy) -> None:
    (item,) = read_corpus(written(tmp_path, GOOD), taxonomy)
    assert item.labels == ("deliver", "order_processing", "order_tracking")
    assert item.facts == {"world": "w", "writer": "x"}
    assert item.source == "part.jsonl:1"


def test_nulls_on_every_level_are_out_of_scope(tmp_path: Path, taxonomy: Taxonomy) -> None:
    (item,) = read_corpus(written(tmp_path, GOOD | dict.fromkeys(taxonomy.level_names)), taxonomy)
    assert item.labels == taxonomy.combinations[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"service": "refund"}, "no label 'refund'", id="unknown label"),
        pytest.param({"stage": "plan"}, "not an allowed combination", id="forbidden combination"),
        pytest.param({"body": "", "subject": " "}, "both empty", id="no text"),
        pytest.param({"id": ""}, "id is missing", id="no id"),
        pytest.param({"channel": "fax"}, "channel 'fax' is unknown", id="channel"),
        pytest.param({"body": 5}, "body must be a text", id="number as text"),
        pytest.param({"service": ["x"]}, "labels must be texts|no label", id="list as label"),
    ],
)
def test_a_faulty_line_is_named_with_its_place(
    tmp_path: Path, taxonomy: Taxonomy, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(CorpusError, match=rf"part\.jsonl:2.*({said})"):
        read_corpus(written(tmp_path, GOOD, GOOD | {"id": "a2"} | change), taxonomy)


def test_all_faults_of_all_lines_come_at_once(tmp_path: Path, taxonomy: Taxonomy) -> None:
    without = {key: value for key, value in GOOD.items() if key != "service"}
    with pytest.raises(CorpusError) as caught:
        read_corpus(written(tmp_path, "{", "[]", without, GOOD, GOOD), taxonomy)
    assert [fault.split()[0] for fault in caught.value.faults] == [
        "part.jsonl:1:",
        "part.jsonl:2:",
        "part.jsonl:5:",
        "part.jsonl:3:",
    ]


def test_of_many_faults_of_a_kind_the_first_are_listed_and_the_rest_counted(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(CorpusError) as caught:
        read_corpus(written(tmp_path, *["{"] * 25, GOOD | {"service": "refund"}), taxonomy)
    assert len(caught.value.faults) == 12
    assert caught.value.faults[10] == "and 15 more with the fault 'unreadable'"
    assert "no label 'refund'" in caught.value.faults[11]


def test_a_folder_without_tables_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(CorpusError, match=r"no table here"):
        read_corpus(tmp_path, taxonomy)


def item(number: str, body: str, labels: tuple[str, ...] = ("a",)) -> Item:
    return Item(number, Document(body=body, id=number), labels, "here")


def test_a_correction_replaces_the_item_of_its_id_and_the_newest_wins() -> None:
    first, second, third = item("1", "x"), item("1", "x", ("b",)), item("1", "x", ("c",))
    assert merged([first, item("2", "y")], [second, third]) == [third, item("2", "y")]


def test_of_two_corrections_of_an_item_the_later_counts_whatever_the_order_of_files() -> None:
    late = replace(item("1", "x", ("b",)), facts={"corrected_at": "2026-05-02T10:00:00+00:00", "actor": "mara"})
    early = replace(item("1", "x", ("c",)), facts={"corrected_at": "2026-05-01T10:00:00+00:00", "actor": "jo"})
    assert merged([late], [early]) == [late] == merged([early], [late])
    assert merged([late], [early])[0].facts["actor"] == "mara"


PREDICTION = GOOD | {"prediction": "p-1"}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"prediction_id": "p-1"}, id="an id of a prediction"),
        pytest.param({"service_confidence": 0.98}, id="a confidence"),
        pytest.param({"Label Source": "predicted"}, id="a source that is no person"),
        pytest.param({"prediction": "p-1", "actor": ""}, id="an empty reviewer"),
        pytest.param({"prediction_id": "p-1", "answer": {"labels": {}}, "feedback": []}, id="an answer of the API"),
    ],
)
def test_a_prediction_that_nobody_reviewed_is_never_a_label(
    tmp_path: Path, taxonomy: Taxonomy, change: dict[str, Any]
) -> None:
    with pytest.raises(CorpusError, match=r"part\.jsonl:2: its labels .* nobody reviewed"):
        read_corpus(written(tmp_path, GOOD, GOOD | {"id": "a2"} | change), taxonomy)


@pytest.mark.parametrize("word", [{"actor": "mara"}, {"reviewer": "mara"}, {"corrected_at": "2026-05-02"}])
def test_a_prediction_that_somebody_judged_is_one_and_keeps_who_and_when(
    tmp_path: Path, taxonomy: Taxonomy, word: dict[str, str]
) -> None:
    (only,) = read_corpus(written(tmp_path, PREDICTION | word), taxonomy)
    assert word.items() <= only.facts.items()


def test_the_hash_ignores_order_and_sees_every_change(taxonomy: Taxonomy, few: list[Item]) -> None:
    whole = corpus_hash(few, taxonomy)
    assert corpus_hash(few[::-1], taxonomy) == whole
    assert corpus_hash(few[1:], taxonomy) != whole
    assert corpus_hash([replace(few[0], labels=taxonomy.combinations[0]), *few[1:]], taxonomy) != whole
