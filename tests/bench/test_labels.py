"""What the benchmark of labels reads off curves and lists."""

import numpy as np

from bench.flips import SHARE, flipped, measured
from bench.saving import BATCH, START, needed


def test_flipped_labels_are_other_ones_and_as_many_as_promised() -> None:
    labels = tuple(f"l{k % 5}" for k in range(200))
    spoilt, changed = flipped(labels, 3)
    assert [a != b for a, b in zip(labels, spoilt, strict=True)] == changed.tolist()
    assert changed.sum() == round(SHARE * len(labels))


def test_a_perfect_list_has_full_marks() -> None:
    changed = np.arange(20) % 4 == 0
    assert measured(changed, np.where(changed, 0.1, 0.9), changed) == (100, 100, 100, 100)


def test_labels_needed_are_read_between_batches() -> None:
    assert needed((50.0, 60.0, 80.0), 70) == START + 1.5 * BATCH
    assert needed((50.0, 60.0), 45) == START
    assert needed((50.0, 60.0), 90) == float("inf")
