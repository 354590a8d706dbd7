"""Tuning: it goes on where it was killed, never sees the test share, and leaves runs in MLflow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from model.errors import SortationError
from tests import small_desk
from training.cluster import cluster, in_parallel
from training.fitting import Settings
from training.run import Inputs
from training.settings_file import changed, read_settings
from training.shares import share_out
from training.study import alone
from training.trials import Score, here, made_folds, score, trial
from training.tuning import Budget, Search, Standing, tune


class Killed(BaseException):
    """What a killed process would not even see."""


class Mortal:
    """An engine that is killed before its nth call."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, calls: Sequence[Callable[[], Score]]) -> Iterable[Score]:
        for call in calls:
            if not self.left:
                raise Killed
            self.left -= 1
            yield call()


class Written:
    """Runs that are remembered."""

    def __init__(self) -> None:
        self.parents: list[str | None] = []
        self.ended: list[tuple[str, dict[str, Any], str]] = []

    def begin(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        self.parents.append(parent)
        return f"{len(self.parents)} {name}"

    def finish(
        self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], status: str = "FINISHED"
    ) -> None:
        self.ended.append((run, dict(parameters), status))


class Broken(Written):
    """Runs whose writer is killed once, at a call about a run whose name ends so."""

    def __init__(self, call: str, name: str) -> None:
        super().__init__()
        self.deadly: tuple[str, str] | None = (call, name)

    def die(self, call: str, name: str) -> None:
        if self.deadly is not None and self.deadly[0] == call and name.endswith(self.deadly[1]):
            self.deadly = None
            raise Killed

    def begin(self, name: str, tags: Mapping[str, str], parent: str | None = None) -> str:
        self.die("begin", name)
        return super().begin(name, tags, parent)

    def finish(
        self, run: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], status: str = "FINISHED"
    ) -> None:
        self.die("finish", run)
        super().finish(run, parameters, metrics, status)


@pytest.fixture
def search(tmp_path: Path) -> Search:
    inputs = Inputs(small_desk.taxonomy(), small_desk.items(90), 0, "hash", "key")
    return Search(inputs, Settings(), tmp_path, Written(), here(1))


def ignore(_: Standing) -> None:
    pass


def test_the_first_trial_is_the_settings_as_given_and_the_best_is_kept(search: Search) -> None:
    standing = tune(search, Budget(trials=3), ignore)
    assert standing.tried[0].changes == {}
    assert standing.best is not None
    assert standing.best.value == max(each.value for each in standing.tried if not each.pruned)
    assert read_settings(search.found) == search.settings or standing.best.number > 0


def test_a_study_that_was_killed_tries_what_it_would_have_tried_in_one_go(search: Search, tmp_path: Path) -> None:
    whole = tune(replace(search, name="whole"), Budget(trials=4), ignore)
    with pytest.raises(Killed):
        tune(replace(search, name="parts", engine=Mortal(12)), Budget(trials=4), ignore)
    again = tune(replace(search, name="parts"), Budget(trials=4), ignore)
    assert again.tried == whole.tried


def test_time_that_is_up_leaves_the_trial_for_the_next_call(search: Search) -> None:
    cut = tune(search, Budget(seconds=1e-9), ignore)
    assert (list(cut.tried), cut.best) == ([], None)
    assert len(tune(search, Budget(trials=1), ignore).tried) == 1


def test_the_test_share_is_never_looked_at(search: Search) -> None:
    test = {item.id for item in share_out(search.inputs.items, search.settings.seed).test}
    seen: set[str] = set()

    def watching(calls: Sequence[Callable[[], Score]]) -> Iterable[Score]:
        for call in calls:
            fold = call.args[1]  # type: ignore[attr-defined]
            seen.update(item.id for item in [*fold.learn, *fold.measure])
            yield call()

    tune(replace(search, engine=watching), Budget(trials=1), ignore)
    assert seen
    assert seen.isdisjoint(test)


def test_other_data_are_another_study(search: Search) -> None:
    tune(replace(search, name="mine"), Budget(trials=1), ignore)
    other = replace(search, name="mine", inputs=replace(search.inputs, data_hash="other"))
    with pytest.raises(SortationError, match="begun with other data"):
        tune(other, Budget(trials=1), ignore)
    assert replace(other, name="").study != replace(search, name="").study


def test_two_processes_do_not_share_a_study(search: Search) -> None:
    with alone(search.folder / f"{search.study}.lock"), pytest.raises(SortationError, match="another process"):
        tune(search, Budget(trials=1), ignore)


@pytest.mark.parametrize("name", ["../x", "a b", "x" * 70])
def test_a_study_has_a_name_that_can_be_a_file(search: Search, name: str) -> None:
    with pytest.raises(SortationError, match="study's name"):
        tune(replace(search, name=name), Budget(trials=1), ignore)


def test_trials_are_runs_below_the_studys_run_also_after_a_kill(search: Search) -> None:
    runs = Written()
    with pytest.raises(Killed):
        tune(replace(search, runs=runs, engine=Mortal(7)), Budget(trials=3), ignore)
    tune(replace(search, runs=runs), Budget(trials=3), ignore)
    study = f"1 tune {search.study}"
    assert runs.parents == [None, study, study, study]
    assert [(run, status) for run, _, status in runs.ended if run == study] == [(study, "KILLED"), (study, "FINISHED")]
    assert "recipe.parts" in runs.ended[-2][1]


@pytest.mark.parametrize("call", ["begin", "finish"])
@pytest.mark.parametrize("name", ["settings as given", "trial 1"])
def test_a_trial_that_a_kill_kept_from_being_written_down_is_by_the_next_call(
    search: Search, call: str, name: str
) -> None:
    search = replace(search, runs=Broken(call, name))
    with pytest.raises(Killed):
        tune(search, Budget(trials=2), ignore)
    assert len(tune(search, Budget(trials=2), ignore).tried) == 2
    assert isinstance(search.runs, Broken)
    ended = [run for run, _, _ in search.runs.ended if not run.startswith("1 ")]
    assert ended == ["2 settings as given", "3 trial 1"]
    assert len(search.runs.parents) == 3


def test_the_file_of_the_best_settings_is_there_after_a_kill_behind_the_last_trial(search: Search) -> None:
    search = replace(search, runs=Broken("begin", "settings as given"))
    with pytest.raises(Killed):
        tune(search, Budget(trials=1), ignore)
    search.found.unlink(missing_ok=True)
    standing = tune(search, Budget(trials=1), ignore)
    assert standing.best is not None
    assert read_settings(search.found) == changed(search.settings, standing.best.changes)
    assert [path.name for path in search.folder.glob("*.yaml")] == [search.found.name]


def test_a_trial_is_a_function_of_its_arguments() -> None:
    folds = made_folds(small_desk.items(60), 3, seed=1)
    once, again = (score(Settings(), folds[0], small_desk.taxonomy()) for _ in range(2))
    assert once == again
    assert once.right <= min(once.levels.values()) <= once.items == len(folds[0].measure)


def test_whoever_has_seen_enough_folds_pays_for_no_more() -> None:
    engine = Mortal(2)
    scores = trial(Settings(), made_folds(small_desk.items(60), 3, seed=1), small_desk.taxonomy(), engine, at_once=1)
    next(scores)
    assert engine.left == 1


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; it comes with the extra `scale`")
@pytest.mark.filterwarnings("ignore:::ray", "ignore::ResourceWarning")
def test_folds_on_ray_come_to_the_same_study(search: Search, tmp_path: Path) -> None:
    here_alone = tune(search, Budget(trials=2), ignore)
    with cluster(2, None) as ray:
        elsewhere = replace(search, folder=tmp_path / "ray", engine=in_parallel(ray), at_once=2)
        assert tune(elsewhere, Budget(trials=2), ignore).tried == here_alone.tried
