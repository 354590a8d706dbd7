"""What is looked at first is never wrong: no phrase is ruled out by its beginning, no verb by its letters."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.reading import phrases

BEGINNINGS = {
    "REGARDS": phrases.REGARDS_BEGIN,
    "THANKS": phrases.THANKS_BEGIN,
    "DEVICE": phrases.DEVICE_BEGINS,
    "DISCLAIMER": phrases.DISCLAIMER_BEGINS,
    "BANNER": phrases.BANNER_BEGINS,
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_every_phrase_has_a_known_beginning(name: str) -> None:
    @settings(max_examples=120, deadline=None, database=None)
    @given(st.from_regex(getattr(phrases, name), fullmatch=True))
    def holds(phrase: str) -> None:
        key = re.sub(r"\s", " ", phrase[:3].lower())
        assert not key.isascii() or key in BEGINNINGS[name] or key[:2] in BEGINNINGS[name]

    holds()


@settings(max_examples=120, deadline=None)
@given(st.from_regex(phrases.WROTE, fullmatch=True))
def test_every_verb_of_writing_holds_known_letters(verb: str) -> None:
    assert any(part in verb for part in phrases.WROTE_PARTS)
