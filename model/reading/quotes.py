"""Where a mail's history begins: quoted lines, the lines above them, headers of earlier mails, help desks' marks."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from model.reading import phrases
from model.reading.signs import FORWARDED, HEADED, RULED, RULES

_WROTE = re.compile(rf"\b(?:{phrases.WROTE})(?!\w)", re.I)
_OPENS = re.compile(rf"[\s*_]*(?:{phrases.OPENS})\b", re.I)
_DATED = re.compile(r"@|\b\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d\d\b|<[^>\n]+>")
_SURELY_DATED = re.compile(r"@|\b\d{1,2}[:.h]\d{2}\b")
_ORIGINAL = re.compile(rf"^[ \t>*]*[-_=–—]{{2,}}[ \t]*(?:{phrases.ORIGINAL})\b[^\n]{{0,60}}$", re.I | re.M)
_FORWARDED = re.compile(
    rf"^[ \t>*]*(?:[-_=–—]{{2,}}[ \t]*(?:{phrases.FORWARDED})\b[^\n]{{0,60}}|"
    rf"(?:{phrases.BEGIN_FORWARDED})[ \t]*:?[ \t]*)$",
    re.I | re.M,
)
_NAMES = "|".join((phrases.FROM, phrases.SENT, phrases.TO, phrases.COPY, phrases.SUBJECT))
_HEADER = re.compile(rf"^[ \t>*_|]*({_NAMES})[ \t]?[*_]{{0,2}}[ \t]?:[*_]{{0,2}}(?:[ \t]|$)", re.I)
_FIRST = re.compile(
    rf"^[ \t>*_|]*(?:{phrases.FROM}|{phrases.SENT}|{phrases.SUBJECT})[ \t]?[*_]{{0,2}}[ \t]?:", re.I | re.M
)
_KINDS = tuple(
    re.compile(rf"(?:{names})\Z", re.I) for names in (phrases.FROM, phrases.SENT, phrases.TO, phrases.SUBJECT)
)
_ONE_LINE = re.compile(
    rf"^[ \t>*]*(?:{phrases.FROM})[* ]{{0,2}}:[^\n]{{2,200}}?\b(?:{phrases.SENT})[* ]{{0,2}}:[^\n]{{2,200}}?"
    rf"\b(?:{phrases.SUBJECT})[* ]{{0,2}}:[^\n]*$",
    re.I | re.M,
)
_INLINE = re.compile(
    rf"^[ \t]*(?:{phrases.OPENS})\b[^\n]{{4,80}}\d{{1,2}}[:.]\d\d[^\n]{{0,80}}@[^\n]{{3,80}}\b"
    rf"(?:{phrases.WROTE})[ \t]*:",
    re.I | re.M,
)
_MARK = re.compile(rf"^[ \t]*[-#=*_>\[({{—–]{{1,}}[^\n]{{0,20}}?(?:{phrases.REPLY_ABOVE})[^\n]{{0,40}}$", re.I | re.M)
_COLON = re.compile(r":[ \t*_]*$", re.M)
"""Such a line ends with it, unless it names an address or a quoted line is below it."""
_RULE = re.compile(r"[ \t>]*(?:[-_=*–—]{5,}|[-_=*]( [-_=*]){4,})[ \t]*")
_QUOTED = re.compile(r"^[ \t]{0,3}>", re.M)
_NAMED = ">*_|abdefgimnorstvwäABDEFGIMNORSTVWÄſİı"
"""What begins lines such as `From: …`."""
_BEGINS = "abdipsvABDIPSVſİı"
"""What begins `phrases.BEGIN_FORWARDED`."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where history begins."""

    kind: str
    """quote, forward or marker."""
    start: int
    body: int
    """Where the earlier message's own text begins, behind headers or the line above a quote."""
    end: int
    """Where it ends; the text's end unless every line of it is marked as quoted."""


class Lines:
    """A text's lines by number and by offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        place = text.find("\n")
        while place >= 0:
            self.starts.append(place + 1)
            place = text.find("\n", place + 1)

    def __len__(self) -> int:
        return len(self.starts)

    def number(self, offset: int) -> int:
        """The line in which an offset lies."""
        return bisect_right(self.starts, offset) - 1

    def end(self, number: int) -> int:
        """The offset behind a line, its line break included."""
        return self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)

    def __getitem__(self, number: int) -> str:
        return self.text[self.starts[number] : self.end(number)].rstrip("\n")

    @cached_property
    def heads(self) -> list[tuple[str, int]]:
        """Each line's first character that is not blank, and where the line begins; empty lines are left out."""
        text, found = self.text, []
        for start, line in zip(self.starts, text.split("\n"), strict=True):
            shown = line.lstrip(" \t")
            if shown:
                found.append((shown[0], start))
        return found

    def matches(self, pattern: re.Pattern[str], heads: str) -> Iterator[re.Match[str]]:
        """The lines that a pattern matches which begins at a line's start, with one of the characters `heads`."""
        for head, start in self.heads:
            if head in heads and (match := pattern.match(self.text, start)):
                yield match


def cuts(text: str, careful: bool, told: int) -> list[Cut]:
    """Every beginning of history in `text`, in order; `told`: the text's `signs`.

    `careful`: a lone `>` or a bare date proves nothing.
    """
    if not told & (RULED | FORWARDED) and ":" not in text and ">" not in text:
        return []
    lines = Lines(text)
    found = [*_marks(lines), *_separators(lines)] if told & (RULED | FORWARDED) else []
    found += _attributions(lines, careful)
    found += _headers(lines) if told & HEADED else ()
    found += _quoted(lines, careful, found) if told & RULED else ()
    return sorted(found, key=lambda cut: (cut.start, -cut.end))


def _holds(text: str, parts: Sequence[str]) -> bool:
    """Whether a text holds some of these letters, in lower case or not; most patterns are ruled out faster so."""
    plain = text.lower()
    if not text.isascii():
        plain = plain.replace("ſ", "s").replace("i\u0307", "i").replace("ı", "i")
    return any(part in plain for part in parts)


def _marks(lines: Lines) -> Iterator[Cut]:
    if not _holds(lines.text, phrases.LINE_PARTS):
        return
    for match in lines.matches(_MARK, RULES):
        line = lines.number(match.end())
        yield Cut("marker", match.start(), lines.end(line), len(lines.text))


def _separators(lines: Lines) -> Iterator[Cut]:
    for pattern, kind, heads in ((_ORIGINAL, "quote", RULES), (_FORWARDED, "forward", RULES + _BEGINS)):
        for match in lines.matches(pattern, heads):
            body = _behind_headers(lines, lines.number(match.end()) + 1)
            yield Cut(kind, _with_rule(lines, lines.number(match.start())), body, len(lines.text))


def _headers(lines: Lines) -> Iterator[Cut]:
    """Blocks such as `From: … Sent: … To: … Subject: …`, three of the four at least."""
    text, last = lines.text, -1
    if text.count(":") < 3:
        return
    for match in lines.matches(_FIRST, _NAMED):
        line = lines.number(match.start())
        if line <= last:
            continue
        last, kinds = _block(lines, line)
        if len(kinds) >= 3 and 0 in kinds:
            yield Cut("quote", _with_rule(lines, line), lines.end(last), len(text))
    for match in lines.matches(_ONE_LINE, _NAMED):
        line = lines.number(match.start())
        yield Cut("quote", _with_rule(lines, line), lines.end(lines.number(match.end())), len(text))


def _block(lines: Lines, line: int) -> tuple[int, set[int]]:
    """The last line of a block of headers that begins at `line`, and which of the four it states."""
    kinds: set[int] = set()
    last, other = line, 0
    for number in range(line, min(line + 14, len(lines))):
        match = _HEADER.match(lines[number])
        if match:
            kinds |= {index for index, names in enumerate(_KINDS) if names.match(match.group(1))}
            last, other = number, 0
        elif not lines[number].strip(" \t>"):
            other += 1
            if other > 1 or 3 in kinds:
                break
        else:
            other += 1  # a long list of recipients goes on
            if other > 2 or 3 in kinds:
                break
    return last, kinds


def _behind_headers(lines: Lines, line: int) -> int:
    while line < len(lines) and not lines[line].strip(" \t>"):
        line += 1
    if line < len(lines) and _HEADER.match(lines[line]):
        last, kinds = _block(lines, line)
        if len(kinds) >= 2:
            return lines.end(last)
    return lines.starts[line] if line < len(lines) else len(lines.text)


def _with_rule(lines: Lines, line: int) -> int:
    """The offset of a line, or of the ruled line right above it."""
    above = line - 1
    while above >= 0 and line - above < 3 and not lines[above].strip():
        above -= 1
    return lines.starts[above if above >= 0 and _RULE.fullmatch(lines[above]) else line]


def _attributions(lines: Lines, careful: bool) -> Iterator[Cut]:
    """Lines such as `On 3 May 2024 at 10:12, Ann <ann@example.org> wrote:`, which may be wrapped."""
    may = ">" in lines.text or "@" in lines.text or _COLON.search(lines.text)
    telling = _telling(lines) if may else []
    for number in telling:
        match = _INLINE.match(lines.text, lines.starts[number])
        if match and lines.text[match.end() : lines.end(number)].strip():
            yield Cut("quote", match.start(), match.end(), len(lines.text))
    for number in telling:
        span = _attribution(lines, number)
        if span is None:
            continue
        first, last = span
        said = lines.text[lines.starts[first] : lines.end(last)]
        following = last + 1
        while following < len(lines) and not lines[following].strip():
            following += 1
        marked = following < len(lines) and lines[following].lstrip().startswith(">")
        if not marked and (not _DATED.search(said) or (careful and not _SURELY_DATED.search(said))):
            continue
        end = (
            lines.starts[_run(lines, following)] if marked and _run(lines, following) < len(lines) else len(lines.text)
        )
        yield Cut("quote", lines.starts[first], lines.end(last), end)


def _telling(lines: Lines) -> list[int]:
    """The lines that hold a verb of `phrases.WROTE`, near a colon, an address or a quote as in an attribution."""
    text, rows = lines.text, lines.text.split("\n")
    ends = [n for n, row in enumerate(rows) if "@" in row or row.rstrip(" \t*_")[-1:] == ":" or row.lstrip()[:1] == ">"]
    near = sorted({end - back for end in ends for back in range(min(end, 2) + 1)})
    if not _holds("\n".join([rows[number] for number in near]), phrases.WROTE_PARTS):
        return []
    return [number for number in near if _WROTE.search(text, lines.starts[number], lines.end(number))]


def _attribution(lines: Lines, line: int) -> tuple[int, int] | None:
    """First and last line of an attribution around its verb, or None where the colon or the beginning is missing."""
    if _unfinished(lines, line):
        return line, line
    last = line
    while not lines[last].rstrip(" \t*_").endswith(":"):
        last += 1
        if last > line + 2 or last >= len(lines) or not lines[last].strip():
            return None
    for first in range(line, max(-1, line - 4), -1):
        if not lines[first].strip():
            break
        if _OPENS.match(lines[first]) and len(lines.text[lines.starts[first] : lines.end(last)]) < 400:
            return first, last
    return (
        (line, last)
        if len(lines[line]) < 200 and _DATED.search("".join(lines[n] for n in range(line, last + 1)))
        else None
    )


def _unfinished(lines: Lines, line: int) -> bool:
    """Whether a line reads as an attribution without its colon, with quoted lines right below."""
    below = next((lines[place] for place in range(line + 1, min(line + 3, len(lines))) if lines[place].strip()), "")
    shown = lines[line].rstrip()
    return (
        below.lstrip().startswith(">")
        and not shown.endswith(":")
        and bool(_OPENS.match(shown) and _SURELY_DATED.search(shown))
    )


def _run(lines: Lines, line: int) -> int:
    """The first line behind a run of quoted lines; empty lines inside it belong to it."""
    last = line
    while line < len(lines):
        shown = lines[line].lstrip()
        if shown.startswith(">"):
            last = line + 1
        elif shown:
            break
        line += 1
    return last


def _quoted(lines: Lines, careful: bool, known: Sequence[Cut]) -> Iterator[Cut]:
    """Runs of lines that begin with `>`."""
    line = 0
    for match in lines.matches(_QUOTED, ">"):
        number = lines.number(match.start())
        if number < line:
            continue
        line = _run(lines, number)
        start, end = lines.starts[number], lines.starts[line] if line < len(lines) else len(lines.text)
        inside = any(cut.start <= start < cut.end for cut in known)
        if not inside and not (careful and line - number < 2):
            yield Cut("quote", start, start, end)
