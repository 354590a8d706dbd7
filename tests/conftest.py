"""Small real things that many tests use: the default taxonomy, a slice of the starter corpus, a classifier of it."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from model import bundle, signing
from model import taxonomy as taxonomies
from model.classifier import Classifier
from model.taxonomy import Taxonomy
from serving.models import current
from training.corpus import Item, read_corpus
from training.fitting import Settings, fit
from training.shares import Shares, share_out

if TYPE_CHECKING:
    from tests.registered import Registered

ROOT = Path(__file__).resolve().parent.parent
LONG = ("test_loop.py", "test_notebooks.py", "test_wheel.py", "test_starter.py", "test_workers.py", "test_faults.py")
"""Files that take longest. They begin first, so that none is left alone at the end of a run on several cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return taxonomies.load(ROOT / "data" / "taxonomy.yaml")


@pytest.fixture(scope="session")
def corpus(taxonomy: Taxonomy) -> list[Item]:
    return read_corpus(ROOT / "data" / "corpus", taxonomy)


@pytest.fixture(scope="session")
def few(corpus: list[Item]) -> list[Item]:
    """Up to 14 items of each service and of out of scope."""
    seen: Counter[str] = Counter()
    chosen = []
    for item in corpus:
        seen[item.labels[-1]] += 1
        if seen[item.labels[-1]] <= 14:
            chosen.append(item)
    return chosen


@pytest.fixture(scope="session")
def shares(few: list[Item]) -> Shares:
    return share_out(few, seed=1)


@pytest.fixture(scope="session")
def classifier(shares: Shares, taxonomy: Taxonomy) -> Classifier:
    return fit(shares.fit, shares.calibration, taxonomy, Settings())


@pytest.fixture(scope="session")
def registered(classifier: Classifier, shares: Shares, tmp_path_factory: pytest.TempPathFactory) -> "Registered":
    """A registry whose champion is a signed version 1; tests add versions and promote them."""
    from tests.registered import register

    return register(tmp_path_factory.mktemp("registry"), classifier, shares)


@pytest.fixture(scope="session")
def model_home(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to copy: it holds a signed model, whose classifier was trained on English, and nothing else."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "models" / "sortation-1"
    bundle.save(replace(classifier, about={"languages": ["en"]}), folder)
    signing.sign(folder, signing.own_key(home))
    (home / "models" / current("sortation")).write_text(json.dumps({"folder": folder.name, "version": 1}))
    return home
