"""Which queue a prediction goes to. Pure: no I/O, no clock, no web."""

from dataclasses import dataclass

from model.document import Prediction
from serving.routing.rules import COMPARISON, COMPARISONS, Routing, Rule, Target

FALLBACK = "fallback"
"""Name of the rule that decided where none matched."""


@dataclass(frozen=True)
class Route:
    """Where an item goes, and which rule said so."""

    rule: str
    target: Target


def match(routing: Routing, prediction: Prediction, channel: str | None, decision: str) -> Route:
    """The route of the first rule whose conditions all hold; the fallback where none does."""
    facts: dict[str, tuple[str, ...]] = {label.level: (label.name,) for label in prediction.labels}
    facts |= {"channel": (channel or "",), "decision": (decision,), "doubt": prediction.doubts}
    for rule in routing.rules:
        if _holds(rule, facts, prediction.confidence):
            return Route(rule.name, rule.then)
    return Route(FALLBACK, routing.fallback)


def _holds(rule: Rule, facts: dict[str, tuple[str, ...]], confidence: float) -> bool:
    """Values of one condition are alternatives; bounds on confidence must all hold."""
    return all(
        all(_compared(confidence, bound) for bound in values)
        if key == "confidence"
        else any(value in facts[key] for value in values)
        for key, values in rule.when.items()
    )


def _compared(confidence: float, bound: str) -> bool:
    found = COMPARISON.fullmatch(bound)
    return found is not None and COMPARISONS[found[1]](confidence, float(found[2]))
