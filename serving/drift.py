"""Whether served answers still look like those of training: from the store, or as they are given. Knows no HTTP."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from model.drift import FEWEST, Observation, Profile, Signal, compare, profile
from model.errors import SortationError
from serving.after import Given
from serving.exposition import Series
from serving.models import Served
from serving.store import Store

WINDOW = 2_000
"""Newest answers of a model that its gauges are about."""
EVERY = 30.0
"""Seconds between two comparisons while answers come in."""
VERDICTS = ("too few", "steady", "watch", "drifted")


@dataclass(frozen=True)
class Drift:
    """A window of served answers beside the reference of the model that gave them."""

    model: str
    version: int
    since: datetime
    reference: Profile
    window: Profile
    others: int
    """Answers of other versions in that time, which are left out."""
    signals: list[Signal]


def measured(store: Store, served: Served, since: datetime, tenant: str) -> Drift:
    """Drift of what a model answered a tenant since a moment. Raises SortationError where there is no reference."""
    reference = served.classifier.reference
    if reference is None:
        raise SortationError(f"version {served.version} was saved without a reference; train again to see drift")
    others = 0

    def own() -> Iterator[Observation]:
        nonlocal others
        for row in store.windows.answers(tenant, since):
            if row.fingerprint == served.fingerprint:
                yield observation(row.answer, row.length)
            else:
                others += 1

    window = profile(own())
    return Drift(served.name, served.version, since, reference, window, others, compare(reference, window))


def observation(answer: Mapping[str, Any], length: int) -> Observation:
    """What drift looks at in an answer as it was given or kept."""
    unseen, language = "unseen_vocabulary" in answer["reason"], answer["language"]["code"]
    return Observation(answer["labels"], answer["confidence"], length, unseen, language)


class Rolling:
    """The newest answers of one model. They are counted when somebody asks, since that is seldom."""

    def __init__(self, size: int = WINDOW) -> None:
        self._seen: deque[Observation] = deque(maxlen=size)

    def add(self, seen: Observation) -> None:
        """One more; beyond the window's size the oldest goes."""
        self._seen.append(seen)

    @property
    def profile(self) -> Profile:
        """The window as counts."""
        return profile(self._seen)


def _gauge(name: str, about: str, *labels: str) -> Series:
    return Series("gauge", f"sortation_drift_{name}", about, labels)


@dataclass
class Gauges:
    """Drift of every model that answers, over its newest answers; a listener to answers that were given."""

    models: Callable[[], Sequence[Served]]
    """The models that answer just now."""
    distance: Series = field(
        default_factory=lambda: _gauge("distance", "Distance from training, 0 to 1.", "model", "signal")
    )
    p_value: Series = field(
        default_factory=lambda: _gauge("p_value", "Probability of that by accident.", "model", "signal")
    )
    verdict: Series = field(
        default_factory=lambda: _gauge(
            "verdict", "0: too few items, 1: steady, 2: watch, 3: drifted.", "model", "signal"
        )
    )
    items: Series = field(default_factory=lambda: _gauge("items", "Answers in the window.", "model"))
    every: float = EVERY

    def __post_init__(self) -> None:
        self._windows: dict[str, Rolling] = {}
        self._fresh = 0
        self._next = time.monotonic()

    @property
    def series(self) -> list[Series]:
        """What is exposed."""
        return [self.distance, self.p_value, self.verdict, self.items]

    def heard(self, given: Sequence[Given]) -> None:
        """Counts answers, and compares now and then."""
        for answer, row in given:
            window = self._windows.setdefault(row.fingerprint, Rolling())
            window.add(observation(answer.plain, len(row.subject) + len(row.body)))
        if not self._fresh:  # the first after a comparison, or after a pause
            self._next = max(self._next, time.monotonic() + self.every)
        self._fresh += len(given)
        self.idle()

    def idle(self) -> None:
        """Compares, if there is something new and enough time has passed."""
        if self._fresh and time.monotonic() >= self._next:
            self._fresh = 0
            self._compare()

    def _compare(self) -> None:
        answering = {served.fingerprint: served for served in self.models()}
        self._windows = {key: window for key, window in self._windows.items() if key in answering}
        for key, window in self._windows.items():
            served, found = answering[key], window.profile
            reference = served.classifier.reference
            for signal in [] if reference is None else compare(reference, found):
                self.distance.set(signal.distance, served.name, signal.name)
                self.p_value.set(signal.p_value, served.name, signal.name)
                self.verdict.set(VERDICTS.index(signal.verdict), served.name, signal.name)
            self.items.set(found.items, served.name)


def lines(drift: Drift) -> list[str]:
    """A drift as a table for a terminal."""
    head = (
        f"version {drift.version} of {drift.model}: {drift.window.items} answers since {drift.since:%Y-%m-%d %H:%M} "
        f"beside {drift.reference.items} of training"
    )
    left_out = [f"{drift.others} answers of other versions are left out"] if drift.others else []
    if min(drift.window.items, drift.reference.items) < FEWEST:
        return [head, *left_out, f"too few to say anything: {FEWEST} of each are needed"]
    table = [f"{'signal':18} {'distance':>8} {'p':>7}  {'verdict':8} what changed most"]
    for each in drift.signals:
        changes = ", ".join(f"{c.category} {c.before:.0%} -> {c.now:.0%}" for c in each.changes if c.before != c.now)
        table.append(f"{each.name:18} {each.distance:8.3f} {each.p_value:7.4f}  {each.verdict:8} {changes}".rstrip())
    return [head, *left_out, *table]
