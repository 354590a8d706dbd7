"""Labels that are probably wrong, by confident learning on out-of-fold answers. The only file that knows cleanlab."""

from collections.abc import Sequence

import numpy as np

from model.decoding import Floats, Places
from training.corpus import Item
from training.quality.crossed import Crossed
from training.quality.findings import Finding, cut, differing

Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]


def quality(given: Places, probabilities: Floats) -> Floats:
    """How well each label fits, (n,): its probability as a share of what its class gets on average; 1 is usual.

    `given` are columns, (n,), of `probabilities`, (n, classes), out of fold. The shares make classes comparable that
    are hard to tell and classes that are easy (Northcutt et al., 2021: class thresholds).
    """
    from cleanlab.count import get_confident_thresholds

    usual = get_confident_thresholds(given, probabilities)
    own = np.take_along_axis(probabilities, given[:, None], axis=1)[:, 0]
    fits: Floats = own / np.maximum(usual[given], 1e-9)
    return fits


def wrong(given: Places, probabilities: Floats) -> Bools:
    """Which labels are probably wrong, (n,): the worst, as many as the confident joint counts off its diagonal."""
    from cleanlab.count import num_label_issues

    if len(np.unique(given)) < 2:
        return np.zeros(len(given), dtype=bool)
    count = int(num_label_issues(labels=given, pred_probs=probabilities))
    found = np.zeros(len(given), dtype=bool)
    found[np.argsort(quality(given, probabilities), kind="stable")[:count]] = True
    found &= probabilities.argmax(axis=1) != given
    return found


def doubtful(items: Sequence[Item], answers: Crossed) -> list[Finding]:
    """Items with a label that is probably wrong on some level, each with the likeliest combination instead."""
    taxonomy = answers.taxonomy
    doubts, flagged = np.zeros(len(items)), np.zeros(len(items), dtype=bool)
    for level, probabilities in enumerate(answers.levels):
        given = answers.column(level, answers.truth)
        mine = wrong(given, probabilities)
        doubt = 1 - np.minimum(quality(given, probabilities), 1)
        doubts = np.where(mine, np.maximum(doubts, doubt), doubts)
        flagged |= mine
    flagged &= answers.best != answers.truth
    found = []
    for k in np.lexsort((answers.given, -doubts)):
        if flagged[k]:
            instead = taxonomy.combinations[answers.best[k]]
            level_names, labels, proposed = differing(taxonomy, items[k].labels, instead)
            found.append(
                Finding(
                    "label",
                    items[k].id,
                    items[k].source,
                    level_names,
                    labels,
                    proposed,
                    float(doubts[k]),
                    float(answers.given[k]),
                    float(answers.best_probability[k]),
                    text=cut(items[k]),
                )
            )
    return found
