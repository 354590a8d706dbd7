"""How well vectors tell out-of-scope text from the rest (CLINC150): by the score, and by nearness to training texts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench import sets
from bench.doubt import SEEDS, recall
from bench.semantic_peers import regression
from bench.tables import spread, table
from bench.variants import KINDS, Numbers, Variants
from model.document import Document

NEAREST = 10
"""Training texts that a text's nearness is taken from."""
CHUNK = 500
"""Texts whose cosines to all training texts are held at once."""

Scored = tuple[Numbers, Numbers]
"""Of n texts, the largest in-scope score less the out-of-scope score where there is one, and the label said."""
Score = Callable[[Sequence[str]], Scored]


def nearness(asked: Numbers, known: Numbers) -> Numbers:
    """Mean cosine of n texts to their nearest among m training texts, (n,); vectors are of unit length."""
    count = min(NEAREST, len(known))
    chunks = [asked[k : k + CHUNK] @ known.T for k in range(0, len(asked), CHUNK)]
    return np.concatenate([np.partition(each, -count, axis=1)[:, -count:].mean(axis=1) for each in chunks])


def in_deviations(values: Numbers, reference: Numbers) -> Numbers:
    """Values in standard deviations of a reference, so that what has different units can be added."""
    return np.asarray((values - reference.mean()) / reference.std())


def ours(variants: Variants, kind: str, train: sets.Labelled, seed: int) -> Score:
    """Scores of a classifier of a kind, before calibration."""
    classifier = variants.trained(kind, train, seed)
    names = np.array(classifier.taxonomy.columns[0])

    def score(texts: Sequence[str]) -> Scored:
        scores = classifier.scorer.score([Document(body=text) for text in texts]).scores
        inside = scores[:, :-1]
        return inside.max(axis=1) - scores[:, -1], names[inside.argmax(axis=1)]

    return score


def encoder_lr(variants: Variants, train: sets.Labelled) -> Score:
    """Scores of a logistic regression on the encoder's vectors."""
    fitted = regression().fit(variants.embed("encoder", train.texts), train.labels)
    kept = fitted.classes_ != sets.OUTSIDE

    def score(texts: Sequence[str]) -> Scored:
        scores = fitted.decision_function(variants.embed("encoder", texts))
        inside = scores[:, kept]
        less = scores[:, ~kept].sum(axis=1)  # of one column, or of none
        return inside.max(axis=1) - less, fitted.classes_[kept][inside.argmax(axis=1)]

    return score


def measured(
    score: Score, near: Sequence[tuple[Numbers, Numbers]], held: sets.Labelled, test: sets.Labelled
) -> list[float]:
    """In %: recall on `test` by the score alone, by its sum with each of `near`, and the accuracy on in-scope items.

    Each of `near` is of the items of `test` and of the in-scope items of `held`, which say how far values spread. The
    first one is added as it is as well.
    """
    found, said = score(test.texts)
    inside = np.array([label != sets.OUTSIDE for label in test.labels])
    right = (said == np.array(test.labels))[inside]
    spread_of = score(held.inside.texts)[0]
    even = in_deviations(found, spread_of)
    sums = [found, found + near[0][0], *(even + in_deviations(here, there) for here, there in near)]
    return [100 * recall(each[inside], right, each[~inside]) for each in sums] + [100 * float(right.mean())]


def report(variants: Variants, datasets: Path) -> list[str]:
    """The table, with a note on what was added to what."""
    train, held, test = (sets.read(datasets / "clinc150", part) for part in ("train", "valid", "test"))
    near = []
    for kind in ("encoder", "static"):
        known = variants.embed(kind, train.inside.texts)
        here, there = (nearness(variants.embed(kind, some.texts), known) for some in (test, held.inside))
        near.append((here, there))
    rows = []
    for told, data in (("in-scope items only", train.inside), ("with the 100", train)):
        runs = {
            f"**Sortation**, {kind}, {told}": [measured(ours(variants, kind, data, s), near, held, test) for s in SEEDS]
            for kind in KINDS
        }
        runs[f"MiniLM + logistic regression, {told}"] = [measured(encoder_lr(variants, data), near, held, test)]
        rows += [[name, *(spread(column, 1) for column in zip(*found, strict=True))] for name, found in runs.items()]
        print(*rows[-len(runs) :], sep="\n", flush=True)
    head = ("", "score alone", "+ cosine", "+ nearness, encoder", "+ nearness, static", "in-scope accuracy, %")
    return [
        "## CLINC150: out-of-scope recall, %, at one point of in-scope accuracy lost\n\n" + table(head, rows),
        "Score: the largest in-scope one before calibration less the out-of-scope one, which the logistic regression "
        "has only where it learned the 100 out-of-scope training items. Cosine: the mean to the "
        f"{NEAREST} nearest in-scope training texts by the encoder, added as it is. Nearness: the same, score and "
        "cosine each in standard deviations over the validation "
        "split's in-scope items and added with equal weight; static: by the mean of the table's words.",
    ]
