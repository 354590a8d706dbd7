"""The command that looks for better settings: tune."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import SortationError
from sortation import data
from sortation.frame import Command, settings
from sortation.learning import add_vectors, wished

if TYPE_CHECKING:
    from training.trials import Engine
    from training.tuning import Budget, Standing


def add(command: Command) -> None:
    """Adds the commands to a parser."""
    tune = command("tune", _tune, "Look for better settings; stopped or killed, it goes on where it was.")
    data.add_sources(tune)
    tune.add_argument("--minutes", type=float, help="how long to look (default: 10, unless --trials is given)")
    tune.add_argument("--trials", type=int, help="how many trials the study is to have, earlier ones included")
    tune.add_argument("--study", default="", metavar="NAME", help="to go on with (default: by data and code)")
    tune.add_argument("--settings", type=Path, metavar="FILE", help="where to start from (default: as trained)")
    tune.add_argument("--jobs", type=int, default=0, help="processes (default: one for each core)")
    tune.add_argument("--engine", choices=("local", "ray"), default="local", help="this machine's cores, or Ray")
    tune.add_argument("--address", help="the Ray cluster (default: one that is started here)")
    add_vectors(tune)


def _tune(told: argparse.Namespace) -> None:
    from serving.watching import address
    from training.registry import Registry
    from training.run import read_inputs
    from training.tuning import FOLDS, Search, tune

    server = settings(told)
    budget = _budget(told)
    wishes = wished(told, server)
    sources, _ = data.sources(told, server)
    inputs = read_inputs(sources, wishes)
    registry = Registry(server.home, server.registry or None, address(server, told.tenant).name)
    with _engine(told, FOLDS) as (engine, at_once):
        search = Search(inputs, wishes, server.home / "tuning", registry, engine, at_once, told.study)
        standing = tune(search, budget, Watch(budget, FOLDS))
    best, given = standing.best, standing.given
    if best is None or given is None:
        raise SortationError(f"no trial was finished; go on with: sortation tune --study {search.study}")
    print(f"{len(standing.tried)} trials, {sum(each.pruned for each in standing.tried)} of them given up early")
    print(f"as given  every level right {given.value:.2%} of the items left out")
    if best.value <= given.value:
        print("nothing that was tried is better")
        return
    better = sum(new > old for new, old in zip(best.folds, given.folds, strict=True))
    print(f"best      {best.value:.2%}, better in {better} of {FOLDS} folds; the best of many looks better than it is")
    print(f"sortation train --settings {search.found}")


@contextmanager
def _engine(told: argparse.Namespace, most: int) -> Iterator[tuple["Engine", int]]:
    """What runs the folds of a trial, and how many of them together."""
    from training.cluster import cluster, in_parallel, width
    from training.trials import here

    if told.engine == "ray":
        with cluster(told.jobs or None, told.address) as ray:
            yield in_parallel(ray), min(told.jobs or width(ray), most)
        return
    if told.address:
        raise SortationError("--address is a Ray cluster's; add --engine ray")
    jobs = min(told.jobs or os.cpu_count() or 1, most)
    yield here(jobs), jobs


def _budget(told: argparse.Namespace) -> "Budget":
    from training.tuning import Budget

    if (told.minutes is not None and told.minutes <= 0) or (told.trials is not None and told.trials < 1):
        raise SortationError("--minutes and --trials must be above 0")
    minutes = 10.0 if told.minutes is None and told.trials is None else told.minutes
    return Budget(told.trials, None if minutes is None else minutes * 60)


class Watch:
    """Shows how far a study is: a bar where somebody watches, else a line for each trial."""

    def __init__(self, budget: "Budget", folds: int) -> None:
        self.budget = budget
        self.folds = folds
        self.told = -1

    def __call__(self, standing: "Standing") -> None:
        """Shows one standing."""
        done = len(standing.tried)
        if sys.stderr.isatty():
            bar = "█" * int(30 * self._share(standing))
            print(f"\r{bar:░<30} {told(standing)}", end="", file=sys.stderr, flush=True)
        elif done != self.told:
            print(f"  {told(standing)}", flush=True)
        self.told = done

    def _share(self, standing: "Standing") -> float:
        """How much of the budget is used up, in [0, 1]."""
        shares = []
        if self.budget.trials is not None:
            shares.append((len(standing.tried) + standing.folds / self.folds) / self.budget.trials)
        if self.budget.seconds is not None:
            shares.append(standing.seconds / self.budget.seconds)
        return min(max(shares), 1.0)


def told(standing: "Standing") -> str:
    """A standing in one line."""
    best = "none yet" if standing.best is None else f"{standing.best.value:.2%}"
    given = "" if standing.given is None else f" (as given {standing.given.value:.2%})"
    return f"{len(standing.tried)} trials, {standing.seconds:.0f} s, best {best}{given}"
