import dataclasses
from collections.abc import Callable, Mapping

import pytest

from model.errors import ReadingError
from model.reading import Limits, read
from model.reading.message import Message

Zip = Callable[[Mapping[str, str | bytes]], bytes]
SENTENCE = "Pallet 7 arrived damaged"
FORMATS = {"eml": "mail", "txt": "text", "ods": "odt"}
ALL = [
    "docx",
    "xlsx",
    "pptx",
    "odt",
    "ods",
    "pdf",
    "doc",
    "xls",
    "ppt",
    "msg",
    "eml",
    "mbox",
    "rtf",
    "html",
    "csv",
    "txt",
]


def reason(data: bytes, **options: object) -> str:
    with pytest.raises(ReadingError) as raised:
        read(data, **options)  # type: ignore[arg-type]
    assert str(raised.value)
    return raised.value.reason


@pytest.mark.parametrize("kind", ALL)
def test_every_format_is_recognised_by_its_content_and_gives_its_text(kind: str, files: dict[str, bytes]) -> None:
    document = read(files[kind])
    assert document.meta["format"] == FORMATS.get(kind, kind)
    assert SENTENCE in document.body + "".join(part.body for part in document.parts)


@pytest.mark.parametrize("kind", ["docx", "odt", "html", "pdf", "doc", "rtf"])
def test_headings_stay_lines_of_their_own(kind: str, files: dict[str, bytes]) -> None:
    assert "Claim report" in read(files[kind]).body.split("\n")


def test_a_word_file_keeps_tables_and_leaves_out_deleted_words(files: dict[str, bytes]) -> None:
    body = read(files["docx"]).body
    assert "Item | Count\nBolt | 12" in body
    assert "deleted" not in body
    assert "Page foot" in body


def test_a_workbook_shows_stored_values_and_dates(files: dict[str, bytes]) -> None:
    assert read(files["xlsx"]).body == f"Note | Due\n{SENTENCE} | 2024-05-03 | 2"
    assert read(files["xls"]).body == f"Note\n{SENTENCE} | 12.5 | 7"


def test_html_shows_what_a_reader_sees(files: dict[str, bytes]) -> None:
    document = read(files["html"])
    assert document.subject == "Report"
    assert document.body.split("\n") == [
        "Claim report", f"{SENTENCE}", "at gate 4", "- one", "- two", "Item | Count", "Bolt | 12",
    ]  # fmt: skip


def test_rtf_decodes_its_code_page_and_unicode(files: dict[str, bytes]) -> None:
    body = read(files["rtf"]).body
    assert "Grüße €" in body
    assert "nobody" not in body


def test_a_mail_keeps_what_it_says_of_itself(files: dict[str, bytes]) -> None:
    document = read(files["eml"])
    assert document.subject == "Beschädigte Ware"
    assert document.channel == "email"
    assert document.id == "<1@acme.example>"
    assert document.meta["from"] == "Ann Müller <ann@acme.example>"
    assert document.meta["date"] == "2024-05-06T10:00:00+02:00"
    assert document.meta["in_reply_to"] == "<0@acme.example>"
    assert document.body == f"{SENTENCE}."
    assert [span.kind for span in document.removed] == ["signature", "quote"]
    assert [part.body for part in document.parts] == ["Gate 4 was closed"]


def test_an_outlook_file_is_a_mail(files: dict[str, bytes]) -> None:
    document = read(files["msg"])
    assert (document.subject, document.body) == ("Damaged goods", f"{SENTENCE}.")
    assert document.meta["from"] == "Ann Miller <ann@acme.example>"
    assert document.meta["date"].startswith("2024-01-1")
    assert [part.body for part in document.parts] == ["Gate 4 was closed"]


def test_a_mailbox_gives_its_mails_as_parts(files: dict[str, bytes]) -> None:
    parts = read(files["mbox"]).parts
    assert [part.subject for part in parts] == ["First", "Second"]
    assert parts[1].body == "From here on it rains"


def test_an_unreadable_attachment_is_a_part_that_names_its_error(files: dict[str, bytes]) -> None:
    part = read(files["eml"].replace(b"R2F0ZSA0IHdhcyBjbG9zZWQ=", b"f0VMRgECAQAAAAAAAAAAAAAA")).parts[0]
    assert (part.body, part.meta["error"], part.meta["filename"]) == ("", "unsupported", "note.txt")


def test_names_do_not_decide_but_are_noted(files: dict[str, bytes]) -> None:
    document = read(files["xlsx"], filename="letter.docx")
    assert (document.meta["format"], document.meta["mislabelled"]) == ("xlsx", "docx")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b" \r\n\t ", "empty", id="white space"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(60), "unsupported", id="program"),
        pytest.param(bytes(range(256)) * 4, "unsupported", id="noise"),
        pytest.param(b"PK\x03\x04 broken", "damaged", id="broken archive"),
        pytest.param(b"%PDF-1.7 broken", "damaged", id="broken pdf"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "damaged", id="broken compound file"),
        pytest.param(b"From: a@b.example\nTo: c@d.example\nDate: x\n\n", "empty", id="mail without subject and text"),
    ],
)
def test_what_cannot_be_read_names_its_reason(data: bytes, expected: str) -> None:
    assert reason(data) == expected


def test_plain_text_under_a_binary_name_is_mislabelled() -> None:
    assert reason(b"just some words", filename="invoice.pdf") == "mislabelled"
    assert reason(b"just some words", media_type="application/msword; x=y") == "mislabelled"


def test_encrypted_files_say_so(locked_pdf: bytes, files: dict[str, bytes], archive: Zip) -> None:
    assert reason(locked_pdf) == "encrypted"
    manifest = {"META-INF/manifest.xml": "<m><encryption-data/></m>", "content.xml": "x"}
    assert reason(archive({"mimetype": "application/vnd.oasis.opendocument.text", **manifest})) == "encrypted"
    locked = bytearray(files["doc"])
    place = 512 + 0x0B
    locked[place] |= 0x01
    assert reason(bytes(locked)) == "encrypted"
    assert Message({}, "-----BEGIN PGP MESSAGE-----\nabc", []).encrypted


def test_an_encrypted_office_file_is_recognised(compounded: Callable[[Mapping[str, bytes]], bytes]) -> None:
    assert reason(compounded({"EncryptedPackage": bytes(80), "EncryptionInfo": bytes(80)})) == "encrypted"
    assert reason(compounded({"SomethingElse": bytes(80)})) == "unsupported"


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx", "odt", "doc", "msg"])
def test_a_file_that_was_cut_short_is_damaged(kind: str, files: dict[str, bytes]) -> None:
    assert reason(files[kind][: len(files[kind]) // 3]) == "damaged"


def test_a_compression_bomb_is_refused(archive: Zip) -> None:
    bomb = archive({"[Content_Types].xml": "<Types/>", "word/document.xml": b"<w>" + b" " * 30_000_000})
    assert reason(bomb) == "compression_bomb"
    assert reason(bomb, limits=Limits(ratio=10_000, expanded=1_000_000)) == "too_large"


def test_document_types_are_refused_so_that_no_entity_expands(archive: Zip) -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w:document xmlns:w="w">&b;</w:document>'
    assert reason(archive({"[Content_Types].xml": "<Types/>", "word/document.xml": laughs})) == "hostile"
    deep = "<a>" * 5000 + "</a>" * 5000
    assert reason(archive({"[Content_Types].xml": "<Types/>", "word/document.xml": deep})) == "hostile"


def test_containers_inside_containers_are_bounded(archive: Zip, files: dict[str, bytes]) -> None:
    data = files["docx"]
    for _ in range(6):
        data = archive({"inner.bin": data})
    assert reason(data) == "too_deep"
    assert read(data, limits=Limits(depth=6)).parts[0].meta["format"] == "zip"


def test_bounds_on_size_members_parts_and_cells(archive: Zip, files: dict[str, bytes]) -> None:
    assert reason(files["txt"], limits=Limits(size=5)) == "too_large"
    many = archive({f"{number}.txt": SENTENCE for number in range(9)})
    assert reason(many, limits=Limits(members=8)) == "too_large"
    document = read(many, limits=Limits(parts=4))
    assert (len(document.parts), document.truncated) == (4, True)
    assert read(files["csv"], limits=Limits(cells=4)).truncated


def test_a_long_document_keeps_headings_and_its_first_page_within_the_budget(archive: Zip) -> None:
    heading = '<w:p><w:pPr><w:pStyle w:val="T"/></w:pPr><w:r><w:t>Part {}</w:t></w:r></w:p>'
    styles = '<w:styles xmlns:w="w"><w:style w:styleId="T"><w:name w:val="Heading 1"/></w:style></w:styles>'
    body = "".join(
        heading.format(number) + f"<w:p><w:r><w:t>{'words ' * 200}</w:t></w:r></w:p>" for number in range(40)
    )
    data = archive(
        {
            "[Content_Types].xml": "<T/>",
            "word/styles.xml": styles,
            "word/document.xml": f'<w:d xmlns:w="w"><w:body>{body}</w:body></w:d>',
        }
    )
    document = read(data, limits=Limits(text=4_000))
    assert document.truncated
    assert len(document.body) <= 4_000
    assert document.body.startswith("Part 0\nwords words")
    assert "Part 39" in document.body
    assert {span.kind for span in document.removed} == {"budget"}


def test_scanned_pages_need_an_engine_and_say_so(scanned_pdf: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert reason(scanned_pdf) == "ocr_missing"


def test_every_limit_has_its_sentence() -> None:
    import ast
    from pathlib import Path

    import model.reading.limits as module

    lines = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    body = next(node.body for node in lines.body if isinstance(node, ast.ClassDef))
    named = [node for node in body if isinstance(node, ast.AnnAssign)]
    followed = [body[body.index(node) + 1] for node in named]
    assert len(named) == len(dataclasses.fields(Limits))
    assert all(isinstance(node, ast.Expr) for node in followed)
