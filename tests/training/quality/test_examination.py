"""The whole examination: every kind in its place, a stranger is noticed, too few items are refused."""

from dataclasses import replace

import pytest

from model.document import Document
from model.errors import CorpusError
from model.taxonomy import Taxonomy
from training.corpus import Item
from training.quality import KINDS, examine

JUNK = "zxq vvbn qwpt ploik wrtz mnbv ughjk"


def test_findings_stand_in_the_order_of_kinds_and_are_counted(spoilt: list[Item], desk_taxonomy: Taxonomy) -> None:
    junk = replace(spoilt[0], id="junk", document=Document(body=JUNK))
    twin = replace(spoilt[1], id="twin")
    steps: list[tuple[int, int]] = []
    found = examine([*spoilt, junk, twin], desk_taxonomy, progress=lambda k, n: steps.append((k, n)))
    order = [list(KINDS).index(each.kind) for each in found.findings]
    assert order == sorted(order)
    assert sum(found.counts.values()) == len(found.findings)
    assert set(found.counts) == set(KINDS)
    assert found.of("stranger")[0].id == "junk"
    assert [each.id for each in found.of("duplicate")] == ["twin"]
    assert steps == [(k, 10) for k in range(10)]


def test_too_few_items_are_refused(spoilt: list[Item], desk_taxonomy: Taxonomy) -> None:
    with pytest.raises(CorpusError, match="at least 20 are needed"):
        examine(spoilt[:19], desk_taxonomy)
