"""Greetings and bare names are set apart, whatever the language; requests are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading.courtesies import courtesies

ASK = "the parcel of Tuesday has not come yet"


@pytest.mark.parametrize(
    "greeting",
    ["Hello,\n\n", "Hi there\n", "Dear Sir or Madam,\n\n", "Good morning Mrs Novak,\n", "Dear Mr. Kowalski,\n",
     "Hey, ",
     "Sehr geehrte Frau Balogh,\n", "Bonjour Madame,\n", "Buenos días,\n", "Olá Ana,\n",
     "Ciao Silvia, ", "Beste Joke,\n",
     "Szanowni Państwo,\n", "Kære Bo,\n", "Hej Lotta!\n", "To whom it may concern:\n", "Hi team - "],
)  # fmt: skip
def test_a_greeting_is_set_apart(greeting: str) -> None:
    left, removed = courtesies(greeting + ASK)
    assert left == ASK
    assert [(each.kind, each.start) for each in removed] == [("greeting", 0)]


@pytest.mark.parametrize("name", ["Marta", "Greg Szymczak", "K. Asante-Holm", "Ana van der Berg", "- Moira"])
def test_a_bare_name_below_is_set_apart(name: str) -> None:
    left, removed = courtesies(f"{ASK}\n\n{name}\n")
    assert (left, removed[0].kind) == (ASK, "name")


@pytest.mark.parametrize(
    "text",
    ["Hi when is the next delivery of lamps", "Hello Kitty mugs are gone, when again",
     "Dear old kettle broke again",
     "Good morning", "Hello there, John", f"{ASK}\n\nThanks", f"{ASK}\n\nPlease Cancel", f"{ASK}\n\nUrgent",
     f"{ASK}\nMarta", "Highland spring water, 40 cases for Friday"],
)  # fmt: skip
def test_what_may_be_the_message_stays(text: str) -> None:
    assert courtesies(text) == (text, ())


@given(st.text(max_size=120))
def test_nothing_is_lost(text: str) -> None:
    left, removed = courtesies(text)
    before = "".join(each.text for each in removed if each.kind == "greeting")
    after = "".join(each.text for each in removed if each.kind == "name")
    assert before + left + after == text
