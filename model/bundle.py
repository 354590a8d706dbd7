"""The model folder on disk: layout, format number, save, verify, load. Arrays and JSON only; nothing is unpickled."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from model import taxonomy as taxonomies
from model.calibration import Calibration
from model.classifier import Classifier
from model.decoding import HEADS, Heads
from model.drift import Profile
from model.errors import BundleError, TaxonomyError
from model.features import CUT, EARLIER_CUT, Cut
from model.guarantee import Guarantee, Promise
from model.scoring import Weights, no_vectors
from model.sets import Cutoffs
from model.signing import SIGNATURE
from model.vectors import Vectors, open_embedder, parsed

FORMAT = 4
"""Version of the model folder. To raise it: keep the old reader in READERS, and an old folder in the tests."""
MAX_BYTES = 2_000_000_000
"""Largest folder that is loaded."""

EXPONENT = np.uint16(0x7C00)
"""The bits of half precision that are all set where a number is infinite or none."""
STEP = 262_144
"""Numbers that are looked at in one go, so that it needs little memory."""


class Names:
    """The files of a model folder."""

    MANIFEST = "manifest.json"
    MODEL = "model.json"
    KINDS = ("word", "pair", "part")
    ARRAYS = (
        *(f"{kind}_{what}" for kind in ("word", "pair", "part") for what in ("hashes", "rows", "squares")),
        "bias",
    )
    SINCE_2 = ("near_hashes", "near_rows", "near_squares", "vector_centre", "vector_rows")
    """Arrays of static vectors and of an encoder; empty where a model has none."""

    @classmethod
    def arrays(cls, number: int = FORMAT) -> tuple[str, ...]:
        """The arrays of a format."""
        return cls.ARRAYS if number == 1 else cls.ARRAYS + cls.SINCE_2


def save(classifier: Classifier, folder: Path) -> str:
    """Writes the model folder and returns its fingerprint. The folder appears whole or not at all.

    The same classifier gives the same bytes. Raises BundleError where the folder exists already.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already; a model folder is never overwritten")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name in Names.arrays():
            np.save(draft / f"{name}.npy", getattr(classifier.weights, name), allow_pickle=False)
        (draft / Names.MODEL).write_text(_dumped(_plain(classifier)), encoding="utf-8")
        files = {path.name: _checksum(path) for path in sorted(draft.iterdir())}
        manifest = {"format": FORMAT, "files": files}
        (draft / Names.MANIFEST).write_text(_dumped(manifest), encoding="utf-8")
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return fingerprint(folder)


def fingerprint(folder: Path) -> str:
    """What identifies a model's content: the SHA-256 of its manifest, which holds the checksums of all files."""
    return _checksum(folder / Names.MANIFEST)


def verify(folder: Path) -> dict[str, Any]:
    """The manifest, once every file is there, unchanged, and nothing else is. Raises BundleError with the reason."""
    path = folder / Names.MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
        manifest = json.loads(text)
    except OSError as error:
        raise BundleError(f"{folder} is not a model folder: {Names.MANIFEST} cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BundleError(f"{path} does not list the model's files")
    if type(manifest.get("format")) is not int or manifest["format"] not in READERS:
        known = ", ".join(str(number) for number in READERS)
        raise BundleError(f"{folder} has format {manifest.get('format')!r}; this version reads {known}")
    expected = {f"{name}.npy" for name in Names.arrays(manifest["format"])} | {Names.MODEL}
    entries = list(folder.iterdir())
    present = {entry.name for entry in entries} - {Names.MANIFEST, SIGNATURE}
    for what, names in (
        ("lacks", expected - present),
        ("has foreign files", present - expected),
        ("does not vouch for", expected - set(manifest["files"])),
        ("vouches for foreign files", set(manifest["files"]) - expected),
        ("holds something that is no plain file", {e.name for e in entries if e.is_symlink() or not e.is_file()}),
    ):
        if names:
            raise BundleError(f"{folder} {what}: {', '.join(sorted(names))}")
    if sum((folder / name).stat().st_size for name in expected) > MAX_BYTES:
        raise BundleError(f"{folder} is larger than {MAX_BYTES:,} bytes")
    if text != _dumped(manifest):
        raise BundleError(f"{path} is not what was saved: it is written otherwise")
    for name in sorted(expected):
        if _checksum(folder / name) != manifest["files"][name]:
            raise BundleError(f"{folder / name} is not what was saved: its checksum differs")
    return manifest


def load(folder: Path, *, mapped: bool = True, vectors: str = "") -> Classifier:
    """The classifier in a model folder, verified. With `mapped`, several processes share one copy of the arrays.

    A model that was trained with an encoder needs its weights, which are looked for at `vectors` (a folder,
    package:NAME or a hub name) or else where they lay in training, and used only if their hashes are those that the
    model names. Raises BundleError that names what is wrong or missing.
    """
    manifest = verify(folder)
    classifier, needed = READERS[manifest["format"]](folder, mapped)
    if needed is None:
        return classifier
    return replace(classifier, embedder=open_embedder(needed, vectors))


def _read(folder: Path, mapped: bool) -> tuple[Classifier, Vectors | None]:
    return _classifier(folder, _arrays(folder, Names.arrays(), mapped))


def _read_2(folder: Path, mapped: bool) -> tuple[Classifier, Vectors | None]:
    return _classifier(folder, _arrays(folder, Names.arrays(), mapped), EARLIER_CUT)


def _read_1(folder: Path, mapped: bool) -> tuple[Classifier, Vectors | None]:
    arrays = _arrays(folder, Names.ARRAYS, mapped)
    return _classifier(folder, arrays | no_vectors(arrays["bias"].size), EARLIER_CUT)


def _arrays(folder: Path, names: tuple[str, ...], mapped: bool) -> dict[str, np.ndarray[Any, Any]]:
    return {
        name: _array(folder / f"{name}.npy", "uint64" if name.endswith("hashes") else None, mapped) for name in names
    }


def _classifier(
    folder: Path, arrays: dict[str, np.ndarray[Any, Any]], cut: Cut = CUT
) -> tuple[Classifier, Vectors | None]:
    """The classifier without its encoder, and which one it needs."""
    try:
        plain = json.loads((folder / Names.MODEL).read_text(encoding="utf-8"), parse_constant=_no_number)
        classifier = Classifier(
            taxonomies.parse(plain["taxonomy"]),
            Weights(**arrays, cut=cut),
            _calibration(plain["calibration"]),
            tuple(_guarantee(each) for each in plain["guarantees"]),
            plain["novelty"],
            plain["about"],
            heads=_heads(plain.get("heads", "levels")),
            cutoffs=tuple(_cutoffs(each, len(plain["taxonomy"]["levels"])) for each in plain.get("cutoffs", ())),
            reference=_profile(plain.get("reference")),
        )
        needed = parsed(plain["vectors"]) if plain.get("vectors") else None
    except (KeyError, TypeError, ValueError, RecursionError, TaxonomyError) as error:
        raise BundleError(f"{folder / Names.MODEL} does not describe a model: {error!r}") from error
    _check_shapes(folder, classifier, 0 if needed is None else needed.dimension)
    return classifier, needed


READERS: dict[int, Callable[[Path, bool], tuple[Classifier, Vectors | None]]] = {
    1: _read_1,
    2: _read_2,
    3: _read_2,
    FORMAT: _read,
}
"""Format number -> reader."""


def _array(path: Path, dtype: str | None, mapped: bool) -> np.ndarray[Any, Any]:
    try:
        array = np.load(path, mmap_mode="r" if mapped and path.stat().st_size > 4096 else None, allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError) as error:
        raise BundleError(f"{path} is not an array of numbers") from error
    known = {dtype} if dtype else {"float16", "float32"}
    if not isinstance(array, np.ndarray) or array.dtype.str[0] != "<" or array.dtype.name not in known:
        raise BundleError(f"{path} holds a foreign type; {dtype or 'float16 or float32'}, little-endian, is expected")
    if not _finite(array):
        raise BundleError(f"{path} holds something that is no number; every weight must be finite")
    return array


def _finite(array: np.ndarray[Any, Any]) -> bool:
    """Whether every number is one; half precision by its bits, in a third of the time."""
    if array.dtype != np.float16:
        return bool(np.isfinite(array).all())
    bits = array.view(np.uint16).reshape(-1)
    return all(((bits[k : k + STEP] & EXPONENT) != EXPONENT).all() for k in range(0, len(bits), STEP))


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _check_shapes(folder: Path, classifier: Classifier, dimension: int) -> None:
    weights, columns = classifier.weights, classifier.decoder.columns
    right: dict[str, tuple[int, ...]] = {
        "bias": (columns,),
        "vector_centre": (dimension,),
        "vector_rows": (dimension, columns),
    }
    for kind in (*Names.KINDS, "near"):
        known = len(getattr(weights, f"{kind}_hashes"))
        right |= {f"{kind}_hashes": (known,), f"{kind}_rows": (known, columns), f"{kind}_squares": (known,)}
    for name, shape in right.items():
        if getattr(weights, name).shape != shape:
            raise BundleError(f"{folder / name}.npy has shape {getattr(weights, name).shape}; {shape} is right")
    if len(classifier.calibration.scales) != len(classifier.decoder.head_widths):
        raise BundleError(f"{folder} has a calibration for another number of heads")
    if len(classifier.calibration.powers) not in (0, len(classifier.taxonomy.levels)):
        raise BundleError(f"{folder} has a calibration for another number of levels")


def _plain(classifier: Classifier) -> dict[str, Any]:
    return {
        "taxonomy": classifier.taxonomy.as_plain(),
        "calibration": asdict(classifier.calibration),
        "guarantees": [asdict(each) for each in classifier.guarantees],
        "novelty": classifier.novelty,
        "about": classifier.about,
        "heads": classifier.heads,
        "vectors": None if classifier.embedder is None else asdict(classifier.embedder.vectors),
        "cutoffs": [asdict(each) for each in classifier.cutoffs],
        "reference": None if classifier.reference is None else asdict(classifier.reference),
    }


def _heads(plain: str) -> Heads:
    if plain not in HEADS:
        raise ValueError(f"heads {plain!r} are unknown")
    return plain


def _calibration(plain: dict[str, Any]) -> Calibration:
    lists = {name: tuple(map(float, plain.get(name, ()))) for name in ("scales", "powers")}
    return Calibration(**plain | lists)


def _guarantee(plain: dict[str, Any]) -> Guarantee:
    promises = {label: Promise(**each) for label, each in plain["promises"].items()}
    return Guarantee(plain["error_rate"], plain["confidence_level"], promises)


def _cutoffs(plain: dict[str, Any], levels: int) -> Cutoffs:
    if len(plain["levels"]) != levels:
        raise ValueError("cutoffs for another number of levels")
    return Cutoffs(**plain | {"levels": tuple(map(float, plain["levels"]))})


def _profile(plain: dict[str, Any] | None) -> Profile | None:
    if plain is None:
        return None
    counts = {str(s): {str(c): int(n) for c, n in found.items()} for s, found in plain["counts"].items()}
    return Profile(int(plain["items"]), counts)


def _dumped(plain: Any) -> str:
    return json.dumps(plain, indent=1, sort_keys=False, ensure_ascii=False) + "\n"


def _checksum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from error
