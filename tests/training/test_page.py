"""The page, the card and the pictures: they tell what was measured, whatever strangers wrote into it."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from model.document import Document
from tests import small_desk
from training.card import DESCRIPTION, card, description
from training.corpus import Item
from training.evaluation import evaluate
from training.fitting import Settings, fit
from training.mistakes import LENGTH, shown, worst
from training.page import duel, page
from training.plots import pictures
from training.run import Inputs
from training.shares import share_out
from training.story import Stated, Story
from training.telling import Telling, tell

HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> $x$ {{ 7*7 }} mara@example.com'


class Page(HTMLParser):
    """The tags and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href", "action"}]


@pytest.fixture(scope="module")
def story() -> Story:
    """A classifier that was taught nonsense about one label, so that it makes mistakes, and texts that attack."""
    items = small_desk.items(150)
    shares = share_out(items, 7)
    hostile = [replace(i, document=replace(i.document, body=f"{HOSTILE} {i.document.body}")) for i in shares.test]
    shares = replace(shares, test=[replace(i, facts={"world": HOSTILE}) for i in hostile])
    taxonomy = small_desk.taxonomy()
    swapped = [
        replace(i, labels=("boats",)) if i.labels == ("cats",) and k % 3 else i for k, i in enumerate(shares.fit)
    ]
    classifier = fit(swapped, shares.calibration, taxonomy, Settings())
    stated = Stated(author="<b>Mara</b> | x", intended_use="tests")
    inputs = Inputs(taxonomy, items, 0, "hash", "key", source="corpus", stated=stated)
    return tell(inputs, shares, classifier, evaluate(classifier, shares.test), Settings(), Telling(), print)


@pytest.fixture(scope="module")
def drawn(story: Story) -> dict[str, str]:
    return pictures(story.report, story.curve)


def test_a_page_loads_nothing_and_runs_nothing(story: Story, drawn: dict[str, str]) -> None:
    found = Page(page(story, drawn, 3))
    assert not {"script", "link", "iframe", "object", "form", "img"} & set(found.tags)
    assert found.addresses
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in found.addresses)


def test_texts_of_strangers_are_shown_as_text(story: Story, drawn: dict[str, str]) -> None:
    text = page(story, drawn)
    assert "&lt;script&gt;alert(1)" in text
    assert "<img src=x" not in text
    assert "{{ 7*7 }}" in text


def test_a_page_shows_every_part(story: Story, drawn: dict[str, str]) -> None:
    text = page(story, drawn, 3)
    assert text.count("<svg") == len(drawn) - 1  # the bars of F1 are a table on the page
    for part in ("version 3", "There was no champion", "mistake", "(small)", story.data[2].digest[:16], "recipe.parts"):
        assert part in text


def test_a_champion_is_compared_with_on_the_same_items(story: Story, drawn: dict[str, str]) -> None:
    correct = [not each for each in story.report.correct]
    rival = replace(story.report, correct=correct, joint_accuracy=sum(correct) / len(correct))
    text = page(replace(story, rival=rival, rival_number=2), drawn)
    assert "version 2" in text
    found = duel(story.report, rival)
    assert (found.won, found.lost) == (sum(story.report.correct), len(correct) - sum(story.report.correct))
    assert duel(story.report, story.report).p is None


def test_what_to_expect_of_each_label_is_a_table(story: Story, drawn: dict[str, str]) -> None:
    row = {"label": "<i>cats", "accuracy": 0.81251, "more_to_90%": [10, 40], "promise_0.05_threshold": None}
    text = page(replace(story, expected=[row], expected_how="cross-validation"), drawn)
    for part in ("cross-validation", "more to 90%", "&lt;i&gt;cats", "0.8125", "10 to 40", "–"):
        assert part in text
    assert "What to expect" not in page(story, drawn)


def test_the_same_report_gives_the_same_pictures(story: Story, drawn: dict[str, str]) -> None:
    assert pictures(story.report, story.curve) == drawn
    assert all(text.startswith("<svg") and "<script" not in text for text in drawn.values())


def test_a_card_states_what_was_measured_and_what_is_weak(story: Story) -> None:
    text = card(story)
    report = story.report
    assert f"{100 * report.joint_accuracy:.1f} %" in text
    assert story.code in text
    assert "topic cats: F1" in text
    assert "bundle.load" in text


def test_a_card_keeps_its_form_whatever_is_stated(story: Story) -> None:
    assert "- Author: \\<b\\>Mara\\</b\\> \\| x" in card(story)
    assert "Contact: not stated" in card(story)


def test_a_long_card_is_cut_at_a_line_and_says_so() -> None:
    text = description("\n".join(["a line of a card"] * 1000))
    assert len(text) < DESCRIPTION + 100
    assert "MODEL_CARD.md" in text.splitlines()[-1]
    assert description("short") == "short"


def test_mistakes_are_wrong_and_surest_first(story: Story) -> None:
    for mine in story.mistakes["topic"].values():
        assert all(each.true != each.said for each in mine)
        assert [each.probability for each in mine] == sorted((each.probability for each in mine), reverse=True)
    assert "cats" in story.mistakes["topic"]


def test_personal_data_are_taken_out_before_a_text_is_cut() -> None:
    text = "x" * (LENGTH - 10) + " mara@example.com tail"
    item = Item("a", Document(body=text), ("a",), "here")
    assert "mara@" in shown(item, redacted=False)
    assert "mara" not in shown(item, redacted=True)
    assert len(shown(item, redacted=True)) <= LENGTH


def test_a_page_without_test_items_is_still_a_page() -> None:
    taxonomy, none = small_desk.taxonomy(), share_out([], 7)
    classifier = fit(small_desk.items(30), [], taxonomy, Settings())
    report = evaluate(classifier, [])
    told = tell(Inputs(taxonomy, [], 0, "", ""), none, classifier, report, Settings(), Telling(), print)
    assert "0 test items" in page(told, pictures(report))
    assert "every level is right in 0.0 %" in card(told)
    assert worst(classifier, []) == {"topic": {}}
