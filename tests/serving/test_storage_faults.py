"""A disk that is full, a database that somebody holds, a registry that is gone or offers what is broken."""

import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from model import bundle, signing
from model.classifier import Classifier
from tests.serving.processes import Process
from training.history import PROMOTION, Entry
from training.registry import CHAMPION, Registry, Run

BODY = "where is parcel 4471? " * 20


@pytest.fixture(scope="module")
def shared(model_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("storage") / "home"
    shutil.copytree(model_home, home)
    return home


@pytest.fixture(scope="module")
def process(shared: Path) -> Iterator[Process]:
    made = Process(shared)
    yield made
    made.end()


def classified(process: Process) -> str:
    """The number of a prediction."""
    status, said = process.ask("POST", "/v1/classify", {"body": BODY})
    assert status == 200, said
    return str(said["prediction_id"])


def test_a_full_disk_is_said_and_ridden_out(process: Process) -> None:
    kept = [classified(process)]
    _, hard = resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (65_536, hard))
    try:
        for _ in range(200):
            status, said = process.ask("POST", "/v1/classify", {"body": BODY})
            if status != 200:
                break
            kept.append(said["prediction_id"])
        assert (status, "nothing was kept" in said["detail"]) == (503, True)
        feedback = f"/v1/predictions/{kept[0]}/feedback"
        assert process.ask("POST", feedback, {"correct": True})[0] == 503
        assert process.ask("POST", "/v1/jobs", {"items": [{"body": "x"}]})[0] == 503
        assert process.ask("GET", "/health/live")[0] == 200
        assert process.ask("GET", f"/v1/predictions/{kept[-1]}")[0] == 200
    finally:
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert process.healthy()
    for number in kept:
        assert process.ask("GET", f"/v1/predictions/{number}")[0] == 200


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_database_that_another_process_holds_is_said_and_ridden_out(process: Process, shared: Path) -> None:
    number = classified(process)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(shared / "sortation.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        status, said = process.ask("POST", "/v1/classify", {"body": BODY})
        assert (status, "nothing was kept" in said["detail"]) == (503, True)
        assert process.ask("GET", f"/v1/predictions/{number}")[0] == 200
        holder.communicate(b"")
    assert process.healthy()


def test_a_reader_holds_nobody_up(process: Process, shared: Path) -> None:
    reader = sqlite3.connect(shared / "sortation.db", isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM predictions").fetchone()
    assert classified(process)
    reader.close()


def published(home: Path, classifier: Classifier, shown: Path, *, broken: bool) -> int:
    """Registers a signed version as champion and shows the registry; one that is broken is not what was signed."""
    registry = Registry(home, f"sqlite:///{home / 'hidden.db'}")
    with registry.work() as scratch:
        folder = scratch / "bundle"
        bundle.save(classifier, folder)
        signing.sign(folder, signing.own_key(home))
        if broken:
            array = folder / "bias.npy"
            array.write_bytes(array.read_bytes()[:-1] + b"\x55")
        version = registry.record(Run({}, {}, {}, folder, home / "trusted"))
    stood = registry.find(CHAMPION)
    registry.promote(
        version, Entry(PROMOTION, None if stood is None else stood.number, version.number, "a test", "a test")
    )
    shutil.copy(home / "hidden.db", home / "draft.db")
    (home / "draft.db").replace(shown)
    return version.number


def version_of(process: Process) -> int:
    return int(process.ask("POST", "/v1/classify", {"body": BODY})[1]["model"]["version"])


def until(true: Callable[[], bool], patience: float = 90) -> bool:
    end = time.monotonic() + patience
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the registry's own
def test_a_registry_that_is_gone_or_offers_what_is_broken_does_not_matter(
    model_home: Path, classifier: Classifier, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(model_home, home)
    shown = tmp_path / "registry.db"
    process = Process(home, registry=f"sqlite:///{shown}", poll=0.05)

    def failures() -> int:
        with urlopen(f"{process.url}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith("sortation_registry_failures_"))

    try:
        assert until(lambda: failures() >= 1)  # there is none yet
        assert version_of(process) == 1
        seen = failures()
        assert published(home, classifier, shown, broken=True) == 1
        assert until(lambda: failures() > seen)
        assert version_of(process) == 1
        good = published(home, classifier, shown, broken=False)
        assert until(lambda: version_of(process) == good == 2)
        shown.unlink()
        seen = failures()
        assert until(lambda: failures() > seen)
        assert version_of(process) == 2
    finally:
        process.end()
