"""Training sees items as serving will."""

from dataclasses import replace

from model.document import Document
from model.preparation import prepare
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
