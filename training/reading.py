"""Items as the classifier will see them when it serves, and the languages they are in. Knows no files.

Preparing is the slowest step before fitting, and nearly all items are those of last week: what was prepared is kept,
item by item, under a hash of what came in and of the code that prepares.
"""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace
from functools import cache
from pathlib import Path

import numpy as np

import model
from model.classifier import Classifier
from model.document import Document, Removed
from model.drift import Profile, observed, profile
from model.preparation import SURE, prepare, prepare_all
from model.reading.language import UNKNOWN
from model.reading.languages import detect_languages
from training.cache import Array, Cache
from training.corpus import Item

SHARE = 0.01
"""Share of the items in a named language from which on the classifier counts as trained on that language."""
FEWEST = 5
"""Items in a language below which it does not count, however few items there are."""
ASKED = 5_000
"""Items whose language is looked at: enough to tell shares of a hundredth."""
MANY = 20_000
"""Items from which on all cores prepare them."""
CHUNK = 2_000


def prepared(items: Sequence[Item], kept: Cache | None = None, name: str = "", many: int = MANY) -> list[Item]:
    """The items with their documents prepared: newest messages, without quotes, signatures and residue.

    What `kept` holds from an earlier run under `name` is not prepared again. From `many` on all cores prepare.
    """
    documents = [item.document for item in items]
    documents = _prepare(documents, many) if kept is None else _with_cache(documents, kept, name, many)
    return [replace(item, document=document) for item, document in zip(items, documents, strict=True)]


def _with_cache(documents: Sequence[Document], kept: Cache, name: str, many: int) -> list[Document]:
    name = f"prepared {name} {_code()}"
    digests = [_digest(document) for document in documents]
    known = _unpacked(kept.get(name))
    fresh = [k for k, digest in enumerate(digests) if digest not in known]
    for k, document in zip(fresh, _prepare([documents[k] for k in fresh], many), strict=True):
        removed = [astuple(span) for span in document.removed]
        known[digests[k]] = [document.subject, document.body, document.truncated, removed]
    if fresh:
        kept.put(name, _packed({digest: known[digest] for digest in digests}))
    return [_restored(document, known[digest]) for document, digest in zip(documents, digests, strict=True)]


def _restored(document: Document, told: list[object]) -> Document:
    subject, body, truncated, spans = told
    removed = tuple(Removed(*span) for span in spans)  # type: ignore[attr-defined]
    return replace(document, subject=subject, body=body, truncated=truncated, removed=removed)  # type: ignore[arg-type]


def _packed(known: dict[bytes, list[object]]) -> dict[str, Array]:
    lines = json.dumps(list(known.values()), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return {
        "digests": np.frombuffer(b"".join(known), dtype=np.uint8),
        "documents": np.frombuffer(lines, dtype=np.uint8),
    }


def _unpacked(arrays: dict[str, Array] | None) -> dict[bytes, list[object]]:
    if arrays is None:
        return {}
    whole, size = arrays["digests"].tobytes(), hashlib.sha256().digest_size
    digests = [whole[k : k + size] for k in range(0, len(whole), size)]
    return dict(zip(digests, json.loads(arrays["documents"].tobytes().decode("utf-8", "surrogatepass")), strict=True))


def _digest(document: Document) -> bytes:
    """Of all that preparing depends on."""
    told = repr((document.channel, document.subject, document.body, document.removed, document.parts, document.meta))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).digest()


@cache
def _code() -> str:
    """A hash of the code that prepares."""
    digest = hashlib.sha256()
    for path in sorted(Path(str(model.__file__)).parent.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _prepare(documents: Sequence[Document], many: int) -> list[Document]:
    if len(documents) < many:
        return _chunk(documents)
    from joblib import Parallel, delayed

    chunks = (documents[k : k + CHUNK] for k in range(0, len(documents), CHUNK))
    done = Parallel(n_jobs=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())(
        delayed(_chunk)(chunk) for chunk in chunks
    )
    return [document for chunk in done for document in chunk]


def _chunk(documents: Sequence[Document]) -> list[Document]:
    return [prepare(document).document for document in documents]


def trained_languages(items: Sequence[Item]) -> list[str]:
    """Codes of the languages that enough of the prepared `items` are in, most frequent first."""
    counts: Counter[str] = Counter()
    for code, confidence in detect_languages([item.document.text for item in items[:: len(items) // ASKED + 1]]):
        if code != UNKNOWN and confidence >= SURE:
            counts[code] += 1
    enough = max(FEWEST, SHARE * counts.total())
    return [code for code, count in counts.most_common() if count >= enough]


def reference(classifier: Classifier, items: Sequence[Item]) -> Profile | None:
    """What a classifier's answers to prepared items that it never saw look like; None where there are none."""
    documents = [item.document for item in items]
    found = zip(classifier.predict(documents, 0), documents, strict=True)
    languages = (each.language[0] for each in prepare_all((document, None) for document in documents))
    made = profile(observed(*each, language) for each, language in zip(found, languages, strict=True))
    return made if made.items else None
