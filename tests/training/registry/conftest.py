"""A registry with two whole versions in it, the first of them champion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from model import bundle, signing
from model.classifier import Classifier
from training import seen
from training.history import PROMOTION, Entry
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


@pytest.fixture(scope="session")
def registered(
    classifier: Classifier, shares: Shares, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registered]:
    home = tmp_path_factory.mktemp("registry")
    registry = Registry(home)
    spoken = replace(classifier, about={"languages": ["en"]})

    def add(note: str) -> Version:
        with registry.work() as scratch:
            folder = scratch / "bundle"
            bundle.save(spoken, folder)
            signing.sign(folder, signing.own_key(home))
            extras = scratch / "extras"
            extras.mkdir()
            (extras / "report.json").write_text(f'"{note}"')
            (extras / seen.FILE).write_bytes(seen.packed([*shares.fit, *shares.calibration]))
            tags = {"note": note, "fingerprint": bundle.fingerprint(folder)}
            return registry.record(Run({"note": note}, {"accuracy": 0.5}, tags, folder, extras))

    registry.promote(add("first"), Entry(PROMOTION, None, 1, "mara", "the first one"))
    yield Registered(home, registry, spoken, add)
