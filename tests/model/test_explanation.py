"""Explanations: exact, complete, and in place."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.classifier import Classifier
from model.document import Document
from model.explanation import explain
from model.tokens import MAX_CHARACTERS
from training.shares import Shares


def check(classifier: Classifier, document: Document, names: tuple[str, ...]) -> None:
    taxonomy, plain = classifier.taxonomy, replace(classifier.calibration, powers=())
    joint = plain.joint(classifier.scorer.score([document]), classifier.decoder)[0].astype(np.float64)
    chosen = joint[taxonomy.index[names]]
    for k, explanation in enumerate(explain(classifier, document, names)):
        total = explanation.base + sum(each.weight for each in explanation.contributions)
        assert total == pytest.approx(explanation.score, abs=1e-3)
        others = [(joint[c], labels[k]) for c, labels in enumerate(taxonomy.combinations) if labels[k] != names[k]]
        rival, label = max(others)
        if min(chosen, rival) > 1e-6:  # single precision holds no odds beyond
            assert explanation.score == pytest.approx(np.log(chosen / rival), abs=1e-2)
            assert explanation.against == label or max(p for p, name in others if name != label) > rival * 0.999


def test_contributions_add_up_to_the_odds_against_the_next_label(classifier: Classifier, shares: Shares) -> None:
    for item in shares.test[:60]:
        check(classifier, item.document, item.labels)


@settings(max_examples=60, deadline=None)
@given(subject=st.text(max_size=30), body=st.text(max_size=200))
def test_contributions_add_up_for_any_text(classifier: Classifier, subject: str, body: str) -> None:
    check(classifier, Document(subject, body), classifier.taxonomy.combinations[-1])


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(Document(body="Where is my order\u1680please tell me now"), id="a blank of another script"),
        pytest.param(Document("a-" * MAX_CHARACTERS, "hello world"), id="one endless stretch as subject"),
        pytest.param(Document("a-b " * 10 + "a-" * MAX_CHARACTERS, "hello"), id="an endless stretch in a subject"),
        pytest.param(Document("hello", "where is it " + "a-" * MAX_CHARACTERS), id="an endless stretch in a body"),
    ],
)
def test_stretches_have_the_words_that_the_document_has(classifier: Classifier, document: Document) -> None:
    check(classifier, document, classifier.taxonomy.combinations[0])


def test_every_contribution_names_its_place(classifier: Classifier) -> None:
    document = Document("Refund please", "my   money,\nwhere is my money?")
    (stage, *_) = explain(classifier, document, ("return", "returns_management", "refunds"))
    for each in stage.contributions:
        assert getattr(document, each.field)[each.start : each.end] == each.text
    assert [each.text for each in stage.contributions][:4] == ["Refund", "please", "my", "money,"]


def test_taking_the_strongest_word_away_lowers_the_score(classifier: Classifier, shares: Shares) -> None:
    lowered = []
    for item in shares.test[:40]:
        *_, last = explain(classifier, item.document, item.labels)
        best = max((e for e in last.contributions if e.field == "body"), key=lambda e: e.weight, default=None)
        if best is None or len(last.contributions) < 5:
            continue
        body = item.document.body[: best.start] + " " + item.document.body[best.end :]
        *_, after = explain(classifier, Document(item.document.subject, body), item.labels)
        lowered.append(after.score < last.score)
    assert np.mean(lowered) > 0.9
