"""Where a message's own text ends: closings, signatures, lines of phones, legal paragraphs, gateways' banners."""

import re
from collections.abc import Callable, Iterator

from model.reading import phrases
from model.reading.signs import BANNER, CLOSING, DEVICE, LEGAL, sign

Span = tuple[str, int, int]
"""Kind, first offset, offset behind the last."""

_DASHES = re.compile(r"^[ \t]*(?:--|—|––)[ \t]*$", re.M)
_DEVICE = re.compile(rf"^[ \t*_>]*(?:{phrases.DEVICE})[ \t*_.!]*$", re.I | re.M)
_BANNER = re.compile(rf"^[ \t*_]*(?:{phrases.BANNER})[^\n]*$", re.I | re.M)
_LEGAL = re.compile(rf"[\s*_\-#=!~|]*(?:{phrases.DISCLAIMER})", re.I)
_LEGAL_MORE = re.compile(
    r"confiden|privileg|recipient|disclos|virus|vertraulich|empfänger|irrtüm|unbefugt|destinat|erreur|errón|"
    r"riservat|errore|"
    r"vertrouwelijk|geadresseerde|poufn|adresat|fortrolig|modtager|konfident|mottagare|environment|umwelt|"
    r"environnement|print",
    re.I,
)
_CLOSING = re.compile(
    rf"[ \t*_]*(?:(?P<thanks>{phrases.THANKS})(?:[\s,.!]*(?:and|und|et|y|e|en|i|og|och|&|\+|,|\.|!|"
    rf"-)?\s*(?P<both>{phrases.REGARDS}))?|"
    rf"(?P<regards>{phrases.REGARDS}))(?![\w'’])[ \t*_,.!;:–-]*",
    re.I,
)
_PLACE = re.compile(r"(?:from|aus|de|da|uit|van|z|fra|från|depuis|desde)\s+(?=[A-ZÄÖÜ])")
_PS = re.compile(r"[ \t*_]*(?:p\.?\s?s\.?|n\.?b\.?|nachtrag|post scriptum)\s*[:.–-]?\s", re.I)
_SENTENCE = re.compile(r"(?:[?!…]|(?<![\s.&][^\W\d])\.)\s*$")
"""The end of a sentence, which the end of `S.L.` is not."""

_GAP = re.compile(r"\n[ \t]*\n\s*")
_RULE = re.compile(r"[-_=*~]{5,}")

FARTHEST = 4_000
"""Characters before a message's end in which its closing is looked for."""

MOST_LINES = 16
"""Filled lines that a signature may have."""


def spans(text: str, start: int, end: int, careful: bool, told: int) -> list[Span]:
    """What in `text[start:end]`, a stretch without history, is not the message. Spans do not overlap.

    `told`: the stretch's `signs`.
    """
    found = _phrases(text, start, end) if told & (BANNER | LEGAL | DEVICE) else []
    tail = end
    while True:
        tail = start + len(text[start:tail].rstrip())
        covering = [span for span in found if span[1] < tail <= span[2]]
        if not covering:
            break
        tail = min(span[1] for span in covering)
    if (signed := _signature(text, start, tail, careful, told)) is not None:
        others = [(kind, first, min(last, signed[0])) for kind, first, last in found if first < signed[0]]
        found = [*others, ("signature", *signed), *(span for span in found if span[1] >= signed[1])]
    return sorted(found, key=lambda span: span[1])


def _phrases(text: str, start: int, end: int) -> list[Span]:
    """Banners, legal notes, and what phones add."""
    lines = [(sign(text[first:last]), first, last) for first, last in _lines(text, start, end)]
    found: list[Span] = []
    for told, first, _ in lines:
        if told & BANNER and (match := _BANNER.match(text, first, end)):
            found.append(("disclaimer", first, match.end()))
    if any(told & LEGAL and _LEGAL.match(text, first, last) for told, first, last in lines):
        found += _legal(text, start, end)
    for told, first, _ in lines:
        if told & DEVICE and (match := _DEVICE.match(text, first, end)):
            found += [] if _covered(found, first) else [("signature", first, match.end())]
    return found


def _covered(spans: list[Span], offset: int) -> bool:
    return any(first <= offset < last for _, first, last in spans)


def _legal(text: str, start: int, end: int) -> Iterator[Span]:
    """Paragraphs that begin as legal notes do, and those right behind them that go on so."""
    running = False
    for first, last in _paragraphs(text, start, end):
        began = _legal_line(text, first, last)
        if began is None and running and _LEGAL_MORE.search(text, first, last):
            began = first
        running = began is not None
        if began is not None:
            yield "disclaimer", began, last


def _legal_line(text: str, start: int, end: int) -> int | None:
    """Where in a paragraph the legal note begins: at the company's particulars above it, if there are any."""
    lines = _lines(text, start, end)
    index = next((index for index, (first, last) in enumerate(lines) if _LEGAL.match(text, first, last)), None)
    if index is None:
        return None
    while index and phrases.CONTACT.search(text, *lines[index - 1]) and len(lines) > 1:
        index -= 1
    return lines[index][0]


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    place = start
    for gap in _GAP.finditer(text, start, end):
        if gap.start() > place:
            yield place, gap.start()
        place = gap.end()
    if text[place:end].strip():
        yield place, end


def _signature(text: str, start: int, end: int, careful: bool, told: int) -> tuple[int, int] | None:
    """First and last offset of the signature, or None."""
    for match in _dashes(text, start, end):
        rest = text[match.end() : end]
        if 0 < sum(bool(line.strip()) for line in rest.split("\n")) <= MOST_LINES:
            closing = _closing(text, start, match.start(), told)
            stop = _signature_end(text, match.end(), end)
            return (closing[0] if closing and closing[1] == match.start() else match.start()), stop
    found = _closing(text, start, end, told)
    return found if found is not None or careful else _contacts(text, start, end)


def _dashes(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Lines of two dashes below the first filled line."""
    if text.find("--", start, end) < 0 and text.find("—", start, end) < 0 and text.find("––", start, end) < 0:
        return iter(())
    filled = _lines(text, start, min(end, start + FARTHEST))
    return _DASHES.finditer(text, max(filled[0][1] if filled else end, end - FARTHEST), end)


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Offsets of the filled lines."""
    found, place = [], start
    for line in text[start:end].split("\n"):
        if line.strip():
            found.append((place, place + len(line)))
        place += len(line) + 1
    return found


def _closing(text: str, start: int, end: int, told: int) -> tuple[int, int] | None:
    """The last closing in the stretch that only signature lines, and perhaps a postscript, follow."""
    if end - start > FARTHEST:
        start = end - FARTHEST
        told |= sign(text[start:end].partition("\n")[0])  # of the first line only the rest is looked at
    if not told & CLOSING:
        return None
    lines = _lines(text, start, end)
    for index in range(len(lines) - 1, max(-1, len(lines) - MOST_LINES - 6), -1):
        first, last = lines[index]
        line = text[first:last]
        match = _closes(line, _CLOSING.match)
        if match is None or not _is_name(line[match.end() :]):
            continue
        stop = _signature_end(text, last, end)
        named = bool(text[last:stop].strip()) or bool(line[match.end() :].strip())
        if match.group("thanks") and not match.group("both") and not named:
            continue
        rest = text[stop:end].strip()
        if rest and not _PS.match(rest) and not named:
            continue
        if index and text[lines[index - 1][0] : lines[index - 1][1]].rstrip().endswith(":"):
            continue  # "the mail said:" is followed by a quotation
        above = index  # "Thanks" or another closing right above belongs to it
        while above and _closes(text[slice(*lines[above - 1])], _CLOSING.fullmatch):
            above -= 1
        return lines[above][0], stop
    return None


def _closes(line: str, matches: Callable[[str], re.Match[str] | None]) -> re.Match[str] | None:
    """What `matches`, of `_CLOSING`, finds in a line; asked only where a closing may begin."""
    return matches(line) if sign(line) & CLOSING else None


def _is_name(rest: str) -> bool:
    """Whether what stands behind a closing on its line is nothing, or a name or a place of up to five words."""
    words = _PLACE.sub("", rest.strip(" \t*_,.!()")).split()
    return len(words) <= 5 and all(word[0].isupper() or word[0] in "(/&|-" or word in _SMALL for word in words)


_SMALL = frozenset(
    (
        "von",
        "van",
        "de",
        "der",
        "den",
        "di",
        "da",
        "del",
        "la",
        "le",
        "ihr",
        "your",
        "team",
        "i.a.",
        "i.v.",
        "und",
        "and",
    )
)


def _is_speech(line: str) -> bool:
    """Whether a line says something: a question, or words that end or begin as a sentence and hold no address."""
    words = line.split()
    if "?" in line and "http" not in line:
        return True
    if phrases.CONTACT.search(line):
        return False
    if not words:
        return False
    lower = words[0][0].islower() and not words[0].endswith((".", ",")) and len(words) >= 4
    return lower or (len(words) >= 3 and bool(_SENTENCE.search(line)))


def _signature_end(text: str, start: int, end: int) -> int:
    """Where lines stop to look like a signature: at the end, or before a postscript or another sentence."""
    stop, ruled = start, False
    for count, (first, last) in enumerate(_lines(text, start, end), 1):
        line = text[first:last].strip()
        ruled = ruled or bool(_RULE.fullmatch(line))
        if count > MOST_LINES or _PS.match(line) or len(line) > 160 or "?" in line:
            return stop
        if _is_speech(line) and not ruled:  # below a ruled line stand slogans and footers
            return stop
        stop = last
    return end


def _contacts(text: str, start: int, end: int) -> tuple[int, int] | None:
    """A last paragraph that begins with a name and goes on with short lines of roles, addresses or numbers."""
    paragraphs = list(_paragraphs(text, start, end))
    if len(paragraphs) < 2 or text[paragraphs[-2][0] : paragraphs[-2][1]].rstrip().endswith(":"):
        return None
    first, last = paragraphs[-1]
    lines = [text[a:b].strip(" \t*_") for a, b in _lines(text, first, last)]
    deputy = _DEPUTY.match(lines[0])
    name = lines[0][deputy.end() if deputy else 0 :].split()
    named = 2 - bool(deputy) <= len(name) <= 4 and all(word.strip("*_(")[:1].isupper() for word in name)
    if not named or len(lines) < 2 or any(len(line) > 70 or _is_speech(line) for line in lines[1:]):
        return None
    told = sum(bool(_REACHED.search(line)) for line in lines[1:])
    return (first, last) if deputy or told >= (1 if len(lines) > 2 else 2) else None


_DEPUTY = re.compile(r"(?:i\.?\s?[av]\.|ppa\.?|p\.?p\.)\s+", re.I)
_REACHED = re.compile(r"@|www\.|https?://|\+\d|\b(?:tel|fax|phone|mob|durchwahl|ext|direct)\b|^[TMFP]\s?[:.]", re.I)
