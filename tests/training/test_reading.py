"""Training sees items as serving will."""

from dataclasses import replace
from pathlib import Path

from model.document import Document
from model.preparation import BUDGET, prepare
from training.cache import Cache
from training.corpus import Item
from training.reading import prepared, trained_languages

SIGNED = "Where is the crate?\n\n-- \nAna Lima\nAcme GmbH\nTel. +49 30 123456\n"


def test_items_are_prepared_as_requests_are(few: list[Item]) -> None:
    item = replace(few[0], document=Document("", SIGNED, "email"))
    (seen,) = prepared([item])
    assert seen.document == prepare(item.document).document
    assert seen.document.body == "Where is the crate?"
    assert (seen.labels, seen.facts) == (item.labels, item.facts)


def test_a_language_counts_from_a_share_of_the_items_on(few: list[Item]) -> None:
    german = replace(
        few[0], document=Document("", "Wo bleibt unsere Ware? Wir warten seit zwei Wochen auf die Lieferung.")
    )
    assert trained_languages(few) == ["en"]
    assert trained_languages([*few, *[german] * 4]) == ["en"]
    assert trained_languages([*few, *[german] * 20]) == ["en", "de"]
    assert trained_languages([]) == []


def test_all_cores_prepare_as_one_does(few: list[Item]) -> None:
    assert prepared(few, many=1) == prepared(few)


def test_only_new_items_are_prepared_and_the_others_come_back_as_they_were(few: list[Item], tmp_path: Path) -> None:
    signed = replace(few[0], document=Document("", SIGNED, "email"))
    lengthy = replace(few[1], document=Document("word " * BUDGET, "few words"))
    kept = Cache(tmp_path / "cache")
    prepared([signed, lengthy, *few[2:20]], kept, "corpus")
    (entry,) = kept.folder.iterdir()
    before = entry.read_bytes()
    assert prepared([signed, lengthy, *few[2:20]], kept, "corpus") == prepared([signed, lengthy, *few[2:20]])
    assert entry.read_bytes() == before
    assert prepared([signed, lengthy, *few[2:30]], kept, "corpus") == prepared([signed, lengthy, *few[2:30]])
    assert entry.read_bytes() != before
