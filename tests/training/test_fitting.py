"""Fitting: learns, is deterministic, takes any taxonomy."""

import numpy as np
import pytest

from model.bundle import Names
from model.document import Document
from model.taxonomy import Taxonomy, parse
from training.corpus import Item
from training.evaluation import evaluate
from training.fitting import Settings, fit
from training.shares import Shares

TEXTS = {
    "cats": [
        "the cat purrs on the mat",
        "my cat sleeps all day",
        "a kitten chases the mouse",
        "cats like warm milk",
        "our old tomcat has fleas",
        "the kitten climbed the curtain",
        "cat food is empty again",
    ],
    "boats": [
        "the boat needs new paint",
        "we sail the boat on sunday",
        "the harbour was full of boats",
        "his sailboat lost its mast",
        "row the boat ashore",
        "the boat engine will not start",
        "boats in the bay",
    ],
    "bread": [
        "the bread is still warm",
        "bake the loaf for an hour",
        "rye bread with butter",
        "the baker sold out of bread",
        "fresh loaf of sourdough",
        "toast and bread rolls",
        "the bread dough did not rise",
    ],
}


def taxonomy_of(levels: int) -> Taxonomy:
    names = [f"level{k}" for k in range(levels)]
    return parse(
        {
            "name": "t",
            "levels": names,
            "labels": {
                name: dict.fromkeys(TEXTS, "") if k == 0 else {label: {"level0": [label]} for label in TEXTS}
                for k, name in enumerate(names)
            },
        }
    )


def items_of(taxonomy: Taxonomy) -> list[Item]:
    return [
        Item(f"{label}{k}", Document(body=text), (label,) * len(taxonomy.levels), "here")
        for label, texts in TEXTS.items()
        for k, text in enumerate(texts)
    ]


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_any_number_of_levels_is_learned(levels: int) -> None:
    taxonomy = taxonomy_of(levels)
    made = fit(items_of(taxonomy), [], taxonomy, Settings())
    said = made.predict(["the cat on the boat mat purrs", "warm bread loaf", "sail to the harbour"])
    assert [prediction.names for prediction in said] == [(label,) * levels for label in ("cats", "bread", "boats")]


def test_the_same_items_give_the_same_numbers() -> None:
    taxonomy = taxonomy_of(2)
    one, two = (fit(items_of(taxonomy), [], taxonomy, Settings()) for _ in range(2))
    assert all(np.array_equal(getattr(one.weights, name), getattr(two.weights, name)) for name in Names.ARRAYS)


def test_items_never_seen_are_mostly_right(shares: Shares, taxonomy: Taxonomy) -> None:
    report = evaluate(fit(shares.fit, shares.calibration, taxonomy, Settings()), shares.test)
    assert report.levels["stage"].accuracy > 0.5
    assert report.levels["service"].accuracy > 0.35


def test_shuffled_labels_teach_nothing(shares: Shares, taxonomy: Taxonomy) -> None:
    labels = [item.labels for item in shares.fit]
    shuffled = [
        Item(i.id, i.document, labels[k], i.source)
        for i, k in zip(shares.fit, np.random.default_rng(0).permutation(len(labels)), strict=True)
    ]
    assert evaluate(fit(shuffled, [], taxonomy, Settings()), shares.test).levels["service"].accuracy < 0.15


def test_labels_teach_by_their_names_and_definitions() -> None:
    plain = taxonomy_of(1).as_plain()
    plain["labels"]["level0"]["boats"] = {"definition": "Yachts, dinghies and their moorings."}
    taxonomy = parse(plain)
    told, untold = (fit(items_of(taxonomy), [], taxonomy, Settings(names=names)) for names in (True, False))
    text = ["a dinghy at its mooring"]
    place = taxonomy.index[("boats",)]
    documents = [Document(body=each) for each in text]
    assert told.answer(documents).joint[0, place] > untold.answer(documents).joint[0, place] + 0.05
