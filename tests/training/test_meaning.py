"""Vectors in training: words never seen get a meaning, encoders travel by name and hash, plain models need nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model import bundle
from model.classifier import Classifier
from model.document import Document
from model.errors import BundleError
from model.explanation import explain
from model.taxonomy import Taxonomy, parse
from model.vectors import pinned
from tests.tiny_vectors import write_encoder, write_table
from training.corpus import Item
from training.fitting import Settings, fit

TEXTS = {
    "animals": ["the cat purrs", "my cat is warm", "a cat purrs"],
    "vessels": ["the boat sails", "my boat is warm", "a boat sails"],
    "food": ["the bread is warm", "my bread", "a warm bread"],
}


@pytest.fixture(scope="module")
def topics() -> Taxonomy:
    return parse({"name": "t", "levels": ["topic"], "labels": {"topic": dict.fromkeys(TEXTS, "")}})


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return [
        Item(f"{label}{k}", Document(body=text), (label,), "here")
        for label, texts in TEXTS.items()
        for k, text in enumerate(texts)
    ]


@pytest.fixture
def static(tmp_path: Path, items: list[Item], topics: Taxonomy) -> Classifier:
    folder = write_table(tmp_path / "table")
    made = fit(items, [], topics, Settings(vectors=pinned(str(folder), "static")))
    shutil.rmtree(folder)
    return made


def test_words_never_seen_are_told_apart_by_their_vectors(
    static: Classifier, items: list[Item], topics: Taxonomy
) -> None:
    unseen = ["kitten", "harbour", "loaf"]
    assert [each.names[0] for each in static.predict(unseen)] == list(TEXTS)
    plain = fit(items, [], topics, Settings()).probabilities([Document(body=text) for text in unseen])[0]
    meant = static.probabilities([Document(body=text) for text in unseen])[0]
    assert (np.diag(meant)[:3] > np.diag(plain)[:3]).all()


def test_words_known_by_their_vectors_only_still_count_as_unseen(static: Classifier) -> None:
    assert "unseen_vocabulary" in static.predict(["kitten harbour loaf tomcat"])[0].doubts


def test_a_model_with_static_vectors_needs_no_weights_afterwards(static: Classifier, tmp_path: Path) -> None:
    bundle.save(static, tmp_path / "made")
    documents = [Document(body=text) for text in ("tomcat purrs", "the ship", "", "zebra bread")]
    loaded = bundle.load(tmp_path / "made")
    assert np.array_equal(loaded.answer(documents).joint, static.answer(documents).joint)
    for document, row in zip(documents, static.answer(documents).joint, strict=True):
        assert np.allclose(static.answer([document]).joint[0], row, atol=1e-5)


def test_a_model_with_an_encoder_needs_those_weights_and_no_others(
    tmp_path: Path, items: list[Item], topics: Taxonomy
) -> None:
    folder = write_encoder(tmp_path / "encoder")
    made = fit(items, [], topics, Settings(vectors=pinned(str(folder), "encoder")))
    bundle.save(made, tmp_path / "made")
    documents = [item.document for item in items]
    assert np.array_equal(bundle.load(tmp_path / "made").answer(documents).joint, made.answer(documents).joint)
    folder.rename(tmp_path / "moved")
    with pytest.raises(BundleError, match=r"needs encoder vectors of 8 numbers.*there is no folder"):
        bundle.load(tmp_path / "made")
    assert bundle.load(tmp_path / "made", vectors=str(tmp_path / "moved")).embedder is not None
    other = write_table(tmp_path / "other")
    shutil.copy(tmp_path / "moved" / "config.json", other)
    with pytest.raises(BundleError, match="not the expected file"):
        bundle.load(tmp_path / "made", vectors=str(other))


def test_an_encoder_answers_one_document_as_it_answers_many(
    tmp_path: Path, items: list[Item], topics: Taxonomy
) -> None:
    made = fit(items, [], topics, Settings(vectors=pinned(str(write_encoder(tmp_path / "e")), "encoder")))
    documents = [item.document for item in items]
    for document, row in zip(documents, made.answer(documents).joint, strict=True):
        assert np.allclose(made.answer([document]).joint[0], row, atol=1e-5)


def test_a_plain_model_holds_nothing_of_vectors(items: list[Item], topics: Taxonomy, tmp_path: Path) -> None:
    made = fit(items, [], topics, Settings())
    bundle.save(made, tmp_path / "made")
    loaded = bundle.load(tmp_path / "made", vectors=str(tmp_path / "nowhere"))
    assert loaded.embedder is None
    assert not loaded.weights.near_hashes.size
    assert not loaded.weights.vector_rows.size


def test_other_weights_are_another_training_run(tmp_path: Path, items: list[Item], topics: Taxonomy) -> None:
    vectors = pinned(str(write_table(tmp_path / "table")), "static")
    swapped = replace(vectors, hashes={**vectors.hashes, "weights": "0" * 64})
    with pytest.raises(BundleError, match="not the expected file"):
        fit(items, [], topics, Settings(vectors=swapped))


def test_an_explanation_names_what_the_encoder_adds(items: list[Item], topics: Taxonomy, tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "encoder")
    made = fit(items, [], topics, Settings(vectors=pinned(str(folder), "encoder")))
    for each in explain(made, items[0].document, items[0].labels):
        assert [part.field for part in each.contributions].count("meaning") == 1
        assert each.base + sum(part.weight for part in each.contributions) == pytest.approx(each.score, abs=1e-3)
