"""Order numbers, amounts, dates and other identifiers in text; the only file that knows spaCy. Patterns are data."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from model import identifiers, quantities
from model.errors import SortationError
from model.mentions import Entity, code_mention, form, value_mention

CODES = frozenset({"order", "purchase_order", "invoice", "rma", "sku", "tracking", "gtin", "container"})
"""Kinds whose patterns begin with a word such as `order`; each token with a digit behind it is one mention."""

__all__ = ["Entity", "EntityError", "Finder"]

KINDS = CODES | {"amount", "quantity", "date", "iban", "email", "phone"}
"""Kinds of the patterns that come with Sortation; a mention of each has a digit or an `@`."""

LONGEST = 100_000
"""Characters of a text that are searched; what follows them is not."""

BEFORE, AFTER = 72, 48
"""Characters before and behind a digit that are searched with it; words such as `order number` lie within them."""

ZONE = 5_000_000
"""Characters of texts after which the words that they brought are forgotten."""

_SIGN = re.compile(r"[\d@]+")
_SIGNS = "€$£¥"
_CURRENCY = r"(?:EUR|USD|GBP|CHF|PLN|DKK|SEK|NOK|CZK|HUF|JPY|CNY|BRL|CAD|AUD|US\$|R\$)"
_UNIT = r"(?:pcs|pc|kg|stk|szt|pal|plt|uds|ctn|cbm|kr|zł)"
_PREFIX = re.compile(
    rf"[\"'(\[{{<>„“”»«‘’#:;,*|=~{_SIGNS}–—]|-(?=[^\d\W])|(?:l|d(?!.acquisto)|qu|dell|all|nell)['’](?=\w)|{_CURRENCY}(?=\d)|n[°º](?=\d)",
    re.I,
)
_SUFFIX = re.compile(
    rf"(?:[\"')\]}}<>“”»«‘’:;!?,*|=…{_SIGNS}%]|(?<=\d){_CURRENCY}|(?<=\d){_UNIT}\.?|'s|’s|(?<=\d)\.|(?<=[\w)])\.|(?<=\w)[#-])$",
    re.I,
)
_INFIX = re.compile(
    r"(?<=[A-Za-zäöüéèß.])[:#=](?=[\w+])|(?<=[a-zäöüß]{2})[(](?=\w)|(?<=[a-zäöü]{3})/(?=[a-zäöüA-Z])|(?<=[a-zA-Z]),(?=\w)"
)
_WHOLE = re.compile(
    r"(?:(?:US|R)\$|[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}|(?:https?://|www\.)\S*\w|\+?\(?\d[\d().-]*\)\d[\d.-]*)$",
    re.I,
)
_AND = frozenset((",", ";", "/", "&", "+", "and", "und", "et", "y", "e", "en", "i", "oraz", "og", "och", "or", "sowie"))


class EntityError(SortationError):
    """A patterns file that spaCy cannot read."""


def _spacy() -> Any:
    """The package without its command line, whose libraries for terminals and the web take a third of the memory.

    spaCy imports it for one function, `spacy.info`, which here loads the command line when it is called.
    """
    name = "spacy.cli.info"
    if "spacy" not in sys.modules:
        instead: Any = ModuleType(name)
        instead.info = lambda *words, **named: import_module(name).info(*words, **named)
        sys.modules[name] = instead
    try:
        return import_module("spacy")
    finally:
        if getattr(sys.modules.get(name), "__spec__", None) is None:
            sys.modules.pop(name, None)  # whoever imports it from here on gets the real one


class Finder:
    """Finds mentions by patterns in the format of spaCy's EntityRuler, one JSON object a line.

    The label is the kind. The id, if any, says how a match is taken: `joined` is one code over several words,
    `checked` counts only if its check digit fits. Kinds of users' own keep their text in capitals as the value.
    """

    def __init__(self, patterns: list[dict[str, Any]]) -> None:
        """Raises EntityError for patterns that are malformed."""
        spacy = _spacy()
        from spacy.tokenizer import Tokenizer

        self._lock, self._zone, self._seen = Lock(), ExitStack(), ZONE
        # Kinds of users' own may be words alone, and are looked for everywhere.
        self._numeric = all(pattern.get("label") in KINDS for pattern in patterns)
        self._nlp = spacy.blank("xx")
        self._nlp.tokenizer = Tokenizer(
            self._nlp.vocab,
            prefix_search=_PREFIX.match,
            suffix_search=_SUFFIX.search,
            infix_finditer=_INFIX.finditer,
            token_match=_WHOLE.match,
        )
        try:
            spacy.blank("xx").add_pipe("entity_ruler", config={"validate": True}).add_patterns(patterns)
            self._forget(json.dumps(patterns))
            ruler: Any = self._nlp.add_pipe("entity_ruler")
            ruler.add_patterns(_flagged(patterns, self._nlp.vocab))
        except (ValueError, KeyError, TypeError, re.error) as error:
            raise EntityError(f"The entity patterns are not in spaCy's format: {error}") from error

    @classmethod
    def load(cls, *paths: Path) -> "Finder":
        """The patterns of several files together; later files add to earlier ones."""
        patterns = []
        for path in paths:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                try:
                    patterns += [json.loads(line)] if line.strip() else []
                except ValueError as error:
                    raise EntityError(f"{path.name}, line {number}, is no JSON: {error}") from error
        return cls(patterns)

    def find(self, text: str) -> tuple[Entity, ...]:
        """The mentions in `text`, in order, without overlaps."""
        text = text[:LONGEST]
        with self._lock:
            self._renew(len(text))
            return tuple(
                replace(entity, start=entity.start + start, end=entity.end + start) if start else entity
                for start, end in (_windows(text) if self._numeric else [(0, len(text))])
                for span in self._nlp(text[start:end]).ents
                for entity in _entities(span)
            )

    def _forget(self, patterns: str) -> None:
        """Leaves out facts about words that no pattern asks for; they would be found for every new word."""
        from spacy.attrs import IDS

        for name in ("LIKE_URL", "LIKE_NUM", "IS_STOP", "IS_CURRENCY", "IS_BRACKET", "IS_QUOTE", "IS_LEFT_PUNCT"):
            if name not in patterns:
                self._nlp.vocab.lex_attr_getters.pop(IDS[name], None)

    def _renew(self, characters: int) -> None:
        """Starts a new memory zone from time to time: without one, every new word would stay in the vocabulary."""
        self._seen += characters
        if self._seen > ZONE:
            self._zone.close()
            self._zone.enter_context(self._nlp.memory_zone())
            self._seen = characters


FLAGS = range(20, 64)
"""Numbers of the attributes that spaCy leaves free for yes-or-no facts about words."""


def _windows(text: str) -> list[tuple[int, int]]:
    """The stretches around digits and `@`, between spaces."""
    found: list[tuple[int, int]] = []
    for sign in _SIGN.finditer(text):
        if found and sign.start() < found[-1][1] and sign.end() < found[-1][1] - AFTER // 2:
            continue
        start = text.rfind(" ", 0, max(0, sign.start() - BEFORE)) + 1
        end = text.find(" ", sign.end() + AFTER)
        end = len(text) if end < 0 else end
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _flagged(patterns: list[dict[str, Any]], vocab: Any) -> list[dict[str, Any]]:
    """The same patterns, with conditions on words turned into flags, which spaCy compares many times faster.

    A list of words or a regular expression is a call into Python for every word and pattern; a flag is found once a
    word. There are fewer flags than conditions: those at the beginning of patterns, which are asked most, go first.
    """
    asked: dict[str, None] = {}
    tokens = [pattern["pattern"] for pattern in patterns if isinstance(pattern["pattern"], list)]
    for part in ([token for first in tokens for token in first[:1]], [token for rest in tokens for token in rest[1:]]):
        for token in part:
            asked |= {
                json.dumps([key, token[key]]): None for key in ("LOWER", "TEXT") if isinstance(token.get(key), dict)
            }
    conditions = [key for key in asked if set(json.loads(key)[1]) <= {"IN", "REGEX"}][: len(FLAGS)]
    flags = dict(zip(conditions, FLAGS, strict=False))
    facts = _facts(conditions)
    for place, flag in enumerate(flags.values()):
        vocab.add_flag(lambda word, place=place: bool(facts(word) >> place & 1), flag)

    def changed(token: dict[str, Any]) -> dict[Any, Any]:
        keys = {key: flags.get(json.dumps([key, value])) for key, value in token.items()}
        return {keys[key] or key: True if keys[key] else value for key, value in token.items()}

    return [
        {**pattern, "pattern": [changed(token) for token in pattern["pattern"]]}
        if isinstance(pattern["pattern"], list)
        else pattern
        for pattern in patterns
    ]


def _facts(conditions: list[str]) -> Callable[[str], int]:
    """A function from a word to the conditions that it meets, as bits."""
    words: dict[str, int] = {}
    expressions: list[tuple[int, re.Pattern[str], bool]] = []
    for place, (key, condition) in enumerate(map(json.loads, conditions)):
        for word in condition.get("IN", ()):
            words[f"{key}{word}"] = words.get(f"{key}{word}", 0) | 1 << place
        if "REGEX" in condition:
            expressions.append((1 << place, re.compile(condition["REGEX"]), key == "LOWER"))

    some = _some([expression for _, expression, _ in expressions])

    @lru_cache(maxsize=1 << 16)
    def facts(word: str) -> int:
        lower = word.lower()
        found = words.get(f"LOWER{lower}", 0) | words.get(f"TEXT{word}", 0)
        if not some(word) and not some(lower):
            return found
        for bit, expression, lowered in expressions:
            if expression.search(lower if lowered else word):
                found |= bit
        return found

    return facts


def _some(expressions: list[re.Pattern[str]]) -> Callable[[str], bool]:
    """Whether any expression is found in a word; in one search for all that keep their meaning when joined.

    Flags would hold for the others too, or be refused; groups would be counted anew, or have one name twice.
    """
    plain = [each.pattern for each in expressions if not each.groups and each.flags == re.UNICODE]
    apart = [each for each in expressions if each.pattern not in plain]
    apart.append(re.compile("|".join(f"(?:{pattern})" for pattern in plain) or "(?!)"))
    return lambda word: any(expression.search(word) for expression in apart)


def _entities(span: Any) -> Iterator[Entity]:
    kind, how = span.label_, span.ent_id_
    if kind in CODES and how != "joined":
        for token in span:
            if any(character.isdigit() for character in token.text):
                entity = code_mention(kind, token.text, token.idx, span.text)
                if entity is not None and (how != "checked" or entity.valid):
                    yield entity
                    yield from _more(entity, span.doc, token.i + 1)
        return
    first = next((token.i for token in span if _begins(kind, token.text)), span.start)
    text = span.doc[first : span.end].text.rstrip(" .,;:")
    start = span.doc[first].idx
    if text.count(")") > text.count("(") and first > span.start and span.doc[first - 1].text == "(":
        start, text = span.doc[first - 1].idx, f"({text}"
    entity = code_mention(kind, text, start, span.text) if kind in CODES else value_mention(kind, text, start)
    if entity is not None and (how != "checked" or entity.valid):
        yield entity


def _more(entity: Entity, doc: Any, place: int) -> Iterator[Entity]:
    """Further codes of the same form in a list, as in `orders 4711001, 4711002 and 4711003`."""
    wanted = form(entity.text)
    while place + 1 < len(doc) and doc[place].lower_ in _AND:
        place += 1 + (doc[place + 1].lower_ in _AND)
        if place >= len(doc) or doc[place].ent_type or form(found := doc[place].text.rstrip(".")) != wanted:
            return
        value = found.upper()
        scheme, valid = identifiers.tracking(value, entity.scheme or "") if entity.kind == "tracking" else (None, None)
        if entity.kind == "gtin":
            scheme, valid = entity.scheme, identifiers.gs1(value)
        elif entity.kind == "container":
            scheme, valid = entity.scheme, identifiers.container(value)
        yield Entity(entity.kind, doc[place].idx, doc[place].idx + len(found), found, value, valid, scheme)
        place += 1


def _begins(kind: str, token: str) -> bool:
    """Whether a token is the mention's own and no word before it."""
    if any(character.isdigit() for character in token):
        return True
    if kind == "amount":
        return token.lower() in quantities.CURRENCIES or (len(token) == 3 and token.isalpha())
    if kind == "date":
        return token.lower() in quantities.MONTHS
    if kind in ("container", "tracking"):
        return len(token) in (2, 4) and token.isupper() and token not in ("SSCC",)
    return kind not in ("quantity", "phone", "iban")
