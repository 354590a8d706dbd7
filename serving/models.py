"""Where classifiers come from: the registry's champion, or the last good one that is kept on disk.

The server never imports MLflow. It looks at the registry cheaply, and where something moved a short-lived process of
its own (`python -m serving.fetch`) fetches the champion. A registry that is gone does not matter.
"""

import fcntl
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from model import bundle, signing
from model.classifier import Classifier
from model.combined import shared
from model.errors import BundleError, RegistryError

log = logging.getLogger("sortation.models")

CHAMPION, CHALLENGER = "champion", "challenger"
ARRAYS = ".arrays"
"""How the names of folders with shared arrays end; they are made from the model folders beside them."""
KEPT = 6
"""Such folders that are kept, those that were used last: champions, what is in shadow, and one to go back to."""
TIMEOUT = 300
"""Seconds that fetching a version may take."""
REFUSED = "it is refused; sign it, or set SORTATION_ALLOW_UNSIGNED=1 on a machine for development"


class Refused(BundleError):
    """A version was fetched that cannot or may not serve."""

    def __init__(self, reason: str, copy: str) -> None:
        """`copy`: name of the folder with it."""
        super().__init__(reason)
        self.copy = copy


@dataclass(frozen=True, eq=False)
class Served:
    """A classifier that answers, and where it comes from."""

    classifier: Classifier
    name: str
    version: int
    alias: str
    fingerprint: str
    signed: bool = True
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When it was loaded."""
    copy: str = ""
    """Name of the folder that it was loaded from."""

    @cached_property
    def said(self) -> dict[str, Any]:
        """What every answer says of its model."""
        return {
            "name": self.name,
            "version": self.version,
            "alias": self.alias,
            "fingerprint": self.fingerprint[:16],
        }

    def named(self, combination: tuple[str, ...]) -> Mapping[str, str]:
        """A combination's labels under their levels' names; one object for all answers."""
        return self._named[combination]

    @cached_property
    def _named(self) -> dict[tuple[str, ...], Mapping[str, str]]:
        taxonomy = self.classifier.taxonomy
        return {each: dict(zip(taxonomy.level_names, each, strict=True)) for each in taxonomy.combinations}


@dataclass(frozen=True)
class Address:
    """Which version to serve, where copies of it are kept, and whose signatures count."""

    registry: str
    name: str
    cache: Path
    trusted: Path | None = None
    """Folder of public keys; None: signatures are not looked at."""
    allow_unsigned: bool = False
    alias: str = CHAMPION
    vectors: str = ""
    """Where the weights of an encoder lie, for models that need one; empty: where they lay in training."""

    @property
    def note(self) -> Path:
        """The file that says which copy served last."""
        return self.cache / current(self.name, self.alias)

    @property
    def fetched(self) -> Path:
        """The file that says which copy was fetched last, good or not."""
        return self.note.with_suffix(".fetched")


def current(name: str, alias: str = CHAMPION) -> str:
    """Name of the file that notes the last good copy of a model."""
    return f"{name}-{alias}.json"


def last_good(address: Address) -> Served | None:
    """The version that served last, if its copy is still sound."""
    try:
        noted = json.loads(address.note.read_text(encoding="utf-8"))
        return _load(address, noted)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    except BundleError as error:
        log.warning("the last good model cannot be used: %s", error)
        return None


def newest(address: Address, started: Callable[[subprocess.Popen[str]], object] = id) -> Served:
    """What `fetched` returns, noted as the last good version. Raises RegistryError or Refused."""
    served = fetched(address, started)
    note(address, served)
    return served


def note(address: Address, served: Served) -> None:
    """Makes a version the last good one."""
    _write(address.note, {"folder": served.copy, "version": served.version})


def fetched(
    address: Address,
    started: Callable[[subprocess.Popen[str]], object] = id,
    refused: str = "",
    have: Served | None = None,
) -> Served:
    """The registry's version under the alias, fetched and verified; `started` is told the process that fetches.

    Where that is the one that the caller has, it is returned as it is and not loaded again.
    A copy that is refused may be damaged: it is removed, and so fetched anew the next time, unless it is `refused`,
    the copy that was refused before. Raises RegistryError or Refused.
    """
    file = _file(address)
    if file is not None and not file.exists():
        raise RegistryError(f"there is no registry at {address.registry}; train a model first")
    asked = time.time()
    address.cache.mkdir(parents=True, exist_ok=True)
    with (address.cache / f".{address.note.stem}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several servers over one cache, one fetches and the others find it
        stamps = trace(address)
        found = _known(address, stamps, asked)
        if found is None:
            found = _fetched(address, started) | {"trace": repr(stamps)}
            _write(address.fetched, found)
        copy = str(found["folder"])
        try:
            if have is not None and _is(have, address.cache / copy, found):
                return have
            return _load(address, found)
        except BundleError as error:
            if copy != refused:
                shutil.rmtree(address.cache / copy, ignore_errors=True)
            raise Refused(str(error), copy) from error


def _is(have: Served, folder: Path, found: dict[str, object]) -> bool:
    """Whether what was found is what one has. Raises BundleError where its manifest cannot be read."""
    return (have.copy, have.version) == (folder.name, found["version"]) and have.fingerprint == bundle.fingerprint(
        folder
    )


def _write(path: Path, content: dict[str, object]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)


def _known(address: Address, stamps: object, asked: float) -> dict[str, object] | None:
    """What was fetched since `asked`, or while the registry was as it is now; None: it has to be looked at."""
    try:
        found: dict[str, object] = json.loads(address.fetched.read_text(encoding="utf-8"))
        fresh = address.fetched.stat().st_mtime > asked
        same = stamps is not None and found.get("trace") == repr(stamps)
        return found if (fresh or same) and (address.cache / str(found["folder"])).is_dir() else None
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _fetched(address: Address, started: Callable[[subprocess.Popen[str]], object]) -> dict[str, object]:
    """What the fetching process says: the copy's folder and its version. Raises RegistryError."""
    words = (address.registry, address.name, str(address.cache), address.alias)
    root = str(Path(__file__).resolve().parent.parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "serving.fetch", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        started(process)
        try:
            said, complaint = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise RegistryError(f"the registry at {address.registry} did not answer within {TIMEOUT} s") from error
    if process.returncode != 0:
        raise RegistryError((complaint.strip().splitlines() or ["fetching was stopped"])[-1])
    noted: dict[str, object] = json.loads(said.splitlines()[-1])
    return noted


def _file(address: Address) -> Path | None:
    """The registry's file where it is one."""
    return Path(address.registry.removeprefix("sqlite:///")) if address.registry.startswith("sqlite:///") else None


def trace(address: Address) -> object:
    """Something cheap that differs whenever the registry may have changed; None where that cannot be seen."""
    path = _file(address)
    if path is None:
        return None
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
    signed = _vouched(folder, address)
    classifier = _sharing(bundle.load(folder, vectors=address.vectors), folder)
    classifier.predict(["warm up"])
    return Served(
        classifier,
        address.name,
        int(str(noted["version"])),
        address.alias,
        bundle.fingerprint(folder),
        signed,
        copy=folder.name,
    )


def _sharing(classifier: Classifier, folder: Path) -> Classifier:
    """The classifier with arrays that all servers over this cache have in common; its own where there is no room."""
    own = folder.with_name(f"{folder.name}{ARRAYS}")
    try:
        found = replace(classifier, arrays=shared(classifier.weights, own))
        own.touch()
        outdated = sorted(folder.parent.glob(f"*{ARRAYS}"), key=lambda path: path.stat().st_mtime)[:-KEPT]
    except OSError as error:
        log.warning("the arrays of %s are not shared: %s", folder.name, error.strerror or error)
        return classifier
    for each in outdated:
        shutil.rmtree(each, ignore_errors=True)  # a server that has it mapped keeps it
    return found


def _vouched(folder: Path, address: Address) -> bool:
    """Whether a trusted key signed the folder. Raises BundleError where that is needed and not so."""
    if address.trusted is None:
        return False
    try:
        signing.check(folder, signing.trusted(address.trusted))
        return True
    except (BundleError, OSError) as error:
        if not address.allow_unsigned:
            raise BundleError(f"{error}: {REFUSED}") from error
        log.warning("UNSIGNED MODEL: %s; it is served because SORTATION_ALLOW_UNSIGNED is set", error)
        return False
