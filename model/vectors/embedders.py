"""Documents -> sentence vectors, by an encoder in ONNX or NumPy; and the tables that words' vectors come from.

Nothing here trains: weights are read from files whose hashes were checked, and an encoder is run as it is.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.document import Document
from model.errors import BundleError
from model.vectors.network import Floats, Network, Numbers
from model.vectors.pieces import Pieces, words
from model.vectors.source import Vectors, read
from model.vectors.table import Table

MOST_PIECES = 256
"""Pieces of a document that an encoder reads; what follows is not seen."""
MOST_CHARACTERS = 4_000
"""Characters of a document that are split into pieces."""
PIECES_AT_ONCE = 4_096
"""Pieces in one forward pass, about: bounds memory."""
Forward = Callable[[Numbers, Floats], Floats]


@dataclass(frozen=True, eq=False)
class Embedder:
    """A frozen encoder of sentences."""

    vectors: Vectors
    """Which weights these are."""
    forward: Forward
    """Piece numbers (n, length) and mask (n, length) -> vectors (n, length, d), or (n, d) where pooled already."""
    pieces: Pieces
    ends: tuple[int, int]
    """Numbers of the pieces that begin and end a text."""
    longest: int
    first_only: bool
    """Whether the first piece's vector stands for the text, rather than the mean of all."""

    def embed(self, documents: Sequence[Document]) -> Floats:
        """Vectors of unit length, (n, d) float32. Documents of like length share a pass."""
        numbers = [self._numbers(document.text[:MOST_CHARACTERS]) for document in documents]
        made = np.zeros((len(documents), self.vectors.dimension), dtype=np.float32)
        order = sorted(range(len(numbers)), key=lambda k: len(numbers[k]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(numbers[order[end]]) * (end - start + 1) <= PIECES_AT_ONCE:
                end += 1
            these = order[start:end]
            made[these] = self._pooled([numbers[k] for k in these])
            start = end
        return made

    def _numbers(self, text: str) -> list[int]:
        found: list[int] = []
        for word in words(text):
            found += self.pieces.split(word)
            if len(found) >= self.longest - 2:
                break
        return [self.ends[0], *found[: self.longest - 2], self.ends[1]]

    def _pooled(self, rows: list[list[int]]) -> Floats:
        length = max(len(row) for row in rows)
        numbers = np.zeros((len(rows), length), dtype=np.int64)
        mask = np.zeros((len(rows), length), dtype=np.float32)
        for k, row in enumerate(rows):
            numbers[k, : len(row)] = row
            mask[k, : len(row)] = 1
        states = self.forward(numbers, mask)
        if states.ndim == 3:
            states = states[:, 0] if self.first_only else np.einsum("ijk,ij->ik", states, mask)
        if states.shape != (len(rows), self.vectors.dimension):
            raise BundleError(
                f"the encoder's vectors have {states.shape[-1]} numbers; {self.vectors.dimension} are expected"
            )
        unit: Floats = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
        return unit


def pinned(source: str, kind: str, weights_hash: str | None = None) -> Vectors:
    """The vectors at a source with the hashes that its files have now: what training starts from.

    Raises BundleError where they cannot be used, or where the weights have another SHA-256 than `weights_hash`.
    """
    content, hashes = read(source, kind)
    if weights_hash is not None and hashes["weights"] != weights_hash.lower():
        raise BundleError(f"the weights at {source} have SHA-256 {hashes['weights']}, not {weights_hash}")
    unknown = Vectors(kind, source, 0, hashes)
    if kind == "static":
        return replace(unknown, dimension=Table.read(content["weights"], content["tokenizer"]).dimension)
    return _encoder(unknown, content).vectors


def open_table(vectors: Vectors, source: str = "") -> Table:
    """The table that `vectors` name, from `source` or from where it lay in training. Raises BundleError."""
    content = _content(vectors, source)
    table = Table.read(content["weights"], content["tokenizer"])
    _check(table.dimension, vectors)
    return table


def open_embedder(vectors: Vectors, source: str = "") -> Embedder:
    """The encoder that `vectors` name, from `source` or from where it lay in training. Raises BundleError."""
    content = _content(vectors, source)
    embedder = _encoder(vectors, content)
    _check(embedder.vectors.dimension, vectors)
    return embedder


def _check(dimension: int, vectors: Vectors) -> None:
    if dimension != vectors.dimension:
        raise BundleError(f"the vectors have {dimension} numbers; the model needs {vectors.dimension}")


def _content(vectors: Vectors, source: str) -> dict[str, bytes]:
    try:
        return read(source or vectors.source, vectors.kind, vectors.hashes)[0]
    except BundleError as error:
        raise BundleError(
            f"the model needs {vectors} (SHA-256 of the weights {vectors.hashes['weights']}): {error}. "
            "Name a folder that has them in SORTATION_VECTORS, or train without: sortation train --plain"
        ) from error


def _encoder(vectors: Vectors, content: Mapping[str, bytes]) -> Embedder:
    pieces = Pieces.read(content["tokenizer"])
    ends = (pieces.vocabulary.get("[CLS]"), pieces.vocabulary.get("[SEP]"))
    if pieces.next != "##" or ends[0] is None or ends[1] is None:
        raise BundleError("the encoder's tokenizer is not a WordPiece vocabulary with [CLS] and [SEP], as BERT's are")
    if content["weights"][8:9] == b"{":
        if "config" not in content:
            raise BundleError("the encoder has no config.json beside its weights")
        network = Network.read(content["weights"], content["config"])
        if max(pieces.vocabulary.values()) >= network.pieces:
            raise BundleError(f"the tokenizer has pieces beyond the encoder's {network.pieces:,}")
        forward: Forward = network
        dimension, longest = network.dimension, min(network.longest, MOST_PIECES)
    else:
        forward, longest = _onnx(content["weights"]), MOST_PIECES
        row = np.array([[ends[0], ends[1]]], dtype=np.int64)
        dimension = forward(row, np.ones((1, 2), dtype=np.float32)).shape[-1]
    first_only = _reads_first(content.get("pooling", b"{}"))
    named = replace(vectors, dimension=int(dimension))
    return Embedder(named, forward, pieces, (ends[0], ends[1]), longest, first_only)


def _reads_first(pooling: bytes) -> bool:
    try:
        return bool(json.loads(pooling).get("pooling_mode_cls_token", False))
    except (ValueError, AttributeError, RecursionError) as error:
        raise BundleError("the encoder's 1_Pooling/config.json is not JSON") from error


def _onnx(weights: bytes) -> Forward:
    """The forward pass of an ONNX encoder on one core; the server's workers share the others."""
    try:
        import onnxruntime
    except ImportError as error:
        raise BundleError("an encoder in ONNX needs onnxruntime: pip install 'sortation[semantic]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common root of their own
        raise BundleError(f"the weights are not an ONNX encoder: {' '.join(str(error).split())[:200]}") from error
    names = {given.name for given in session.get_inputs()}
    if not {"input_ids", "attention_mask"} <= names <= {"input_ids", "attention_mask", "token_type_ids"}:
        raise BundleError(f"the ONNX encoder takes {', '.join(sorted(names))}; input_ids and attention_mask are right")

    def forward(numbers: Numbers, mask: Floats) -> Floats:
        told = {"input_ids": numbers, "attention_mask": mask.astype(np.int64), "token_type_ids": np.zeros_like(numbers)}
        made: Floats = session.run(None, {name: told[name] for name in names})[0]
        return made

    return forward
