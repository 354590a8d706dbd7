"""Greetings above a message and a bare name below it: they say who speaks to whom, not what about. Knows no mail."""

import re

from model.document import Removed

SHORTEST = 4
"""Words that must be left: of "Hello there, John" alone nothing is set apart."""

_GREETING = re.compile(
    r"\s*(?:(?:hi|hello|hey|hiya|dear|howdy|greetings|good\s+(?:morning|afternoon|evening|day)|morning|afternoon|evening|"
    r"to\s+whom\s+it\s+may\s+concern|sehr\s+geehrter?|guten\s+(?:tag|morgen|abend)|hallo|liebe[r]?|moin|servus|"
    r"bonjour|bonsoir|salut|cher|chère|madame|monsieur|hola|buenos\s+d[ií]as|buenas\s+(?:tardes|noches)|estimad[oa]s?|"
    r"querid[oa]s?|olá|bom\s+dia|boa\s+(?:tarde|noite)|prezad[oa]s?|car[oa]s?|ciao|buongiorno|buonasera|gentil[ei]|"
    r"egregi[oa]|beste|geachte|goedemorgen|goedemiddag|goedendag|dag|cześć|dzień\s+dobry|szanown[yia]\w*|"
    r"witam|kære|hej|hei|god\s+(?:dag|morgen|morgon)|bästa)\b)"
    r"(?P<whom>[^\n?!:;,]{0,40}?)"
    r"(?:[,!:;]+|(?<!\bM)(?<!\b[MD]r)(?<!\bMrs)(?<!\bProf)(?<!\b[A-Z])\.|\s+[-–—]+|(?=\n))\s*",
    re.I,
)
_TITLES = (
    r"(?:mrs?|ms|miss|dr|sir|madam|prof|herrn?|frau|monsieur|madame|m|mme|señora?|sra?|senhora?|dott|ing|team|all)"
)
_WHOM = re.compile(
    rf"\s*(?:(?:{_TITLES})\b\.?|there|everyone|everybody|folks|colleagues|customer\s+service|support|help\s*desk|"
    r"ladies|gentlemen|und|and|or|et|y|e|i|og|och|en|to|you|my|friends?|[^\W\d_][\w'’-]{0,20}\.?|[&/,])"
    r"(?:\s+(?:[^\s]{1,24})){0,5}\s*",
    re.I,
)
_ASKS = re.compile(
    r"\b(?:when|where|what|which|why|how|can|could|is|are|do|does|did|i|we|my|please|need|want|not)\b", re.I
)
_NAME_WORD = r"(?:[A-ZÀ-ÖØ-ÞŁŚŻŹĆČŠŽĐ][\w'’-]{1,20}|[A-Z]\.|van|von|de|der|den|di|da|dos|el|bin|ten|zu)"
_NAME_LINE = re.compile(rf"\n[ \t]*\n[ \t]*[-–—~]?[ \t]*{_NAME_WORD}(?:[ \t]+{_NAME_WORD}){{0,3}}[ \t]*[.)]?\s*\Z")
_NOT_NAMES = re.compile(
    r"\b(?:thanks?|please|urgent|regards|asap|help|yes|no|ok|danke|merci|gracias|grazie|obrigad[oa]|dank|tack|tak|"
    r"dzi[ęe]kuj[ęe]|none|nothing|attached|enclosed|total|end|cancel|stop|order|invoice|return|refund|reply)\b",
    re.I,
)


def courtesies(text: str) -> tuple[str, tuple[Removed, ...]]:
    """The message without its greeting and the bare name below it, and both with their places in `text`."""
    found = []
    head = _GREETING.match(text)
    if (
        head is not None
        and not _ASKS.search(head["whom"])
        and (not head["whom"].strip() or _WHOM.fullmatch(head["whom"]))
        and _says(text[head.end() :])
    ):
        found.append(Removed("greeting", 0, head.end(), text[: head.end()]))
    start = found[0].end if found else 0
    tail = _NAME_LINE.search(text, max(start, len(text) - 120))
    if tail is not None and not _NOT_NAMES.search(tail[0]) and _says(text[start : tail.start()]):
        found.append(Removed("name", tail.start(), len(text), text[tail.start() :]))
    end = found[-1].start if found and found[-1].kind == "name" else len(text)
    return text[start:end], tuple(found)


def _says(rest: str) -> bool:
    return len(rest.split(None, SHORTEST)) >= SHORTEST
