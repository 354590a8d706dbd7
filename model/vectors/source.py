"""Where the weights of vectors lie, and whether they are the expected ones. Knows nothing of what is in them.

A source is a folder, `package:NAME` for a folder that an installed package brings along (found without importing the
package), or the name of a repository on the Hugging Face hub.
"""

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import BundleError

KINDS = ("static", "encoder")
"""A table with a vector per piece of a word, or a network that reads whole sentences."""
PACKAGE = "package:"
MAX_BYTES = 1_000_000_000
"""Largest file that is read."""
MAX_FILES = 5_000
"""Files of a folder that are looked at."""
WEIGHTS = {
    "static": ("model.safetensors", "*.safetensors", "*.npy"),
    "encoder": ("model.onnx", "*.onnx", "model.safetensors", "*.safetensors"),
}
"""What a file of weights may be called, the better names first."""
PATTERNS = {
    "tokenizer": ("tokenizer.json", "*tokenizer.json", "*tokenizer*.json"),
    "config": ("config.json",),
    "pooling": ("1_Pooling/config.json",),
}
"""What the other parts' files may be called."""
PARTS = ("weights", *PATTERNS)
REQUIRED = ("weights", "tokenizer")


@dataclass(frozen=True)
class Vectors:
    """Which vectors a model was trained with: all that another machine needs to tell the right ones."""

    kind: str
    """static or encoder."""
    source: str
    """Where they lay in training; another place will do if the hashes are the same."""
    dimension: int
    hashes: Mapping[str, str]
    """SHA-256 of each part's file: weights, tokenizer, and config and pooling where there are such."""

    def __str__(self) -> str:
        return f"{self.kind} vectors of {self.dimension} numbers from {self.source}"


def parsed(plain: Any) -> Vectors:
    """The vectors that a model folder names. Raises ValueError where that is no such description."""
    hashes = {str(part): str(value) for part, value in plain["hashes"].items()}
    if plain["kind"] not in KINDS or not set(REQUIRED) <= set(hashes) <= set(PARTS):
        raise ValueError("not a description of vectors")
    return Vectors(plain["kind"], str(plain["source"]), int(plain["dimension"]), hashes)


def read(source: str, kind: str, expected: Mapping[str, str] | None = None) -> tuple[dict[str, bytes], dict[str, str]]:
    """The content of each part's file and its SHA-256, the very bytes that were hashed.

    With `expected`, exactly those parts are read. Raises BundleError where one is missing or has another hash.
    """
    if kind not in KINDS:
        raise BundleError(f"vectors are {' or '.join(KINDS)}, not {kind!r}")
    paths = _located(source, kind, tuple(expected or ()))
    content, hashes = {}, {}
    for part, path in paths.items():
        try:
            if path.stat().st_size > MAX_BYTES:
                raise BundleError(f"{path} is larger than {MAX_BYTES:,} bytes")
            content[part] = path.read_bytes()
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}") from error
        hashes[part] = hashlib.sha256(content[part]).hexdigest()
        if expected is not None and hashes[part] != expected[part]:
            raise BundleError(
                f"{path} is not the expected file: its SHA-256 is {hashes[part]}, {expected[part]} is right"
            )
    return content, hashes


def _located(source: str, kind: str, parts: tuple[str, ...]) -> dict[str, Path]:
    folder = _folder(source)
    files: list[Path] = []
    for path in folder.rglob("*"):
        if len(files) == MAX_FILES:
            raise BundleError(f"{folder} holds more than {MAX_FILES:,} files; name the folder of the weights itself")
        if path.is_file():
            files.append(path)
    found = {}
    for part in parts or PARTS:
        patterns = WEIGHTS[kind] if part == "weights" else PATTERNS[part]
        best = _best(folder, files, patterns)
        if best is not None:
            found[part] = best
        elif part in REQUIRED or parts:
            raise BundleError(f"{folder} has no {part} for {kind} vectors; looked for {', '.join(patterns)}")
    return found


def _best(folder: Path, files: list[Path], patterns: tuple[str, ...]) -> Path | None:
    """The file with the best name; among those the one least deep, then the first by name."""
    for pattern in patterns:
        fitting = [path for path in files if path.match(pattern)]
        if fitting:
            return min(fitting, key=lambda path: (len(path.relative_to(folder).parts), path.as_posix()))
    return None


def _folder(source: str) -> Path:
    if source.startswith(PACKAGE):
        name = source.removeprefix(PACKAGE)
        found = importlib.util.find_spec(name) if name.isidentifier() else None
        if found is None or not found.submodule_search_locations:
            raise BundleError(f"the package {name} is not installed; install it, or give a folder with the weights")
        return Path(next(iter(found.submodule_search_locations)))
    path = Path(source)
    if path.is_dir():
        return path
    if path.is_absolute() or source.count("/") != 1 or source.startswith("."):
        raise BundleError(f"there is no folder {source}; give a folder with the weights, package:NAME or a hub name")
    return _downloaded(source)


def _downloaded(name: str) -> Path:
    """The folder of a hub repository, from the local cache where it is there already."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise BundleError(
            f"there is no folder {name}, and reading it from the hub needs huggingface_hub: "
            "pip install 'sortation[semantic]'"
        ) from error
    wanted = ["*.safetensors", "*.onnx", "*.npy", "*tokenizer*.json", "config.json", "1_Pooling/config.json"]
    try:
        try:
            return Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
        except Exception:  # not there yet; whatever it was, the download says more
            return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BundleError(f"{name} is neither a folder nor can it be had from the hub: {reason[:200]}") from error
