"""Tables and encoders a few numbers wide, written as files in the layouts that the product reads."""

import json
from pathlib import Path
from typing import Any

import numpy as np

GROUPED = (
    ("cat", "kitten", "tomcat", "purrs"),
    ("boat", "ship", "harbour", "sails"),
    ("bread", "loaf", "bake", "warm"),
)
GROUPS = {word: number for number, words in enumerate(GROUPED) for word in words}
WORDS = [*GROUPS, "the", "a", "my", "is"]


def safetensors(arrays: dict[str, np.ndarray[Any, Any]]) -> bytes:
    names = {"float16": "F16", "float32": "F32", "int64": "I64", "int8": "I8"}
    header, body = {}, b""
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": names[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    told = json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + body


def tokenizer(pieces: list[str], kind: str) -> str:
    unknown = {"WordPiece": "[UNK]", "BPE": "<unk>"}[kind]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return json.dumps({"model": {"type": kind, "unk_token": unknown, "vocab": vocabulary}})


def write_table(folder: Path, *, extra: dict[str, np.ndarray[Any, Any]] | None = None, width: int = 6) -> Path:
    """A static table in which words of one group lie close together."""
    pieces = ["[UNK]", *WORDS, "##s", "##fish"]
    rows = np.random.default_rng(3).normal(0, 0.3, (len(pieces), width)).astype(np.float32)
    for word, group in GROUPS.items():
        rows[pieces.index(word), group] += 3
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors({"embeddings": rows} | (extra or {})))
    (folder / "tokenizer.json").write_text(tokenizer(pieces, "WordPiece"), encoding="utf-8")
    return folder


def encoder_arrays(pieces: int, width: int = 8, layers: int = 2) -> dict[str, np.ndarray[Any, Any]]:
    random = np.random.default_rng(5)

    def drawn(*shape: int) -> np.ndarray[Any, Any]:
        return random.normal(0, 0.5, shape).astype(np.float32)

    arrays = {
        "embeddings.word_embeddings.weight": drawn(pieces, width),
        "embeddings.position_embeddings.weight": drawn(16, width),
        "embeddings.token_type_embeddings.weight": drawn(2, width),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        norms += [at + "attention.output.LayerNorm", at + "output.LayerNorm"]
        for name, height, wide in (
            *((f"attention.self.{part}", width, width) for part in ("query", "key", "value")),
            ("attention.output.dense", width, width),
            ("intermediate.dense", 2 * width, width),
            ("output.dense", width, 2 * width),
        ):
            arrays |= {f"{at}{name}.weight": drawn(height, wide), f"{at}{name}.bias": drawn(height)}
    for name in norms:
        arrays |= {f"{name}.weight": 1 + drawn(width) / 5, f"{name}.bias": drawn(width)}
    return arrays


def write_encoder(folder: Path, **changed: Any) -> Path:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "##s"]
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(safetensors(encoder_arrays(len(pieces))))
    (folder / "tokenizer.json").write_text(tokenizer(pieces, "WordPiece"), encoding="utf-8")
    told = {"model_type": "bert", "hidden_act": "gelu", "num_attention_heads": 2, "num_hidden_layers": 2}
    (folder / "config.json").write_text(json.dumps(told | changed), encoding="utf-8")
    return folder


def _field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer; lengths and numbers here are below 2**14."""

    def varint(n: int) -> bytes:
        return bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7])

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx_encoder(table: np.ndarray[Any, Any], output: bytes = b"states") -> bytes:
    """An ONNX model that looks each piece up in a table of float32 and reads its mask for nothing."""
    floats, integers = 1, 7

    def declared(name: bytes, kind: int, *sizes: bytes) -> bytes:
        shape = b"".join(_field(1, _field(2, size)) for size in sizes)
        return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))

    weights = b"".join(_field(1, size) for size in table.shape) + _field(2, floats)
    weights += _field(8, b"table") + _field(9, table.astype("<f4").tobytes())
    node = _field(1, b"table") + _field(1, b"input_ids") + _field(2, output) + _field(4, b"Gather")
    graph = _field(1, node) + _field(2, b"tiny") + _field(5, weights)
    for name in (b"input_ids", b"attention_mask"):
        graph += _field(11, declared(name, integers, b"n", b"length"))
    graph += _field(12, declared(output, floats, b"n", b"length", b"d"))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 17))
