"""Texts that are nearly the same."""

from dataclasses import replace

from model.document import Document
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.quality.twins import twins

LONG = "the courier left our parcel with a neighbour at number nine and he will not give it to us"


def copy_of(item: Item, name: str, body: str, labels: tuple[str, ...] | None = None) -> Item:
    return replace(item, id=name, document=Document(body=body), labels=labels or item.labels)


def test_the_same_words_with_other_labels_are_a_contradiction(desk: list[Item], desk_taxonomy: Taxonomy) -> None:
    one = copy_of(desk[45], "one", LONG)
    other = copy_of(desk[45], "other", f"Hello! {LONG.upper()}.", ("finance", "refunds"))
    (found,) = twins([one, other], desk_taxonomy)
    assert (found.kind, found.id, found.given, found.proposed) == (
        "contradiction", "other", "finance + refunds", "logistics + parcels",
    )  # fmt: skip
    assert found.other.startswith("one ")


def test_a_text_that_stands_there_fifty_times_is_found_fifty_times(desk: list[Item], desk_taxonomy: Taxonomy) -> None:
    items = [copy_of(desk[45], f"i{k}", LONG) for k in range(51)]
    found = twins(items, desk_taxonomy)
    assert [each.kind for each in found] == ["duplicate"] * 50
    assert {each.other.split()[0] for each in found} == {"i0"}


def test_texts_of_one_matter_are_no_twins(desk: list[Item], desk_taxonomy: Taxonomy) -> None:
    assert twins(desk, desk_taxonomy) == []
