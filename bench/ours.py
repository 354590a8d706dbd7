"""The product as the benchmarks use it: labelled texts in, a classifier with its default settings out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.sets import OUTSIDE, ROOT, Labelled
from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.document import OUT_OF_SCOPE, Document
from model.taxonomy import Level, Taxonomy
from training.corpus import Item, read_corpus
from training.fitting import Settings, fit


def one_level(labels: Sequence[str]) -> Taxonomy:
    """A taxonomy of one level with these labels; what a set calls out of scope is the product's own answer for it."""
    return Taxonomy("public", 1, (Level("label", tuple(sorted(set(labels) - {OUTSIDE}))),))


def items(data: Labelled, name: str = "t") -> list[Item]:
    """Texts as items of a corpus."""
    return [
        Item(f"{name}-{k}", Document(body=text), (OUT_OF_SCOPE if label == OUTSIDE else label,), name)
        for k, (text, label) in enumerate(zip(data.texts, data.labels, strict=True))
    ]


def trained(data: Labelled, seed: int = 7, calibration: Labelled | None = None) -> Classifier:
    """The default classifier of one level. Without a calibration share its scores stay as they are."""
    held_out = [] if calibration is None else items(calibration, "c")
    return fit(items(data), held_out, one_level(data.labels), Settings(seed=seed))


def said(classifier: Classifier, texts: Sequence[str]) -> list[str]:
    """The label of each text among those in scope: what a peer without an answer for the rest can be compared with."""
    documents = [Document(body=text) for text in texts]
    names = [names[0] for names in classifier.taxonomy.combinations[:-1]]
    return [names[k] for k in classifier.answer(documents).joint[:, :-1].argmax(axis=1)]


def corpus(path: Path = ROOT / "data") -> tuple[list[Item], Taxonomy]:
    """The product's own corpus and taxonomy."""
    taxonomy = taxonomies.load(path / "taxonomy.yaml")
    return read_corpus(path / "corpus", taxonomy), taxonomy


def drawn(size: int, share: float, seed: int) -> tuple[list[int], list[int]]:
    """Places of a random part of `size` items, and of the others."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(size)
    cut = round(size * share)
    return sorted(order[:cut].tolist()), sorted(order[cut:].tolist())
