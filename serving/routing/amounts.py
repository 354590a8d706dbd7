"""Conditions on sums of money, such as `> 500 EUR`. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from model.mentions import Entity
from serving.routing.rules import AMOUNT, COMPARISONS


def largest(entities: Sequence[Entity]) -> dict[str, Decimal]:
    """Per currency the largest sum that a text mentions; credit notes and the like count by their size."""
    found: dict[str, Decimal] = {}
    for entity in entities:
        if entity.kind == "amount" and entity.scheme and entity.number is not None:
            found[entity.scheme] = max(found.get(entity.scheme, Decimal(0)), abs(entity.number))
    return found


def amount_holds(sums: Mapping[str, Decimal], bounds: Sequence[str]) -> bool:
    """Whether all bounds of one currency hold for its largest sum; currencies are alternatives, never converted."""
    asked: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for bound in bounds:
        if found := AMOUNT.fullmatch(bound):
            asked[found[3]].append((found[1], Decimal(found[2])))
    return any(
        currency in sums and all(COMPARISONS[sign](sums[currency], number) for sign, number in limits)
        for currency, limits in asked.items()
    )
