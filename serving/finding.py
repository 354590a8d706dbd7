"""The finder of identifiers as a server has it: loaded behind the first answers, since spaCy takes long to load.

Patterns other than the shipped ones are tried at the start, so that faults show at once.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from model.entities import KINDS, EntityError, Finder
from model.errors import SortationError
from model.mentions import Entity

log = logging.getLogger("sortation.finding")
SHIPPED = "78e956bd81412ecd9b40d9962780b35ececdfd63811b60b8cbf095cd2fe6b2f3"
"""SHA-256 of the patterns that come with Sortation, which tests have tried: `sha256sum data/entities.jsonl`."""
PAUSE = 1.0
"""Seconds that the first callers have for themselves before spaCy is loaded beside them."""


class Finding:
    """A finder that is loaded when it is first needed, if not before. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._finder: Finder | None = None

    def ready(self) -> Finder:
        """The finder itself. Raises EntityError where its patterns are faulty."""
        with self._lock:
            if self._finder is None:
                self._finder = Finder.load(self._path)
            return self._finder

    @property
    def loaded(self) -> bool:
        """Whether it finds at once."""
        return self._finder is not None

    def find(self, text: str) -> tuple[Entity, ...]:
        """The mentions in `text`, in order, without overlaps."""
        return (self._finder or self.ready()).find(text)


def finding_of(path: Path) -> Finding | None:
    """The finder of a patterns file; None, with a line in the log, where spaCy is not installed. Raises EntityError."""
    if not path.exists():
        return None
    if find_spec("spacy") is None:
        log.warning("identifiers are not found: the extra entities is not installed")
        return None
    found = Finding(path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHIPPED:
        found.ready()
    return found


async def load_behind(finding: Finding | None, answering: Callable[[], bool]) -> None:
    """Loads the finder once the server answers; where it cannot be loaded the log says why."""
    while not answering():
        await asyncio.sleep(0.1)
    await asyncio.sleep(PAUSE)
    if finding is not None:
        try:
            await asyncio.to_thread(finding.ready)
        except Exception as error:
            reason = error if isinstance(error, SortationError) else type(error).__name__
            log.error("identifiers cannot be found: %s", reason)


def kinds_in(path: Path) -> frozenset[str]:
    """The kinds of identifiers that a patterns file finds; the built-in ones where there is no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        found = frozenset(str(json.loads(line)["label"]) for line in lines if line.strip())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EntityError(f"{path} is no file of entity patterns: {error}") from error
    return found or KINDS
