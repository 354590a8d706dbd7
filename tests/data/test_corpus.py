"""The starter corpus keeps its promises: allowed labels, variety in every respect, no skeletons."""

import re
from collections import Counter

import numpy as np
import pytest

from model.document import OUT_OF_SCOPE
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.shares import near_duplicates

OWN_NAME = {
    "supplier_onboarding": "onboard",
    "sourcing_rfq": r"\brfqs?\b|sourcing",
    "contract_management": r"\bcontracts?\b",
    "purchase_orders": "purchase orders?",
    "supplier_invoices": "supplier.{0,3} invoice",
    "supplier_performance": "performance|scorecard",
    "demand_forecasting": "forecast",
    "stock_levels": "stock levels?",
    "replenishment": "replenish",
    "warehouse_operations": "warehouse op",
    "stock_discrepancies": "discrepan",
    "production_scheduling": "schedul",
    "material_availability": "availability",
    "quality_control": "quality control",
    "engineering_changes": "engineering change",
    "order_entry": "order entry",
    "order_changes": "order change|change (my|the|our|an) order",
    "order_tracking": r"\btrack",
    "shipping_coordination": "shipping coord",
    "customer_billing": r"\bbilling\b",
    "product_enquiries": "product enquir",
    "account_help": "account help",
    "technical_help": "technical (help|support)",
    "complaints": r"\bcomplain",
    "feedback": "feedback",
    "return_authorization": r"return authori|\brma\b",
    "refunds": r"\brefund",
    "exchanges": r"\bexchang",
    "warranty_repairs": r"\bwarrant",
    "reverse_logistics": "reverse log",
}
"""What an item would say if it named its own service."""


def words(item: Item) -> list[str]:
    return re.findall(r"\w+", item.document.text.lower())


@pytest.fixture(scope="module")
def lengths(corpus: list[Item]) -> np.ndarray:
    return np.array([len(words(item)) for item in corpus])


def test_it_is_large_enough(corpus: list[Item], taxonomy: Taxonomy) -> None:
    counts = Counter(item.labels[-1] for item in corpus)
    assert len(corpus) >= 4500
    assert min(counts[service] for service in taxonomy.levels[-1].labels) >= 120
    assert counts[OUT_OF_SCOPE] >= 500


def test_every_world_has_every_service_and_many_writers(corpus: list[Item], taxonomy: Taxonomy) -> None:
    worlds = {item.facts["world"] for item in corpus}
    assert len(worlds) >= 12
    for world in worlds:
        mine = [item for item in corpus if item.facts["world"] == world]
        counts = Counter(item.labels[-1] for item in mine)
        assert min(counts[service] for service in taxonomy.levels[-1].labels) >= 5, world
        assert len({item.facts["writer"] for item in mine}) >= 25, world


def test_every_allowed_combination_occurs_with_its_stage(corpus: list[Item], taxonomy: Taxonomy) -> None:
    seen = Counter((item.labels[0], item.labels[1]) for item in corpus if item.labels[0] != OUT_OF_SCOPE)
    allowed = {names[:2] for names in taxonomy.combinations[:-1]}
    assert {pair for pair in allowed if seen[pair[0], pair[1]] < 20} == set()


def test_lengths_vary_as_real_ones_do(lengths: np.ndarray) -> None:
    assert 40 <= np.median(lengths) <= 65
    assert 0.06 <= (lengths < 15).mean() <= 0.18
    assert 0.06 <= (lengths > 150).mean() <= 0.18
    assert lengths.max() <= 500


def test_every_channel_has_its_share(corpus: list[Item]) -> None:
    shares = {name: count / len(corpus) for name, count in Counter(i.document.channel for i in corpus).items()}
    assert shares["ticket"] > 0.25
    assert shares["email"] > 0.25
    assert shares["document"] > 0.08
    assert shares["chat"] > 0.05
    assert shares["phone"] > 0.02


def test_every_service_comes_in_at_least_three_channels(corpus: list[Item], taxonomy: Taxonomy) -> None:
    for service in taxonomy.levels[-1].labels:
        assert len({i.document.channel for i in corpus if i.labels[-1] == service}) >= 3, service


def test_openings_are_varied(corpus: list[Item]) -> None:
    openings = Counter(tuple(re.findall(r"\w+", item.document.body.lower())[:3]) for item in corpus)
    common = {opening: count for opening, count in openings.items() if len(opening) == 3 and count > len(corpus) / 200}
    assert common == {}


def test_there_are_no_near_duplicates_and_no_shared_skeletons(corpus: list[Item]) -> None:
    alike = [(corpus[i].id, corpus[j].id, share) for i, j, share in near_duplicates(corpus, alike=0.3)]
    assert alike == []


def test_few_items_name_their_own_service(corpus: list[Item]) -> None:
    inside = [item for item in corpus if item.labels[-1] != OUT_OF_SCOPE]
    naming = [item.id for item in inside if re.search(OWN_NAME[item.labels[-1]], item.document.text.lower())]
    assert len(naming) / len(inside) < 0.05
