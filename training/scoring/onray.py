"""Chunks on Ray: on this machine, or on the cluster at an address. The only file of scoring that knows Ray."""

import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from model.errors import SortationError
from training.scoring.crew import ONE_THREAD, ROOT
from training.scoring.job import TRIES, Done, Engine, Job
from training.scoring.local import cores
from training.scoring.sources import Chunk, as_plain
from training.scoring.worker import Worker, outcome, spec

PACKAGES = ("model", "training")
"""Code that is sent to the cluster; NumPy, SciPy, PyYAML and pyarrow must be there."""


def on_ray(workers: int | None, address: str | None) -> Engine:
    """An engine of `workers` actors with a chunk each; None: as many as the cluster has cores.

    Ray begins a chunk again, on another node if need be, when the actor that has it dies.
    """

    def answered(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
        ray = joined(workers, address)
        try:
            files = ray.put({each.name: each.read_bytes() for each in job.model.folder.iterdir()})
            remote = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=TRIES - 1)(_Actor)
            size = workers or int(ray.cluster_resources().get("CPU", 1))
            idle = [remote.remote(spec(job), [files]) for _ in range(size)]
            busy: dict[Any, tuple[Any, Chunk]] = {}
            while True:
                while idle and (chunk := next(chunks, None)):
                    actor = idle.pop()
                    busy[actor.answer.remote(as_plain(chunk))] = (actor, chunk)
                if not busy:
                    return
                for ready in ray.wait(list(busy))[0]:
                    actor, chunk = busy.pop(ready)
                    idle.append(actor)
                    yield _done(ray, ready, chunk)
        finally:
            ray.shutdown()

    return answered


def _done(ray: Any, ready: Any, chunk: Chunk) -> Done:
    try:
        return Done(chunk, outcome(ray.get(ready)))
    except (ray.exceptions.ActorDiedError, ray.exceptions.ActorUnavailableError):
        return Done(chunk, f"the worker died {TRIES} times, perhaps for want of memory")
    except ray.exceptions.RayError as error:
        raise SortationError(f"Ray gave up: {str(error).strip().splitlines()[-1]}") from error


def joined(workers: int | None, address: str | None) -> Any:
    """Ray, connected to the cluster at `address` or started here. Raises SortationError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
    except ImportError as error:
        raise SortationError("--engine ray needs Ray: pip install 'sortation[scale]'") from error
    settings: dict[str, Any] = {"address": address} if address else {"num_cpus": workers or cores()}
    if not address:
        settings |= {"address": "local", "include_dashboard": False}
    code = {"py_modules": [str(ROOT / name) for name in PACKAGES], "env_vars": ONE_THREAD}
    try:
        ray.init(**settings, runtime_env=code, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise SortationError(f"the cluster {address or ''} cannot be reached: {error}") from error
    return ray


class _Actor:
    """Answers chunks on a node, with a copy of the model that all actors of the node share."""

    def __init__(self, told: Mapping[str, Any], files: Sequence[Any]) -> None:
        """`files`: a reference to the model's files; in a list, so that an actor made again fetches them again."""
        import ray

        self._worker = Worker(told, _unpacked(ray.get(files[0]), told["model"]["fingerprint"]))

    def answer(self, plain: Mapping[str, Any]) -> dict[str, Any]:
        """The counts of a chunk, or `fault`."""
        return self._worker.answer(plain)


def _unpacked(files: Mapping[str, bytes], fingerprint: str) -> Path:
    """The model folder on this node, written by whoever comes first. What is loaded from it is verified."""
    home = Path(tempfile.gettempdir()) / f"sortation-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    folder = home / fingerprint
    if not folder.exists():
        draft = Path(tempfile.mkdtemp(dir=home))
        for name, data in files.items():
            (draft / name).write_bytes(data)
        try:
            draft.rename(folder)
        except OSError:  # somebody else was quicker
            for path in (*draft.iterdir(), draft):
                path.rmdir() if path.is_dir() else path.unlink()
    return folder
