"""Words -> the pieces that weights know, by the longest match from the left. Reads tokenizer.json; runs nothing of it.

For WordPiece (BERT and its kin) this is the tokeniser itself. For tables made of byte-pair vocabularies it is close to
it, and the same in training and afterwards, which is what counts.
"""

import json
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from model.errors import BundleError

MAX_BYTES = 50_000_000
MAX_WORD = 100
"""Characters of a word that are split; longer ones are unknown, as in BERT."""
CACHED = 200_000
"""Words whose pieces are remembered."""
MARKS = ("▁", "Ġ")
"""What stands before a word's first piece in byte-pair and unigram vocabularies."""


@dataclass(frozen=True)
class Pieces:
    """A vocabulary of pieces."""

    vocabulary: dict[str, int]
    first: str
    """Stands before the first piece of a word."""
    next: str
    """Stands before its other pieces."""
    unknown: int | None

    @classmethod
    def read(cls, raw: bytes) -> "Pieces":
        """The vocabulary in the bytes of a tokenizer.json. Raises BundleError where there is none."""
        if len(raw) > MAX_BYTES:
            raise BundleError(f"the tokenizer is larger than {MAX_BYTES:,} bytes")
        try:
            told = json.loads(raw)["model"]
            given = told["vocab"]
            if isinstance(given, list):
                given = {piece: number for number, (piece, _) in enumerate(given)}
            vocabulary = {str(piece): int(number) for piece, number in given.items()}
            unknown = vocabulary.get(str(told.get("unk_token")))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError("the tokenizer is not a tokenizer.json with a vocabulary") from error
        if not vocabulary or min(vocabulary.values()) < 0:
            raise BundleError("the tokenizer has no usable vocabulary")
        if told.get("type", "WordPiece" if "[UNK]" in vocabulary else "") == "WordPiece":
            return cls(vocabulary, "", "##", unknown)
        counts = {mark: sum(piece.startswith(mark) for piece in vocabulary) for mark in MARKS}
        return cls(vocabulary, max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else "", "", unknown)

    @cached_property
    def _cache(self) -> dict[str, tuple[int, ...]]:
        return {}

    def split(self, word: str) -> tuple[int, ...]:
        """Numbers of a word's pieces; empty, or the unknown piece, where it cannot be spelled."""
        found = self._cache.get(word)
        if found is None:
            found = self._split(word)
            if len(self._cache) >= CACHED:
                self._cache.clear()
            self._cache[word] = found
        return found

    def _split(self, word: str) -> tuple[int, ...]:
        nothing = () if self.unknown is None else (self.unknown,)
        if len(word) > MAX_WORD:
            return nothing
        numbers: list[int] = []
        start = 0
        while start < len(word):
            mark = self.next if start else self.first
            for end in range(len(word), start, -1):
                number = self.vocabulary.get(mark + word[start:end])
                if number is not None:
                    break
            else:
                return nothing
            numbers.append(number)
            start = end
        return tuple(numbers)

    def whole_words(self) -> list[str]:
        """Lower-case words of at least three letters that are pieces by themselves, sorted."""
        bare = {piece.removeprefix(self.first) for piece in self.vocabulary if piece.startswith(self.first)}
        return sorted(word for word in bare if len(word) > 2 and word.isalpha() and word == word.lower())


def words(text: str) -> list[str]:
    """The words and signs of a text as BERT's uncased tokeniser tells them apart: lower case, without accents."""
    if not text.isascii():
        text = "".join(f" {sign} " if _alone(sign) else sign for sign in text)
        text = "".join(sign for sign in unicodedata.normalize("NFD", text) if unicodedata.category(sign) != "Mn")
    return "".join(sign if sign.isalnum() else _spaced(sign) for sign in text.lower()).split()


def _alone(sign: str) -> bool:
    """Signs of Chinese script, which stand for words."""
    code = ord(sign)
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x2FA1F


def _is_punctuation(sign: str) -> bool:
    return (sign.isascii() and sign.isprintable() and sign != " ") or unicodedata.category(sign).startswith("P")


def _spaced(sign: str) -> str:
    """Punctuation stands alone, blanks stay blanks, control signs vanish, all else is part of a word."""
    if sign.isspace():
        return " "
    if _is_punctuation(sign):
        return f" {sign} "
    return "" if unicodedata.category(sign).startswith("C") or sign == "\ufffd" else sign
