"""Everything that can be wrong in a taxonomy file, found in one pass and said in sentences. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from model.document import OUT_OF_SCOPE

MAX_BYTES = 1_000_000
"""Largest taxonomy file that is read."""
MAX_LEVELS = 6
MAX_LABELS = 2_000
"""Labels on one level."""
MAX_COMBINATIONS = 20_000
"""Allowed combinations that can be decoded; all of them are scored for every item."""
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
RESERVED = {
    "id",
    "prediction_id",
    "labels",
    "alternatives",
    "decision",
    "reason",
    "route",
    "model",
    "guarantee",
    "entities",
    "language",
    "cleaning",
    "explanation",
    "timing_ms",
    "definition",
    "subject",
    "body",
    "channel",
    "world",
    "writer",
    "correct",
    "source",
    "actor",
    "options",
    "metadata",
}
"""Names that items and answers already use, so that no level may take them."""


def faults_in(plain: Any) -> list[str]:
    """What is wrong with a parsed taxonomy file, a sentence each; empty when it can be used."""
    if not isinstance(plain, Mapping):
        return ["the file must be a mapping with name, levels and labels"]
    faults = [
        f"unknown key {key!r}; known are name, version, levels, labels, out_of_scope"
        for key in plain
        if key not in {"name", "version", "levels", "labels", "out_of_scope"}
    ]
    if not isinstance(plain.get("name"), str) or not plain["name"].strip():
        faults.append("name must be a short text")
    version = plain.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        faults.append("version must be a whole number")
    if not isinstance(plain.get("out_of_scope", ""), str):
        faults.append("out_of_scope must be a text that says what belongs to no label")
    levels = plain.get("levels")
    if not isinstance(levels, list) or not 1 <= len(levels) <= MAX_LEVELS:
        return [*faults, f"levels must be a list of 1 to {MAX_LEVELS} names"]
    faults += _name_faults(levels)
    labels = plain.get("labels")
    if not isinstance(labels, Mapping):
        return [*faults, "labels must map each level to its labels"]
    faults += [f"labels has {key!r}, which is not among levels" for key in labels if key not in levels]
    sound: dict[str, set[str]] = {}
    for k, level in enumerate(levels):
        of_level = labels.get(level) if isinstance(level, str) else None
        if not isinstance(of_level, Mapping) or not of_level:
            faults.append(f"level {level!r} has no labels")
            continue
        faults += _label_faults(level, of_level, [name for name in levels[:k] if name in sound], sound)
        sound[level] = {str(label) for label in of_level}
    return faults


def _name_faults(levels: list[Any]) -> Iterator[str]:
    for name in levels:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            yield f"level name {name!r} must be a word of letters, digits, _ . or -"
        elif name in RESERVED:
            yield f"level name {name!r} is taken by a field of items or answers; choose another"
        elif levels.count(name) > 1:
            yield f"level {name!r} is named twice"


def _label_faults(level: str, labels: Mapping[Any, Any], earlier: list[str], sound: dict[str, set[str]]) -> list[str]:
    faults = []
    if len(labels) > MAX_LABELS:
        faults.append(f"level {level!r} has {len(labels)} labels; at most {MAX_LABELS} are possible")
    for label, about in labels.items():
        where = f"{level} {label!r}"
        if not isinstance(label, str) or not NAME.fullmatch(label):
            hint = " (YAML reads yes, no, on and off as true and false: put quotes around it)"
            faults.append(f"{where} must be a word of letters, digits, _ . or -" + hint * isinstance(label, bool))
        if label == OUT_OF_SCOPE:
            faults.append(f"{where} is the built-in answer for what fits no label; leave it out")
        if about is None or isinstance(about, str):
            continue
        if not isinstance(about, Mapping):
            faults.append(f"{where} must be a definition or a mapping")
            continue
        for key, value in about.items():
            if key == "definition":
                if not isinstance(value, str):
                    faults.append(f"{where}: definition must be a text")
            elif key not in earlier:
                known = ", ".join(["definition", *earlier])
                faults.append(f"{where} has unknown key {key!r}; here it may have {known}")
            elif not isinstance(value, list) or not value:
                faults.append(f"{where}: {key} must be a list of labels")
            else:
                faults += [f"{where}: {key} has no label {name!r}" for name in value if str(name) not in sound[key]]
    return faults
