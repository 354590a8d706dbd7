"""Items that nothing else resembles. Knows out-of-fold answers and texts."""

from collections.abc import Sequence

import numpy as np

from model.decoding import Floats
from model.document import OUT_OF_SCOPE
from training.corpus import Item
from training.quality.crossed import Crossed
from training.quality.findings import Finding, cut
from training.resemblance import nearest, vectors

FAR = 2.5
"""Robust standard deviations below the usual, on the mean of both signs, from which an item is a stranger."""


def strangers(items: Sequence[Item], answers: Crossed) -> list[Finding]:
    """Items whose words are shared by no other item and whose best score is low, the strangest first.

    What is labelled as out of scope is expected to be strange, and left out.
    """
    cosine, neighbour = nearest(vectors([item.document for item in items]))
    far = strangeness(cosine, answers.strongest)
    found = []
    for k in np.argsort(-far, kind="stable"):
        if far[k] < FAR:
            break
        item = items[k]
        if item.labels[0] == OUT_OF_SCOPE:
            continue
        near = items[neighbour[k]]
        note = f"nearest cosine {cosine[k]:.2f}, usual {np.median(cosine):.2f}"
        found.append(
            Finding(
                "stranger", item.id, item.source, " + ".join(answers.taxonomy.level_names), " + ".join(item.labels),
                score=float(1 - FAR / (2 * far[k])),
                given_probability=float(answers.given[k]),
                other=f"{near.id} ({near.source})" if cosine[k] > 0 else "",
                note=note, text=cut(item),
            )
        )  # fmt: skip
    return found


def strangeness(cosine: Floats, strongest: Floats) -> Floats:
    """How strange items are, (n,), in robust standard deviations: the mean of both signs, neither of which suffices."""
    return (deviations(cosine) + deviations(strongest)) / 2


def deviations(values: Floats) -> Floats:
    """How far each value lies below the median, in robust standard deviations, (n,); 0 where all are the same."""
    middle = np.median(values)
    spread = 1.4826 * float(np.median(np.abs(values - middle)))
    below: Floats = (middle - values) / spread if spread > 0 else np.zeros(len(values))
    return below
