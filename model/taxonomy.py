"""Levels, labels, and which combinations are allowed. Knows no text and no scores; `parse` takes what YAML gave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from model.document import OUT_OF_SCOPE
from model.errors import LabelError, TaxonomyError
from model.taxonomy_check import MAX_BYTES, MAX_COMBINATIONS, faults_in

Combination = tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """One question asked of every item, and its possible answers in their fixed order."""

    name: str
    labels: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    allowed: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """label -> earlier level -> the labels of that level it may stand with; absent: any."""


@dataclass(frozen=True)
class Taxonomy:
    """What an item can be labelled with. Every matrix column follows the order declared here."""

    name: str
    version: int
    levels: tuple[Level, ...]
    out_of_scope: str = ""

    @property
    def level_names(self) -> tuple[str, ...]:
        """The levels' names, in order."""
        return tuple(level.name for level in self.levels)

    @cached_property
    def combinations(self) -> tuple[Combination, ...]:
        """Every allowed combination, one label per level; out of scope is the last."""
        return (*islice(self._grow(()), MAX_COMBINATIONS + 1), (OUT_OF_SCOPE,) * len(self.levels))

    def _grow(self, prefix: Combination) -> Iterator[Combination]:
        if len(prefix) == len(self.levels):
            yield prefix
            return
        level = self.levels[len(prefix)]
        for label in level.labels:
            rules = level.allowed.get(label, {})
            if all(got in rules.get(earlier.name, (got,)) for earlier, got in zip(self.levels, prefix, strict=False)):
                yield from self._grow((*prefix, label))

    @cached_property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """Per level the names of its score columns: its labels in order, then out of scope."""
        return tuple((*level.labels, OUT_OF_SCOPE) for level in self.levels)

    @cached_property
    def members(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        """For each combination the column of its label on each level, shape (n_combinations, n_levels)."""
        places = [{label: k for k, label in enumerate(columns)} for columns in self.columns]
        rows = [[place[label] for place, label in zip(places, names, strict=True)] for names in self.combinations]
        return np.array(rows, dtype=np.intp)

    @cached_property
    def index(self) -> Mapping[Combination, int]:
        """Where a combination stands in `combinations`."""
        return {names: k for k, names in enumerate(self.combinations)}

    def combination(self, labels: Mapping[str, str | None]) -> Combination:
        """The allowed combination that `labels` (level -> label) names; all None is out of scope.

        Raises LabelError that lists each unknown level or label, or says which combinations would be right.
        """
        given = {level: label for level, label in labels.items() if label not in (None, "", OUT_OF_SCOPE)}
        faults = [
            f"there is no level {name!r}; the levels are {', '.join(self.level_names)}"
            for name in given
            if name not in self.level_names
        ]
        for level in self.levels:
            label = given.get(level.name)
            if label is not None and label not in level.labels:
                faults.append(f"{level.name} has no label {label!r}; it has {', '.join(level.labels)}")
        if faults:
            raise LabelError("labels", faults)
        if not given:
            return self.combinations[-1]
        fitting = [
            names
            for names in self.combinations[:-1]
            if all(given.get(level, got) == got for level, got in zip(self.level_names, names, strict=True))
        ]
        if len(fitting) == 1:
            return fitting[0]
        said = ", ".join(f"{level}={label}" for level, label in given.items())
        if not fitting:
            raise LabelError("labels", [f"{said} is not an allowed combination"])
        missing = [level for level in self.level_names if level not in given]
        raise LabelError("labels", [f"{said} leaves {', '.join(missing)} open: {len(fitting)} combinations fit"])

    def as_plain(self) -> dict[str, Any]:
        """The file's content, such that `parse` gives this taxonomy back."""
        labels = {
            level.name: {
                name: {"definition": level.definitions.get(name, "")}
                | {earlier: list(names) for earlier, names in level.allowed.get(name, {}).items()}
                for name in level.labels
            }
            for level in self.levels
        }
        return {
            "name": self.name,
            "version": self.version,
            "levels": list(self.level_names),
            "out_of_scope": self.out_of_scope,
            "labels": labels,
        }


def parse(plain: Any) -> Taxonomy:
    """The taxonomy that a parsed file describes. Raises TaxonomyError that lists every fault."""
    faults = faults_in(plain)
    if faults:
        raise TaxonomyError("taxonomy", faults)
    names: list[str] = plain["levels"]
    levels = tuple(_level(name, names[:k], plain["labels"][name]) for k, name in enumerate(names))
    taxonomy = Taxonomy(plain["name"], plain.get("version", 1), levels, plain.get("out_of_scope", "").strip())
    if len(taxonomy.combinations) > MAX_COMBINATIONS:
        raise TaxonomyError(
            "taxonomy",
            [
                f"more than {MAX_COMBINATIONS:,} combinations are allowed; state which labels "
                "may stand together, or use fewer"
            ],
        )
    used = [{names[k] for names in taxonomy.combinations} for k in range(len(levels))]
    idle = [
        f"{level.name} {label!r} stands in no allowed combination"
        for level, seen in zip(levels, used, strict=True)
        for label in level.labels
        if label not in seen
    ]
    if idle:
        raise TaxonomyError("taxonomy", idle)
    return taxonomy


def _level(name: str, earlier: list[str], labels: Mapping[str, Any]) -> Level:
    """One level from its part of the file, known to be sound."""
    full = {
        label: {"definition": about} if isinstance(about, str) else (about or {}) for label, about in labels.items()
    }
    return Level(
        name,
        tuple(full),
        {label: str(about.get("definition", "")).strip() for label, about in full.items()},
        {label: {level: tuple(about[level]) for level in earlier if level in about} for label, about in full.items()},
    )


def load(path: Path) -> Taxonomy:
    """The taxonomy in a YAML file. Raises TaxonomyError that lists every fault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TaxonomyError(str(path), [f"the file is larger than {MAX_BYTES:,} bytes"])
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TaxonomyError(str(path), [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise TaxonomyError(str(path), ["the file is not UTF-8 text"]) from error
    except yaml.YAMLError as error:
        raise TaxonomyError(str(path), [f"the file is not YAML: {' '.join(str(error).split())}"]) from error
    except RecursionError as error:
        raise TaxonomyError(str(path), ["the file is nested too deeply"]) from error
    try:
        return parse(plain)
    except TaxonomyError as error:
        raise TaxonomyError(str(path), error.faults) from error
