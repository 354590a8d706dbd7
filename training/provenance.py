"""Whether a row's labels are somebody's word, or only what a classifier predicted. Pure.

A classifier that learns its own answers grows surer of its mistakes; so a prediction counts as a label only once a
person has said so.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from training.columns import plain

PREDICTED = ("prediction", "prediction_id", "predicted_at", "predicted_by", "model_version", "model_fingerprint")
"""Columns with which predictions are exported; each level's name with `_confidence` or `_probability` is another."""
REVIEWED = ("reviewer", "reviewed_by", "reviewed_at", "corrected_by", "corrected_at", "actor", "feedback")
"""Columns that tell who judged a row, or when."""
LABELLED_BY = ("label_source", "labelled_by", "labeled_by", "label_origin")
"""Columns that tell where labels come from."""
MACHINES = frozenset({"prediction", "predicted", "model", "machine", "auto", "automatic", "classifier", "sortation"})
"""What stands there where nobody labelled."""


def unreviewed(values: Mapping[str, Any], levels: Sequence[str]) -> str | None:
    """Why the labels among `values` (column -> value) must not be learned; None where they may be."""
    reviewed, marks, sources = _telling(tuple(values), tuple(levels))
    if not (marks or sources) or any(_told(values[column]) for column in reviewed):
        return None
    mark = next((column for column in marks if _told(values[column])), None)
    if mark is not None:
        return f"its labels are a prediction ({mark} is set) that nobody reviewed; name a reviewer, or leave it out"
    source = next((str(values[column]) for column in sources if _told(values[column])), "")
    if plain(source) in MACHINES:
        return f"its labels come from {source[:40]!r} and nobody reviewed them; name a reviewer, or leave it out"
    return None


@lru_cache(maxsize=1_000)
def _telling(columns: tuple[str, ...], levels: tuple[str, ...]) -> tuple[list[str], list[str], list[str]]:
    """Those of a table's columns that tell of a review, of a prediction, and of where labels come from."""
    predicted = {*PREDICTED, *(f"{plain(level)}_{kind}" for level in levels for kind in ("confidence", "probability"))}
    known = (frozenset(REVIEWED), predicted, frozenset(LABELLED_BY))
    reviewed, marks, sources = ([column for column in columns if plain(column) in names] for names in known)
    return reviewed, marks, sources


def _told(value: Any) -> bool:
    return value not in (None, "", [], {}) and not (isinstance(value, float) and math.isnan(value))
