"""Engines: whoever is killed in the middle, nothing is lost, nothing is there twice, and the bytes are the same."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pyarrow import parquet

from model.errors import SortationError
from training.cluster import ROOT
from training.scoring import Job, run
from training.scoring.job import Engine
from training.scoring.local import locally
from training.scoring.onray import on_ray
from training.scoring.progress import Progress
from training.scoring.sources import Chunk

Make = Callable[..., Job]
pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in /proc"),
    pytest.mark.filterwarnings("ignore:::ray"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WORKERS = {"local": "training.scoring.worker", "ray": "ray::_Actor"}
"""Engine -> what the command of its workers contains."""


def engine(name: str, workers: int) -> Engine:
    if name == "local":
        return locally(workers)
    pytest.importorskip("ray", reason="Ray is not installed; it comes with the extra `scale`")
    return on_ray(workers, None)


def below(parent: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from below(child)


def workers_of(parent: int, name: str) -> list[int]:
    found = []
    for each in below(parent):
        try:
            command = Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # gone meanwhile
            continue
        if WORKERS[name] in command:
            found.append(each)
    return found


def parts(job: Job) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(job.out.path).glob("part-*")}


def rows(job: Job) -> list[tuple[str, int]]:
    table = parquet.read_table(job.out.path)
    return sorted(zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def undisturbed(make_job: Make) -> Job:
    job = make_job("undisturbed")
    assert run(job, locally(1)).faults == ()
    return job


@pytest.mark.parametrize("name", ["local", "ray"])
def test_killed_workers_lose_and_repeat_nothing(name: str, make_job: Make, undisturbed: Job, inputs: Path) -> None:
    job, killed = make_job(f"killed-{name}"), set[int]()

    def kill(progress: Progress) -> None:
        if len(killed) < 2:
            for worker in workers_of(os.getpid(), name)[:1]:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)

    told = run(job, engine(name, 2), kill)
    assert len(killed) == 2
    assert told.faults == ()
    assert parts(job) == parts(undisturbed)
    counts = {"a.parquet": 620, "b.csv": 310, "c.jsonl": 310}
    assert rows(job) == sorted((str(inputs / name), row) for name, count in counts.items() for row in range(count))


@pytest.mark.parametrize("name", ["local", "ray"])
def test_a_killed_job_goes_on_where_it_was(name: str, make_job: Make, undisturbed: Job, inputs: Path) -> None:
    job, made = make_job(f"job-{name}"), engine(name, 2)
    program = f"""
        import sys
        from pathlib import Path
        from training.scoring import Job, Model, inputs, run
        from training.scoring.local import locally
        from training.scoring.onray import on_ray
        from training.scoring.places import place

        out = place({job.out.path!r})
        model = Model(Path({str(job.model.folder)!r}), {job.model.version}, {job.model.fingerprint!r})
        engine = locally(2) if {name!r} == "local" else on_ray(2, None)
        run(Job(inputs({str(inputs / "*")!r}, out), out, model, {{}}, {job.most}), engine)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while len(parts(job)) < 2:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    workers, others = workers_of(process.pid, name), list(below(process.pid))
    process.kill()
    process.wait()
    while any(Path(f"/proc/{worker}/stat").exists() for worker in workers) and time.monotonic() < until:
        time.sleep(0.05)
    for each in set(others) - set(workers):  # what a cluster leaves behind when its head is killed
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    before = parts(job)
    assert 2 <= len(before) < len(parts(undisturbed))
    told = run(job, made)
    assert told.last.earlier > 0
    assert parts(job) == parts(undisturbed)


DIES = """
import json, os, sys
sys.stdin.readline()
print("ready", flush=True)
for line in sys.stdin:
    if json.loads(line)["first"] == 150:
        os.kill(os.getpid(), 9)
    print(json.dumps({"rows": 1, "errors": 0}), flush=True)
"""


def test_a_chunk_that_kills_its_workers_is_given_up_and_named(make_job: Make) -> None:
    job = make_job("poison", "a.parquet")
    told = run(job, locally(2, [sys.executable, "-c", DIES]))
    assert len(told.faults) == 1
    assert "a.parquet, rows 150 to 249: the worker died 3 times" in told.faults[0]
    assert told.last.rows == 4  # the other chunks


def test_workers_that_never_start_end_the_job(make_job: Make) -> None:
    with pytest.raises(SortationError, match="end before they are ready"):
        run(make_job("dead"), locally(1, [sys.executable, "-c", "raise SystemExit"]))


def test_no_more_chunks_are_cut_than_workers_take(make_job: Make) -> None:
    """Back-pressure: what is not yet given to a worker is not yet there."""
    job, cut, most = make_job("pressure"), [0], [0]

    def counting(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            cut[0] += 1
            yield chunk

    answer = [sys.executable, "-c", DIES.replace("150", "-1")]
    done = 0
    from training.scoring.sources import chunks

    for done, _ in enumerate(locally(2, answer)(job, counting(c for s in job.sources for c in chunks(s, {}, 25))), 1):
        most[0] = max(most[0], cut[0] - done)
    assert done == cut[0] > 40
    assert most[0] <= 2
