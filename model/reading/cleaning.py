"""The newest message of a mail or ticket, apart from what is around it. Nothing is lost: each span says what it was."""

import re

from model.document import Removed
from model.reading import phrases, signatures
from model.reading.markup import text_of
from model.reading.quotes import Cut, cuts
from model.reading.signs import signs

CLEANED = 50_000
"""Characters that are looked at; in a longer text the last thing before them, message or history, goes on behind."""

SPOKEN = frozenset({"chat", "phone"})
"""Channels without mail around the message: only residue is taken out."""

_RESIDUE = re.compile(
    r"\[cid:[^\]\s]{1,120}\]|\[image:[^\]\n]{0,120}\]|<mailto:[^>\s]{1,200}>|<tel:[^>\s]{1,60}>|[\u200b\ufeff\u2060]+|&nbsp;|"
    r"</?(?:div|span|br|p|font|b|i|u|strong|em|o:p|td|tr|table|tbody|html|body)(?:\s[^<>]{0,200})?/?>|"
    r"\bref:_[0-9A-Za-z]{5,}\._[0-9A-Za-z]{5,}:ref\b|\{#HS:[\d-]+#\}|^[ \t]*\[[A-Z0-9]{5,6}-[A-Z0-9]{4,5}\][ \t]*$",
    re.I | re.M,
)
_SIGN = re.compile("[\\[<&{:\u200b\ufeff\u2060]")
"""What residue begins with; `:` stands behind its first three letters, blanks before `[`."""
_SURE_SIGNS = ("[", "<", "&", "{", ":_", "\u200b", "\ufeff", "\u2060")
"""One of them every residue holds."""
_MARKER = re.compile(r"ref:|\{#|[ \t]*\[[A-Z0-9]{5,6}-", re.I)
_POINTER = re.compile(phrases.POINTER, re.I)
_UNQUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.M)

Span = signatures.Span


def clean(text: str, html: bool = False, channel: str | None = None) -> tuple[str, tuple[Removed, ...]]:
    """The newest message, and what was set apart with kind and place; `html`: `text` is HTML and is converted first.

    Places are offsets into `text`, or into `markup.text_of(text)` for HTML. They do not overlap, they are in order,
    and what lies between them, put together and stripped of outer white space, is the newest message. It is empty only
    if `text` is. For the channel `email` marks of quotation count by themselves; for `chat` and `phone` hardly anything
    is taken out; for all else, and where nothing is known, more than one sign is needed.
    """
    shown = text_of(text) if html else text
    spoken = channel in SPOKEN
    spans = _residue(shown, 0, len(shown)) if spoken else _spans(shown[:CLEANED], channel != "email")
    if len(shown) > CLEANED and spans and spans[-1][2] == CLEANED:
        spans[-1] = (*spans[-1][:2], len(shown))
    newest = _kept(shown, spans).strip()
    if not newest:
        newest, spans = shown.strip(), []
    return newest, tuple(Removed(kind, start, end, shown[start:end]) for kind, start, end in spans if end > start)


def _spans(text: str, careful: bool, depth: int = 0) -> list[Span]:
    """What is not the newest message, in order."""
    history: list[Span] = []
    place, first = 0, None
    told = signs(text)
    for cut in cuts(text, careful, told):
        if cut.start < place:
            continue
        first = first or cut
        history += _history(text, cut)
        place = cut.end
        if place >= len(text):
            break
    spans, kept = _around(text, history, careful, told), ""
    if first is None and not spans:
        return spans
    if first is not None and depth < 4:
        kept = _kept(text, spans).strip()
        if not kept or _POINTER.fullmatch(kept):
            return _below(text, spans, first, careful, depth) if not kept or first.end == len(text) else spans
    if first is None or not _kept(text, spans).strip():
        # A signature or a legal note alone is still what was sent.
        for kind in ("signature", "disclaimer"):
            if _kept(text, spans).strip():
                break
            spans = [span for span in spans if span[0] != kind]
    return spans


def _history(text: str, cut: Cut) -> list[Span]:
    if cut.kind == "marker":
        return [("marker", cut.start, cut.body), ("quote", cut.body, cut.end)]
    return [(cut.kind, cut.start, cut.end)]


def _around(text: str, history: list[Span], careful: bool, told: int) -> list[Span]:
    """History, and in the stretches between it signatures, legal notes and residue."""
    spans: list[Span] = []
    place = 0
    for kind, start, end in [*history, ("", len(text), len(text))]:
        if start > place:
            taken = signatures.spans(text, place, start, careful, signs(text[place:start]) if history else told)
            spans += _merged(taken, _residue(text, place, start))
        spans += [(kind, start, end)] if kind and end > start else []
        place = max(place, end)
    return spans


def _residue(text: str, start: int, end: int) -> list[Span]:
    if not any(map(text.__contains__, _SURE_SIGNS)):
        return []
    found: list[Span] = []
    place = start
    for sign in _SIGN.finditer(text, start, end):
        at = sign.start()
        begins = [at - 3 if sign.group() == ":" else at]
        if sign.group() == "[":  # a mark alone on its line takes the blanks before it along
            begins.insert(0, _behind_blanks(text, place, at))
        for begin in begins:
            match = _RESIDUE.match(text, begin, end) if begin >= place else None
            if match is not None:
                found.append(("marker" if _MARKER.match(match.group()) else "residue", match.start(), match.end()))
                place = match.end()
                break
    return found


def _behind_blanks(text: str, start: int, end: int) -> int:
    """Where the run of blanks that ends at `end` begins."""
    while end > start and text[end - 1] in " \t":
        end -= 1
    return end


def _merged(spans: list[Span], residue: list[Span]) -> list[Span]:
    """Both in order; residue inside another span is not named again."""
    if not residue:
        return spans
    free = [piece for piece in residue if not any(first < piece[2] and piece[1] < last for _, first, last in spans)]
    return sorted([*spans, *free], key=lambda span: span[1])


def _below(text: str, spans: list[Span], cut: Cut, careful: bool, depth: int) -> list[Span]:
    """With nothing above it, or only a pointer to it, the earlier message is the message; its headers are set apart."""
    above = [span for span in spans if span[2] <= cut.start]
    if _kept(text[: cut.start], above).strip() == "" and cut.body == cut.start:  # nothing but quoted lines
        return above + _unquoted(text, cut.start, len(text))
    body = text[cut.body :]
    kind = "marker" if cut.kind == "marker" else "forward"
    head: list[Span] = [(kind, cut.start, cut.body)] if cut.body > cut.start else []
    if not body.strip():
        return above
    if body.lstrip().startswith(">"):
        return above + head + _unquoted(text, cut.body, len(text))
    inner = [(kind, start + cut.body, end + cut.body) for kind, start, end in _spans(body, careful, depth + 1)]
    return above + head + inner


def _unquoted(text: str, start: int, end: int) -> list[Span]:
    """The marks of quotation alone, so that the quoted words stay."""
    return [("residue", match.start(), match.end()) for match in _UNQUOTE.finditer(text, start, end)]


def _kept(text: str, spans: list[Span]) -> str:
    """What lies between the spans."""
    pieces, place = [], 0
    for _, start, end in spans:
        pieces.append(text[place:start])
        place = max(place, end)
    pieces.append(text[place:])
    return "".join(pieces)
