"""The forward pass of a BERT-like encoder in plain NumPy (Devlin et al., 2019): piece numbers -> a vector per piece."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.errors import BundleError
from model.vectors.tensors import Array, tensors

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
EPSILON = np.float32(1e-12)
"""Added to variances, as in BERT."""
MAX_LAYERS = 48


@dataclass(frozen=True, eq=False)
class Network:
    """An encoder's weights, checked."""

    tensors: dict[str, Array]
    layers: int
    heads: int

    @classmethod
    def read(cls, weights: bytes, config: bytes) -> "Network":
        """The network in a safetensors file with its config.json. Raises BundleError where it is of another kind."""
        try:
            told = json.loads(config)
            heads, layers = int(told["num_attention_heads"]), int(told["num_hidden_layers"])
            kind, activation = told.get("model_type"), told.get("hidden_act", "gelu")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError("the encoder's config.json does not say how many layers and heads it has") from error
        if kind != "bert" or activation != "gelu" or not 1 <= layers <= MAX_LAYERS:
            raise BundleError(
                f"the encoder is {kind!r} with {activation!r} and {layers} layers; "
                "without ONNX only BERT with gelu can be run: give a folder with model.onnx"
            )
        found = {
            name.removeprefix("bert."): np.ascontiguousarray(array, dtype=np.float32)
            for name, array in tensors(weights).items()
            if array.dtype.kind == "f"
        }
        _check(found, layers, heads)
        return cls(found, layers, heads)

    @property
    def dimension(self) -> int:
        """Numbers per vector."""
        return int(self.tensors["embeddings.word_embeddings.weight"].shape[1])

    @property
    def longest(self) -> int:
        """Pieces that can be read at once."""
        return int(self.tensors["embeddings.position_embeddings.weight"].shape[0])

    @property
    def pieces(self) -> int:
        """Pieces that have a row."""
        return int(self.tensors["embeddings.word_embeddings.weight"].shape[0])

    def __call__(self, numbers: Numbers, mask: Floats) -> Floats:
        """Vectors of all pieces, (n, length, d), for piece numbers (n, length) of which those with mask 1 count."""
        from scipy.special import erf  # slow to load, and servers without an encoder never need it

        n, length = numbers.shape
        state = (
            self.tensors["embeddings.word_embeddings.weight"][numbers]
            + self.tensors["embeddings.position_embeddings.weight"][:length]
            + self.tensors["embeddings.token_type_embeddings.weight"][0]
        ).reshape(n * length, -1)
        state = self._normed(state, "embeddings.LayerNorm")
        absent = ((1 - mask) * np.float32(-1e4))[:, None, None, :]
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            seen = self._attended(state, at, absent)
            state = self._normed(state + seen, at + "attention.output.LayerNorm")
            inner = self._linear(state, at + "intermediate.dense")
            inner *= np.float32(0.5) * (1 + erf(inner * np.float32(np.sqrt(0.5))))
            state = self._normed(state + self._linear(inner, at + "output.dense"), at + "output.LayerNorm")
        return state.reshape(n, length, -1)

    def _attended(self, state: Floats, at: str, absent: Floats) -> Floats:
        n, length = absent.shape[0], absent.shape[3]
        size = state.shape[1] // self.heads

        def part(name: str) -> Floats:
            wide = self._linear(state, f"{at}attention.self.{name}")
            return wide.reshape(n, length, self.heads, size).transpose(0, 2, 1, 3)

        weights = part("query") @ part("key").transpose(0, 1, 3, 2) * np.float32(size**-0.5) + absent
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        read: Floats = (weights @ part("value")).transpose(0, 2, 1, 3).reshape(n * length, -1)
        return self._linear(read, at + "attention.output.dense")

    def _linear(self, state: Floats, name: str) -> Floats:
        made: Floats = state @ self.tensors[f"{name}.weight"].T
        made += self.tensors[f"{name}.bias"]
        return made

    def _normed(self, state: Floats, name: str) -> Floats:
        state = state - state.mean(axis=-1, keepdims=True)
        state /= np.sqrt(np.einsum("ij,ij->i", state, state)[:, None] / np.float32(state.shape[1]) + EPSILON)
        state *= self.tensors[f"{name}.weight"]
        state += self.tensors[f"{name}.bias"]
        return state


def _check(found: dict[str, Array], layers: int, heads: int) -> None:
    """Raises BundleError unless every tensor is there with the right shape and only finite numbers."""
    table = found.get("embeddings.word_embeddings.weight", np.zeros((0, 0)))
    rows, wide = (len(table), table.shape[1]) if table.ndim == 2 else (0, 0)
    inner = len(found.get("encoder.layer.0.intermediate.dense.bias", ()))
    if not wide or not inner or not 1 <= heads <= wide or wide % heads:
        raise BundleError("the weights are not those of a BERT encoder with as many heads as its config.json says")
    longest = len(found.get("embeddings.position_embeddings.weight", ()))
    types = len(found.get("embeddings.token_type_embeddings.weight", ()))
    right: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (rows, wide),
        "embeddings.position_embeddings.weight": (max(longest, 3), wide),
        "embeddings.token_type_embeddings.weight": (max(types, 1), wide),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        norms += [at + "attention.output.LayerNorm", at + "output.LayerNorm"]
        square = [f"{at}attention.self.{name}" for name in ("query", "key", "value")] + [at + "attention.output.dense"]
        outer = [(at + "intermediate.dense", inner, wide), (at + "output.dense", wide, inner)]
        for name, height, width in [(name, wide, wide) for name in square] + outer:
            right |= {f"{name}.weight": (height, width), f"{name}.bias": (height,)}
    for name in norms:
        right |= {f"{name}.weight": (wide,), f"{name}.bias": (wide,)}
    for name, shape in right.items():
        if name not in found or found[name].shape != shape:
            raise BundleError(f"the encoder's weights hold no {name} of shape {shape}")
        if not np.isfinite(found[name]).all():
            raise BundleError(f"the encoder's {name} holds numbers that are not finite")
