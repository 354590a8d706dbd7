"""What a version's page and card tell: the report with all that explains it, as values. Draws and writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from model.classifier import Classifier
from model.errors import SortationError
from training.evaluation import Report
from training.learning_curve import Point
from training.mistakes import Mistake

ABOUT = "card.yaml"
"""The file beside a taxonomy that states what the model card cannot measure."""


@dataclass(frozen=True)
class Stated:
    """What somebody states about a model, for its card; empty is not stated."""

    author: str = ""
    license: str = ""
    contact: str = ""
    intended_use: str = ""
    not_intended: str = ""


@dataclass(frozen=True)
class Data:
    """One share of the items, without any of their texts."""

    name: str
    """fit, calibration or test."""
    items: int
    digest: str
    """SHA-256 of what training sees of them."""
    source: str
    """Where they were read from."""
    channels: Mapping[str, int]
    labels: int
    """Labels of the last level that occur."""


@dataclass(frozen=True)
class Story:
    """Everything that the page and the card of one version are told from."""

    name: str
    """Of the registered model."""
    classifier: Classifier
    report: Report
    data: tuple[Data, ...]
    """The shares, in the order fit, calibration, test."""
    corrections: int
    """Items that are corrections."""
    code: str
    """SHA-256 of the code."""
    commit: str | None
    environment: Mapping[str, str]
    settings: Mapping[str, Any]
    """All that training was told, as plain values."""
    settings_file: str
    """The same as `train --settings` takes it."""
    stated: Stated = field(default_factory=Stated)
    curve: tuple[Point, ...] = ()
    mistakes: Mapping[str, Mapping[str, list[Mistake]]] = field(default_factory=dict)
    expected: Sequence[Mapping[str, Any]] = ()
    """What to expect of each label on new items: a plain row per label, all with the same columns."""
    expected_how: str = ""
    """What that was measured on."""
    rival: Report | None = None
    """The champion's report on the same test items."""
    rival_number: int | None = None

    @property
    def data_hash(self) -> str:
        """Of all items as they stand in the files."""
        return str(self.classifier.about.get("data_hash", ""))

    @property
    def flat_settings(self) -> dict[str, Any]:
        """The settings under flat names, such as recipe.parts."""
        return flat(self.settings)


def flat(plain: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings under names with dots."""
    found: dict[str, Any] = {}
    for key, value in plain.items():
        found |= flat(value, f"{before}{key}.") if isinstance(value, Mapping) else {f"{before}{key}": value}
    return found


def read_stated(path: Path) -> Stated:
    """What `card.yaml` states; nothing where there is no such file. Raises SortationError."""
    if not path.exists():
        return Stated()
    known = {each.name for each in fields(Stated)}
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SortationError(f"{path} cannot be read: {error}") from error
    if not isinstance(plain, dict) or not set(plain) <= known or not all(isinstance(v, str) for v in plain.values()):
        raise SortationError(f"{path} must hold texts under some of {', '.join(asdict(Stated()))}")
    return Stated(**plain)
