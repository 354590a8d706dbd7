"""How many labels suggestions save against random choice, on public sets with their own labels as the answers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench import ours, sets
from bench.tables import spread, table
from model.classifier import Classifier
from model.decoding import Floats
from model.document import Document
from training.fitting import Settings, fit
from training.suggestion import suggest

SETS = ("banking77", "hwu64")
SEEDS = (11, 12, 13)
"""Not those on which ways to choose were compared while they were built."""
START, BATCH = 200, 150
"""Labels at the start, drawn at random, and in each batch."""
BATCHES = {"banking77": 10, "hwu64": 10}
GOALS = {"banking77": (70, 75, 80), "hwu64": (70, 75, 80)}
"""Accuracies, in %, that are asked for."""

Rng = np.random.Generator
Ask = Callable[[Classifier, Sequence[Document], Rng], Sequence[int]]
"""Which of the unlabelled documents to label next, BATCH of them."""
Curve = tuple[float, ...]
"""Accuracy in % at the start and after each batch."""


def at_random(classifier: Classifier, documents: Sequence[Document], rng: Rng) -> Sequence[int]:
    """Any."""
    chosen: list[int] = rng.permutation(len(documents))[:BATCH].tolist()
    return chosen


def by_margin(classifier: Classifier, documents: Sequence[Document], rng: Rng) -> Sequence[int]:
    """Those whose two best answers are nearest to each other."""
    two = np.sort(classifier.answer(documents).joint, axis=1)[:, -2:]
    return _first(two[:, 1] - two[:, 0])


def by_entropy(classifier: Classifier, documents: Sequence[Document], rng: Rng) -> Sequence[int]:
    """Those whose answers are spread widest."""
    joint = classifier.answer(documents).joint
    return _first((joint * np.log(joint + 1e-12)).sum(axis=1))


def _first(score: Floats) -> Sequence[int]:
    order: list[int] = np.argsort(score, kind="stable")[:BATCH].tolist()
    return order


def by_suggestion(classifier: Classifier, documents: Sequence[Document], rng: Rng) -> Sequence[int]:
    """What `sortation suggest` says."""
    return [each.place for each in suggest(classifier, documents, BATCH)]


WAYS: dict[str, Ask] = {
    "**Sortation**, suggest": by_suggestion,
    "margin": by_margin,
    "entropy": by_entropy,
    "random": at_random,
}


def curve(ask: Ask, train: sets.Labelled, test: sets.Labelled, seed: int, batches: int) -> Curve:
    """Accuracy on the test part as labels are bought; the same seed starts with the same labels."""
    rng = np.random.Generator(np.random.PCG64(seed))
    pool = ours.items(train)
    taxonomy = ours.one_level(train.labels)
    order = rng.permutation(len(pool)).tolist()
    known, unknown = order[:START], sorted(order[START:])
    found = []
    for step in range(batches + 1):
        classifier = fit([pool[k] for k in known], [], taxonomy, Settings())
        right = np.array(ours.said(classifier, test.texts)) == np.array(test.labels)
        found.append(100 * float(right.mean()))
        if step < batches:
            bought = [unknown[k] for k in ask(classifier, [pool[k].document for k in unknown], rng)]
            known = known + bought
            unknown = sorted(set(unknown) - set(bought))
    return tuple(found)


def needed(values: Curve, goal: float) -> float:
    """Labels at which a curve first reaches `goal`, on the line between batches; infinite where it does not."""
    for step, value in enumerate(values):
        if value >= goal:
            if step == 0:
                return float(START)
            before = values[step - 1]
            return START + BATCH * (step - 1 + (goal - before) / (value - before))
    return float("inf")


def _saving(mine: Sequence[Curve], others: Sequence[Curve], goal: float) -> str:
    """Mean and range over seeds of the labels saved, in %; a lower bound where the others never reach the goal."""
    most = START + BATCH * (len(mine[0]) - 1)
    pairs = [(needed(a, goal), needed(b, goal)) for a, b in zip(mine, others, strict=True)]
    if any(np.isinf(a) for a, _ in pairs):
        return "–"
    saved = [100 * (1 - a / min(b, most)) for a, b in pairs]
    bound = "over " if any(np.isinf(b) for _, b in pairs) else ""
    return f"{bound}{np.mean(saved):.0f} ({min(saved):.0f} to {max(saved):.0f})"


def _labels(curves: Sequence[Curve], goal: float) -> str:
    found = [needed(each, goal) for each in curves]
    most = START + BATCH * (len(curves[0]) - 1)
    return f"over {most:,}" if any(map(np.isinf, found)) else spread(found, 0)


def report(datasets: Path | None) -> list[str]:
    """Curves, labels needed for given accuracies, and the saving, where the sets are there."""
    parts = []
    for name in SETS:
        reason = sets.missing(datasets, name)
        if reason is not None or datasets is None:
            print(f"suggestions: {reason}")
            continue
        train, test = (sets.read(datasets / name, part).inside for part in ("train", "test"))
        curves = {}
        for way, ask in WAYS.items():
            curves[way] = [curve(ask, train, test, seed, BATCHES[name]) for seed in SEEDS]
            print(f"{name}, {way}: {[[round(v, 1) for v in each] for each in curves[way]]}", flush=True)
        parts += _tables(name, curves)
    if not parts:
        return []
    note = (
        f"{START} labels drawn at random, then batches of {BATCH} chosen from the rest of the training part and "
        "labelled as the set has them; the product's default classifier is fitted anew on what is labelled and "
        f"measured on the test part. Mean ± standard deviation over {len(SEEDS)} seeds (of the start and of random "
        "choice); the ways share the start of a seed. Labels needed are read off the straight line between batches; "
        "savings are means over seeds with the range."
    )
    return ["## Labels saved by suggestions\n\n" + note, *parts]


def _tables(name: str, curves: dict[str, list[Curve]]) -> list[str]:
    counts = [START + BATCH * k for k in range(BATCHES[name] + 1)]
    shown = [k for k in range(len(counts)) if k % 2 == 0]
    accuracies = table(
        ["accuracy, % with … labels", *(f"{counts[k]:,}" for k in shown)],
        [[way, *(spread([each[k] for each in runs], 1) for k in shown)] for way, runs in curves.items()],
    )
    goals = GOALS[name]
    labels = table(
        ["labels for an accuracy of …", *(f"{goal} %" for goal in goals)],
        [[way, *(_labels(runs, goal) for goal in goals)] for way, runs in curves.items()],
    )
    others = [way for way in curves if way != "random"]
    saved = table(
        ["labels saved against random, %", *(f"{goal} %" for goal in goals)],
        [[way, *(_saving(curves[way], curves["random"], goal) for goal in goals)] for way in others],
    )
    return [f"### {sets.NAMES[name]}\n\n{accuracies}", labels, saved]
