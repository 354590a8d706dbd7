"""What the beginnings of lines tell: which phrases and marks of a mail may stand there. Rules out; proves nothing."""

from model.reading import phrases
from model.reading.remembered import Remembered

BANNER, DEVICE, LEGAL, CLOSING, FORWARDED, HEADED, RULED, _DRESSED = (1 << place for place in range(8))
"""A gateway's banner, what a phone adds, a legal note, regards or thanks, a forwarded message, headers, a rule."""

PHRASES = BANNER | DEVICE | LEGAL | CLOSING | FORWARDED | HEADED

LETTERS = 5
"""Letters of a line that are looked at."""

RULES = "-_=–—>#*[({"
"""What begins lines that stand between messages, and quoted ones."""

_DRESS = " \t\r\v\f\x1c\x1d\x1e\x1f*_>-#=!~|"
"""What may stand before the first letter of a phrase."""

_BLANKS = str.maketrans(dict.fromkeys("\t\r\v\f\x1c\x1d\x1e\x1f", " "))
"""What `\\s` in a phrase matches besides a blank, as one; beyond ASCII nothing is ruled out anyway."""

_BEGINNINGS = (
    (BANNER, phrases.BANNER_BEGINS),
    (DEVICE, phrases.DEVICE_BEGINS),
    (LEGAL, phrases.DISCLAIMER_BEGINS),
    (CLOSING, phrases.REGARDS_BEGIN | phrases.THANKS_BEGIN),
    (FORWARDED, phrases.FORWARDED_BEGINS),
    (HEADED, phrases.HEADERS_BEGIN),
)


def signs(text: str) -> int:
    """What any line of `text` may begin with, one bit for each kind."""
    told, lines = 0, text.split("\n")
    for line in lines:
        told |= _TOLD[line.lstrip(" \t")[:LETTERS]]
    if told & _DRESSED:
        for line in lines:
            told |= _TOLD[line.lstrip(_DRESS)[:LETTERS]]
    return told


def sign(line: str) -> int:
    """Which phrases one line may begin with, whatever stands before its first letter."""
    return _TOLD[line.lstrip(_DRESS)[:LETTERS]]


def _told(letters: str) -> int:
    """The same, by the first characters that are no blanks."""
    if not letters:
        return 0
    told = (RULED if letters[0] in RULES else 0) | (_DRESSED if letters[0] in _DRESS else 0)
    key = letters.lower().translate(_BLANKS)
    if not key.isascii():
        return told | PHRASES
    for begins in (key[:2], key[:3]):
        if key.startswith(phrases.GO_ON.get(begins, begins)):
            told |= sum(kind for kind, known in _BEGINNINGS if begins in known)
    return told


_TOLD = Remembered(_told)
