"""One trial of tuning: settings and items in, how good they are out. Pure, so that any engine can run it anywhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from model.taxonomy import Taxonomy
from training.corpus import Item
from training.fitting import Settings, learned, targets
from training.folds import folds


@dataclass(frozen=True)
class Fold:
    """Items to learn from, and items to measure on that have nothing to do with them."""

    learn: list[Item]
    measure: list[Item]


@dataclass(frozen=True)
class Score:
    """How settings did on one fold."""

    items: int
    right: int
    """Items with every level right."""
    levels: dict[str, int]
    """Level -> items right on it."""


Engine = Callable[[Sequence[Callable[[], Score]]], Iterable[Score]]
"""Runs calls that do not depend on each other and gives their results in the same order."""


def made_folds(items: Sequence[Item], count: int, seed: int) -> list[Fold]:
    """Folds in which worlds, threads and near-duplicates are on one side."""
    return [
        Fold([items[k] for k in learn], [items[k] for k in measure]) for learn, measure in folds(items, count, seed)
    ]


def score(settings: Settings, fold: Fold, taxonomy: Taxonomy) -> Score:
    """Learns from one side of a fold and measures on the other. The same arguments give the same score."""
    documents = [item.document for item in fold.learn]
    classifier = learned(documents, targets(fold.learn, taxonomy), taxonomy, settings)
    best = classifier.answer([item.document for item in fold.measure]).best
    truth = targets(fold.measure, taxonomy)
    members = classifier.decoder.members
    each = (members[best] == members[truth]).sum(axis=0)
    levels = {name: int(n) for name, n in zip(taxonomy.level_names, each, strict=True)}
    return Score(len(truth), int((best == truth).sum()), levels)


def trial(settings: Settings, on: Sequence[Fold], taxonomy: Taxonomy, engine: Engine, at_once: int) -> Iterator[Score]:
    """Scores of settings fold after fold, `at_once` of them together; whoever has seen enough stops asking."""
    for start in range(0, len(on), at_once):
        yield from engine([partial(score, settings, fold, taxonomy) for fold in on[start : start + at_once]])


def accuracy(scores: Sequence[Score]) -> float:
    """Share of items with every level right over several folds, in [0, 1]."""
    return sum(each.right for each in scores) / max(sum(each.items for each in scores), 1)


def here(jobs: int) -> Engine:
    """The engine of this machine: `jobs` processes, or none besides this one for a single job."""

    def run(calls: Sequence[Callable[[], Score]]) -> list[Score]:
        if jobs == 1 or len(calls) == 1:
            return [call() for call in calls]
        from joblib import Parallel, delayed

        return list(Parallel(n_jobs=jobs)(delayed(call)() for call in calls))

    return run
