"""Training runs that are killed: the registry, the champion and the files stay as they were, and the next run works.

The processes are forked from one that has imported everything, so that each costs little.
"""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import bundle
from sortation import main
from training.registry import CHALLENGER, CHAMPION, Registry

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["training.run", "training.plots", "mlflow.pyfunc", "mlflow.artifacts", "serving.store.corrections", __name__]
)
WORDS = {"billing": "invoice payment refund amount charged", "delivery": "parcel courier late lost address"}
PATIENCE = 400
"""Seconds that a process may take on a busy machine."""


def write_data(folder: Path) -> Path:
    """A data folder of two labels, 150 items each."""
    (folder / "corpus").mkdir(parents=True)
    (folder / "taxonomy.yaml").write_text(
        "name: tiny\nversion: 1\nlevels: [topic]\nlabels:\n  topic:\n    billing: money\n    delivery: parcels\n"
    )
    lines, drawn = [], np.random.default_rng(3)
    for label, words in WORDS.items():
        several = words.split()
        for k in range(150):
            noise = ("".join(drawn.choice(list("bdfgklmnprst"), 6)) for _ in range(6))
            body = " ".join([several[k % 5], several[k // 5 % 5], *noise])
            lines.append(json.dumps({"id": f"{label}-{k}", "subject": "", "body": body, "topic": label}))
    (folder / "corpus" / "all.jsonl").write_text("\n".join(lines))
    return folder


def work(words: list[str], said: Path) -> None:
    """A command in a process of its own, its lines in a pipe."""
    with said.open("w", buffering=1) as file, redirect_stdout(file):
        code = main(words)
    os._exit(code)


def die_at(home: Path, call: str) -> None:
    """Trains, and is killed right behind one of the calls to MLflow."""
    from mlflow import MlflowClient

    real = getattr(MlflowClient, call)

    def last(*words: Any, **more: Any) -> Any:
        found = real(*words, **more)
        of_promotion = {"create_run": "why" in more.get("tags", {}), "set_registered_model_alias": CHAMPION in words}
        if of_promotion.get(call, True):  # these are called for the version as well
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(MlflowClient, call, last)
    main(command(home))


def command(home: Path) -> list[str]:
    return ["train", "--data", str(home / "data"), "--home", str(home)]


@dataclass(frozen=True)
class Standing:
    """What must not change when a run is killed."""

    champion: int | None
    challenger: int | None
    versions: list[int]
    history: list[Any]
    fingerprint: str

    @classmethod
    def of(cls, home: Path, into: Path) -> "Standing":
        registry = Registry(home)
        champion = registry.get(CHAMPION)
        challenger = registry.find(CHALLENGER)
        folder = registry.fetch(champion, into)
        bundle.load(folder)
        numbers = [number for number in range(1, 40) if registry.find(str(number))]
        return cls(
            champion.number,
            None if challenger is None else challenger.number,
            numbers,
            registry.history(),
            bundle.fingerprint(folder),
        )


def spawn(target: Callable[..., None], *words: Any) -> BaseProcess:
    process = CONTEXT.Process(target=target, args=words)
    process.start()
    return process


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with a champion."""
    made = tmp_path_factory.mktemp("home")
    write_data(made / "data")
    process = spawn(work, command(made), made / "log")
    process.join(PATIENCE)
    assert process.exitcode == 0, (made / "log").read_text()
    return made


def drafts(home: Path) -> list[Path]:
    return list((home / "drafts").glob("*/*/lock"))


def check_the_next_run(home: Path, before: Standing, tmp_path: Path) -> None:
    """It registers the next version, promotes it, and clears what the killed one left."""
    process = spawn(work, command(home), tmp_path / "log")
    process.join(PATIENCE)
    assert process.exitcode == 0, (tmp_path / "log").read_text()
    after = Standing.of(home, tmp_path / "after")
    assert after.champion == after.challenger == after.versions[-1] == before.versions[-1] + 1
    assert [(e.before, e.after) for e in after.history] == [
        *((e.before, e.after) for e in before.history),
        (before.champion, after.champion),
    ]
    assert drafts(home) == []
    client = Registry(home)._client
    experiments = [each.experiment_id for each in client.search_experiments()]
    assert list(client.search_runs(experiments, "attributes.status = 'RUNNING'")) == []


@pytest.mark.parametrize("stage", ["fitting: pass 2", "accuracy"])
def test_a_run_killed_at_a_stage_it_prints_changes_nothing(home: Path, tmp_path: Path, stage: str) -> None:
    before = Standing.of(home, tmp_path / "models")
    said = tmp_path / "said"
    os.mkfifo(said)
    process = spawn(work, command(home), said)
    with said.open() as lines:
        for line in lines:
            if stage in line:
                process.kill()
                break
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    assert Standing.of(home, tmp_path / "models") == before
    assert len(drafts(home)) == 1
    if stage == "accuracy":  # the last of them: one run clears what all have left
        check_the_next_run(home, before, tmp_path)


@pytest.mark.parametrize(
    ("call", "registered", "promoted"),
    [
        ("log_artifacts", False, False),
        ("create_model_version", True, False),
        ("create_run", True, False),
        ("set_registered_model_alias", True, True),
    ],
)
def test_a_run_killed_while_it_talks_to_the_registry_leaves_whole_versions_or_none(
    home: Path, tmp_path: Path, call: str, registered: bool, promoted: bool
) -> None:
    before = Standing.of(home, tmp_path / "models")
    process = spawn(die_at, home, call)
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    after = Standing.of(home, tmp_path / "models")
    assert len(after.versions) == len(before.versions) + registered
    assert after.champion == (after.versions[-1] if promoted else before.champion)
    assert [entry.after for entry in after.history[len(before.history) :]] == [after.champion] * promoted
    registry = Registry(home)
    bundle.load(registry.fetch(registry.get(str(after.versions[-1])), tmp_path / "models"))
    if call in {"log_artifacts", "set_registered_model_alias"}:
        check_the_next_run(home, after, tmp_path)


def test_two_runs_at_once_do_not_mix(home: Path, tmp_path: Path) -> None:
    before = Standing.of(home, tmp_path / "models")
    runs = [spawn(work, command(home), tmp_path / name) for name in ("one", "two")]
    for run in runs:
        run.join(PATIENCE)
    said = [(tmp_path / name).read_text() for name in ("one", "two")]
    assert [run.exitcode for run in runs] == [0, 0], said
    after = Standing.of(home, tmp_path / "after")
    made = after.versions[len(before.versions) :]
    assert len(made) == 2
    steps = [(entry.before, entry.after) for entry in after.history[len(before.history) :]]
    assert steps in ([(before.champion, a), (a, b)] for a, b in (made, made[::-1]))
    registry = Registry(home)
    for number in made:
        version = registry.get(str(number))
        folder = registry.fetch(version, tmp_path / "models")
        about = bundle.load(folder).about
        assert bundle.fingerprint(folder) == version.tags["fingerprint"]
        assert (about["data_hash"], about["inputs"]) == (version.tags["data_hash"], version.tags["inputs"])
        assert any(
            f"registered as version {number} " in each and f"version {number} is the champion" in each for each in said
        )
