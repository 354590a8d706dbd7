"""A data frame in, a data frame out: the model folder as plain MLflow calls it. Knows no MLflow, and unpickles nothing.

MLflow finds this module by its name in a registered version (see training/registry/packing.py).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from model import bundle, signing
from model.classifier import Classifier
from model.document import CHANNELS, Document
from model.errors import SortationError
from model.preparation import prepare_all

COLUMNS = ("text", "subject", "body", "channel")
"""Columns that are read, each a text or empty; a row needs a text, or a subject or a body. Others are ignored."""
BATCH = 512
"""Rows that are prepared and classified in one pass."""


@dataclass(frozen=True)
class FrameClassifier:
    """A classifier for data frames."""

    classifier: Classifier

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A row per row of `frame` with its index: per level its label and `LEVEL_probability`, and what all share.

        `confidence` is the probability of exactly this combination, `doubts` the codes of what makes it doubtful,
        with commas between. Raises SortationError that names the rows that cannot be classified.
        """
        documents = _documents(frame)
        rows: list[dict[str, Any]] = []
        for start in range(0, len(documents), BATCH):
            rows += self._rows(documents[start : start + BATCH])
        return pd.DataFrame(rows, index=frame.index, columns=outputs(self.classifier.taxonomy.level_names))

    def _rows(self, documents: Sequence[Document]) -> list[dict[str, Any]]:
        seen = prepare_all((document, None) for document in documents)
        answers = self.classifier.predict([each.document for each in seen], alternatives=0)
        rows = []
        for each, answer in zip(seen, answers, strict=True):
            row: dict[str, Any] = {}
            for label in answer.labels:
                row |= {label.level: label.name, f"{label.level}_probability": label.probability}
            doubts = (*answer.doubts, *each.doubts(self.classifier.languages))
            rows.append(row | {"confidence": answer.joint, "doubts": ",".join(doubts)})
        return rows


def outputs(levels: Sequence[str]) -> list[str]:
    """The columns of an answer, in order."""
    return [name for level in levels for name in (level, f"{level}_probability")] + ["confidence", "doubts"]


def _documents(frame: pd.DataFrame) -> list[Document]:
    if not {"text", "subject", "body"} & set(frame.columns):
        raise SortationError(f"the data frame needs a column text, or subject and body; it has {list(frame.columns)}")
    found: dict[str, list[Any]] = {
        name: frame[name].tolist() if name in frame.columns else [None] * len(frame) for name in COLUMNS
    }
    faults = []
    documents = []
    for k, row in enumerate(zip(*found.values(), strict=True)):
        text, subject, body, channel = (None if pd.isna(value) else value for value in row)
        if any(not isinstance(value, str) for value in (text, subject, body, channel) if value is not None):
            faults.append(f"row {k} holds something that is no text")
        elif not any((value or "").strip() for value in (text, subject, body)):
            faults.append(f"row {k} has neither text nor subject nor body")
        elif channel and channel not in CHANNELS:
            faults.append(f"row {k}: channel {channel!r} is unknown; it is one of {', '.join(CHANNELS)}")
        else:
            body = "\n\n".join(part for part in (text, body) if part)
            documents.append(Document(subject or "", body, channel or None))
    if faults:
        more = f"; and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise SortationError("; ".join(faults[:10]) + more)
    return documents


def _load_pyfunc(path: str) -> FrameClassifier:
    """What MLflow calls with the folder of a version's data. Raises BundleError where the model folder is not sound.

    Where SORTATION_TRUSTED_KEYS names a folder of public keys, one of them must have signed the model folder.
    """
    folder = Path(path)
    if keys := os.environ.get("SORTATION_TRUSTED_KEYS"):
        signing.check(folder, signing.trusted(Path(keys)))
    return FrameClassifier(bundle.load(folder, vectors=os.environ.get("SORTATION_VECTORS", "")))
