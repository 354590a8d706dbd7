"""How far a job is, in one line."""

import pytest

from training.scoring.progress import Progress


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        pytest.param(Progress(0, 0, 0, 0.0, 0.0, 0.0), "  0% 0 rows, 0 a second", id="nothing yet"),
        pytest.param(Progress(500, 0, 0, 0.25, 0.0, 10.0), " 25% 500 rows, 50 a second, 0:30 left", id="under way"),
        pytest.param(
            Progress(2000, 3, 1000, 0.5, 0.25, 3600.0),
            " 50% 2,000 rows, 0 a second, 2:00:00 left, 3 without an answer",
            id="earlier runs do not count for the rate",
        ),
        pytest.param(Progress(9, 0, 9, 1.0, 1.0, 1.0), "100% 9 rows, 0 a second", id="all of it done before"),
    ],
)
def test_a_line_says_rows_rate_and_time_left(progress: Progress, line: str) -> None:
    assert progress.line(bar=False) == line


def test_the_bar_is_as_long_as_the_share() -> None:
    assert Progress(1, 0, 0, 0.5, 0.0, 1.0).line(bar=True).startswith("█" * 15 + "░" * 15 + "  50%")
