"""The model folder: same in, same out; anything changed, foreign or unknown is refused with the reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import bundle, signing
from model.classifier import Classifier
from model.document import Document
from model.errors import BundleError
from model.explanation import explain
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


FILES = [*(f"{array}.npy" for array in bundle.Names.arrays()), bundle.Names.MODEL]


@pytest.fixture(scope="module")
def signed(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to spoil and mend again, with a signature."""
    home = tmp_path_factory.mktemp("home")
    bundle.save(classifier, home / "made")
    signing.sign(home / "made", signing.own_key(home))
    return home / "made"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_changed_byte_of_any_file_is_refused(signed: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*FILES, bundle.Names.MANIFEST, signing.SIGNATURE]))
    sound = (signed / name).read_bytes()
    place = data.draw(st.integers(0, len(sound) - 1))
    with (signed / name).open("r+b") as file:
        file.seek(place)
        file.write(bytes([sound[place] ^ data.draw(st.integers(1, 255))]))
    try:
        with pytest.raises(BundleError, match="sign" if name == signing.SIGNATURE else None):
            signing.check(signed, signing.trusted(signed.parent / "trusted"))
            bundle.load(signed)
        if name != signing.SIGNATURE:  # nor does it take a signature to see it
            with pytest.raises(BundleError):
                bundle.load(signed)
    finally:
        (signed / name).write_bytes(sound)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [b"", b"\0"], ids=["one byte short", "one byte more"])
def test_a_file_of_another_length_is_refused(signed: Path, name: str, change: bytes) -> None:
    sound = (signed / name).read_bytes()
    (signed / name).write_bytes(sound + change if change else sound[:-1])
    try:
        with pytest.raises(BundleError, match=f"{name}.*checksum"):
            bundle.load(signed)
    finally:
        (signed / name).write_bytes(sound)


def vouched(folder: Path) -> None:
    """Makes the manifest agree with whatever lies in the folder."""
    told(folder, files={name: bundle._checksum(folder / name) for name in FILES})


def told(folder: Path, **changes: Any) -> None:
    """Has the manifest say something else."""
    path = folder / bundle.Names.MANIFEST
    path.write_text(bundle._dumped(json.loads(path.read_text()) | changes))


def changed(folder: Path, **changes: Any) -> None:
    """Has the description of the model say something else, and the manifest vouch for it."""
    path = folder / bundle.Names.MODEL
    path.write_text(bundle._dumped(json.loads(path.read_text()) | changes))
    vouched(folder)


def big_endian(folder: Path) -> None:
    np.save(folder / "bias.npy", np.load(folder / "bias.npy").astype(">f4"))
    vouched(folder)


def not_a_number(folder: Path) -> None:
    rows = np.load(folder / "word_rows.npy")
    rows[-1, -1] = np.nan
    np.save(folder / "word_rows.npy", rows)
    vouched(folder)


def infinite(folder: Path) -> None:
    rows = np.load(folder / "pair_rows.npy")
    rows[0, 0] = -np.inf
    np.save(folder / "pair_rows.npy", rows)
    vouched(folder)


def infinite_square(folder: Path) -> None:
    squares = np.load(folder / "part_squares.npy")
    squares[-1] = np.inf
    np.save(folder / "part_squares.npy", squares)
    vouched(folder)


def infinite_scale(folder: Path) -> None:
    levels = json.loads((folder / bundle.Names.MODEL).read_text())["taxonomy"]["levels"]
    changed(folder, calibration={"scales": [float("inf")] * len(levels)})


def records(folder: Path) -> None:
    np.save(folder / "bias.npy", np.zeros(4, dtype=[("a", "<f4")]))
    vouched(folder)


def archive(folder: Path) -> None:
    with (folder / "bias.npy").open("wb") as file:
        np.savez(file, bias=np.zeros(4, dtype=np.float32))
    vouched(folder)


def other_calibration(folder: Path) -> None:
    changed(folder, calibration={"scales": [1.0] * 5})


def other_taxonomy(folder: Path) -> None:
    changed(folder, taxonomy={"name": "t", "levels": ["a"], "labels": {"a": {"x": "", "y": ""}}})


def path_outside(folder: Path) -> None:
    files = json.loads((folder / bundle.Names.MANIFEST).read_text())["files"]
    told(folder, files=files | {"../signing.key": "0" * 64})


def true_for_one(folder: Path) -> None:
    told(folder, format=True)


def format_list(folder: Path) -> None:
    told(folder, format=[2])


def files_list(folder: Path) -> None:
    told(folder, files=[])


def array_manifest(folder: Path) -> None:
    (folder / bundle.Names.MANIFEST).write_text("[]")


def deep_manifest(folder: Path) -> None:
    (folder / bundle.Names.MANIFEST).write_text("[" * 100_000)


def link(folder: Path) -> None:
    moved = (folder / "bias.npy").rename(folder.parent / "elsewhere.npy")
    (folder / "bias.npy").symlink_to(moved)


def subfolder(folder: Path) -> None:
    (folder / "bias.npy").unlink()
    (folder / "bias.npy").mkdir()


def unvouched(folder: Path) -> None:
    files = json.loads((folder / bundle.Names.MANIFEST).read_text())["files"]
    told(folder, files={name: value for name, value in files.items() if name != "bias.npy"})


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
    told(folder, format=99)


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
        (big_endian, "foreign type"),
        (records, "foreign type"),
        (archive, "foreign type|not an array"),
        (not_a_number, "no number"),
        (infinite, "no number"),
        (infinite_square, "no number"),
        (infinite_scale, "does not describe a model"),
        (other_calibration, "another number of"),
        (other_taxonomy, "another number of levels"),
        (path_outside, "vouches for foreign files: ../signing.key"),
        (unvouched, "does not vouch for: bias.npy"),
        (true_for_one, "has format True"),
        (format_list, "has format"),
        (files_list, "does not list"),
        (array_manifest, "does not list"),
        (deep_manifest, "is not JSON"),
        (link, "no plain file: bias.npy"),
        (subfolder, "no plain file: bias.npy"),
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


def test_an_earlier_folder_reads_words_it_never_saw_as_it_did_when_it_was_saved() -> None:
    loaded = bundle.load(Path(__file__).parent / "bundles" / "3")
    text = Document(body="housecats boating")
    assert loaded.scorer.score([text]).known.tolist() == [0]
    (joint,) = loaded.answer([text]).joint
    assert joint == pytest.approx([0.0178, 0.9768, 0.0053, 0.0001], abs=1e-3)
    explained = explain(loaded, text, loaded.predict([text])[0].names)[0]
    assert explained.base + sum(each.weight for each in explained.contributions) == pytest.approx(explained.score)
