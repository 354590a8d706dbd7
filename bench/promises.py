"""Whether probabilities mean what they say, and whether promised error rates are kept."""

from pathlib import Path
from typing import Any

import numpy as np

from bench import ours, sets
from bench.tables import spread, table
from model.calibration import expected_calibration_error
from model.classifier import Classifier
from model.document import Document
from model.guarantee import guarantee, promise

SEEDS = (7, 8, 9)
SHARE = 0.85
"""Of the training items that fit weights; the others calibrate."""
DRAWS, DRAWN = 1000, 2000
"""Random calibration shares, and the items in each."""
RATES = (0.02, 0.05)
LEVEL = 0.95
POOLS = {"banking77": 5000, "clinc150": 7500, "hwu64": 4500, "it_tickets": 10000}
"""Set -> training items that are kept from training as the population to draw from."""

Numbers = np.ndarray[Any, Any]


def answered(classifier: Classifier, data: sets.Labelled) -> tuple[Numbers, Numbers, Numbers]:
    """Predicted label's number, its probability and whether it is wrong, for each text."""
    answers = classifier.answer([Document(body=text) for text in data.texts])
    names = np.array(classifier.taxonomy.columns[0])
    probability = np.take_along_axis(answers.joint, answers.best[:, None], axis=1)[:, 0]
    return answers.best, probability, names[answers.best] != np.array(data.labels)


def calibration_error(train: sets.Labelled, test: sets.Labelled, seed: int) -> tuple[float, float, float]:
    """Expected calibration error on the test before and after, and accuracy in %."""
    fit, held_out = ours.drawn(len(train), SHARE, seed)
    classifier = ours.trained(train.only(fit), seed, train.only(held_out))
    scores = classifier.scorer.score([Document(body=text) for text in test.texts]).scores
    joint = classifier.decoder.joint(scores)
    best = joint.argmax(axis=1)
    right = np.array(classifier.taxonomy.columns[0])[best] == np.array(test.labels)
    before = expected_calibration_error(joint.max(axis=1), right)
    _, probability, wrong = answered(classifier, test)
    return before, expected_calibration_error(probability, ~wrong), 100 * float((~wrong).mean())


def kept(data: sets.Labelled, size: int, name: str) -> list[list[str]]:
    """Per promised rate how often it was broken over random calibration shares, and how much it covers.

    The population is `size` answers to items that neither weights nor calibration saw; shares are drawn from it with
    replacement, so that a threshold's true error is its error on the population.
    """
    pool, rest = ours.drawn(len(data), size / len(data), 3)
    fit, held_out = ours.drawn(len(rest), SHARE, 4)
    classifier = ours.trained(data.only([rest[k] for k in fit]), 7, data.only([rest[k] for k in held_out]))
    predicted, probability, wrong = answered(classifier, data.only(pool))
    labels = list(classifier.taxonomy.columns[0])
    random = np.random.Generator(np.random.PCG64(11))
    rows = []
    for rate in RATES:
        pooled, mixed, own = [], [], []
        for _ in range(DRAWS):
            some = random.integers(0, size, DRAWN)
            made = guarantee(labels, predicted[some], probability[some], wrong[some], (rate, LEVEL))
            bar = promise(probability[some], wrong[some], rate, LEVEL).threshold
            pooled.append(_outcome(probability >= (np.inf if bar is None else bar), wrong))
            bars = np.array([np.inf if (t := made.threshold(label)) is None else t for label in labels])
            mixed.append(_outcome(probability >= bars[predicted], wrong))
            for k, label in enumerate(labels):
                mine = made.promises[label].threshold
                if mine is not None:
                    own.append(_outcome((predicted == k) & (probability >= mine), wrong))
        cells = [f"{sets.NAMES.get(name, 'IT tickets')}, {100 * (1 - wrong.mean()):.1f} % right", f"{100 * rate:.0f} %"]
        for outcomes in (pooled, mixed):
            error, coverage = np.array(outcomes).T
            cells += [f"{100 * (error > rate).mean():.1f}", f"{100 * coverage.mean():.1f}"]
        broken = f"{100 * np.mean([error > rate for error, _ in own]):.1f}" if own else "–"
        rows.append([*cells, broken, f"{len(own) / DRAWS:.1f}"])
        print(*rows[-1], flush=True)
    return rows


def _outcome(alone: Numbers, wrong: Numbers) -> tuple[float, float]:
    """Error among what is handled alone, and its share."""
    return float(wrong[alone].mean()) if alone.any() else 0.0, float(alone.mean())


def report(datasets: Path | None) -> list[str]:
    """Both tables, over the sets that are there."""
    present = [name for name in POOLS if sets.missing(datasets, name) is None]
    if datasets is None or not present:
        print("calibration and promises: skipped, no public set was found")
        return []
    errors, promised = [], []
    for name in present:
        train = sets.read(datasets / name, "train").inside
        promised += kept(train, POOLS[name], name)
        if name in sets.NAMES:
            test = sets.read(datasets / name, "test").inside
            runs = np.array([calibration_error(train, test, seed) for seed in SEEDS])
            digits = (3, 3, 1)
            errors.append([sets.NAMES[name], *(spread(column, d) for column, d in zip(runs.T, digits, strict=True))])
    head = ["", "before", "after", "accuracy, %"]
    wide = ["", "promised", "one for all: broken, % of draws", "covered, %",
            "per label, else pooled: broken, % of draws",
            "covered, %", "own promises of labels: broken, %", "how many a draw"]  # fmt: skip
    return [
        "## Expected calibration error (15 bins, test items)\n\n" + table(head, errors),
        f"{100 * SHARE:.0f} % of the training items fit the weights and the others calibrate; {len(SEEDS)} seeds.",
        f"## Promised error rates at {100 * LEVEL:.0f} % confidence\n\n" + table(wide, promised),
        f"{DRAWS:,} random calibration shares of {DRAWN:,} answers each, drawn from training items that were kept from "
        "training. At most 5 % of draws may break a promise. The product's are per label; labels without one of their "
        "own share a pooled one. The last two columns count only promises that were made: where few labels get one, "
        "those few are the luckier draws; the 5 % hold over all draws and labels, with or without a promise.",
    ]
