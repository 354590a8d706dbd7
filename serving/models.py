"""Where classifiers come from: the registry's champion, or the last good one that is kept on disk.

The server never imports MLflow. It looks at the registry cheaply, and where something moved a short-lived process of
its own (`python -m serving.fetch`) fetches the champion. A registry that is gone does not matter.
"""

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from model import bundle
from model.classifier import Classifier
from model.errors import BundleError, RegistryError

log = logging.getLogger("sortation.models")

CHAMPION = "champion"
CURRENT = "current.json"
TIMEOUT = 300
"""Seconds that fetching a version may take."""


@dataclass(frozen=True)
class Served:
    """A classifier that answers, and where it comes from."""

    classifier: Classifier
    name: str
    version: int
    alias: str
    fingerprint: str


@dataclass(frozen=True)
class Address:
    """Which champion to serve, and where copies of it are kept."""

    registry: str
    name: str
    cache: Path
    vectors: str = ""
    """Where the weights of an encoder lie, for models that need one; empty: where they lay in training."""


def last_good(address: Address) -> Served | None:
    """The version that served last, if its copy is still sound."""
    try:
        noted = json.loads((address.cache / CURRENT).read_text(encoding="utf-8"))
        return _load(address, noted)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    except BundleError as error:
        log.warning("the last good model cannot be used: %s", error)
        return None


def newest(address: Address) -> Served:
    """The registry's champion, fetched and verified. Raises RegistryError or BundleError."""
    command = [sys.executable, "-m", "serving.fetch", address.registry, address.name, str(address.cache)]
    root = str(Path(__file__).resolve().parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired as error:
        raise RegistryError(f"the registry at {address.registry} did not answer within {TIMEOUT} s") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise RegistryError(lines[-1])
    noted = json.loads(done.stdout.splitlines()[-1])
    served = _load(address, noted)
    draft = address.cache / f"{CURRENT}.{os.getpid()}"
    draft.write_text(json.dumps(noted), encoding="utf-8")
    draft.replace(address.cache / CURRENT)
    return served


def trace(address: Address) -> object:
    """Something cheap that differs whenever the registry may have changed; None where that cannot be seen."""
    parts = urlsplit(address.registry)
    if parts.scheme != "sqlite":
        return None
    path = Path(address.registry.removeprefix("sqlite:///"))
    stamps = []
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            found = file.stat()
            stamps.append((found.st_mtime_ns, found.st_size))
        except OSError:
            stamps.append((0, 0))
    return tuple(stamps)


def _load(address: Address, noted: dict[str, object]) -> Served:
    folder = address.cache / str(noted["folder"])
    classifier = bundle.load(folder, vectors=address.vectors)
    classifier.predict(["warm up"])
    return Served(classifier, address.name, int(str(noted["version"])), CHAMPION, bundle.fingerprint(folder))
