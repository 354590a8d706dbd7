"""Which queue a prediction goes to. Pure: no I/O, no clock, no web."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from model.document import Prediction
from model.mentions import Entity
from serving.routing.amounts import amount_holds, largest
from serving.routing.rules import COMPARISON, COMPARISONS, ON_TEXT, Routing, Rule, Target

CONFIDENCE = "confidence"
"""The condition whose values are bounds, all of which must hold."""
EACH = (CONFIDENCE, *ON_TEXT)
"""Conditions that are looked at for each item."""
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
    """Rules that remember which of them fit a kind of item: only confidence and the text are left to look at."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._fallback = Route(FALLBACK, routing.fallback)
        self._known: dict[tuple[object, ...], tuple[tuple[Rule, Route], ...]] = {}

    def match(
        self,
        prediction: Prediction,
        channel: str | None,
        decision: str,
        entities: Callable[[], Sequence[Entity]] = tuple,
    ) -> Route:
        """The route of the first rule whose conditions all hold; the fallback where none does.

        `entities` finds the item's identifiers. It is called where a rule asks for them and all else in it holds.
        """
        key = (prediction.names, channel, decision, prediction.doubts)
        fitting = self._known.get(key)
        if fitting is None:
            if len(self._known) >= KINDS:
                self._known.clear()
            fitting = self._known[key] = tuple(self._fitting(prediction, channel, decision))
        for rule, route in fitting:
            bounds = rule.when.get(CONFIDENCE, ())
            if all(_compared(prediction.confidence, bound) for bound in bounds) and _says(rule, entities):
                return route
        return self._fallback

    def _fitting(self, prediction: Prediction, channel: str | None, decision: str) -> Iterator[tuple[Rule, Route]]:
        """Rules whose conditions hold but for those on each item; none behind one that has none of them."""
        facts: dict[str, tuple[str, ...]] = {label.level: (label.name,) for label in prediction.labels}
        facts |= {"channel": (channel or "",), "decision": (decision,), "doubt": prediction.doubts}
        for rule in self._routing.rules:
            if _holds(rule, facts):
                yield rule, Route(rule.name, rule.then)
                if not any(rule.when.get(key) for key in EACH):
                    return


def match(
    routing: Routing,
    prediction: Prediction,
    channel: str | None,
    decision: str,
    entities: Callable[[], Sequence[Entity]] = tuple,
) -> Route:
    """One item's route."""
    return Router(routing).match(prediction, channel, decision, entities)


def _holds(rule: Rule, facts: dict[str, tuple[str, ...]]) -> bool:
    """Values of one condition are alternatives."""
    return all(any(value in facts[key] for value in values) for key, values in rule.when.items() if key not in EACH)


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
