"""Small files of every format, built byte by byte for the tests that read, break and mutate them."""

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

import pytest

SENTENCE = "Pallet 7 arrived damaged"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx() -> bytes:
    body = (
        '<w:p><w:pPr><w:pStyle w:val="T1"/></w:pPr><w:r><w:t>Claim report</w:t></w:r></w:p>'
        f"<w:p><w:r><w:t>{SENTENCE}</w:t></w:r><w:r><w:tab/><w:t>gate 4</w:t></w:r></w:p>"
        "<w:p><w:del><w:r><w:delText>deleted words</w:delText></w:r></w:del></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Item</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Count</w:t></w:r></w:p></w:tc></w:tr>"
        "<w:tr><w:tc><w:p><w:r><w:t>Bolt</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    styles = '<w:styles xmlns:w="w"><w:style w:styleId="T1"><w:name w:val="heading 1"/></w:style></w:styles>'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<w:document xmlns:w="w"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": styles,
            "word/footer1.xml": '<w:ftr xmlns:w="w"><w:p><w:r><w:t>Page foot</w:t></w:r></w:p></w:ftr>',
        }
    )


def xlsx() -> bytes:
    rows = (
        '<row><c t="s"><v>0</v></c><c t="inlineStr"><is><t>Due</t></is></c></row>'
        '<row><c t="s"><v>1</v></c><c s="1"><v>45415</v></c><c><f>1+1</f><v>2</v></c></row>'
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="Stock" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<R><Relationship Id="r1" Target="worksheets/sheet1.xml"/></R>',
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{rows}</sheetData></worksheet>",
            "xl/sharedStrings.xml": f"<sst><si><t>Note</t></si><si><r><t>{SENTENCE}</t></r></si></sst>",
            "xl/styles.xml": '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        }
    )


def pptx() -> bytes:
    title = '<p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr>'
    shape = "<p:sp>" + title + "<p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody></p:sp>"
    slide = f'<p:sld xmlns:p="p" xmlns:a="a">{shape.format("Audit")}{shape.format(SENTENCE)}</p:sld>'
    return zipped({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>", "ppt/slides/slide1.xml": slide})


def odt() -> bytes:
    text = f"<text:h>Claim report</text:h><text:p>{SENTENCE}<text:s/>gate 4</text:p>"
    content = f'<o:document xmlns:o="o" xmlns:text="t"><o:body><o:text>{text}</o:text></o:body></o:document>'
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def ods() -> bytes:
    line = "<t:table-row><t:table-cell><x:p>{}</x:p></t:table-cell>{}</t:table-row>"
    cells = line.format("Note", '<t:table-cell t:number-columns-repeated="900"/>') + line.format(SENTENCE, "")
    body = f'<o:spreadsheet><t:table t:name="Stock">{cells}</t:table></o:spreadsheet>'
    content = f'<o:document xmlns:o="o" xmlns:t="t" xmlns:x="x"><o:body>{body}</o:body></o:document>'
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def pdf(lines: tuple[str, ...] = ("Claim report", SENTENCE), encrypted: bool = False) -> bytes:
    drawn = " ".join(f"BT /F1 12 Tf 72 {720 - 20 * row} Td ({line}) Tj ET" for row, line in enumerate(lines))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Filter/Standard/V 1/R 2/P -4/O<{'41' * 32}>/U<{'42' * 32}>>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{body}endobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    locked = f"/Encrypt 6 0 R/ID[<{'43' * 16}><{'43' * 16}>]" if encrypted else ""
    tail = f"trailer<</Size 7/Root 1 0 R{locked}>>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 7\n0000000000 65535 f \n{table}{tail}".encode()


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file (MS-CFB) of small streams, which all lie in its mini stream."""
    folders = list(dict.fromkeys(name.split("/")[0] for name in streams if "/" in name))
    entries = [("Root Entry", 5, ""), *((folder, 1, "") for folder in folders)]
    entries += [(name.split("/")[-1], 2, name) for name in streams]
    mini, minis, starts = b"", list[int](), dict[str, int]()
    for name, data in streams.items():
        count = -(-len(data) // 64)
        starts[name] = len(minis)
        minis += [*range(len(minis) + 1, len(minis) + count), 0xFFFFFFFE]
        mini += data.ljust(64 * count, b"\0")
    sectors, chains = list[bytes](), list[int]()

    def put(data: bytes, filler: bytes = b"\0") -> int:
        first, count = len(sectors), -(-len(data) // 512)
        sectors.extend(data[512 * at : 512 * at + 512].ljust(512, filler) for at in range(count))
        chains.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        return first

    starts[""] = put(mini)
    table = put(struct.pack(f"<{len(minis)}I", *minis), b"\xff")
    place = put(b"".join(_entry(index, entries, starts, {**streams, "": mini}) for index in range(len(entries))))
    fat = len(sectors)
    chains.append(0xFFFFFFFD)
    sectors.append(struct.pack(f"<{len(chains)}I", *chains).ljust(512, b"\xff"))
    numbers = (0, 1, place, 0, 4096, table, -(-len(minis) // 128), 0xFFFFFFFE, 0)
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH6s9I", 0x3E, 3, 0xFFFE, 9, 6, bytes(6), *numbers)
    )
    return head + struct.pack("<109I", fat, *[0xFFFFFFFF] * 108) + b"".join(sectors)


def _entry(index: int, entries: list[tuple[str, int, str]], starts: dict[str, int], data: Mapping[str, bytes]) -> bytes:
    """One line of a compound file's directory; the members of a folder hang on each other to the right."""
    nothing = 0xFFFFFFFF

    def parent(place: int) -> str:
        _, kind, path = entries[place]
        return "Root Entry" if kind == 1 or "/" not in path else path.split("/")[0]

    name, kind, path = entries[index]
    family = [place for place in range(1, len(entries)) if index and parent(place) == parent(index)]
    after = next((place for place in family if place > index), nothing)
    child = next((place for place in range(1, len(entries)) if kind != 2 and parent(place) == name), nothing)
    label = name.encode("utf-16-le") + b"\0\0"
    start, size = (nothing, 0) if kind == 1 else (starts[path], len(data[path]))
    facts = struct.pack("<HBBIII16sIQQIQ", len(label), kind, 1, nothing, after, child, bytes(16), 0, 0, 0, start, size)
    return label.ljust(64, b"\0") + facts


def doc() -> bytes:
    text = f"Claim report\r{SENTENCE}\rItem\x07Count\x07\x07"
    body = text.encode("utf-16-le")
    plc = struct.pack("<II", 0, len(text)) + struct.pack("<HIH", 0, 1024, 0)
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    fib = bytearray(1024)
    struct.pack_into("<H", fib, 0x0A, 0x0200)
    struct.pack_into("<II", fib, 0x01A2, 0, len(clx))
    return compound({"WordDocument": bytes(fib) + body, "1Table": clx})


def xls() -> bytes:
    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def short(text: str) -> bytes:
        return struct.pack("<HB", len(text), 0) + text.encode("cp1252")

    globals_ = record(0x809, b"\0\6\5\0" + bytes(12)) + record(0x85, struct.pack("<IHBB", 0, 0, 5, 0) + b"Stock")
    strings = record(0xFC, struct.pack("<II", 2, 2) + short("Note") + short(SENTENCE)) + record(0x0A, b"")
    cells = record(0xFD, struct.pack("<HHHI", 0, 0, 0, 0)) + record(0xFD, struct.pack("<HHHI", 1, 0, 0, 1))
    numbers = record(0x203, struct.pack("<HHHd", 1, 1, 0, 12.5)) + record(
        0x27E, struct.pack("<HHHI", 1, 2, 0, 7 << 2 | 2)
    )
    sheet = record(0x809, b"\0\6\x10\0" + bytes(12)) + cells + numbers + record(0x0A, b"")
    return compound({"Workbook": globals_ + strings + sheet})


def ppt() -> bytes:
    def record(kind: int, body: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHI", version, kind, len(body)) + body

    texts = record(0x0F9F, struct.pack("<I", 0)) + record(0x0FA0, "Audit".encode("utf-16-le"))
    texts += record(0x0F9F, struct.pack("<I", 1)) + record(0x0FA8, SENTENCE.encode())
    return compound({"PowerPoint Document": record(0x0FF0, texts, 0x0F), "Current User": bytes(20)})


def msg() -> bytes:
    fields = {
        "0037": "Damaged goods",
        "1000": f"{SENTENCE}.\r\n\r\nRegards,\r\nAnn Miller",
        "0C1A": "Ann Miller",
        "5D01": "ann@acme.example",
    }
    streams = {f"__substg1.0_{number}001F": text.encode("utf-16-le") for number, text in fields.items()}
    sent = struct.pack("<IIQ", 0x00390040, 0, 133_500_000_000_000_000)
    attachment = {"3707001F": "note.txt".encode("utf-16-le"), "37010102": b"Gate 4 was closed"}
    streams |= {f"__attach_version1.0_#00000000/__substg1.0_{number}": data for number, data in attachment.items()}
    return compound({"__properties_version1.0": bytes(32) + sent, **streams})


def eml() -> bytes:
    return (
        "Received: from a by b; Mon, 6 May 2024 10:00:00 +0200\r\n"
        "From: =?utf-8?q?Ann_M=C3=BCller?= <ann@acme.example>\r\nTo: desk@acme.example\r\n"
        "Subject: =?iso-8859-1?Q?Besch=E4digte?= =?iso-8859-1?Q?_Ware?=\r\nDate: Mon, 6 May 2024 10:00:00 +0200\r\n"
        "Message-ID: <1@acme.example>\r\nIn-Reply-To: <0@acme.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n'
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{SENTENCE}.\r\n\r\nRegards,\r\nAnn\r\n\r\n"
        "On Sun, 5 May 2024 at 10:00, Desk <desk@acme.example> wrote:\r\n> Any damage?\r\n"
        '--b\r\nContent-Type: text/plain; name="note.txt"\r\nContent-Disposition: attachment; filename="note.txt"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\nR2F0ZSA0IHdhcyBjbG9zZWQ=\r\n--b--\r\n"
    ).encode()


def mbox() -> bytes:
    one = (
        "From ann@acme.example Mon May  6 10:00:00 2024\nFrom: ann@acme.example\nSubject: {}\nTo: d@a.example\n\n{}\n\n"
    )
    return (one.format("First", SENTENCE) + one.format("Second", ">From here on it rains")).encode()


RTF = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\author nobody}}Claim report\par "
    r"Pallet 7 arrived damaged\par Gr\'fc\'dfe \u8364? {\*\generator x;}\cell}"
)
HTML = (
    "<!doctype html><html><head><title>Report</title><style>p{color:red}</style></head><body><h1>Claim report</h1>"
    "<p>Pallet 7 arrived&nbsp;damaged<br>at gate 4</p><ul><li>one</li><li>two</li></ul>"
    "<table><tr><th>Item</th><th>Count</th></tr><tr><td>Bolt</td><td>12</td></tr></table>"
    "<script>alert(1)</script><p style='display:none'>unseen</p></body></html>"
)
CSV = f"Item;Note;Count\nBolt;{SENTENCE};12\nNut;;7\n"

BUILDERS: dict[str, Callable[[], bytes]] = {
    "docx": docx, "xlsx": xlsx, "pptx": pptx, "odt": odt, "ods": ods, "pdf": pdf, "doc": doc, "xls": xls, "ppt": ppt,
    "msg": msg, "eml": eml, "mbox": mbox, "rtf": RTF.encode, "html": HTML.encode, "csv": CSV.encode,
    "txt": f"{SENTENCE}\nat gate 4".encode,
}  # fmt: skip


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """One small intact file of each format, by extension; all hold the same sentence."""
    return {name: build() for name, build in BUILDERS.items()}


@pytest.fixture(scope="session")
def locked_pdf() -> bytes:
    return pdf(encrypted=True)


@pytest.fixture(scope="session")
def scanned_pdf() -> bytes:
    return pdf(lines=())


@pytest.fixture(scope="session")
def archive() -> Callable[[Mapping[str, str | bytes]], bytes]:
    """Builds a ZIP file from names and contents."""
    return zipped


@pytest.fixture(scope="session")
def compounded() -> Callable[[Mapping[str, bytes]], bytes]:
    """Builds a compound file from the names and contents of its streams."""
    return compound
