"""A job: which rows, which model, where to. Goes on where it was stopped, and never mixes two jobs in one folder.

Every chunk's answers are one file whose name says which rows it holds. It appears whole or not at all, and doing a
chunk twice gives the same bytes under the same name: so nothing is lost and nothing is there twice, whoever is killed.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model import bundle
from model.errors import Faults, SortationError
from training.scoring import places
from training.scoring.answers import Counted, Scorer, counted, schema
from training.scoring.places import Place
from training.scoring.progress import Progress
from training.scoring.sources import BROKEN, Chunk, Source, chunks

MANIFEST, DONE = "_job.json", "_done.json"
"""What says which job a folder belongs to, and what is there once all of it is done; readers of Parquet skip both."""
FORMAT = 1
"""Version of the manifest and of how files are cut. To raise it: jobs that are under way have to begin again."""
ROWS = 20_000
"""Rows of a chunk, at most: seconds of work, which is what a killed worker loses."""


@dataclass(frozen=True)
class Model:
    """A model folder and what identifies it."""

    folder: Path
    version: int
    fingerprint: str
    vectors: str = ""
    """Where the weights of an encoder lie, for a model that needs one."""

    def scorer(self) -> Scorer:
        """What answers with it. Raises BundleError, or SortationError where the folder holds another model."""
        if bundle.fingerprint(self.folder) != self.fingerprint:
            raise SortationError(f"{self.folder} is not the model that the job began with")
        return Scorer(bundle.load(self.folder, vectors=self.vectors), self.version, self.fingerprint)


@dataclass(frozen=True)
class Job:
    """What is to be done."""

    sources: tuple[Source, ...]
    out: Place
    model: Model
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column -> field, where names do not tell."""
    most: int = ROWS
    """Rows of a chunk, at most."""

    @property
    def manifest(self) -> dict[str, Any]:
        """What must be the same for a job to go on."""
        files = [[str(each.place), each.state.size, each.state.modified] for each in self.sources]
        model = {"version": self.model.version, "fingerprint": self.model.fingerprint}
        return {"format": FORMAT, "model": model, "rows": self.most, "columns": dict(self.columns), "files": files}


@dataclass(frozen=True)
class Done:
    """What became of a chunk: its counts, or why it has no answers."""

    chunk: Chunk
    what: Counted | str


Engine = Callable[[Job, Iterator[Chunk]], Iterator[Done]]
"""Answers the chunks of a job, in any order, and takes the next one only when a worker is free for it."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    last: Progress
    faults: tuple[str, ...]
    """Files that are missing from the answers, in whole or in part, and why."""


def work(scorer: Scorer, chunk: Chunk, out: Place) -> Counted | str:
    """Answers one chunk and writes the answers; or says in a sentence why that cannot be done."""
    try:
        data, what = scorer.answer(chunk)
    except (SortationError, *BROKEN) as error:
        return _sentence(error)
    try:
        places.put(out / chunk.name, data)
    except BROKEN as error:
        return f"its answers cannot be written: {_sentence(error)}"
    return what


def run(job: Job, engine: Engine, tell: Callable[[Progress], object] = id) -> Outcome:
    """Does what is still to be done; `tell` is told after every chunk how far the job is.

    Raises SortationError where the folder belongs to another job, or the model cannot be loaded.
    """
    schema(job.model.scorer().classifier.taxonomy.level_names)
    _begin(job)
    ledger = _Ledger(job)
    for done in engine(job, ledger.open_chunks()):
        ledger.enter(done)
        tell(ledger.progress)
    outcome = Outcome(ledger.progress, ledger.faults)
    if not outcome.faults:
        for draft in places.drafts(job.out):
            places.remove(draft)
        told = {"rows": outcome.last.rows, "errors": outcome.last.errors}
        places.put(job.out / DONE, (json.dumps(told) + "\n").encode())
    return outcome


class _Ledger:
    """What is done, and what is still open."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._there = places.names(job.out)
        self._bytes = max(sum(source.state.size for source in job.sources), 1)
        self._began = time.monotonic()
        self._rows = self._errors = self._weight = self._earlier = self._earlier_weight = 0
        self._faults: dict[tuple[Place, str], list[Chunk]] = {}

    def open_chunks(self) -> Iterator[Chunk]:
        """The chunks without answers, file after file; a file that cannot be cut is a fault."""
        for source in self._job.sources:
            try:
                for chunk in chunks(source, self._job.columns, self._job.most):
                    what = self._found(chunk)
                    if what is None:
                        yield chunk
                    else:
                        self._count(chunk, what)
                        self._earlier += what.rows
                        self._earlier_weight += chunk.weight
            except (SortationError, *BROKEN) as error:
                self._faults[source.place, _sentence(error)] = []

    def _found(self, chunk: Chunk) -> Counted | None:
        """What an earlier run left of a chunk, if it is whole."""
        if chunk.name not in self._there:
            return None
        place = self._job.out / chunk.name
        with place.system.open_input_file(place.path) as answers:
            what = counted(answers)
        return what if what is not None and what.rows == chunk.rows else None

    def _count(self, chunk: Chunk, what: Counted) -> None:
        self._rows += what.rows
        self._errors += what.errors
        self._weight += chunk.weight

    def enter(self, done: Done) -> None:
        """Takes note of a chunk."""
        if isinstance(done.what, Counted):
            self._count(done.chunk, done.what)
        else:
            self._faults.setdefault((done.chunk.source.place, done.what), []).append(done.chunk)

    @property
    def faults(self) -> tuple[str, ...]:
        """What has no answers, a sentence for each file and reason."""
        return tuple(f"{place}{_where(lost)}: {why}" for (place, why), lost in self._faults.items())

    @property
    def progress(self) -> Progress:
        """How far the job is now."""
        shares = (self._weight / self._bytes, self._earlier_weight / self._bytes)
        return Progress(self._rows, self._errors, self._earlier, *shares, time.monotonic() - self._began)


def _where(lost: Sequence[Chunk]) -> str:
    """The rows of some chunks, if there are any."""
    if not lost:
        return ""
    first = min(lost, key=lambda chunk: chunk.first)
    more = f" and {len(lost) - 1} more chunks" if len(lost) > 1 else ""
    return f", rows {first.first:,} to {first.first + first.rows - 1:,}{more}"


def _begin(job: Job) -> None:
    """Makes the folder the job's own, or sees that it is. Raises SortationError with all that differs."""
    try:
        if job.out.root == places.LOCAL:
            Path(job.out.path).mkdir(parents=True, exist_ok=True)
        before = places.read(job.out / MANIFEST)
        if before is None:
            if any(not name.startswith(places.DRAFT) for name in places.names(job.out)):  # drafts are of a killed begin
                raise SortationError(f"{job.out} holds files of something else; name a folder that is empty or new")
            places.put(job.out / MANIFEST, _dumped(job.manifest))
            return
    except BROKEN as error:
        raise SortationError(f"{job.out} cannot be written to: {_sentence(error)}") from error
    try:
        faults = differences(json.loads(before), json.loads(_dumped(job.manifest)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SortationError(f"{job.out / MANIFEST} does not describe a job; name another folder") from error
    if faults:
        raise Faults(f"{job.out} holds another job; name another folder, or empty this one", faults)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """In which ways the job of a folder is another one; empty where it is the same."""
    found = []
    if before["model"] != now["model"]:
        old, new = (
            f"version {each['version']} ({each['fingerprint'][:16]})" for each in (before["model"], now["model"])
        )
        found.append(f"the model was {old} and is {new}")
    settings = {"format": "the format", "rows": "the rows of a chunk", "columns": "the mapping of columns"}
    found += [
        f"{what} was {before[key]} and is {now[key]}" for key, what in settings.items() if before[key] != now[key]
    ]
    old_files = {name: tuple(state) for name, *state in before["files"]}
    new_files = {name: tuple(state) for name, *state in now["files"]}
    found += [f"{name} is gone" for name in old_files if name not in new_files]
    found += [f"{name} is new" for name in new_files if name not in old_files]
    found += [f"{name} changed" for name in new_files if name in old_files and old_files[name] != new_files[name]]
    return found


def _dumped(plain: Any) -> bytes:
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()


def _sentence(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:500]
