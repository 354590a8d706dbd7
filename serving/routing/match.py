"""Which queue a prediction goes to. Pure: no I/O, no clock, no web."""

from collections.abc import Iterator
from dataclasses import dataclass

from model.document import Prediction
from serving.routing.rules import COMPARISON, COMPARISONS, Routing, Rule, Target

CONFIDENCE = "confidence"
"""The condition whose values are bounds, all of which must hold."""
KINDS = 10_000
"""Kinds of items that are remembered."""
FALLBACK = "fallback"
"""Name of the rule that decided where none matched."""


@dataclass(frozen=True)
class Route:
    """Where an item goes, and which rule said so."""

    rule: str
    target: Target


class Router:
    """Rules that remember which of them fit a kind of item: only bounds on confidence are left to look at."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._known: dict[tuple[object, ...], tuple[tuple[tuple[str, ...], Route], ...]] = {}

    def match(self, prediction: Prediction, channel: str | None, decision: str) -> Route:
        """The route of the first rule whose conditions all hold; the fallback where none does."""
        key = (prediction.names, channel, decision, prediction.doubts)
        fitting = self._known.get(key)
        if fitting is None:
            if len(self._known) >= KINDS:
                self._known.clear()
            fitting = self._known[key] = tuple(self._fitting(prediction, channel, decision))
        for bounds, route in fitting:
            if not bounds or all(_compared(prediction.confidence, bound) for bound in bounds):
                return route
        return Route(FALLBACK, self._routing.fallback)

    def _fitting(
        self, prediction: Prediction, channel: str | None, decision: str
    ) -> Iterator[tuple[tuple[str, ...], Route]]:
        """Rules whose conditions hold but for their bounds on confidence; none behind one without bounds."""
        facts: dict[str, tuple[str, ...]] = {label.level: (label.name,) for label in prediction.labels}
        facts |= {"channel": (channel or "",), "decision": (decision,), "doubt": prediction.doubts}
        for rule in self._routing.rules:
            if _holds(rule, facts):
                bounds = rule.when.get(CONFIDENCE, ())
                yield bounds, Route(rule.name, rule.then)
                if not bounds:
                    return


def match(routing: Routing, prediction: Prediction, channel: str | None, decision: str) -> Route:
    """One item's route."""
    return Router(routing).match(prediction, channel, decision)


def _holds(rule: Rule, facts: dict[str, tuple[str, ...]]) -> bool:
    """Values of one condition are alternatives."""
    return all(any(value in facts[key] for value in values) for key, values in rule.when.items() if key != CONFIDENCE)


def _compared(confidence: float, bound: str) -> bool:
    found = COMPARISON.fullmatch(bound)
    return found is not None and COMPARISONS[found[1]](confidence, float(found[2]))
