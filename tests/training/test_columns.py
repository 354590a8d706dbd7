"""Columns and labels as exports spell them: what is exact stays, and nobody guesses between two."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import CorpusError, LabelError
from model.taxonomy import Level, Taxonomy, parse
from training.columns import as_item, spellings
from training.corpus import read_corpus
from training.importing import Wishes, import_items

LABELS = ("net-30", "net_30", "Return", "return", "cash_on_delivery")


def labelled(labels: tuple[str, ...], value: str) -> str:
    """What a row's value on the only level becomes."""
    names = spellings(Taxonomy("terms", 1, (Level("terms", labels),)))
    return as_item({"body": "x", "terms": value}, "here", names)["terms"]


@given(st.lists(st.text("aBb-_.1", min_size=1), min_size=1, unique=True))
def test_a_label_that_is_spelt_as_in_the_taxonomy_is_never_another(labels: list[str]) -> None:
    assert [labelled(tuple(labels), label) for label in labels] == labels


@pytest.mark.parametrize("value", ["Cash on Delivery", "cash.on-delivery", " CASH_ON_DELIVERY "])
def test_other_spellings_of_one_label_are_that_label(value: str) -> None:
    assert labelled(LABELS, value) == "cash_on_delivery"


def test_a_label_that_nobody_knows_stays_as_it_is() -> None:
    assert labelled(LABELS, "Barter") == "Barter"


@pytest.mark.parametrize(
    ("value", "said"), [("Net 30", "may be net-30 or net_30"), ("RETURN", "may be Return or return")]
)
def test_a_label_that_may_be_either_of_two_is_a_fault(value: str, said: str) -> None:
    with pytest.raises(LabelError, match=f"terms '{value}' {said}; one of them, spelt exactly so, is asked"):
        labelled(LABELS, value)


def test_rows_with_such_a_label_are_named_by_training_and_rejected_by_an_import(tmp_path: Path) -> None:
    taxonomy = parse({"name": "terms", "levels": ["terms"], "labels": {"terms": dict.fromkeys(LABELS, "")}})
    table = tmp_path / "export.csv"
    table.write_text("id,body,terms\n1,we pay later,net-30\n2,we pay later too,NET 30\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"export\.csv:3: terms 'NET 30' may be net-30 or net_30"):
        read_corpus(table, taxonomy)
    out = tmp_path / "out.jsonl"
    done = import_items(table, out, tmp_path / "rest.jsonl", taxonomy, Wishes())
    assert [places for reason, places in done.rejected.items() if "may be net-30 or net_30" in reason]
    assert [item.labels for item in read_corpus(out, taxonomy)] == [("net-30",)]
