"""Routing rules as values, and the reader of `routing.yaml`. Matching is next door."""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from model.document import CHANNELS, OUT_OF_SCOPE
from model.entities import KINDS
from model.errors import RoutingError
from model.taxonomy import Taxonomy

Decided = Literal["auto", "suggest", "review", "abstain"]
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
COMPARISON = re.compile(r"\s*(>=|<=|>|<)\s*([01](?:\.\d+)?|\.\d+)\s*")
AMOUNT = re.compile(r"\s*(>=|<=|>|<)\s*(\d{1,15}(?:\.\d{1,4})?)\s*([A-Z]{3})\s*")
FORMS = {
    "confidence": (COMPARISON, "a comparison with a number from 0 to 1, such as '>= 0.8'"),
    "amount": (AMOUNT, "a comparison with a sum and its ISO 4217 currency, such as '> 500 EUR'"),
}
"""Conditions that are comparisons, and what is right for each."""
MAX_BYTES = 1_000_000
ON_TEXT = ("has", "amount")
"""Conditions on identifiers; those are looked for only where the rest of a rule holds."""

# A bound on the length stands beside the pattern: within it, {1,64} of all the world's letters take 6 MB to compile.
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.:-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Strict):
    """What a rule does with an item."""

    queue: Annotated[str, Field(min_length=1, max_length=100)]
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    sla_hours: Annotated[float, Field(gt=0, le=8760)] | None = None
    tags: tuple[Tag, ...] = ()


class Rule(_Strict):
    """Conditions that must all hold, and what happens then."""

    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.-]*$")]
    when: dict[str, tuple[str, ...]]
    then: Target

    @field_validator("when", mode="before")
    @classmethod
    def _lists(cls, value: Any) -> Any:
        """One value may be written without brackets."""
        if not isinstance(value, Mapping):
            return value
        return {key: tuple(each) if isinstance(each, list) else (each,) for key, each in value.items()}


class Decisions(_Strict):
    """From which probability on an answer is acted on, suggested, or reviewed."""

    error_rate: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The promise that must hold before an item is handled alone."""
    suggest_from: Annotated[float, Field(ge=0, le=1)] = 0.55
    review_from: Annotated[float, Field(ge=0, le=1)] = 0.2


class Routing(_Strict):
    """All rules, in the order in which they are tried."""

    version: Literal[1]
    decisions: Decisions = Decisions()
    fallback: Target
    rules: tuple[Rule, ...] = ()


def parse(plain: Any, taxonomy: Taxonomy, kinds: Collection[str] = KINDS) -> Routing:
    """The routing that a parsed file describes; `kinds`: of identifiers. Raises RoutingError that lists every fault."""
    try:
        routing = Routing.model_validate(plain)
    except ValidationError as error:
        raise RoutingError("routing", [_sentence(each) for each in error.errors()]) from error
    faults = [fault for rule in routing.rules for fault in _rule_faults(rule, taxonomy, kinds)]
    names = [rule.name for rule in routing.rules]
    faults += [f"rule name {name!r} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise RoutingError("routing", faults)
    return routing


def load(path: Path, taxonomy: Taxonomy, kinds: Collection[str] = KINDS) -> Routing:
    """The routing in a YAML file; `kinds`: of identifiers. Raises RoutingError that lists every fault."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RoutingError(str(path), [f"the file is larger than {MAX_BYTES:,} bytes"])
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RoutingError(str(path), [f"the file cannot be read: {error}"]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise RoutingError(str(path), [f"the file is not YAML: {' '.join(str(error).split())}"]) from error
    try:
        return parse(plain, taxonomy, kinds)
    except RoutingError as error:
        raise RoutingError(str(path), error.faults) from error


def _sentence(fault: Any) -> str:
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where or 'the file'}: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _rule_faults(rule: Rule, taxonomy: Taxonomy, kinds: Collection[str]) -> list[str]:
    known: dict[str, tuple[str, ...]] = {level.name: (*level.labels, OUT_OF_SCOPE) for level in taxonomy.levels}
    known |= {"channel": CHANNELS, "decision": ("auto", "suggest", "review", "abstain"), "has": tuple(sorted(kinds))}
    faults = []
    for key, values in rule.when.items():
        where = f"rule {rule.name!r}"
        if key in known:
            faults += [
                f"{where}: {key} has no value {value!r}; it has {', '.join(known[key])}"
                for value in values
                if value not in known[key]
            ]
        elif key in FORMS:
            form, right = FORMS[key]
            faults += [
                f"{where}: {key} must be {right}, not {value!r}" for value in values if not form.fullmatch(value)
            ]
        elif key != "doubt":
            shown = ", ".join([*known, *FORMS, "doubt"])
            faults.append(f"{where}: unknown condition {key!r}; known are {shown}")
    return faults
