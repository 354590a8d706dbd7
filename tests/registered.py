"""A real registry with a real version in it, for tests of what stands in registries."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model import bundle, signing
from model.classifier import Classifier
from training import seen
from training.history import PROMOTION, Entry
from training.reading import prepared
from training.registry import Registry, Run, Version
from training.shares import Shares


@dataclass(frozen=True)
class Registered:
    """A registry in a home, and what was registered there."""

    home: Path
    registry: Registry
    classifier: Classifier
    add: Callable[[str], Version]
    """Registers the classifier once more, under a tag."""


def register(home: Path, classifier: Classifier, shares: Shares) -> Registered:
    """A registry whose champion is version 1."""
    registry = Registry(home)
    spoken = replace(classifier, about={"languages": ["en"]})
    made_with = seen.packed(prepared([*shares.fit, *shares.calibration]))

    def add(note: str) -> Version:
        with registry.work() as scratch:
            folder = scratch / "bundle"
            bundle.save(spoken, folder)
            signing.sign(folder, signing.own_key(home))
            extras = scratch / "extras"
            extras.mkdir()
            (extras / "report.json").write_text(f'"{note}"')
            (extras / seen.FILE).write_bytes(made_with)
            tags = {"note": note, "fingerprint": bundle.fingerprint(folder)}
            return registry.record(Run({"note": note}, {"accuracy": 0.5}, tags, folder, extras))

    registry.promote(add("first"), Entry(PROMOTION, None, 1, "mara", "the first one"))
    return Registered(home, registry, spoken, add)


def without(classifier: Classifier, label: str) -> Classifier:
    """The same classifier, but it never gives one label of the last level."""
    has = np.array([names[-1] == label for names in classifier.taxonomy.combinations])
    heads = classifier.decoder.heads
    bias = classifier.weights.bias.copy()
    bias[np.setdiff1d(heads[has], heads[~has])] -= 100
    return replace(classifier, weights=replace(classifier.weights, bias=bias))
