"""What can be sent: JSON with all its fields, mails, files, forms; and what is told of it."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest
from starlette.testclient import TestClient

WORDS = "The blender that came with order 4500123 stopped after two weeks and I want my 1250.00 EUR back"
MAIL = (
    "From: Ana Lima <ana@example.org>\r\nTo: desk@example.com\r\nSubject: Broken blender\r\n"
    "Message-ID: <one@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    f"{WORDS}.\r\n\r\n-- \r\nAna Lima\r\nAcme GmbH\r\n"
).encode()


def docx(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        body = f'<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
        archive.writestr("word/document.xml", body)
    return out.getvalue()


def ask(client: TestClient, **item: Any) -> Any:
    answer = client.post("/v1/classify", json=item)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(client: TestClient, content: bytes, kind: str, query: str = "") -> Any:
    answer = client.post(f"/v1/classify{query}", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_answer_says_what_was_cleaned_off_and_where(client: TestClient) -> None:
    body = f"{WORDS}.\n\n-- \nAna Lima\nAcme GmbH\n"
    answer = ask(client, body=body, channel="email")
    (removed,) = answer["cleaning"]["removed"]
    assert (removed["kind"], removed["text"]) == ("signature", None)
    assert body[removed["start"] : removed["end"]].strip().startswith("--")
    assert answer["cleaning"]["truncated"] is False
    (shown,) = ask(client, body=body, channel="email", options={"cleaning": True})["cleaning"]["removed"]
    assert shown["text"] == body[removed["start"] : removed["end"]]


def test_identifiers_come_when_asked_for_with_their_places(client: TestClient) -> None:
    assert ask(client, body=WORDS)["entities"] is None
    found = ask(client, subject="RMA 77120", body=WORDS, options={"entities": True})["entities"]
    assert [(each["type"], each["field"]) for each in found] == [
        ("rma", "subject"),
        ("order", "body"),
        ("amount", "body"),
    ]
    assert all(WORDS[e["start"] : e["end"]] == e["value"] for e in found if e["field"] == "body")
    assert found[2]["normalized"] == "1250.00 EUR"


def test_a_large_refund_goes_to_approval(client: TestClient) -> None:
    plenty = "Please refund me: the jacket does not fit and I sent it back last week. I want {} returned to my card."
    routes = [ask(client, body=plenty.format(sum_))["route"]["rule"] for sum_ in ("1250.00 EUR", "12.00 EUR")]
    assert (routes[0] == "much-money-back") is (routes[1] == "money-back")
    assert routes[1] != "much-money-back"


def test_text_in_an_untrained_language_is_reviewed(client: TestClient) -> None:
    body = "Wo bleibt unsere Bestellung? Wir warten seit zwei Wochen auf die Ware und brauchen sie dringend."
    answer = ask(client, body=body)
    assert (answer["decision"], answer["language"]["code"], answer["language"]["supported"]) == ("review", "de", False)
    assert "unsupported_language" in answer["reason"]
    english = ask(client, body=WORDS)
    assert (english["language"]["code"], english["language"]["supported"]) == ("en", True)
    assert "unsupported_language" in ask(client, body="PO 4500 qty?", language="fr-CA")["reason"]


def test_all_fields_of_an_item_are_taken(client: TestClient) -> None:
    answer = ask(
        client,
        id="t-9",
        subject="Broken",
        html=f"<p>Hello,</p><p>{WORDS}</p>",
        channel="ticket",
        sent_at="2026-03-04T10:00:00Z",
        metadata={"shop": 7, "vip": True},
        to=["desk@example.com"],
        options={"route": False},
        **{"from": "Ana Lima <ana@example.org>"},
    )
    assert (answer["id"], answer["route"], answer["metadata"]) == ("t-9", None, {"shop": 7, "vip": True})
    plain = ask(client, subject="Broken", body=f"Hello,\n\n{WORDS}", channel="ticket")
    assert answer["labels"] == plain["labels"]


def attached(name: str, data: bytes) -> dict[str, str]:
    return {"filename": name, "content_b64": base64.b64encode(data).decode()}


def test_an_attachment_that_cannot_be_read_is_named_and_the_item_answered(client: TestClient) -> None:
    files = [attached("order.docx", docx(WORDS)), attached("bad.pdf", b"%PDF-1.4\nnothing")]
    answer = ask(client, body="see attached", attachments=files, options={"entities": True})
    good, bad = answer["attachments"]
    assert (good["filename"], good["format"], good["reason"]) == ("order.docx", "docx", None)
    assert (bad["filename"], bad["reason"]) == ("bad.pdf", "damaged")
    assert bad["detail"]
    assert {each["field"] for each in answer["entities"]} == {"attachments.0"}
    assert answer["labels"] == ask(client, body=f"see attached\n\n{WORDS}")["labels"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(MAIL, "message/rfc822", id="mail"),
        pytest.param(WORDS.encode("utf-16"), "text/plain; charset=utf-16", id="text"),
        pytest.param(docx(WORDS), "application/octet-stream", id="some file"),
        pytest.param(docx(WORDS), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", id="Word"),
        pytest.param(f"<html><body><p>{WORDS}</p></body></html>".encode(), "text/html", id="HTML"),
    ],
)
def test_a_body_of_any_type_is_read(client: TestClient, content: bytes, kind: str) -> None:
    answer = send(client, content, kind, "?id=f-1&entities=true&channel=ticket")
    assert answer["id"] == "f-1"
    assert ("order", "4500123") in [(each["type"], each["normalized"]) for each in answer["entities"]]


def test_a_mail_brings_its_own_id_and_is_cleaned(client: TestClient) -> None:
    answer = send(client, MAIL, "message/rfc822")
    assert answer["id"] == "<one@example.org>"
    assert [each["kind"] for each in answer["cleaning"]["removed"]] == ["signature"]


def test_a_form_can_hold_a_file_with_its_fields(client: TestClient) -> None:
    answer = client.post(
        "/v1/classify",
        files={"file": ("mail.eml", MAIL, "message/rfc822")},
        data={"id": "f-2", "channel": "ticket", "entities": "true", "top_k": "1"},
    ).json()
    assert (answer["id"], len(answer["alternatives"]), answer["attachments"]) == ("f-2", 1, [])
    assert len(answer["entities"]) == 2


def test_a_file_beside_a_text_is_its_attachment(client: TestClient) -> None:
    files = {"file": ("order.docx", docx("Pallets"))}
    answer = client.post("/v1/classify", files=files, data={"subject": "Broken", "body": WORDS}).json()
    assert [each["filename"] for each in answer["attachments"]] == ["order.docx"]
    assert answer["labels"] == ask(client, subject="Broken", body=WORDS)["labels"]


FORM = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("content", "kind", "status", "reason", "said"),
    [
        pytest.param(b"%PDF-1.4\nnothing", "application/pdf", 422, "damaged", "PDF", id="damaged"),
        pytest.param(
            b"\x7fELF\x02\x01\x01" + bytes(90), "application/octet-stream", 415, "unsupported", "", id="program"
        ),
        pytest.param(b"   \n ", "text/plain", 422, "empty", "empty", id="blank text"),
        pytest.param(b"a=b", "application/x-www-form-urlencoded", 415, None, "application/json", id="urlencoded"),
        pytest.param(b"x", FORM, 400, None, "ends too early", id="no form"),
        pytest.param(b"x", "multipart/form-data", 400, None, "boundary", id="no boundary"),
        pytest.param(b"--b\r\n\r\nx\r\n--b--", FORM, 400, None, "has no name", id="nameless part"),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="colour"\r\n\r\nred\r\n--b--',
            FORM,
            422,
            None,
            "unknown field 'colour'",
            id="unknown field",
        ),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="channel"\r\n\r\nfax\r\n--b--',
            FORM,
            422,
            None,
            "channel: input should be 'email'",
            id="wrong field",
        ),
        pytest.param(
            b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\n1\r\n--b--', FORM, 422, "empty", "", id="no text"
        ),
    ],
)
def test_what_cannot_be_read_gets_a_problem_with_its_reason(
    client: TestClient, content: bytes, kind: str, status: int, reason: str | None, said: str
) -> None:
    answer = client.post("/v1/classify", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("reason") == reason
    assert said in answer.json()["detail"]


def test_an_item_of_unreadable_attachments_alone_is_refused_with_the_reason(client: TestClient) -> None:
    answer = client.post("/v1/classify", json={"attachments": [attached("bad.pdf", b"%PDF-1.4\nnothing")]})
    assert (answer.status_code, answer.json()["reason"]) == (422, "damaged")
    broken = client.post("/v1/classify", json={"body": "x", "attachments": [{"content_b64": "%%%"}]})
    assert broken.status_code == 422
    assert "attachments.0.content_b64" in broken.json()["detail"]


def test_files_may_be_larger_than_json(client: TestClient) -> None:
    long = json.dumps({"body": "x" * 1_200_000}).encode()
    assert client.post("/v1/classify", content=long, headers={"Content-Type": "application/json"}).status_code == 413
    page = b"<html><body>" + b"<p>where is the crate</p>" * 50_000 + b"</body></html>"
    answer = send(client, page, "text/html")
    assert answer["cleaning"]["truncated"] is True
    assert "truncated" in answer["reason"]


def test_openapi_names_the_types_that_are_read(client: TestClient) -> None:
    body = client.get("/openapi.json").json()["paths"]["/v1/classify"]["post"]["requestBody"]["content"]
    assert set(body) >= {"application/json", "message/rfc822", "text/plain", "multipart/form-data"}
    assert body["application/json"]["schema"] == {"$ref": "#/components/schemas/ClassifyIn"}


def test_items_of_a_batch_have_attachments_and_problems_of_their_own(client: TestClient) -> None:
    bad = attached("bad.pdf", b"%PDF-1.4\nnothing")
    items = [{"body": "see attached", "attachments": [attached("order.docx", docx(WORDS))]}, {"attachments": [bad]}]
    first, second = client.post("/v1/classify/batch", json={"items": items}).json()["items"]
    assert first["answer"]["labels"] == ask(client, body=f"see attached\n\n{WORDS}")["labels"]
    assert (second["status"], second["error"]["reason"]) == (422, "damaged")
