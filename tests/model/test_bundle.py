"""The model folder: same in, same out; anything changed, foreign or unknown is refused with the reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model import bundle
from model.classifier import Classifier
from model.document import Document
from model.errors import BundleError
from training.shares import Shares


@pytest.fixture
def folder(classifier: Classifier, tmp_path: Path) -> Path:
    bundle.save(classifier, tmp_path / "made")
    return tmp_path / "made"


def test_a_loaded_model_answers_as_the_saved_one(classifier: Classifier, folder: Path, shares: Shares) -> None:
    documents = [item.document for item in shares.test]
    for mapped in (True, False):
        loaded = bundle.load(folder, mapped=mapped)
        assert np.array_equal(loaded.answer(documents).joint, classifier.answer(documents).joint)
        assert loaded.taxonomy == classifier.taxonomy
        assert loaded.guarantees == classifier.guarantees


def test_the_same_model_gives_the_same_bytes(classifier: Classifier, tmp_path: Path) -> None:
    assert bundle.save(classifier, tmp_path / "a") == bundle.save(classifier, tmp_path / "b")


def test_an_existing_folder_is_not_overwritten(classifier: Classifier, folder: Path) -> None:
    with pytest.raises(BundleError, match="exists already"):
        bundle.save(classifier, folder)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("name", [*(f"{array}.npy" for array in bundle.Names.ARRAYS), bundle.Names.MODEL])
def test_one_changed_byte_in_any_file_is_refused(folder: Path, name: str) -> None:
    flip(folder / name)
    with pytest.raises(BundleError, match=f"{name}.*checksum"):
        bundle.load(folder)


def vouched(folder: Path) -> None:
    """Makes the manifest agree with whatever lies in the folder."""
    path = folder / bundle.Names.MANIFEST
    manifest = json.loads(path.read_text())
    manifest["files"] = {name: bundle._checksum(folder / name) for name in manifest["files"]}
    path.write_text(json.dumps(manifest))


def objects(folder: Path) -> None:
    np.save(folder / "bias.npy", np.array([object()], dtype=object), allow_pickle=True)
    vouched(folder)


def wrong_type(folder: Path) -> None:
    np.save(folder / "word_hashes.npy", np.load(folder / "word_hashes.npy").astype(np.float64))
    vouched(folder)


def wrong_shape(folder: Path) -> None:
    np.save(folder / "bias.npy", np.zeros(3, dtype=np.float32))
    vouched(folder)


def unknown_format(folder: Path) -> None:
    path = folder / bundle.Names.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))


def unknown_heads(folder: Path) -> None:
    path = folder / bundle.Names.MODEL
    path.write_text(json.dumps(json.loads(path.read_text()) | {"heads": "tails"}))
    vouched(folder)


def foreign_file(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"\x80\x04.")


def missing_file(folder: Path) -> None:
    (folder / "word_rows.npy").unlink()


def no_manifest(folder: Path) -> None:
    (folder / bundle.Names.MANIFEST).unlink()


def not_json(folder: Path) -> None:
    (folder / bundle.Names.MODEL).write_text("{")
    vouched(folder)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (objects, "not an array of numbers"),
        (wrong_type, "foreign type"),
        (wrong_shape, "has shape"),
        (unknown_format, "has format 99"),
        (foreign_file, "foreign files: extra.pkl"),
        (missing_file, "lacks: word_rows.npy"),
        (no_manifest, "not a model folder"),
        (unknown_heads, "heads 'tails' are unknown"),
        (not_json, "does not describe a model"),
        (shutil.rmtree, "not a model folder"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_spoiled_folder_is_refused_with_the_reason(folder: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(folder)
    with pytest.raises(BundleError, match=said):
        bundle.load(folder)


def test_a_save_that_fails_leaves_nothing_behind(classifier: Classifier, tmp_path: Path) -> None:
    from dataclasses import replace

    unfit = replace(classifier, about={"bad": object()})
    with pytest.raises(TypeError):
        bundle.save(unfit, tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_a_document_longer_than_a_pass_is_answered(classifier: Classifier) -> None:
    assert classifier.predict([Document(body="where is my parcel " * 50_000)])[0].in_scope


def test_a_folder_with_a_head_per_level_answers_as_it_did_when_it_was_saved() -> None:
    loaded = bundle.load(Path(__file__).parent / "bundles" / "2")
    assert loaded.heads == "levels"
    (joint,) = loaded.answer([Document(body="where is my refund")]).joint
    assert joint == pytest.approx([0.9784, 0.0044, 0.0167, 0.0005, 0.0], abs=1e-3)
