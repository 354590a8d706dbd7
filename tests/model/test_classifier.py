"""Predictions: consistent, complete, with reasons for doubt."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.classifier import Answers, Classifier
from model.document import Document
from model.scoring import Scores
from training.shares import Shares


def test_an_answer_never_contradicts_the_taxonomy(classifier: Classifier, shares: Shares) -> None:
    for prediction in classifier.predict([item.document for item in shares.test]):
        assert prediction.names in classifier.taxonomy.index


@settings(max_examples=40, deadline=None)
@given(subject=st.text(max_size=60), body=st.text(max_size=300))
def test_any_text_gets_an_answer_with_probabilities(classifier: Classifier, subject: str, body: str) -> None:
    (prediction,) = classifier.predict([Document(subject, body)])
    assert 0 < prediction.joint <= 1 + 1e-6
    assert all(prediction.joint <= label.probability + 1e-5 for label in prediction.labels)


def test_alternatives_are_ordered_and_without_the_answer(classifier: Classifier, shares: Shares) -> None:
    (prediction,) = classifier.predict([shares.test[0].document], alternatives=5)
    chances = [prediction.joint, *(chance for _, chance in prediction.alternatives)]
    assert chances == sorted(chances, reverse=True)
    assert prediction.names not in [names for names, _ in prediction.alternatives]
    assert len(prediction.alternatives) == 5


def test_an_answer_is_the_same_alone_and_in_a_batch(classifier: Classifier, shares: Shares) -> None:
    documents = [item.document for item in shares.test[:40]]
    together = classifier.answer(documents).joint
    alone = np.vstack([classifier.answer([document]).joint for document in documents])
    assert np.allclose(together, alone, atol=1e-5)


def test_probabilities_of_a_level_add_up_to_one(classifier: Classifier, shares: Shares) -> None:
    for level in classifier.probabilities([item.document for item in shares.test]):
        assert np.allclose(level.sum(axis=1), 1, atol=1e-4)


def test_doubts_name_their_reason(classifier: Classifier) -> None:
    short, strange, cut = classifier.predict(
        [
            Document(body="hello"),
            Document(body="xqzzt vrrkw plonktt grzzb wommfle"),
            Document(body="where is my parcel, it should have come on monday", truncated=True),
        ]
    )
    assert "too_short" in short.doubts
    assert "unseen_vocabulary" in strange.doubts
    assert "truncated" in cut.doubts


def test_no_text_gives_no_predictions(classifier: Classifier) -> None:
    assert classifier.predict([]) == []


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 5), alternatives=st.integers(0, 40))
def test_runners_up_come_by_probability_and_equals_in_the_taxonomys_order(
    classifier: Classifier, seed: int, size: int, alternatives: int
) -> None:
    combinations = classifier.taxonomy.combinations
    # Few different values, so that many are equal; some are 0.
    joint = np.random.default_rng(seed).integers(0, 5, (size, len(combinations))).astype(np.float32)
    words = np.full(size, 40)
    scored = Scores(np.zeros((size, len(classifier.weights.bias)), dtype=np.float32), words, words)
    answers = Answers(joint, joint.argmax(axis=1), scored)
    found = classifier.decoded(answers, [Document()] * size, alternatives)
    for row, prediction in zip(joint.tolist(), found, strict=True):
        ranked = sorted(range(len(row)), key=lambda k: -row[k])[: alternatives + 1]
        told = [(prediction.names, prediction.joint), *prediction.alternatives]
        assert told == [(combinations[k], row[k]) for k in ranked]
