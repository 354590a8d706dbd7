"""Settings as a file: read with every fault named at once, written so that training with it again is the same."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import yaml

from model.errors import Faults
from training.design import Recipe
from training.fitting import Settings
from training.meaning import Weight

RANGES: dict[str, tuple[type, float, float]] = {
    "recipe.parts": (float, 0, 10),
    "recipe.pairs": (float, 0, 10),
    "recipe.subject": (float, 0, 10),
    "recipe.unknown": (float, 0, 10),
    "recipe.classes": (float, 0, 1),
    "recipe.floor": (float, 0.01, 100),
    "recipe.flatness": (float, 0, 3),
    "recipe.most_pairs": (int, 1, 100_000_000),
    "strength": (float, 0.001, 100_000),
    "margin": (float, 0, 100),
    "epochs": (int, 1, 1_000),
    "names": (bool, 0, 1),
    "meaning.static": (float, 0, 100),
    "meaning.encoder": (float, 0, 100),
    "meaning.caution": (float, 0.01, 1_000),
    "seed": (int, 0, 2**32 - 1),
}
"""What may stand in a file: its type and the least and greatest value. `promises` may as well; vectors are named on the
command line, since they are files themselves."""
OPEN = ("strength", "epochs", "names")
"""Settings that may be null: chosen by the items."""
_KINDS = {float: "a number", int: "a whole number", bool: "true or false"}


class SettingsError(Faults):
    """A settings file that cannot be used."""


def read_settings(path: Path) -> Settings:
    """The settings in a YAML or JSON file; what it leaves out is as by default. Raises SettingsError."""
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(str(path), [f"it cannot be read as YAML or JSON: {error}"]) from error
    return parse_settings(plain, str(path))


def parse_settings(plain: Any, name: str) -> Settings:
    """The settings that a mapping describes. Raises SettingsError with every fault."""
    if not isinstance(plain, Mapping):
        raise SettingsError(name, ["it must be a mapping, such as {margin: 4.0, recipe: {parts: 1.2}}"])
    faults: list[str] = []
    found: dict[str, Any] = {}
    for key, value in _flat(plain):
        if key == "promises":
            found[key] = _promises(value, faults)
        elif key not in RANGES:
            faults.append(f"{key} is not a setting; known are {', '.join([*RANGES, 'promises'])}")
        elif value is None and key in OPEN:
            found[key] = None
        else:
            found[key] = _checked(key, value, faults)
    if faults:
        raise SettingsError(name, faults)
    return changed(Settings(), found)


def changed(base: Settings, flat: Mapping[str, Any]) -> Settings:
    """Settings with some replaced, under names such as recipe.parts."""
    groups: dict[str, dict[str, Any]] = {"": {}, "recipe": {}, "meaning": {}}
    for key, value in flat.items():
        group, _, name = key.rpartition(".")
        groups[group][name] = value
    recipe: Recipe = replace(base.recipe, **groups["recipe"])
    meaning: Weight = replace(base.meaning, **groups["meaning"])
    return replace(base, recipe=recipe, meaning=meaning, **groups[""])


def as_yaml(settings: Settings) -> str:
    """The file that gives these settings; vectors are left out."""
    plain = {key: value for key, value in asdict(settings).items() if key != "vectors"}
    plain["promises"] = [list(pair) for pair in settings.promises]
    return yaml.safe_dump(plain, sort_keys=False)


def _flat(plain: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in plain.items():
        if isinstance(value, Mapping):
            found += [(f"{key}.{name}", each) for name, each in value.items()]
        else:
            found.append((str(key), value))
    return found


def _checked(key: str, value: Any, faults: list[str]) -> Any:
    kind, low, high = RANGES[key]
    right = isinstance(value, bool) if kind is bool else isinstance(value, int | kind) and not isinstance(value, bool)
    if not right:
        faults.append(f"{key} must be {_KINDS[kind]}{' or null' if key in OPEN else ''}, not {value!r}")
    elif not low <= value <= high:
        faults.append(f"{key} must be between {low:g} and {high:g}, not {value!r}")
    return value


def _promises(value: Any, faults: list[str]) -> tuple[tuple[float, float], ...]:
    pairs: list[Any] = value if isinstance(value, list) else [None]
    if not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(x, float) and 0 < x < 1 for x in pair)
        for pair in pairs
    ):
        faults.append(
            f"promises must be pairs of an error rate and a confidence level between 0 and 1, such as "
            f"[[0.05, 0.95]], not {value!r}"
        )
        return ()
    return tuple(sorted((pair[0], pair[1]) for pair in pairs))
