"""Where classifiers come from: the only file here that knows the registry.

The server never imports MLflow. It looks at the registry cheaply, and where something moved a short-lived process of
its own (`python -m serving.models`) fetches the champion. The last good version stays on disk, so that a registry that
is gone does not matter.
"""

import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from model import bundle
from model.classifier import Classifier
from model.errors import BundleError, RegistryError

log = logging.getLogger("sortation.models")

CHAMPION = "champion"
BUNDLE = "bundle"
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
    command = [sys.executable, "-m", "serving.models", address.registry, address.name, str(address.cache)]
    root = str(Path(__file__).resolve().parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False,  # noqa: S603
                              env=environment)
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
    classifier = bundle.load(folder)
    classifier.predict(["warm up"])
    return Served(classifier, address.name, int(str(noted["version"])), CHAMPION, bundle.fingerprint(folder))


@dataclass(frozen=True)
class _Noted:
    folder: str
    version: int


def _fetch(address: Address) -> _Noted:
    """Runs in a process of its own: asks MLflow for the champion and copies its model folder."""
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=address.registry, registry_uri=address.registry)
    try:
        version = client.get_model_version_by_alias(address.name, CHAMPION)
    except MlflowException as error:
        raise RegistryError(f"the registry at {address.registry} names no champion of {address.name}; "
                            f"train one first") from error
    target = address.cache / f"{address.name}-{version.version}-{str(version.run_id)[:8]}"
    if not target.exists():
        draft = address.cache / f".{target.name}-{os.getpid()}"
        download_artifacts(artifact_uri=f"runs:/{version.run_id}/{BUNDLE}", dst_path=str(draft),
                           tracking_uri=address.registry)
        (draft / BUNDLE).rename(target)
        draft.rmdir()
    return _Noted(target.name, int(version.version))


if __name__ == "__main__":
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    asked = Address(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    asked.cache.mkdir(parents=True, exist_ok=True)
    try:
        print(json.dumps(asdict(_fetch(asked))))  # noqa: T201 - the parent reads it
    except Exception as failure:  # noqa: BLE001 - whatever it is, the parent needs one line
        sys.exit(" ".join(str(failure).split()))
