"""Files of arrays -> arrays: safetensors and NumPy's format, read with bounds and without pickle."""

import io
import json
from typing import Any

import numpy as np

from model.errors import BundleError

Array = np.ndarray[Any, np.dtype[Any]]
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1"}
"""What safetensors calls the types that are read."""
MAX_HEADER = 10_000_000
"""Bytes of a safetensors header."""


def tensors(raw: bytes) -> dict[str, Array]:
    """The named arrays of a safetensors file (views of `raw`), or of a .npy file under the name `embeddings`.

    Raises BundleError for anything else, for damaged files and for foreign types.
    """
    if raw[:6] == b"\x93NUMPY":
        try:
            return {"embeddings": np.load(io.BytesIO(raw), allow_pickle=False)}
        except (ValueError, EOFError, SyntaxError) as error:
            raise BundleError(f"the weights are a damaged .npy file: {error}") from error
    size = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or size > min(MAX_HEADER, len(raw) - 8):
        raise BundleError("the weights are not a safetensors file: the header does not fit the file")
    try:
        header = json.loads(raw[8 : 8 + size])
        found = {name: _one(raw, 8 + size, told) for name, told in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(f"the weights are a damaged safetensors file: {error}") from error
    if not found:
        raise BundleError("the weights are empty")
    return found


def _one(raw: bytes, base: int, told: dict[str, Any]) -> Array:
    dtype = np.dtype(TYPES[told["dtype"]])
    shape = tuple(int(length) for length in told["shape"])
    start, end = (int(offset) for offset in told["data_offsets"])
    count = 1
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or not 0 <= start <= end <= len(raw) - base or end - start != count * dtype.itemsize:
        raise ValueError(f"a tensor of shape {shape} does not fit its place")
    return np.frombuffer(raw, dtype, count, base + start).reshape(shape)
