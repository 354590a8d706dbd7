"""Strangers' files: whatever they hold, they get an answer or a problem, and the server goes on."""

import base64
import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from model.reading import Limits
from tests.serving.conftest import Serve

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
REASONS = {
    "damaged", "unsupported", "mislabelled", "empty", "no_text", "ocr_missing", "encrypted", "too_large", "too_deep",
    "hostile", "compression_bomb", "memory", "timeout", "crashed", "ocr_failed",
}  # fmt: skip


def zipped(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def pdf() -> bytes:
    text = zlib.compress(b"BT /F1 12 Tf 72 700 Td (Where is the crate) Tj ET")
    parts = [
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/MediaBox[0 0 600 800]>>",
        b"endobj 4 0 obj<</Filter/FlateDecode/Length %d>>stream" % len(text),
        text,
        b"endstream endobj 5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>",
        b"%%EOF",
    ]
    return b"\n".join(parts)


SEEDS = {
    "message/rfc822": b"From: a@b.org\nSubject: crate\nContent-Type: multipart/mixed; boundary=x\n\n"
    b"--x\n\nWhere is the crate?\n--x\nContent-Type: text/csv\n\na;b\n1;2\n--x--\n",
    "application/pdf": pdf(),
    "application/zip": zipped({"a.txt": "Where is the crate", "b.html": "<p>Gate 4"}),
    "application/octet-stream": zipped(
        {
            "[Content_Types].xml": "<T/>",
            "word/document.xml": '<d xmlns:w="w"><w:p><w:r><w:t>crate</w:t></w:r></w:p></d>',
        }
    ),
    "application/vnd.ms-outlook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<16xHHHHH", 62, 3, 65534, 9, 6),
    "text/html": b"<html><body><h1>Crate</h1><table><tr><td>7</table>",
    "application/rtf": b"{\\rtf1\\ansi Where is the crate\\par}",
    "text/csv": b"item;count\ncrate;7\nbox;8\n",
}


def attempt(client: TestClient, content: bytes, kind: str) -> None:
    answer = client.post("/v1/classify", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (200, 400, 413, 415, 422), answer.text
    problem = answer.json()
    if answer.status_code != 200:
        assert problem["detail"]
        assert problem.get("reason") in {None, *REASONS}


def broken(data: st.DataObject, seed: bytes) -> bytes:
    content = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    return bytes(content[: data.draw(st.integers(0, len(content))) or None])


@CALM
@given(data=st.data(), kind=st.sampled_from(sorted(SEEDS)))
def test_broken_files_get_an_answer_or_a_problem(client: TestClient, data: st.DataObject, kind: str) -> None:
    attempt(client, broken(data, SEEDS[kind]), kind)


@CALM
@given(data=st.data(), kind=st.sampled_from(sorted(SEEDS)))
def test_broken_attachments_do_not_fail_the_item(client: TestClient, data: st.DataObject, kind: str) -> None:
    content = base64.b64encode(broken(data, SEEDS[kind])).decode()
    item = {"body": "where is the crate?", "attachments": [{"content_type": kind, "content_b64": content}]}
    answer = client.post("/v1/classify", json=item)
    assert answer.status_code == 200, answer.text
    assert {each["reason"] for each in answer.json()["attachments"]} <= {None, *REASONS}


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="subject"\r\n\r\ncrate\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n'
    b"Where is it\r\n--b--\r\n"
)


@CALM
@given(data=st.data())
def test_broken_forms_get_an_answer_or_a_problem(client: TestClient, data: st.DataObject) -> None:
    attempt(client, broken(data, FORM), "multipart/form-data; boundary=b")


@CALM
@given(st.text(max_size=60), st.binary(max_size=60))
def test_any_content_type_gets_an_answer_or_a_problem(client: TestClient, kind: str, content: bytes) -> None:
    attempt(client, content, kind.encode("ascii", "ignore").decode().replace("\n", "").replace("\r", "").strip())


def alive(client: TestClient) -> bool:
    return (
        client.get("/health/live").status_code == 200
        and client.post("/v1/classify", json={"body": "where is my parcel"}).status_code == 200
    )


def test_a_parser_that_hangs_is_an_error_for_its_file_alone(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    client = serve(reading=Limits(seconds=1))
    answer = client.post("/v1/classify", content=PNG, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "timeout")
    assert alive(client)
    html = client.post("/v1/classify", content=SEEDS["text/html"], headers={"Content-Type": "text/html"})
    assert html.status_code == 200, html.text


def test_a_parser_that_is_killed_is_an_error_for_its_file_alone(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nkill -9 $PPID\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    client = serve()
    answer = client.post("/v1/classify", content=PNG, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "crashed")
    assert alive(client)
    html = client.post("/v1/classify", content=SEEDS["text/html"], headers={"Content-Type": "text/html"})
    assert html.status_code == 200, html.text


def test_a_file_over_the_bound_of_memory_is_an_error_for_it_alone(serve: Serve) -> None:
    client = serve(reading=Limits(memory=48 * 2**20))
    answer = client.post("/v1/classify", content=b"<p>x y " * 2_000_000, headers={"Content-Type": "text/html"})
    assert answer.json()["reason"] in ("memory", "crashed")
    assert alive(client)


def test_files_of_one_item_share_the_bound_of_time(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    client = serve(reading=Limits(seconds=1))
    pictures = [{"filename": f"{n}.png", "content_b64": base64.b64encode(PNG).decode()} for n in range(5)]
    answer = client.post("/v1/classify", json={"body": "where is my parcel", "attachments": pictures}).json()
    assert [each["reason"] for each in answer["attachments"]] == ["timeout"] * 5
    assert [each["detail"].startswith("The files before it") for each in answer["attachments"]] == [False] + [True] * 4
