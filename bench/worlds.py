"""The product's corpus, one world left out at a time: accuracy on senders never met, beside peers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bench import ours, peers
from bench.tables import table
from model.taxonomy import Taxonomy
from training.corpus import Item, without_world
from training.evaluation import evaluate
from training.fitting import Settings, fit

EVERY = 3
"""Peers are measured on every third world only: they take minutes for what takes the product seconds."""
Accuracies = list[float]
"""One per level, in [0, 1]."""


def sortation(train: list[Item], test: list[Item], taxonomy: Taxonomy) -> Accuracies:
    """The default classifier."""
    return [level.accuracy for level in evaluate(fit(train, [], taxonomy, Settings()), test).levels.values()]


def peer(features: Any, head: Any) -> Callable[[list[Item], list[Item], Taxonomy], Accuracies]:
    """A scikit-learn model for each level on shared features."""
    from sklearn.base import clone

    def measured(train: list[Item], test: list[Item], taxonomy: Taxonomy) -> Accuracies:
        vectors = clone(features)
        seen = vectors.fit_transform([item.document.text for item in train])
        new = vectors.transform([item.document.text for item in test])
        return [
            float(clone(head).fit(seen, [i.labels[k] for i in train]).score(new, [i.labels[k] for i in test]))
            for k in range(len(taxonomy.levels))
        ]

    return measured


def report() -> list[str]:
    """Two tables: the product on every world, and beside peers on every third one."""
    items, taxonomy = ours.corpus()
    lr, svm = peers.word_lr(), peers.word_char_svm()
    contestants = {"Sortation": sortation, "LR": peer(lr[0], lr[1]), "SVM": peer(svm[0], svm[1])}
    own: dict[str, Accuracies] = {}
    beside: dict[str, list[Accuracies]] = {}
    sizes = {}
    for k, world in enumerate(sorted({item.facts["world"] for item in items})):
        train, test = without_world(items, world)
        sizes[world] = len(test)
        own[world] = sortation(train, test, taxonomy)
        if k % EVERY == 0:
            others = [measured(train, test, taxonomy) for name, measured in contestants.items() if name != "Sortation"]
            beside[world] = [own[world], *others]
        print(world, len(test), np.round(beside.get(world, own[world]), 3).tolist(), flush=True)
    mine, theirs = 100 * np.array(list(own.values())), 100 * np.array(list(beside.values()))
    rows = [[world, str(sizes[world]), *_cells(mine[k])] for k, world in enumerate(own)]
    rows.append(["**mean**", str(len(items)), *_cells(mine.mean(axis=0))])
    rows.append(["standard deviation between worlds", "", *_cells(mine.std(axis=0, ddof=1))])
    head = ["world left out", "items", *taxonomy.level_names]
    paired = [[world, *_cells(theirs[k])] for k, world in enumerate(beside)]
    paired.append(["**mean**", *_cells(theirs.mean(axis=0))])
    wide = ["world left out", *(f"{level}: {name}" for level in taxonomy.level_names for name in contestants)]
    return [
        "## Own corpus, one world left out at a time, accuracy in %\n\n" + table(head, rows),
        f"## The same beside peers, on every {EVERY}rd world\n\n" + table(wide, paired),
        "LR: TF-IDF of words and word pairs with logistic regression; SVM: TF-IDF of words, word pairs and letters "
        "with a linear SVM; one model a level, settings as above. Sortation answers all levels with one model; its "
        "answers never contradict each other.",
    ]


def _cells(numbers: Any) -> list[str]:
    """Accuracies (levels,) or (contestants, levels), level by level."""
    return [f"{number:.1f}" for number in numbers.T.ravel()]
