"""Which champion stood before, and who is at work."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.history import PROMOTION, ROLLBACK, Entry, before, whoami


def entries(*steps: tuple[str, int | None, int]) -> list[Entry]:
    return [Entry(kind, stood, now, "mara", "because") for kind, stood, now in steps]


UP = entries((PROMOTION, None, 1), (PROMOTION, 1, 2), (PROMOTION, 2, 5))


@pytest.mark.parametrize(
    ("past", "champion", "right"),
    [
        ([], 1, None),
        (UP[:1], 1, None),
        (UP, 5, 2),
        ([*UP, *entries((ROLLBACK, 5, 2))], 2, 1),
        ([*UP, *entries((ROLLBACK, 5, 2), (ROLLBACK, 2, 1))], 1, None),
        ([*UP, *entries((ROLLBACK, 5, 2), (PROMOTION, 2, 6))], 6, 2),
        ([*UP, *entries((ROLLBACK, 5, 3))], 3, 5),
        (entries((PROMOTION, 4, 7)), 7, 4),
        (UP, 9, 5),
    ],
    ids=[
        "empty",
        "first",
        "plain",
        "after one",
        "to the bottom",
        "on again",
        "to another",
        "older than the record",
        "moved by hand",
    ],
)
def test_the_champion_before(past: list[Entry], champion: int, right: int | None) -> None:
    assert before(past, champion) == right


@settings(deadline=None)
@given(st.integers(2, 8))
def test_rollbacks_walk_back_over_every_champion(count: int) -> None:
    past = entries(*((PROMOTION, k - 1 or None, k) for k in range(1, count + 1)))
    walked = [count]
    while (earlier := before(past, walked[-1])) is not None:
        past += entries((ROLLBACK, walked[-1], earlier))
        walked.append(earlier)
    assert walked == list(range(count, 0, -1))


def test_who_is_told_or_set_or_the_user() -> None:
    assert whoami("mara", {"SORTATION_WHO": "ci"}) == "mara"
    assert whoami(None, {"SORTATION_WHO": "ci"}) == "ci"
    assert whoami(None, {})


def test_an_entry_is_json() -> None:
    plain = Entry(PROMOTION, None, 1, "a", "b", ("slow",), datetime(2026, 3, 2, tzinfo=UTC)).as_plain()
    assert json.loads(json.dumps(plain))["when"] == "2026-03-02T00:00:00+00:00"
    assert plain["forced"] is True
