"""Chunks on Ray: on this machine, or on the cluster at an address, which is the only difference."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from model.errors import SortationError
from training.cluster import TRIES, cluster, width
from training.scoring.job import Done, Engine, Job
from training.scoring.sources import Chunk, as_plain
from training.scoring.worker import Worker, outcome, spec


def on_ray(workers: int | None, address: str | None) -> Engine:
    """An engine of `workers` actors with a chunk each; None: as many as the cluster has cores.

    Ray begins a chunk again, on another node if need be, when the actor that has it dies.
    """

    def answered(job: Job, chunks: Iterator[Chunk]) -> Iterator[Done]:
        with cluster(workers, address) as ray:
            model = ray.put({each.name: each.read_bytes() for each in job.model.folder.iterdir()})
            actor_class = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=TRIES - 1)(_Actor)
            idle = [actor_class.remote(spec(job)) for _ in range(workers or width(ray))]
            busy: dict[Any, tuple[Any, Chunk]] = {}
            while True:
                while idle and (chunk := next(chunks, None)):
                    actor = idle.pop()
                    busy[actor.answer.remote(as_plain(chunk), model)] = (actor, chunk)
                if not busy:
                    return
                for ready in ray.wait(list(busy))[0]:
                    actor, chunk = busy.pop(ready)
                    idle.append(actor)
                    yield _done(ray, ready, chunk)

    return answered


def _done(ray: Any, ready: Any, chunk: Chunk) -> Done:
    try:
        return Done(chunk, outcome(ray.get(ready)))
    except (ray.exceptions.ActorDiedError, ray.exceptions.ActorUnavailableError):
        return Done(chunk, f"the worker died {TRIES} times, perhaps for want of memory")
    except ray.exceptions.RayError as error:
        raise SortationError(f"Ray gave up: {str(error).strip().splitlines()[-1]}") from error


class _Actor:
    """Answers chunks on a node, with a copy of the model that all actors of the node share."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self._worker: Worker | None = None

    def answer(self, plain: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
        """The counts of a chunk, or `fault`. `files`: the model, which Ray brings to every node once."""
        if self._worker is None:
            self._worker = Worker(self._told, unpacked(files, self._told["model"]["fingerprint"]))
        return self._worker.answer(plain)


def unpacked(files: Mapping[str, bytes], fingerprint: str) -> Path:
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
            shutil.rmtree(draft)
    return folder
