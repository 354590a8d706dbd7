"""Settings from the environment."""

from pathlib import Path

import pytest

from model.errors import SortationError
from serving.settings import Settings


def test_settings_come_from_the_environment() -> None:
    read = Settings.read({"SORTATION_PORT": "9000", "SORTATION_HOME": "x", "OTHER": "y"})
    assert (read.port, read.home) == (9000, Path("x"))


def test_bounds_of_reading_and_switches_are_settings() -> None:
    read = Settings.read({"SORTATION_READ_PAGES": "7", "SORTATION_READ_SECONDS": "2.5", "SORTATION_REDACT": "on"})
    assert (read.reading.pages, read.reading.seconds, read.redact) == (7, 2.5, True)
    assert read.reading.size == Settings().reading.size
    assert Settings.read({"SORTATION_REDACT": "off"}).redact is False


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SORTATION_PROT", "1", "SORTATION_PROT is not a setting"),
        ("SORTATION_PORT", "many", "must be a int"),
        ("SORTATION_REDACT", "maybe", "must be on or off"),
        ("SORTATION_READ_PAGE", "1", "SORTATION_READ_PAGES"),
    ],
)
def test_an_unknown_or_unreadable_setting_is_an_error(name: str, value: str, said: str) -> None:
    with pytest.raises(SortationError, match=said):
        Settings.read({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("RETENTION_DAYS", "-1"), ("QUEUE", "-5"), ("POLL", "nan"), ("POLL", "inf"), ("RATE", "-1")]
)
def test_a_number_below_0_or_without_end_is_refused(name: str, value: str) -> None:
    with pytest.raises(SortationError, match=f"SORTATION_{name}"):
        Settings.read({f"SORTATION_{name}": value})
