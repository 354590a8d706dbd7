"""How well out-of-scope text is told from the rest (CLINC150), beside peers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import ours, peers, sets
from bench.tables import spread, table
from model.document import Document

SEEDS = (7, 8, 9)
LOST = 0.01
"""In-scope accuracy that may be given up, as a share of all in-scope items."""

Numbers = np.ndarray[Any, Any]


def recall(score: Numbers, right: Numbers, outside: Numbers) -> float:
    """Share of out-of-scope items below the threshold that costs LOST of in-scope accuracy.

    `score` is of n in-scope items, `right` whether each is answered rightly, `outside` scores of out-of-scope items;
    items below the threshold are turned away.
    """
    lowest = np.sort(score[right])
    threshold = lowest[int(LOST * len(score))]
    return float((outside < threshold).mean())


def sortation(train: sets.Labelled, test: sets.Labelled, seed: int) -> tuple[float, float]:
    """Recall in % and in-scope accuracy in %: largest in-scope score less the out-of-scope score."""
    classifier = ours.trained(train, seed)
    scores = classifier.scorer.score([Document(body=text) for text in test.texts]).scores
    inside = np.array([label != sets.OUTSIDE for label in test.labels])
    names = np.array(classifier.taxonomy.columns[0])
    right = names[scores[:, :-1].argmax(axis=1)] == np.array(test.labels)
    score = scores[:, :-1].max(axis=1) - scores[:, -1]
    return 100 * recall(score[inside], right[inside], score[~inside]), 100 * float(right[inside].mean())


def peer(pipeline: Any, train: sets.Labelled, test: sets.Labelled) -> tuple[float, float]:
    """The same for a scikit-learn pipeline: its largest score."""
    fitted = pipeline.fit(train.texts, train.labels)
    scores = fitted.decision_function(test.texts)
    inside = np.array([label != sets.OUTSIDE for label in test.labels])
    right = fitted.classes_[scores.argmax(axis=1)] == np.array(test.labels)
    best = scores.max(axis=1)
    return 100 * recall(best[inside], right[inside], best[~inside]), 100 * float(right[inside].mean())


def report(datasets: Path | None) -> list[str]:
    """The table, where the set is there."""
    reason = sets.missing(datasets, "clinc150")
    if reason is not None or datasets is None:
        print(f"out of scope: {reason}")
        return []
    train, test = sets.read(datasets / "clinc150", "train"), sets.read(datasets / "clinc150", "test")
    named: list[tuple[str, Sequence[tuple[float, float]]]] = [
        ("**Sortation**, in-scope items only", [sortation(train.inside, test, s) for s in SEEDS]),
        ("**Sortation**, with the 100 out-of-scope items", [sortation(train, test, s) for s in SEEDS]),
        ("TF-IDF (words, letters) + linear SVM: largest score", [peer(peers.word_char_svm(), train.inside, test)]),
        ("TF-IDF (words) + logistic regression: largest score", [peer(peers.word_lr(), train.inside, test)]),
    ]  # fmt: skip
    rows = [(name, spread([r for r, _ in runs], 1), spread([a for _, a in runs], 1)) for name, runs in named]
    head = ("", "recall, %", "in-scope accuracy before, %")
    title = "## CLINC150: out-of-scope recall at one point of in-scope accuracy lost"
    note = f"{len(test.outside):,} out-of-scope test items. Scores are before calibration and decoding. "
    note += "Sortation: the largest in-scope score less the out-of-scope score, whether or not such items were learned."
    return [f"{title}\n\n{table(head, rows)}", note]
