"""Vectors from files: only the expected ones, read with bounds, the same for one document as for many."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import bundle
from model.document import Document
from model.errors import BundleError
from model.vectors import open_embedder, open_table, pinned
from model.vectors.pieces import Pieces, words
from model.vectors.tensors import tensors
from tests.tiny_vectors import encoder_arrays, onnx_encoder, safetensors, tokenizer, write_encoder, write_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "table")


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return write_encoder(tmp_path / "encoder")


def test_a_word_has_the_mean_of_its_pieces(table: Path) -> None:
    opened = open_table(pinned(str(table), "static"))
    cats, cat, s, strange = opened.words(["cats", "cat", "s", "zebra"])
    plural = opened.rows[opened.pieces.vocabulary["##s"]]
    assert np.allclose(cats, (cat + plural) / 2)
    assert np.allclose(s, strange)  # neither can be spelled


def test_a_model2vec_folder_with_weights_and_a_mapping_is_read(tmp_path: Path) -> None:
    plain = open_table(pinned(str(write_table(tmp_path / "plain")), "static"))
    count = len(plain.rows)
    extra: dict[str, np.ndarray[Any, Any]] = {
        "weights": np.full(count, 2, np.float32),
        "mapping": np.arange(count, dtype=np.int64)[::-1],
    }
    folded = open_table(pinned(str(write_table(tmp_path / "folded", extra=extra)), "static"))
    assert np.allclose(folded.rows, 2 * plain.rows[::-1])


def test_a_numpy_table_beside_a_tokenizer_is_read(table: Path) -> None:
    rows = open_table(pinned(str(table), "static")).rows
    (table / "model.safetensors").unlink()
    np.save(table / "table.npy", rows)
    assert np.array_equal(open_table(pinned(str(table), "static")).rows, rows)


def test_byte_pair_vocabularies_mark_the_first_piece() -> None:
    pieces = Pieces.read(tokenizer(["<unk>", "##", "▁boat", "s", "▁", "▁bo"], "BPE").encode())
    assert pieces.split("boats") == (2, 3)
    assert pieces.whole_words() == ["boat"]


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("It's €5, naïve!", ["it", "'", "s", "€5", ",", "naive", "!"]),
        ("a_b\tc\u200bd\n", ["a", "_", "b", "cd"]),
        ("東京 ok", ["東", "京", "ok"]),
        ("", []),
    ],
)
def test_text_is_split_as_bert_splits_it(text: str, split: list[str]) -> None:
    assert words(text) == split


def test_one_document_has_the_vector_that_it_has_among_many(encoder: Path) -> None:
    embedder = open_embedder(pinned(str(encoder), "encoder"))
    documents = [Document("my cat", "purrs"), *(Document(body=text) for text in ("the boat " * 40, "", "bread"))]
    together = embedder.embed(documents)
    assert together.shape == (4, 8)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for document, vector in zip(documents, together, strict=True):
        assert np.allclose(embedder.embed([document])[0], vector, atol=1e-5)


def test_the_order_of_words_matters_to_an_encoder(encoder: Path) -> None:
    embedder = open_embedder(pinned(str(encoder), "encoder"))
    one, two = embedder.embed([Document(body="cat boat"), Document(body="boat cat")])
    assert not np.allclose(one, two, atol=1e-3)


def test_weights_that_were_changed_are_refused(table: Path) -> None:
    vectors = pinned(str(table), "static")
    path = table / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BundleError, match=r"not the expected file.*SHA-256"):
        open_table(vectors)


def test_weights_other_than_the_hash_that_was_asked_for_are_refused(table: Path) -> None:
    right = pinned(str(table), "static").hashes["weights"]
    assert pinned(str(table), "static", right.upper()).hashes["weights"] == right
    with pytest.raises(BundleError, match="not 00ff"):
        pinned(str(table), "static", "00ff")


def test_missing_weights_say_what_is_needed_and_how_to_get_it(table: Path) -> None:
    vectors = pinned(str(table), "static")
    shutil.rmtree(table)
    with pytest.raises(BundleError, match=r"needs static vectors of 6 numbers.*SORTATION_VECTORS.*--plain"):
        open_table(vectors)


def test_weights_that_moved_are_found_where_they_are_said_to_be(table: Path, tmp_path: Path) -> None:
    vectors = pinned(str(table), "static")
    table.rename(tmp_path / "moved")
    assert open_table(vectors, str(tmp_path / "moved")).dimension == 6


def test_another_dimension_is_refused(encoder: Path) -> None:
    with pytest.raises(BundleError, match="have 8 numbers; the model needs 9"):
        open_embedder(replace(pinned(str(encoder), "encoder"), dimension=9))


def test_a_package_is_found_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(tmp_path / "brought_along" / "weights")
    (tmp_path / "brought_along" / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert pinned("package:brought_along", "static").dimension == 6
    with pytest.raises(BundleError, match="not_there is not installed"):
        pinned("package:not_there", "static")


def header(told: object, body: bytes = b"") -> bytes:
    raw = json.dumps(told).encode()
    return len(raw).to_bytes(8, "little") + raw + body


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04 a pickle in a zip",
        (2**62).to_bytes(8, "little") + b"{}",
        header([]),
        header({}),
        header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
        header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, b"1234"),
        header({"a": {"dtype": "F32", "shape": [-1, -1], "data_offsets": [0, 4]}}, b"1234"),
        header({"a": {"dtype": "O", "shape": [1], "data_offsets": [0, 4]}}, b"1234"),
        b"\x93NUMPY\x01\x00 broken",
    ],
)
def test_damaged_files_of_weights_are_refused(raw: bytes) -> None:
    with pytest.raises(BundleError, match="the weights are"):
        tensors(raw)


def no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def foreign_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": null}')


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def another_kind(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": "t5", "num_attention_heads": 2, "num_hidden_layers": 2}')


def a_layer_less(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(safetensors(encoder_arrays(25, layers=1)))


def not_finite(folder: Path) -> None:
    arrays = encoder_arrays(25)
    arrays["embeddings.LayerNorm.bias"][0] = np.nan
    (folder / "model.safetensors").write_bytes(safetensors(arrays))


def fewer_rows(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(safetensors(encoder_arrays(9)))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_tokenizer, "has no tokenizer"),
        (foreign_tokenizer, "not a tokenizer.json"),
        (no_config, "no config.json"),
        (another_kind, "'t5'"),
        (a_layer_less, "hold no encoder.layer.1"),
        (not_finite, "not finite"),
        (fewer_rows, "beyond the encoder's 9"),
        (shutil.rmtree, "there is no folder"),
    ],
)
def test_an_encoder_that_cannot_be_run_is_refused_with_the_reason(
    encoder: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(encoder)
    with pytest.raises(BundleError, match=said):
        pinned(str(encoder), "encoder")


def test_a_folder_of_format_1_still_loads() -> None:
    loaded = bundle.load(Path(__file__).parent / "bundles" / "1")
    (prediction,) = loaded.predict(["the cat sleeps"])
    assert prediction.names == ("cats",)
    assert prediction.joint == pytest.approx(0.99479, abs=1e-4)


def test_an_encoder_in_onnx_is_read_without_its_config(encoder: Path) -> None:
    pytest.importorskip("onnxruntime")
    pieces = json.loads((encoder / "tokenizer.json").read_text())["model"]["vocab"]
    table = np.random.default_rng(1).normal(size=(len(pieces), 5)).astype(np.float32)
    (encoder / "model.onnx").write_bytes(onnx_encoder(table))
    embedder = open_embedder(pinned(str(encoder), "encoder"))
    mean = table[[pieces[piece] for piece in ("[CLS]", "cat", "[SEP]")]].mean(axis=0)
    (found,) = embedder.embed([Document(body="cat")])
    assert np.allclose(found, mean / np.linalg.norm(mean), atol=1e-5)
    documents = [Document(body=text) for text in ("cat", "my boat sails", "")]
    assert np.allclose(embedder.embed(documents)[0], found, atol=1e-5)


def test_a_file_that_is_no_onnx_encoder_is_refused(encoder: Path) -> None:
    pytest.importorskip("onnxruntime")
    (encoder / "model.onnx").write_bytes(b"\x08\x08 nothing of the kind")
    with pytest.raises(BundleError, match="not an ONNX encoder"):
        pinned(str(encoder), "encoder")
