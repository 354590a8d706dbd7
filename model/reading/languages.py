"""The languages of many texts at once: what tokens say as numbers, what words speak for as tables. No rule of its own.

Which word speaks for which language, and how sure an answer is, stands in model/reading/language.py.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from math import log
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.reading.language import SAMPLE, UNKNOWN, beyond, detect_language, evidence, heard, judged, listed
from model.reading.remembered import REMEMBERED, USUAL

TOGETHER = 128
"""Texts whose words are counted at once."""

FEW = 6
"""Texts below which each by itself is faster."""

BEYOND = -SAMPLE
"""What a token with letters of another script counts as words, so that its text never has one: it is read closely."""

T = TypeVar("T", bound=np.generic)
TOKENS = 32_768
"""Tokens that are remembered: of the starter corpus' every fifth is read anew; with half as many, every fourth."""

SILENT = 16
"""Below this number a saying is so many words that speak for no language."""

Numbers = NDArray[np.intp]
Weights = NDArray[np.float64]

_REPEATED = np.array([0.0, 1.0, *(1 + log(times) for times in range(2, SAMPLE + 1))])
"""How much a word counts that a text holds so many times."""

_LOCK = Lock()
"""Held while the tables are read, since meeting a word changes them."""


def detect_languages(texts: Sequence[str]) -> list[tuple[str, float]]:
    """For each text what `detect_language` says of it, to the last digit."""
    if len(texts) < FEW:
        return [detect_language(text) for text in texts]
    found: list[tuple[str, float]] = []
    for first in range(0, len(texts), TOGETHER):
        some = texts[first : first + TOGETHER]
        if _LOCK.acquire(blocking=False):
            try:
                found += _together(some)
            finally:
                _LOCK.release()
        else:  # beside somebody else's many texts it is quicker to take these one by one than to wait
            found += map(detect_language, some)
    return found


def _together(texts: Sequence[str]) -> list[tuple[str, float]]:
    known = _known()
    lengths: list[int] = []
    said = np.fromiter(map(known.__getitem__, chain.from_iterable(_tokens(texts, lengths))), np.intp)
    owner = np.arange(len(texts)).repeat(lengths)
    sizes = np.bincount(owner, known.sizes[said], len(texts))
    scores, hits = _scores(known, owner, said, len(texts))
    best = scores.argmax(axis=1)  # which of two equal ones does not matter: neither is told
    cells = np.arange(len(texts)), best
    first, count = scores[cells], hits[cells]
    scores[cells] = 0
    codes = [*known.codes]
    if known.full():
        _known.cache_clear()
    found: list[tuple[str, float]] = []
    told = (each.tolist() for each in (best, first, scores.max(axis=1), count, sizes))
    for text, code, highest, second, hit, size in zip(texts, *told, strict=True):
        if size <= 0:
            found.append(detect_language(text))
        else:
            found.append(judged(codes[code], highest, second, hit, size) if highest else (UNKNOWN, 0.0))
    return found


def _tokens(texts: Sequence[str], lengths: list[int]) -> Iterator[list[str]]:
    """What stands between white space, text by text; how much of it is put into `lengths`."""
    for text in texts:
        tokens = text[:SAMPLE].split()
        lengths.append(len(tokens))
        yield tokens


def _scores(known: "_Known", owner: Numbers, said: Numbers, texts: int) -> tuple[Weights, Weights]:
    """Weight of evidence and number of known words, texts x languages; `owner`: the text in which each was said."""
    counts, (word,) = known.sayings[said]
    owner = owner.repeat(counts)
    _, first, repeated = np.unique(owner * len(known.spoken) + word, return_index=True, return_counts=True)
    times = np.zeros(len(word), np.intp)
    times[first] = repeated
    first = times.nonzero()[0]  # as words came, since sums are rounded
    counts, (code, weight) = known.spoken[word[first]]
    times = times[first].repeat(counts)
    width = max(1, len(known.codes))
    cell = owner[first].repeat(counts) * width + code
    scores = np.bincount(cell, weight * _REPEATED[times], texts * width)
    hits = np.bincount(cell, times, texts * width)
    return np.asarray(scores, np.float64).reshape(texts, width), np.asarray(hits, np.float64).reshape(texts, width)


class _Runs:
    """Runs of values under numbers, in columns that grow."""

    def __init__(self, *kinds: type) -> None:
        self._firsts: Numbers = np.zeros(64, np.intp)
        self._counts: Numbers = np.zeros(64, np.intp)
        self._columns: list[NDArray[Any]] = [np.zeros(64, kind) for kind in kinds]
        self._size = self._end = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> int:
        """How many values all runs have together."""
        return self._end

    def append(self, *values: Sequence[float]) -> int:
        """The number of one more run, of which each column has a part of the same length."""
        number, first, end = self._size, self._end, self._end + len(values[0])
        self._firsts, self._counts = _roomy(self._firsts, number), _roomy(self._counts, number)
        self._columns = [_roomy(each, end) for each in self._columns]
        self._firsts[number], self._counts[number] = first, end - first
        for column, part in zip(self._columns, values, strict=True):
            column[first:end] = part
        self._size, self._end = number + 1, end
        return number

    def __getitem__(self, numbers: Numbers) -> tuple[Numbers, list[NDArray[Any]]]:
        """How long each of these runs is, and the columns with one run behind the other."""
        counts = self._counts[numbers]
        ends = counts.cumsum()
        places = np.arange(counts.sum()) + (self._firsts[numbers] + counts - ends).repeat(counts)
        return counts, [each[places] for each in self._columns]


def _roomy(values: NDArray[T], place: int) -> NDArray[T]:
    """The same values, with room behind them if `place` is beyond their end."""
    return values if place < len(values) else np.concatenate([values, np.zeros(place + 1, values.dtype)])


class _Known(dict[str, int]):
    """Token -> the number of what it says. Few things are said: most tokens hold one word that speaks for nothing.

    Where `_LOCK` is held only.
    """

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.sayings = _Runs(np.intp)
        """The words that speak for a language, by their numbers."""
        self.sizes: Numbers = np.zeros(64, np.intp)
        """How many words are said, whether they speak for a language or not."""
        self.spoken = _Runs(np.intp, np.float64)
        """Under a word's number the languages that it speaks for, by theirs, and how much."""
        self._sayings: dict[tuple[int, ...], int] = {}
        self._words: dict[str, int] = {}
        self._listed = listed().keys()
        for words in range(SILENT):
            self._saying(words)

    def __missing__(self, token: str) -> int:
        words = heard(token)
        if token.isascii() and self._listed.isdisjoint(words) and len(words) < SILENT:
            said = len(words)
        else:
            telling = (number for number in map(self._word, words) if number is not None)
            said = self._saying(BEYOND if beyond(token) else len(words), *telling)
        if len(token) <= USUAL:
            self[token] = said
        return said

    def _saying(self, size: int, *telling: int) -> int:
        number = self._sayings.get((size, *telling))
        if number is None:
            number = self._sayings[size, *telling] = self.sayings.append(telling)
            self.sizes = _roomy(self.sizes, number)
            self.sizes[number] = size
        return number

    def _word(self, word: str) -> int | None:
        """Its number, if it speaks for a language."""
        number = self._words.get(word)
        if number is None and (languages := evidence(word)):
            codes = [self.codes.setdefault(code, len(self.codes)) for code, _ in languages]
            number = self._words[word] = self.spoken.append(codes, [weight for _, weight in languages])
        return number

    def full(self) -> bool:
        """Whether more is remembered than should be; then all of it is forgotten, once the texts at hand are done."""
        runs = max(len(self.sayings), len(self.spoken), self.sayings.values // USUAL)
        return len(self) > TOKENS or runs > REMEMBERED


@cache
def _known() -> _Known:
    return _Known()
