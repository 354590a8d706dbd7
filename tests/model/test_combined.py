from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.classifier import Classifier
from model.combined import NAMES, combined, shared

TEXTS = ["Where is my parcel?", "Two cups are broken, please refund them.", "zzgrmpf", ""]


def test_shared_arrays_answer_as_those_in_memory_do(classifier: Classifier, tmp_path: Path) -> None:
    sharing = replace(classifier, arrays=shared(classifier.weights, tmp_path / "arrays"))
    assert sharing.predict(TEXTS) == classifier.predict(TEXTS)


def test_shared_arrays_are_mapped_and_cannot_be_written(classifier: Classifier, tmp_path: Path) -> None:
    arrays = shared(classifier.weights, tmp_path / "arrays")
    for array in (arrays.table, arrays.vocabulary.hashes, arrays.vocabulary.slots):
        assert not array.flags.owndata
        assert not array.flags.writeable


def test_the_second_process_finds_what_the_first_one_made(classifier: Classifier, tmp_path: Path) -> None:
    shared(classifier.weights, tmp_path / "arrays")
    made = (tmp_path / "arrays" / "table.npy").stat()
    shared(classifier.weights, tmp_path / "arrays")
    found = (tmp_path / "arrays" / "table.npy").stat()
    assert (found.st_ino, found.st_mtime_ns) == (made.st_ino, made.st_mtime_ns)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("harm", ["changed", "cut", "foreign", "gone"])
def test_harmed_arrays_are_made_anew(classifier: Classifier, tmp_path: Path, name: str, harm: str) -> None:
    right = combined(classifier.weights)
    shared(classifier.weights, tmp_path / "arrays")
    file = tmp_path / "arrays" / f"{name}.npy"
    if harm == "changed":
        array = np.load(file)
        array[len(array) // 2 :] += 1
        np.save(file, array)
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:200])
    elif harm == "foreign":
        np.save(file, np.zeros(3))
    else:
        file.unlink()
    found = shared(classifier.weights, tmp_path / "arrays")
    assert np.array_equal(found.table, right.table)
    assert np.array_equal(found.vocabulary.rows(right.vocabulary.hashes), np.arange(len(right.table)))


def test_arrays_of_another_model_are_not_taken_for_this_one(classifier: Classifier, tmp_path: Path) -> None:
    other = replace(classifier.weights, word_rows=np.asarray(classifier.weights.word_rows) + np.float16(1))
    shared(other, tmp_path / "arrays")
    found = shared(classifier.weights, tmp_path / "arrays")
    assert np.array_equal(found.table, combined(classifier.weights).table)
