"""A small desk: three labels on two levels, each with words of its own, and texts drawn from them."""

import random
from dataclasses import replace

import pytest

from model.document import Document
from model.taxonomy import Taxonomy, parse
from training.corpus import Item
from training.fitting import Settings
from training.quality.crossed import Crossed, crossed

WORDS = {
    "refunds": [
        "money",
        "back",
        "refund",
        "cash",
        "credited",
        "account",
        "card",
        "statement",
        "repaid",
        "overcharged",
        "twice",
        "amount",
    ],
    "parcels": [
        "parcel",
        "courier",
        "tracking",
        "delivery",
        "doorstep",
        "van",
        "driver",
        "depot",
        "late",
        "missing",
        "box",
        "signed",
    ],
    "repairs": [
        "broken",
        "screw",
        "motor",
        "hinge",
        "cracked",
        "leaking",
        "rattles",
        "spare",
        "part",
        "warranty",
        "mend",
        "technician",
    ],
}
PARENT = {"refunds": "finance", "parcels": "logistics", "repairs": "support"}
COMMON = [
    "please",
    "hello",
    "we",
    "the",
    "our",
    "my",
    "your",
    "with",
    "from",
    "about",
    "since",
    "order",
    "thanks",
    "again",
]


def text(label: str, drawn: random.Random) -> str:
    """Nine words, five of them the label's."""
    words = drawn.sample(WORDS[label], 5) + drawn.sample(COMMON, 4)
    drawn.shuffle(words)
    return " ".join(words)


@pytest.fixture(scope="session")
def desk_taxonomy() -> Taxonomy:
    labels = {
        "area": dict.fromkeys(PARENT.values(), ""),
        "matter": {label: {"area": [area]} for label, area in PARENT.items()},
    }
    return parse({"name": "desk", "levels": ["area", "matter"], "labels": labels})


@pytest.fixture(scope="session")
def desk() -> list[Item]:
    drawn = random.Random(3)  # noqa: S311 - not a secret
    return [
        Item(f"{label}-{k}", Document(body=text(label, drawn)), (PARENT[label], label), f"desk.jsonl:{k}")
        for label in WORDS
        for k in range(40)
    ]


@pytest.fixture(scope="session")
def spoilt(desk: list[Item]) -> list[Item]:
    """The desk with every twentieth item labelled as something else."""
    labels = list(WORDS)
    return [
        replace(item, labels=(PARENT[other], other))
        if k % 20 == 7 and (other := labels[(labels.index(item.labels[1]) + 1) % 3])
        else item
        for k, item in enumerate(desk)
    ]


@pytest.fixture(scope="session")
def answers(spoilt: list[Item], desk_taxonomy: Taxonomy) -> Crossed:
    return crossed(spoilt, desk_taxonomy, Settings())
