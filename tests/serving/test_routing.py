"""Routing: rules as data, first match wins, decisions by promise."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from model.document import Label, Prediction
from model.errors import RoutingError
from model.guarantee import ANY, Guarantee, Promise
from model.mentions import Entity
from model.preparation import UNSUPPORTED
from model.taxonomy import Taxonomy
from serving.routing import decide, load, match, parse
from serving.routing.rules import Decisions, Routing

FALLBACK: dict[str, Any] = {"queue": "review"}


def prediction(
    p: float = 0.9, *doubts: str, names: tuple[str, str, str] = ("return", "returns_management", "refunds")
) -> Prediction:
    levels = ("stage", "function", "service")
    return Prediction(tuple(Label(level, name, p) for level, name in zip(levels, names, strict=True)), p, (), doubts)


def routed(
    taxonomy: Taxonomy, when: dict[str, Any], found: Prediction, channel: str | None = "email", decision: str = "auto"
) -> str:
    return match(one_rule(taxonomy, when), found, channel, decision).rule


def one_rule(taxonomy: Taxonomy, when: dict[str, Any]) -> Routing:
    plain = {"version": 1, "fallback": FALLBACK, "rules": [{"name": "it", "when": when, "then": {"queue": "q"}}]}
    return parse(plain, taxonomy)


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        pytest.param({}, True, id="no condition"),
        pytest.param({"service": "refunds"}, True, id="label"),
        pytest.param({"service": "exchanges"}, False, id="other label"),
        pytest.param({"service": ["exchanges", "refunds"]}, True, id="one of several"),
        pytest.param({"stage": "return", "channel": "chat"}, False, id="one of two conditions"),
        pytest.param({"stage": "return", "channel": "email"}, True, id="both conditions"),
        pytest.param({"confidence": ">= 0.9"}, True, id="on the threshold"),
        pytest.param({"confidence": "> 0.9"}, False, id="not above the threshold"),
        pytest.param({"confidence": ["> 0.5", "< 0.8"]}, False, id="bounds must all hold"),
        pytest.param({"decision": ["auto", "suggest"]}, True, id="decision"),
        pytest.param({"doubt": "near_tie"}, False, id="no such doubt"),
    ],
)
def test_a_rule_matches_when_all_its_conditions_hold(taxonomy: Taxonomy, when: dict[str, Any], holds: bool) -> None:
    assert routed(taxonomy, when, prediction()) == ("it" if holds else "fallback")


NAMES = ["a", "x" * 64, "Ä-1.b_2", "रेल", "ราคา", "料金"]
NO_NAMES = ["", "x" * 65, "รา" * 33, "two words", "a\n", "\na", "a/b"]


@pytest.mark.parametrize("name", NAMES)
def test_names_and_tags_are_up_to_64_letters_of_any_script(taxonomy: Taxonomy, name: str) -> None:
    rule = {"name": name, "when": {}, "then": {"queue": "q", "tags": [name, "a:b"]}}
    (found,) = parse({"version": 1, "fallback": FALLBACK, "rules": [rule]}, taxonomy).rules
    assert (found.name, found.then.tags) == (name, (name, "a:b"))


@pytest.mark.parametrize("name", NO_NAMES)
@pytest.mark.parametrize("place", ["name", "tag"])
def test_nothing_else_is_a_name_or_a_tag(taxonomy: Taxonomy, place: str, name: str) -> None:
    words = {"name": "it", "tag": "a"} | {place: name}
    rule = {"name": words["name"], "when": {}, "then": {"queue": "q", "tags": [words["tag"]]}}
    with pytest.raises(RoutingError, match=r"rules\.0\."):
        parse({"version": 1, "fallback": FALLBACK, "rules": [rule]}, taxonomy)


def test_the_first_of_two_matching_rules_decides(taxonomy: Taxonomy) -> None:
    rules = [{"name": name, "when": {"stage": "return"}, "then": {"queue": name}} for name in ("one", "two")]
    assert (
        match(
            parse({"version": 1, "fallback": FALLBACK, "rules": rules}, taxonomy), prediction(), None, "auto"
        ).target.queue
        == "one"
    )


def test_the_default_rules_fit_the_default_taxonomy_and_reach_every_queue(taxonomy: Taxonomy) -> None:
    routing = load(Path(__file__).parents[2] / "data" / "routing.yaml", taxonomy)
    reached = {
        match(routing, prediction(names=names), channel, "suggest", entities).rule  # type: ignore[arg-type]
        for names in taxonomy.combinations
        for channel in ("email", "chat")
        for entities in (tuple, lambda: (money("1200"),))
    }
    assert reached == {rule.name for rule in routing.rules} - {"unsure", "other-language"}


def money(number: str, currency: str = "EUR") -> Entity:
    return Entity("amount", 0, 9, "", "", None, currency, Decimal(number))


RMA = Entity("rma", 0, 5, "A-100", "A-100")
WRONG = Entity("tracking", 0, 5, "1Z123", "1Z123", valid=False)


@pytest.mark.parametrize(
    ("when", "entities", "holds"),
    [
        pytest.param({"has": "rma"}, [RMA], True, id="one kind"),
        pytest.param({"has": ["invoice", "rma"]}, [RMA], True, id="one of several kinds"),
        pytest.param({"has": ["invoice"]}, [RMA], False, id="another kind"),
        pytest.param({"has": ["rma"]}, [], False, id="none"),
        pytest.param({"has": ["tracking"]}, [WRONG], False, id="a wrong check digit"),
        pytest.param({"amount": "> 500 EUR"}, [money("500.01")], True, id="above"),
        pytest.param({"amount": "> 500 EUR"}, [money("500")], False, id="on the bound"),
        pytest.param({"amount": ">= 500 EUR"}, [money("500")], True, id="on the bound, included"),
        pytest.param({"amount": "> 500 EUR"}, [money("900", "USD")], False, id="another currency"),
        pytest.param({"amount": "< 500 EUR"}, [money("20"), money("900")], False, id="the largest counts"),
        pytest.param({"amount": ["> 100 EUR", "< 500 EUR"]}, [money("900")], False, id="bounds must all hold"),
        pytest.param({"amount": ["> 100 EUR", "> 90 GBP"]}, [money("95", "GBP")], True, id="either currency"),
        pytest.param({"amount": "> 500 EUR"}, [money("-900")], True, id="a credit counts by its size"),
        pytest.param({"amount": "> 500 EUR", "has": "rma"}, [money("900")], False, id="both conditions"),
    ],
)
def test_a_rule_can_ask_for_identifiers(
    taxonomy: Taxonomy, when: dict[str, Any], entities: list[Entity], holds: bool
) -> None:
    found = match(one_rule(taxonomy, when), prediction(), "email", "auto", lambda: entities)
    assert found.rule == ("it" if holds else "fallback")


def test_identifiers_are_not_looked_for_where_a_label_decides(taxonomy: Taxonomy) -> None:
    def never() -> list[Entity]:
        raise AssertionError

    rule = one_rule(taxonomy, {"has": "rma", "service": "exchanges"})
    assert match(rule, prediction(), "email", "auto", never).rule == "fallback"


def test_a_kind_of_ones_own_can_be_asked_for(taxonomy: Taxonomy) -> None:
    rules = [{"name": "it", "when": {"has": "batch"}, "then": {"queue": "q"}}]
    plain = {"version": 1, "fallback": FALLBACK, "rules": rules}
    assert parse(plain, taxonomy, ("batch",)).rules[0].when == {"has": ("batch",)}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        pytest.param({"when": {"service": "refund"}}, "no value 'refund'", id="unknown label"),
        pytest.param({"when": {"colour": "red"}}, "unknown condition 'colour'", id="unknown condition"),
        pytest.param({"when": {"confidence": "high"}}, "must be a comparison", id="confidence"),
        pytest.param({"when": {"has": "passport"}}, "has no value 'passport'; it has amount, ", id="kind"),
        pytest.param({"when": {"amount": "> 500"}}, "a sum and its ISO 4217 currency", id="amount"),
        pytest.param({"when": {"amount": "500 EUR"}}, "such as '> 500 EUR'", id="sum without a comparison"),
        pytest.param({"then": {"queue": "q", "priority": "soon"}}, "rules.0.then.priority", id="priority"),
        pytest.param({"then": {}}, "rules.0.then.queue", id="no queue"),
        pytest.param({"extra": 1}, "rules.0.extra", id="unknown key"),
    ],
)
def test_a_faulty_rule_is_refused_with_the_reason(taxonomy: Taxonomy, rule: dict[str, Any], said: str) -> None:
    plain = {"version": 1, "fallback": FALLBACK, "rules": [{"name": "it", "when": {}, "then": {"queue": "q"}} | rule]}
    with pytest.raises(RoutingError, match=said):
        parse(plain, taxonomy)


def promised(threshold: float | None, rate: float = 0.05, own: float | None = None) -> Guarantee:
    return Guarantee(rate, 0.95, {ANY: Promise(threshold, 100, 0, 50, 0), "refunds": Promise(own, 10, 0, 0, 49)})


@pytest.mark.parametrize(
    ("p", "doubts", "guarantees", "kind"),
    [
        pytest.param(0.9, (), (promised(0.9),), "auto", id="on the promise's threshold"),
        pytest.param(0.89, (), (promised(0.9),), "suggest", id="just below it"),
        pytest.param(0.99, (), (promised(None),), "suggest", id="no promise"),
        pytest.param(0.99, (), (promised(0.5, 0.1),), "suggest", id="a weaker promise does not count"),
        pytest.param(0.7, (), (promised(0.9, 0.02), promised(0.6)), "auto", id="the weakest that suffices counts"),
        pytest.param(0.7, (), (promised(0.9, own=0.6),), "auto", id="a label's own promise comes first"),
        pytest.param(0.99, ("unseen_vocabulary",), (promised(0.5),), "review", id="a blocking doubt"),
        pytest.param(0.99, ("near_tie",), (promised(0.5),), "auto", id="a doubt that does not block"),
        pytest.param(0.99, (UNSUPPORTED,), (promised(0.5),), "review", id="a foreign language, however sure"),
        pytest.param(0.01, (UNSUPPORTED,), (), "review", id="a foreign language, however unsure"),
        pytest.param(0.4, (), (), "review", id="below suggest_from"),
        pytest.param(0.1, (), (), "abstain", id="below review_from"),
    ],
)
def test_the_decision_follows_the_promise(
    p: float, doubts: tuple[str, ...], guarantees: tuple[Guarantee, ...], kind: str
) -> None:
    assert decide(prediction(p, *doubts), guarantees, Decisions()).kind == kind
