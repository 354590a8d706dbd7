"""Settings from the environment."""

from pathlib import Path

import pytest

from model.errors import SortationError
from serving.settings import Settings


def test_settings_come_from_the_environment() -> None:
    read = Settings.read({"SORTATION_PORT": "9000", "SORTATION_HOME": "x", "OTHER": "y"})
    assert (read.port, read.home) == (9000, Path("x"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("SORTATION_PROT", "1", "SORTATION_PROT is not a setting"), ("SORTATION_PORT", "many", "must be a int")],
)
def test_an_unknown_or_unreadable_setting_is_an_error(name: str, value: str, said: str) -> None:
    with pytest.raises(SortationError, match=said):
        Settings.read({name: value})
