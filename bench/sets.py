"""Labelled text to measure on: the public sets, from a folder of CSV files. Knows no models."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = "oos"
"""How CLINC150 labels what belongs to none of its classes."""
NAMES = {"banking77": "Banking77", "clinc150": "CLINC150", "hwu64": "HWU64"}
"""Folder -> name in tables."""


@dataclass(frozen=True)
class Labelled:
    """Texts and their labels, in the order of the file."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def only(self, keep: Sequence[int]) -> "Labelled":
        """The items at `keep`."""
        return Labelled(tuple(self.texts[k] for k in keep), tuple(self.labels[k] for k in keep))

    @property
    def inside(self) -> "Labelled":
        """Without what is labelled as out of scope."""
        return self.only([k for k, label in enumerate(self.labels) if label != OUTSIDE])

    @property
    def outside(self) -> "Labelled":
        """What is labelled as out of scope."""
        return self.only([k for k, label in enumerate(self.labels) if label == OUTSIDE])


def read(folder: Path, part: str) -> Labelled:
    """One CSV file with the columns text and label."""
    with (folder / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    return Labelled(tuple(text for text, _ in rows), tuple(label for _, label in rows))


def missing(datasets: Path | None, name: str) -> str | None:
    """Why a set cannot be measured on; None where it can."""
    if datasets is None:
        return f"{name}: skipped, no folder of data sets was given (--datasets or SORTATION_DATASETS)"
    if not (datasets / name / "train.csv").exists():
        return f"{name}: skipped, the folder of data sets has no {name}/train.csv"
    return None
