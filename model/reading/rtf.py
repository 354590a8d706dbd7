"""RTF to plain text, or to the HTML that Outlook hid in it. One pass; objects and pictures are skipped."""

import codecs
import re

from model.errors import ReadingError

SKIPPED = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "info",
        "pict",
        "object",
        "header",
        "footer",
        "headerl",
        "headerr",
        "headerf",
        "footerl",
        "footerr",
        "footerf",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "xmlnstbl",
        "mmathPr",
        "themedata",
        "colorschememapping",
        "datastore",
        "latentstyles",
        "filetbl",
        "revtbl",
        "fldinst",
        "objdata",
        "bkmkstart",
        "bkmkend",
        "nonshppict",
        "shpinst",
        "pgptbl",
        "wgrffmtfilter",
    ]
)
"""Groups whose content is not the document's text."""

SPECIAL = {
    "par": "\n",
    "line": "\n",
    "sect": "\n",
    "page": "\n",
    "row": "\n",
    "cell": " | ",
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
    "~": "\xa0",
    "_": "-",
    "\\": "\\",
    "{": "{",
    "}": "}",
    "\n": "\n",
}
"""Control words that stand for characters."""

CHARSETS = {0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253"}
CHARSETS |= {162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 238: "cp1250"}
"""Codecs of the `\\fcharset` numbers."""

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_FONT = re.compile(r"\\f(\d{1,4})\b[^{};]{0,200}?\\fcharset(\d{1,3})")


def rtf(data: bytes) -> tuple[str, bool]:
    """The text, and whether it is HTML. Raises ReadingError `damaged` if `data` is no RTF."""
    if not data.lstrip()[:6].lower().startswith(b"{\\rt"):
        raise ReadingError("damaged", "The RTF file does not begin with {\\rtf.")
    source = data.decode("latin-1")
    text = _Text(source)
    for token in _TOKEN.finditer(source):
        text.take(*token.group(1, 2, 3, 4, 5, 6))
    text.flush()
    # Characters beyond U+FFFF come as two halves, which are joined here.
    return "".join(text.pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace"), text.html


class _Text:
    """What was written so far, and the state of the groups we are in."""

    def __init__(self, source: str) -> None:
        page = re.search(r"\\ansicpg(\d{1,5})", source[:2000])
        self.codec = _known(f"cp{page.group(1)}" if page else "cp1252")
        self.fonts = {font: CHARSETS.get(int(number)) for font, number in _FONT.findall(source[:200_000])}
        self.html = "\\fromhtml1" in source[:2000]
        self.pieces: list[str] = []
        self.raw = bytearray()
        self.skip = self.starred = False
        self.fallback, self.pending = 1, 0
        """How many characters stand in for a `\\u`, and how many of them are still to be passed over."""
        self.groups: list[tuple[bool, int, str]] = []

    def flush(self) -> None:
        """Bytes of the code page become characters; several bytes may be one character."""
        if self.raw:
            self.pieces.append(self.raw.decode(self.codec, "replace"))
            self.raw.clear()

    def take(self, *token: str | None) -> None:
        """One token: a control word with its number, a byte, a symbol, a brace or plain text."""
        word, number, byte, symbol, brace, plain = token
        if byte is not None:
            if self.pending:
                self.pending -= 1
            elif not self.skip:
                self.raw.append(int(byte, 16))
            return
        self.flush()
        if brace == "{":
            self.groups.append((self.skip, self.fallback, self.codec))
            self.starred, self.pending = False, 0
        elif brace == "}":
            self.skip, self.fallback, self.codec = self.groups.pop() if self.groups else (False, 1, self.codec)
            self.pending = 0
        elif symbol is not None:
            self._symbol(symbol)
        elif word is not None:
            self._word(word, number)
        elif plain is not None:
            passed, self.pending = min(self.pending, len(plain)), max(0, self.pending - len(plain))
            self._write(plain[passed:].encode("latin-1").decode(self.codec, "replace"))

    def _write(self, text: str) -> None:
        if not self.skip:
            self.pieces.append(text)

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self.starred = True
        elif self.pending:
            self.pending -= 1
        else:
            self._write(SPECIAL.get(symbol, ""))

    def _word(self, word: str, number: str | None) -> None:
        starred, self.starred = self.starred, False
        if word == "u" and number is not None:
            code = int(number) % 65536
            self._write(chr(code))
            self.pending = self.fallback
        elif word == "uc":
            self.fallback = min(int(number or 1), 8)
        elif word == "f" and number is not None:
            self.codec = self.fonts.get(number) or self.codec
        elif word == "bin":
            self.pending = int(number or 0)
        elif word == "htmltag":
            self.skip = not self.html
        elif word == "htmlrtf":
            self.skip = self.html and number != "0"
        elif word in SKIPPED or (starred and word not in ("shppict",)):
            self.skip = True
        elif word in SPECIAL and not (self.html and word == "cell"):
            self._write(SPECIAL[word])


def _known(codec: str) -> str:
    try:
        codecs.lookup(codec)
    except LookupError:
        return "cp1252"
    return codec
