"""Bytes to text, whatever the encoding, a wrong declaration included. Knows alphabets, not formats."""

import codecs
import re
from itertools import islice

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte-order marks, longer ones before their own beginnings."""

NAMES = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "unicode": "utf-16",
    "x-sjis": "cp932",
    "windows-874": "cp874",
}
"""Names as mails write them, and Python's codec that reads what is really sent under them."""

ALPHABETS = {
    "cp1252": "äöüßÄÖÜéèêëàâáãåçíìîïñóòôõøúùûæœÉÀÇÑÓÅØÆ€£§°“”‘’–—…•´«»©®¡¿ªº",
    "cp1250": "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžČŘŠŽáéíúýőűăâîșțäöüß„”“–’€",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯёіїєґ№«»–—",
    "koi8-r": "абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЭЮЯё",
    "cp1253": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ€’",
    "cp1254": "çğıöşüÇĞİÖŞÜâî€’“”–",
    "cp1255": "אבגדהוזחטיךכלםמןנסעףפץצקרשת₪",
    "cp1256": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءآأإئؤ،؟",
    "cp932": (
        "のにはをがでとしたてるすまいなかれらこそっくりあもさけよきみつちどえおんーアイウエオカキクケコサシスセソタチッテトナニハヒフホマミムメラリルレロンドジグプバ。、日本注文商品配送返品"
        "請求書様御社中先送付確認"
    ),
    "gb18030": (
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
        "她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给"
        "世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社"
        "便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运，。订单发货退款物流您请收"
    ),
    "big5": (
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心"
        "她本前開但因只從想實，。訂單發貨退款物流您請收"
    ),
    "cp949": (
        "이다는을를에의가은고하지로기사서시도주문배송요청합니다드립확인부탁안녕세제품대한일있수해어나자리아그인정보입금환불취소교"
        "반송장"
    ),
}
"""Characters that ordinary text in an encoding consists of, beside ASCII; what else appears speaks against it."""

FREQUENT = {
    "cp1251": "оеаинтсрвл",
    "koi8-r": "оеаинтсрвл",
    "cp1255": "יוהלאשרמתבנ",
    "cp1253": "αοιετσνηυρ",
    "cp1256": "اليمنوتربة",
}
"""The ten commonest letters of alphabets that lie on the same bytes as others; half of a text are these."""

SAMPLE = 2_000
"""Words that are not ASCII from which an encoding is guessed; of long ones, about ten times as many bytes."""


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of `data`: by its byte-order mark, by its zero bytes, as declared, as UTF-8, or by its letters.

    Never fails: bytes without a meaning become U+FFFD. Line ends become `\\n`.
    """
    return _decode(data, declared).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _decode(data: bytes, declared: str | None) -> str:  # noqa: PLR0911 a ladder of signs, surest first
    for mark, name in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if wide := _wide(data[:4096]):
        return data.decode(wide, "replace")
    if data.isascii():
        shifts = b"\x1b$" in data and "iso2022_jp_2"
        return data.decode(shifts or _codec(declared, {"iso2022", "iso-2022", "utf-7", "hz"}) or "ascii", "replace")
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    codec = _codec(declared)
    text = _strict(data, codec) if codec else None
    if text is not None:
        return text
    damaged = data.decode("utf-8", "replace")
    if damaged.count("\ufffd") * 20 < _beyond_ascii(damaged) or _cut_short(data):
        return damaged
    return data.decode(_guess(_telling(data)), "replace")


def _codec(declared: str | None, families: set[str] | None = None) -> str | None:
    name = (declared or "").strip(" \"'").lower()
    name = NAMES.get(name, name)
    if families is not None and not any(name.startswith(family) for family in families):
        return None
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return info.name if info._is_text_encoding else None


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark shows in where the zero bytes of its ASCII characters lie."""
    if len(head) < 4 or head.count(0) * 5 < len(head):
        return None
    zeros = [head[place::4].count(0) * 4 / len(head) for place in range(4)]
    if zeros[0] < 0.3 and min(zeros[1:]) > 0.7:
        return "utf-32-le"
    if zeros[3] < 0.3 and min(zeros[:3]) > 0.7:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd > 0.6 and even < 0.2:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.2 else None


def _cut_short(data: bytes) -> bool:
    """Whether only the last character is incomplete, as in a file that was cut."""
    return any(_strict(data[:-cut], "utf-8") is not None for cut in (1, 2, 3)) and len(data) > 8


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _telling(data: bytes) -> bytes:
    """The first words that are not ASCII, however far from the beginning: others look the same in most encodings."""
    words = (word[0] for word in re.finditer(rb"\S+", data) if not word[0].isascii())
    return b" ".join(islice(words, SAMPLE))[: 10 * SAMPLE]


def _guess(sample: bytes) -> str:
    """The encoding whose alphabet holds most of what is not ASCII."""
    best, name = -1.0, "cp1252"
    for codec, alphabet in ALPHABETS.items():
        text = sample.decode(codec, "replace")
        foreign = re.findall(r"[^\x00-\x7f]", text)
        known = sum(character in alphabet or _kana_or_hangul(character) for character in foreign)
        # A case change inside a word is what Cyrillic in the wrong encoding looks like.
        broken = len(re.findall(r"[^\W\d_a-zA-Z](?<=[а-яё])[А-ЯЁ]|[\w][¿¡§°«»][\w]", text))
        usual = 0
        if codec in FREQUENT:
            # Words of these alphabets have no ASCII letters among them; accented letters of Latin ones stand in ASCII.
            if len(re.findall(r"[a-zA-Z][^\x00-\x7f]|[^\x00-\x7f][a-zA-Z]", text)) * 4 > len(foreign):
                continue
            usual = sum(map(FREQUENT[codec].count, foreign))
        score = (known - broken + usual / 2) / max(1, len(foreign))
        if score > best + 0.01:
            best, name = score, codec
    return name


def _kana_or_hangul(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff"
