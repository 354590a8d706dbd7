"""Which language a text is in, offline: by script, common words and peculiar letters. Careful when unsure.

One text at a time; for many at once model/reading/languages.py goes by the same rules.
"""

import math
import re
from collections import Counter, defaultdict
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain

from model.reading.remembered import Remembered

UNKNOWN = "und"
"""The code for text that says too little (BCP 47's "undetermined"), such as `PO 4500 qty?`."""

SAMPLE = 4_000
"""Characters that are looked at."""

LETTERS = {
    "de": "ß", "es": "ñ¿¡", "pt": "ãõ", "pl": "łżźęąćń", "da": "øæ", "no": "øæ", "sv": "å", "cs": "řěů", "sk": "ľĺŕô",
    "hu": "őű", "ro": "șțăşţ", "tr": "ğış", "fr": "œêûîç", "hr": "đ", "vi": "ươạấầếệộ", "ca": "·",
}  # fmt: skip
"""Letters that point to a language; a word with one counts as half a known word."""

RARER = {"no": 0.8, "ca": 0.75, "sk": 0.8, "hr": 0.85, "id": 0.9}
"""Languages that share most words with a more frequent one; theirs count this much, so that a tie goes to the other."""

SCRIPTS = (
    ("ko", "\uac00", "\ud7a3"), ("ja", "\u3040", "\u30ff"), ("zh", "\u4e00", "\u9fff"), ("th", "\u0e00", "\u0e7f"),
    ("he", "\u0590", "\u05ff"), ("ar", "\u0600", "\u06ff"), ("el", "\u0370", "\u03ff"), ("hi", "\u0900", "\u097f"),
    ("ka", "\u10a0", "\u10ff"), ("hy", "\u0530", "\u058f"), ("ru", "\u0400", "\u04ff"),
)  # fmt: skip
"""Scripts that settle a language by themselves, by their first and last letter; Cyrillic is told apart further."""

_BEYOND = re.compile(r"[^\W\d_\x00-\u036f]")
"""A letter of another script than the Latin one."""

_MARKS = ".,;:!?()[]\"'“”„’*–-"
"""What stands around words; neither letters nor part of what `_NOISE` looks for."""

_SCHEMES = frozenset({"http", "https", "www"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOISE = re.compile(r"[@\d]|^https?:|^www\.|^\W*[A-Z]{2,}\W*$")


def detect_language(text: str) -> tuple[str, float]:
    """The ISO 639-1 code of a text's main language and a confidence in [0, 1]; (`und`, …) where too little speaks.

    Addresses, numbers and words all in capitals say nothing. Two known words are the least for an answer.
    """
    shown = text[:SAMPLE]
    words = [*chain.from_iterable(map(_HEARD.__getitem__, shown.split()))]
    if beyond(shown) or not words:
        shown = " ".join(word for word in shown.split() if not _NOISE.search(word))
        if not shown and text.isupper():
            shown = text[:SAMPLE].lower()
            words = [*_words_in(shown)]
        foreign = _script(shown)
        if foreign is not None:
            return foreign
    scores, hits = _scores(words)
    if not scores:
        return UNKNOWN, 0.0
    (code, best), *rest = sorted(scores.items(), key=lambda item: -item[1])[:2]
    return judged(code, best, rest[0][1] if rest else 0.0, hits[code], len(words))


def judged(code: str, best: float, second: float, hits: float, words: float) -> tuple[str, float]:
    """The answer, by the evidence for the best language and the next, and by `hits` known words of it among `words`."""
    share = hits / words
    sure = (1 - math.exp(-best / 3)) * (1 - second / (best + 1e-9)) ** 0.4 * min(1.0, share / 0.25)
    if hits < 2 or best - second < 0.25 or share < 0.12:
        return UNKNOWN, round(min(sure, 0.3), 3)
    return code, round(sure, 3)


def _scores(words: list[str]) -> tuple[dict[str, float], dict[str, int]]:
    """Weight of evidence and number of known words by language."""
    scores: dict[str, float] = defaultdict(float)
    hits: dict[str, int] = defaultdict(int)
    for word, times in Counter(words).items():
        for code, weight in _EVIDENCE[word]:
            scores[code] += weight if times == 1 else weight * (1 + math.log(times))
            hits[code] += times
    return scores, hits


def _words_in(token: str) -> tuple[str, ...]:
    """The words of what stands between white space, in lower case."""
    return tuple(word.replace("’", "'") for word in _WORD.findall(token.lower()))


def beyond(text: str) -> bool:
    """Whether a letter of another script than the Latin one is in it."""
    return _BEYOND.search(text) is not None


def heard(token: str) -> tuple[str, ...]:
    """The words of what stands between white space, unless it is an address, a number or in capitals."""
    core = token.strip(_MARKS)
    if core.isalpha() and core not in _SCHEMES:  # one word and no other sign, as most tokens are
        if len(core) > 1 and core.isascii() and core.isupper():
            return ()
        if (word := core.lower()).isalpha():
            return (word,)
    return () if _NOISE.search(token) else _words_in(token)


def evidence(word: str) -> tuple[tuple[str, float], ...]:
    """The languages that a word speaks for and how much; it counts less the more languages have it."""
    languages = listed().get(word, ())
    if languages:
        weight = (1.6 if len(languages) < 2 else len(languages) ** -0.5) * (0.6 if len(word) == 1 else 1)
        return tuple((code, weight * RARER.get(code, 1)) for code in languages)
    if word.isascii():
        return ()
    return tuple((code, 0.5) for code, letters in LETTERS.items() if any(letter in letters for letter in word))


_HEARD = Remembered(heard)
_EVIDENCE = Remembered(evidence)


@cache
def listed() -> dict[str, tuple[str, ...]]:
    """The languages of each known word."""
    found: dict[str, dict[str, None]] = {}
    for line in files("model.reading").joinpath("languages.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, *words = line.split()
            for word in words:
                found.setdefault(word, {})[code] = None
    return {word: tuple(codes) for word, codes in found.items()}


def _script(text: str) -> tuple[str, float] | None:
    """The language by its script, if most letters are not Latin."""
    if not text or max(text) < "\u0370":
        return None
    letters = [character for character in text if character.isalpha()]
    if not letters or max(letters) < "\u0370":
        return None
    counts: Counter[str] = Counter()
    for letter, times in Counter(letters).items():
        counts[_script_of(letter)] += times
    latin = counts.pop("", 0)
    if not counts or sum(counts.values()) * 3 < latin:
        return None
    # Japanese is written with Chinese characters between its own.
    code = "ja" if counts["ja"] * 10 > counts["zh"] > 0 or counts["ja"] > counts["zh"] else counts.most_common(1)[0][0]
    if code == "ru":
        code = _cyrillic(text.lower())
    elif code == "ar" and re.search("[پچژگ]", text):
        code = "fa"
    return (code, round(min(1.0, 0.5 + len(letters) / 40), 3)) if len(letters) > 1 else (UNKNOWN, 0.0)


@lru_cache(maxsize=4096)
def _script_of(letter: str) -> str:
    """The language that its script settles, or "": a Latin letter."""
    return next((code for code, first, last in SCRIPTS if first <= letter <= last), "")


def _cyrillic(text: str) -> str:
    if re.search("[іїєґ]", text):
        return "uk"
    if re.search("[љњђћџј]", text):
        return "sr"
    return (
        "bg"
        if not re.search("[ыэё]", text) and re.search(r"\b(?:на|за|се|от)\b.*\b(?:е|са|да|ще)\b|ъ[^еёюя]", text)
        else "ru"
    )
