"""Which queue a prediction goes to. Pure: no I/O, no clock, no web."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model.document import Prediction
from model.mentions import Entity
from serving.routing.amounts import amount_holds, largest
from serving.routing.rules import COMPARISON, COMPARISONS, ON_TEXT, Routing, Rule, Target

FALLBACK = "fallback"
"""Name of the rule that decided where none matched."""


@dataclass(frozen=True)
class Route:
    """Where an item goes, and which rule said so."""

    rule: str
    target: Target


def match(
    routing: Routing,
    prediction: Prediction,
    channel: str | None,
    decision: str,
    entities: Callable[[], Sequence[Entity]] = tuple,
) -> Route:
    """The route of the first rule whose conditions all hold; the fallback where none does.

    `entities` finds the item's identifiers. It is called where a rule asks for them and all else in it holds.
    """
    facts: dict[str, tuple[str, ...]] = {label.level: (label.name,) for label in prediction.labels}
    facts |= {"channel": (channel or "",), "decision": (decision,), "doubt": prediction.doubts}
    for rule in routing.rules:
        if _holds(rule, facts, prediction.confidence) and _says(rule, entities):
            return Route(rule.name, rule.then)
    return Route(FALLBACK, routing.fallback)


def _holds(rule: Rule, facts: dict[str, tuple[str, ...]], confidence: float) -> bool:
    """Values of one condition are alternatives; bounds on confidence must all hold."""
    return all(
        all(_compared(confidence, bound) for bound in values)
        if key == "confidence"
        else any(value in facts[key] for value in values)
        for key, values in rule.when.items()
        if key not in ON_TEXT
    )


def _says(rule: Rule, entities: Callable[[], Sequence[Entity]]) -> bool:
    """Whether the rule's conditions on identifiers hold; one with a wrong check digit does not count."""
    wanted = {key: rule.when[key] for key in ON_TEXT if key in rule.when}
    if not wanted:
        return True
    found = [entity for entity in entities() if entity.valid is not False]
    if "has" in wanted and not any(entity.kind in wanted["has"] for entity in found):
        return False
    return "amount" not in wanted or amount_holds(largest(found), wanted["amount"])


def _compared(confidence: float, bound: str) -> bool:
    found = COMPARISON.fullmatch(bound)
    return found is not None and COMPARISONS[found[1]](confidence, float(found[2]))
