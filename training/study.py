"""A study of settings that survives being killed: what to try next, and what came of what was tried. Only this file
knows Optuna.

The sampler of each trial is seeded by how many were finished before it, so that a study that was stopped and begun
again tries what it would have tried in one go.
"""

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from model.errors import SortationError

SPACE: dict[str, tuple[float, float, bool]] = {
    "strength": (4, 400, True),
    "margin": (0, 10, False),
    "recipe.parts": (0.5, 5, False),
    "recipe.pairs": (0.3, 2.5, False),
    "recipe.subject": (0.3, 2.5, False),
    "recipe.unknown": (0.2, 2.5, False),
    "recipe.classes": (0, 1, False),
    "recipe.floor": (0.5, 8, True),
    "recipe.flatness": (0.2, 1.2, False),
}
"""Setting -> least value, greatest value, and whether the search is over its logarithm."""
EPOCHS = (4, 20)
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
EARLY = 4
"""Trials that are finished before any is given up early."""


@dataclass(frozen=True)
class Came:
    """What came of a trial; shares in [0, 1], over the folds it was given."""

    changes: Mapping[str, Any]
    folds: Sequence[float]
    """Items with every level right, fold by fold."""
    levels: Mapping[str, float]
    value: float
    """Items with every level right."""
    pruned: bool
    """Whether it was given up early."""


@dataclass(frozen=True)
class Tried(Came):
    """A finished trial of a study."""

    number: int
    """From 0; 0 is the settings as they were given."""


class Study:
    """The study in one file; nobody else has it open."""

    def __init__(self, path: Path, name: str, seed: int, vectors: str | None) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        _mend(path)
        pruner = optuna.pruners.MedianPruner(n_startup_trials=EARLY, n_warmup_steps=1)
        storage = JournalStorage(JournalFileBackend(str(path)))
        self._study = optuna.create_study(
            storage=storage, study_name=name, direction="maximize", pruner=pruner, load_if_exists=True
        )
        self._seed = seed
        self._vectors = vectors
        self._retry()

    def _retry(self) -> None:
        """Trials that a killed process left unfinished are tried again."""
        for left in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            self._study.enqueue_trial(left.params, skip_if_exists=False)
            self._study.tell(left.number, state=TrialState.FAIL)

    def noted(self, key: str, make: Callable[[], str]) -> str:
        """What was noted under `key` when the study began; makes and notes it if nothing was."""
        if key not in self._study.user_attrs:
            self._study.set_user_attr(key, make())
        return str(self._study.user_attrs[key])

    @property
    def recorded(self) -> int:
        """How many of the finished trials, from the first on, are written down elsewhere too."""
        return int(self._study.user_attrs.get("recorded", 0))

    def mark_recorded(self, count: int) -> None:
        """Notes that the first `count` finished trials are."""
        self._study.set_user_attr("recorded", count)

    def ask(self) -> tuple[optuna.Trial, dict[str, Any]]:
        """The next trial and the settings it changes; the first one changes none."""
        done = len(self.tried())
        self._study.sampler = optuna.samplers.TPESampler(seed=self._seed + done, multivariate=False)
        trial = self._study.ask()
        return trial, _changes(trial, self._vectors) if done else {}

    def seen(self, trial: optuna.Trial, step: int, value: float) -> bool:
        """Notes the mean after some folds; whether the trial is worth giving up."""
        trial.report(value, step)
        return bool(trial.should_prune())

    def tell(self, trial: optuna.Trial, came: Came) -> None:
        """Notes what came of a trial."""
        trial.set_user_attr("came", asdict(came))
        if came.pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, came.value)

    def tried(self) -> list[Tried]:
        """The finished trials in their order."""
        finished = self._study.get_trials(deepcopy=False, states=FINISHED)
        return [Tried(**each.user_attrs["came"], number=number) for number, each in enumerate(finished)]


def _changes(trial: optuna.Trial, vectors: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: round(trial.suggest_float(name, low, high, log=log), 4) for name, (low, high, log) in SPACE.items()
    }
    found["epochs"] = trial.suggest_int("epochs", *EPOCHS)
    found["names"] = trial.suggest_categorical("names", [True, False])
    if vectors is not None:
        found[f"meaning.{vectors}"] = round(trial.suggest_float(f"meaning.{vectors}", 0.2, 4.0, log=True), 4)
    return found


def _mend(path: Path) -> None:
    """Takes off what a power failure left of a last line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        whole = path.read_bytes()
        if not whole.endswith(b"\n"):
            path.write_bytes(whole[: whole.rfind(b"\n") + 1])


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Holds a study against other processes; the system lets go of it when this one ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SortationError(f"{path.stem} is being tuned by another process") from error
        yield
