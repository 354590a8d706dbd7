"""How far a job is, as values and as one line. Pure: it is told the time."""

from dataclasses import dataclass

WIDTH = 30
"""Characters of the bar."""


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    rows: int
    """Rows with an answer, those of earlier runs included."""
    errors: int
    """Rows without labels."""
    earlier: int
    """Rows that earlier runs answered."""
    share: float
    """Share of the input's bytes that is done, in [0, 1]."""
    earlier_share: float
    seconds: float
    """Since this run began."""

    @property
    def rate(self) -> float:
        """Rows a second in this run."""
        return (self.rows - self.earlier) / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end, if it goes on like this; None where nobody can tell."""
        done = self.share - self.earlier_share
        return (1 - self.share) * self.seconds / done if done > 0 else None

    def line(self, bar: bool) -> str:
        """One line for people, with a bar or without."""
        left = "" if self.left is None else f", {_lasting(self.left)} left"
        errors = f", {self.errors:,} without an answer" if self.errors else ""
        drawn = f"{'█' * round(WIDTH * self.share):░<{WIDTH}} " if bar else ""
        return f"{drawn}{self.share:4.0%} {self.rows:,} rows, {self.rate:,.0f} a second{left}{errors}"


def _lasting(seconds: float) -> str:
    """A time such as 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
