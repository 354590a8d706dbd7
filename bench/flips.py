"""How well wrong labels are found: a share of a public set's labels is flipped, beside a plain way to look for them."""

from pathlib import Path
from typing import Any

import numpy as np

from bench import ours, sets
from bench.peers import word_lr
from bench.tables import spread, table
from model.decoding import Floats, Places
from training.fitting import Settings
from training.quality.crossed import crossed
from training.quality.doubtful import quality, wrong

SETS = ("banking77", "hwu64")
SEEDS = (11, 12, 13)
"""Not those on which ways to find them were compared while they were built."""
SHARE = 0.05
"""Of the labels that are flipped."""
FOLDS = 5

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Found = tuple[float, float, float, float]
"""Precision, recall, F1 and average precision, in %."""


def flipped(labels: tuple[str, ...], seed: int) -> tuple[tuple[str, ...], Bools]:
    """The labels with SHARE of them changed to another one, uniformly, and which."""
    rng = np.random.Generator(np.random.PCG64(seed))
    names, number = np.unique(labels, return_inverse=True)
    changed = np.zeros(len(labels), dtype=bool)
    changed[rng.permutation(len(labels))[: round(SHARE * len(labels))]] = True
    moved = (number + changed * rng.integers(1, len(names), len(labels))) % len(names)
    return tuple(str(name) for name in names[moved]), changed


def measured(found: Bools, fit: Floats, changed: Bools) -> Found:
    """How well the labels `found`, and the ranking by how ill they `fit`, agree with those `changed`, each (n,)."""
    from sklearn.metrics import average_precision_score

    hits = float((found & changed).sum())
    precision, recall = hits / max(float(found.sum()), 1), hits / float(changed.sum())
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return 100 * precision, 100 * recall, 100 * f1, 100 * float(average_precision_score(changed, -fit))


def sortation(data: sets.Labelled, changed: Bools) -> dict[str, Found]:
    """What `sortation doctor` finds."""
    answers = crossed(ours.items(data), ours.one_level(data.labels), Settings())
    given, (probabilities,) = answers.column(0, answers.truth), answers.levels
    return {
        "**Sortation**, doctor": measured(wrong(given, probabilities), quality(given, probabilities), changed),
    }


def plain(data: sets.Labelled, changed: Bools, seed: int) -> dict[str, Found]:
    """Out-of-fold probabilities of TF-IDF and logistic regression, judged by cleanlab."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    given: Places = np.unique(data.labels, return_inverse=True)[1]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    odds = cross_val_predict(word_lr(tol=1e-3), data.texts, given, cv=folds, method="predict_proba")
    fit = get_label_quality_scores(given, odds, method="self_confidence")
    ways = {"cleanlab's default filter": "prune_by_noise_rate", "lowest self-confidence": "low_self_confidence"}
    return {
        f"TF-IDF + logistic regression, {name}": measured(
            find_label_issues(given, odds, filter_by=way, n_jobs=1), fit, changed
        )
        for name, way in ways.items()
    }


def report(datasets: Path | None) -> list[str]:
    """The tables, where the sets are there."""
    parts = []
    for name in SETS:
        reason = sets.missing(datasets, name)
        if reason is not None or datasets is None:
            print(f"flipped labels: {reason}")
            continue
        train = sets.read(datasets / name, "train").inside
        runs: dict[str, list[Found]] = {}
        for seed in SEEDS:
            labels, changed = flipped(train.labels, seed)
            data = sets.Labelled(train.texts, labels)
            for way, found in (sortation(data, changed) | plain(data, changed, seed)).items():
                runs.setdefault(way, []).append(found)
                print(f"{name}, seed {seed}, {way}: {[round(each, 1) for each in found]}", flush=True)
        head = ("", "precision, %", "recall, %", "F1, %", "average precision of the ranking, %")
        rows = [(way, *(spread([each[k] for each in of], 1) for k in range(4))) for way, of in runs.items()]
        parts.append(f"### {sets.NAMES[name]}, {round(SHARE * len(train)):,} of {len(train):,}\n\n{table(head, rows)}")
    if not parts:
        return []
    note = (
        f"{SHARE:.0%} of the training part's labels are changed to another one, drawn uniformly; what is found is "
        f"compared with what was changed. Mean ± standard deviation over {len(SEEDS)} seeds. Labels that were wrong "
        "before count as false alarms, so precision is a lower bound. Baseline: words and word pairs, C = 30, "
        f"{FOLDS} folds, cleanlab on its probabilities; the ranking is by self-confidence for both of its rows."
    )
    return ["## Flipped labels found\n\n" + note, *parts]
