"""What happens behind answers: in order, bounded, and without a trace in what callers get."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from serving.after import BITE, After, Given
from serving.marks import Batch
from serving.store import Stored
from tests.serving.conftest import Serve


class Ears:
    """Hears, and can be held up or made to fail."""

    def __init__(self, *, fails: bool = False, held: bool = False) -> None:
        self.ids: list[str] = []
        self.bites: list[int] = []
        self.fails, self.free = fails, threading.Event()
        if not held:
            self.free.set()

    def heard(self, given: Sequence[Given]) -> None:
        self.free.wait(10)
        self.ids += [row.id for _, row in given]
        self.bites.append(len(given))
        if self.fails:
            raise RuntimeError("deaf")

    def idle(self) -> None:
        pass


def rows(count: int, body: str = "x") -> list[Given]:
    at = datetime.now(UTC)
    answer: Any = SimpleNamespace(batch=Batch.of([]))
    return [(answer, Stored(f"p{k}", at, None, None, "", body, {}, "{}", 1, "f")) for k in range(count)]


def dropped(made: After) -> float:
    return float(list(made.dropped.lines())[1].split()[-1])


def test_everybody_hears_everything_in_order_and_in_small_bites_though_somebody_fails() -> None:
    deaf, ears = Ears(fails=True), Ears()
    made = After([deaf, ears])
    made.start()
    for _ in range(3):
        made.give(rows(50))
    made.stop()
    assert ears.ids == deaf.ids == [f"p{k}" for k in range(50)] * 3
    assert max(ears.bites) <= BITE
    assert dropped(made) == 0


@pytest.mark.parametrize(
    ("count", "body"), [pytest.param(1_500, "x", id="items"), pytest.param(400, "x" * 10_000, id="characters")]
)
def test_what_does_not_fit_is_dropped_and_counted(count: int, body: str) -> None:
    ears = Ears(held=True)
    made = After([ears])
    made.start()
    for _ in range(4):
        made.give(rows(count, body))
    assert dropped(made) >= 2 * count
    ears.free.set()
    made.stop()
    assert len(ears.ids) + dropped(made) == 4 * count


def test_without_listeners_nothing_is_held() -> None:
    made = After()
    made.start()
    made.give(rows(5_000))
    assert dropped(made) == 0
    made.stop()


def test_a_listener_that_hangs_and_fails_does_not_hold_up_an_answer(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve()
    behind: After = client.app.state.after  # type: ignore[attr-defined]
    hanging = Ears(held=True, fails=True)
    behind.listeners, behind.held = [hanging], 100
    for _ in range(3):
        answer = client.post("/v1/classify/batch", json={"items": [{"body": "where is it"}] * 100})
        assert (answer.status_code, answer.json()["answered"]) == (200, 100)
    assert dropped(behind) > 0
    hanging.free.set()
    behind.stop()
    assert sum(hanging.bites) + dropped(behind) == 300
    assert [record.getMessage() for record in caplog.records if "Ears" in record.getMessage()] == [
        "Ears failed: RuntimeError"
    ]
