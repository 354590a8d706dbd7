"""Better settings by trying: grouped cross-validation on what is not the test share, every trial a run in MLflow."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from model.errors import SortationError
from training.fitting import Settings
from training.origin import code_hash
from training.settings_file import as_yaml, changed
from training.shares import share_out
from training.study import Came, Study, Tried, alone
from training.trials import Engine, Fold, Score, accuracy, made_folds, trial

if TYPE_CHECKING:
    from training.run import Inputs

FOLDS = 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class Runs(Protocol):
    """Where trials are written down; the registry is one."""

    def begin(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        """Starts a run, below another one if that is given; returns its id."""

    def finish(
        self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], status: str = "FINISHED"
    ) -> None:
        """Ends a run: FINISHED, FAILED or KILLED."""


@dataclass(frozen=True)
class Budget:
    """When to stop; whatever comes first."""

    trials: int | None = None
    """Finished trials, those of earlier calls included; None: no bound."""
    seconds: float | None = None
    """Of this call; a fold that is being worked on is finished."""


@dataclass(frozen=True)
class Standing:
    """How far a study is."""

    tried: Sequence[Tried]
    seconds: float
    """Since this call began."""
    folds: int
    """Of the trial that is being worked on."""

    @property
    def best(self) -> Tried | None:
        """The best trial that was not given up; the earliest of several."""
        whole = [each for each in self.tried if not each.pruned]
        return max(whole, key=lambda each: (each.value, -each.number), default=None)

    @property
    def given(self) -> Tried | None:
        """What came of the settings as they were given."""
        return self.tried[0] if self.tried else None


@dataclass(frozen=True)
class Search:
    """What a study is about, and where it lies."""

    inputs: "Inputs"
    settings: Settings
    """As given: the first trial, and what trials do not change."""
    folder: Path
    runs: Runs
    engine: Engine
    at_once: int = 1
    """Folds that are worked on together."""
    name: str = ""
    """Empty: one by data, settings and code."""

    @property
    def study(self) -> str:
        """The study's name. Raises SortationError where it cannot be a file's."""
        name = self.name or f"tune-{self.key[:10]}"
        if not _NAME.fullmatch(name):
            raise SortationError(f"a study's name is up to 60 letters, digits, dots and dashes, not {name!r}")
        return name

    @property
    def key(self) -> str:
        """Hash of all that scores depend on besides the trial: of two studies with the same one, scores compare."""
        told = json.dumps(asdict(self.settings), sort_keys=True)
        return hashlib.sha256("\n".join([self.inputs.data_hash, told, code_hash(), str(FOLDS)]).encode()).hexdigest()

    @property
    def found(self) -> Path:
        """The file of the best settings."""
        return self.folder / f"{self.study}.yaml"


def tune(search: Search, budget: Budget, watch: Callable[[Standing], None]) -> Standing:
    """Tries settings until the budget is used up, and keeps the best in `search.found` all along.

    Only the shares for fitting and calibration are looked at. A call that is killed loses the trial it was at; the
    next one tries it again. Raises SortationError where the study is of other data, settings or code, or at work.
    """
    shares = share_out(search.inputs.items, search.settings.seed)
    items = sorted([*shares.fit, *shares.calibration], key=lambda item: item.id)
    on = made_folds(items, FOLDS, search.settings.seed)
    if not all(fold.learn and fold.measure for fold in on):
        raise SortationError(f"{len(items)} items in so few groups cannot be split into {FOLDS} folds")
    with alone(search.folder / f"{search.study}.lock"):
        vectors = search.settings.vectors
        kind = None if vectors is None else vectors.kind
        study = Study(search.folder / f"{search.study}.journal", search.study, search.settings.seed, kind)
        if study.noted("key", lambda: search.key) != search.key:
            raise SortationError(f"{search.study} was begun with other data, settings or code; name another study")
        clock = _Clock(time.monotonic(), budget)
        status = "KILLED"
        parent = study.noted("run", lambda: search.runs.begin(f"tune {search.study}", {"study": search.study}))
        try:
            _keep(search, study, parent)  # of trials that a killed call finished
            while not clock.over(study.tried()) and _try(search, study, on, clock, watch):
                _keep(search, study, parent)
            status = "FINISHED"
        finally:
            search.runs.finish(parent, {}, _summary(study.tried()), status)
        return Standing(study.tried(), clock.seconds, 0)


def best_settings(search: Search, study: Study) -> Settings:
    """The settings of the best trial; those given where there is none yet."""
    best = Standing(study.tried(), 0.0, 0).best
    return search.settings if best is None else changed(search.settings, best.changes)


@dataclass(frozen=True)
class _Clock:
    start: float
    budget: Budget

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start

    @property
    def late(self) -> bool:
        return self.budget.seconds is not None and self.seconds >= self.budget.seconds

    def over(self, tried: Sequence[Tried]) -> bool:
        return self.late or (self.budget.trials is not None and len(tried) >= self.budget.trials)


def _try(search: Search, study: Study, on: Sequence[Fold], clock: _Clock, watch: Callable[[Standing], None]) -> bool:
    """Works on one trial; False where time was up before it was finished: the next call tries it again."""
    asked, changes = study.ask()
    settings = changed(search.settings, changes)
    scores: list[Score] = []
    cut = False
    for score in trial(settings, on, search.inputs.taxonomy, search.engine, search.at_once):
        scores.append(score)
        watch(Standing(study.tried(), clock.seconds, len(scores)))
        cut = study.seen(asked, len(scores) - 1, accuracy(scores)) and len(scores) < len(on)
        if cut:
            break
        if clock.late and len(scores) < len(on):
            return False
    levels = {
        name: sum(each.levels[name] for each in scores) / sum(each.items for each in scores)
        for name in search.inputs.taxonomy.level_names
    }
    study.tell(asked, Came(changes, [accuracy([each]) for each in scores], levels, accuracy(scores), cut))
    watch(Standing(study.tried(), clock.seconds, 0))
    return True


def _keep(search: Search, study: Study, parent: str) -> None:
    """Writes down trials that are not yet, and the best settings; what a kill leaves out the next call makes good."""
    for each in study.tried()[study.recorded :]:
        _record(search, study, each, parent)
        study.mark_recorded(each.number + 1)
    draft = search.found.with_name(f".{search.found.name}.draft")
    draft.write_text(as_yaml(best_settings(search, study)), encoding="utf-8")
    draft.replace(search.found)


def _record(search: Search, study: Study, tried: Tried, parent: str) -> None:
    """A trial as a run below the study's run; a run that was begun for it is finished."""
    name = f"trial {tried.number}" if tried.changes else "settings as given"
    tags = {"pruned": str(tried.pruned).lower()}
    run = study.noted(f"run of trial {tried.number}", lambda: search.runs.begin(name, tags, parent))
    folds = {f"fold.{k}.joint.accuracy": value for k, value in enumerate(tried.folds)}
    levels = {f"{level}.accuracy": value for level, value in tried.levels.items()}
    search.runs.finish(run, tried.changes, folds | levels | {"joint.accuracy": tried.value})


def _summary(tried: Sequence[Tried]) -> dict[str, float]:
    found = {"trials": float(len(tried)), "trials.pruned": float(sum(each.pruned for each in tried))}
    standing = Standing(tried, 0.0, 0)
    if standing.best is not None and standing.given is not None:
        found |= {"best.joint.accuracy": standing.best.value, "given.joint.accuracy": standing.given.value}
    return found
