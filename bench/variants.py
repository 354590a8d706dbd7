"""The product without vectors, with a static table and with an encoder, and what each makes of a text's vector."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bench import ours, sets
from bench.peers import Answer, Peer
from model.classifier import Classifier
from model.document import Document
from model.taxonomy import Taxonomy
from model.vectors import Embedder, Table, Vectors, open_embedder, open_table, pinned
from model.vectors.pieces import words
from training.corpus import Item
from training.fitting import Settings, fit

KINDS = ("plain", "static", "encoder")
MEMORY = "vectors.npz"
"""What the file of remembered vectors is called in its folder."""

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Remembering(Embedder):
    """An encoder that reads each text once."""

    known: dict[bytes, Any] = field(default_factory=dict)

    def embed(self, documents: Sequence[Document]) -> Any:
        """As the encoder does."""
        keys = [hashlib.sha256(document.text.encode("utf-8", "replace")).digest() for document in documents]
        fresh = {key: document for key, document in zip(keys, documents, strict=True) if key not in self.known}
        if fresh:
            self.known.update(zip(fresh, super().embed(list(fresh.values())), strict=True))
        return np.array([self.known[key] for key in keys]).reshape(len(keys), self.vectors.dimension)

    def keep(self, folder: Path) -> None:
        """Writes what is known."""
        keys = np.array([list(key) for key in self.known], np.uint8)
        np.savez(folder / MEMORY, keys=keys, rows=np.array([*self.known.values()]))

    def recall(self, folder: Path) -> None:
        """Reads what was kept."""
        if (folder / MEMORY).exists():
            kept = np.load(folder / MEMORY, allow_pickle=False)
            self.known.update((key.tobytes(), row) for key, row in zip(kept["keys"], kept["rows"], strict=True))


@dataclass(frozen=True, eq=False)
class Variants:
    """The kinds of classifier that are compared."""

    vectors: dict[str, Vectors | None]
    reader: Remembering
    table: Table

    @classmethod
    def opened(cls, static: str, encoder: str) -> "Variants":
        """From the sources of a table and of an encoder. Raises BundleError where they cannot be used."""
        found = {"static": pinned(static, "static"), "encoder": pinned(encoder, "encoder")}
        reader = open_embedder(found["encoder"])
        remembering = Remembering(**{name: getattr(reader, name) for name in Embedder.__dataclass_fields__})
        return cls({"plain": None, **found}, remembering, open_table(found["static"]))

    def fit(self, kind: str, items: Sequence[Item], taxonomy: Taxonomy, seed: int = 7) -> Classifier:
        """A classifier of a kind, without calibration: the best answer does not need it."""
        settings = Settings(vectors=self.vectors[kind], seed=seed)
        return fit(items, [], taxonomy, settings, embedder=self.reader if kind == "encoder" else None)

    def trained(self, kind: str, data: sets.Labelled, seed: int = 7) -> Classifier:
        """The same on a public set."""
        return self.fit(kind, ours.items(data), ours.one_level(data.labels), seed)

    def contestant(self, kind: str) -> Peer:
        """The same as one of several that answer in turn."""

        def make(texts: Sequence[str], labels: Sequence[str], seed: int) -> Answer:
            classifier = self.trained(kind, sets.Labelled(tuple(texts), tuple(labels)), seed)
            return lambda asked: ours.said(classifier, asked)

        return Peer(f"**Sortation**, {kind}", "model", make)

    def embed(self, kind: str, texts: Sequence[str]) -> Numbers:
        """Vectors of n texts, (n, d), of unit length: the encoder's, or the mean of the table's words."""
        if kind == "encoder":
            return np.asarray(self.reader.embed([Document(body=text) for text in texts]))
        split = [words(text) for text in texts]
        ends = np.cumsum([len(each) for each in split])
        rows = self.table.words([word for each in split for word in each])
        parts = np.split(rows, ends[:-1])
        means = np.array([part.mean(axis=0) if len(part) else np.zeros(self.table.dimension) for part in parts])
        return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9))
