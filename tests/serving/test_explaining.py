"""Explanations and prediction sets as callers get them: complete, in place, only when asked for, and kept."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.explaining import MOST
from tests.serving.conftest import Serve

BODY = "Hello team,\n\nthe courier says delivered, my porch says no. Find out where it went?\n\n-- \nAna Lima\nAcme"
ITEM = {"subject": "Parcel from Tuesday", "body": BODY, "channel": "email"}


def ask(client: TestClient, options: dict[str, Any], **more: Any) -> Any:
    answer = client.post("/v1/classify", json=ITEM | {"options": options} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def total(level: dict[str, Any]) -> float:
    return float(level["base"] + level["rest"] + sum(part["weight"] for part in level["parts"]))


def test_nothing_is_explained_unless_asked_for(client: TestClient) -> None:
    answer = ask(client, {})
    assert answer["explanation"] is None
    assert answer["sets"] is None


def test_parts_add_up_to_each_labels_score(client: TestClient) -> None:
    answer = ask(client, {"explain": True})
    for level, label in answer["labels"].items():
        told = answer["explanation"][level]
        assert told["label"] == label != told["against"]
        assert total(told) == pytest.approx(told["score"], abs=1e-3)


def test_parts_stand_where_they_were_sent(client: TestClient) -> None:
    parts = ask(client, {"explain": True})["explanation"]["service"]["parts"]
    assert len(parts) > 10
    for part in parts:
        assert ITEM[part["field"]][part["start"] : part["end"]] == part["text"]


def test_parts_of_a_long_text_are_bounded_strongest_first_and_still_add_up(client: TestClient) -> None:
    body = " ".join(f"{word} {k}" for k in range(40) for word in ("invoice", "refund", "pallet", "late"))
    told = ask(client, {"explain": True}, body=body)["explanation"]["service"]
    weights = [abs(part["weight"]) for part in told["parts"]]
    assert len(weights) == MOST
    assert weights == sorted(weights, reverse=True)
    assert total(told) == pytest.approx(told["score"], abs=1e-3)


def test_a_kept_prediction_still_says_why(client: TestClient) -> None:
    answer = ask(client, {"explain": True, "sets": 0.1})
    kept = client.get(f"/v1/predictions/{answer['prediction_id']}").json()["answer"]
    assert kept["explanation"] == answer["explanation"]
    assert kept["sets"] == answer["sets"]


def test_items_of_a_batch_are_explained_one_by_one(client: TestClient) -> None:
    items = [ITEM | {"options": {"explain": True}}, ITEM | {"options": {"sets": 0.1}}, ITEM]
    found = [each["answer"] for each in client.post("/v1/classify/batch", json={"items": items}).json()["items"]]
    assert [each["explanation"] is not None for each in found] == [True, False, False]
    assert [each["sets"] is not None for each in found] == [False, True, False]


def test_a_job_explains_the_lines_that_ask_for_it(client: TestClient) -> None:
    lines = "\n".join(json.dumps(each) for each in (ITEM | {"options": {"explain": True}}, ITEM))
    job = client.post("/v1/jobs", content=lines, headers={"Content-Type": "application/x-ndjson"}).json()
    while client.get(f"/v1/jobs/{job['job_id']}").json()["state"] != "done":
        pass
    found = [json.loads(line)["answer"] for line in client.get(job["results"]).text.splitlines()]
    assert [each["explanation"] is not None for each in found] == [True, False]


def test_a_file_is_explained_by_its_query(client: TestClient) -> None:
    sent = "the pallet came without papers, who has them?"
    answer = client.post(
        "/v1/classify?explain=true&sets=0.2", content=sent, headers={"Content-Type": "text/plain"}
    ).json()
    for part in answer["explanation"]["stage"]["parts"]:
        assert sent[part["start"] : part["end"]] == part["text"]
    assert answer["sets"]["error_rate"] == 0.2


def test_a_redacting_server_keeps_places_and_weights_but_no_words(serve: Serve) -> None:
    client = serve(redact=True)
    answer = ask(client, {"explain": True})
    kept = client.get(f"/v1/predictions/{answer['prediction_id']}").json()["answer"]["explanation"]
    for level, told in answer["explanation"].items():
        assert all(part["text"] for part in told["parts"])
        assert kept[level] == {**told, "parts": [{**part, "text": None} for part in told["parts"]]}


def test_sets_hold_what_was_answered(client: TestClient) -> None:
    for rate in (0.1, 0.2):
        answer = ask(client, {"sets": rate})
        sets = answer["sets"]
        assert (sets["error_rate"], sets["holds"], sets["reason"]) == (rate, True, None)
        assert all(label in sets["labels"][level] for level, label in answer["labels"].items())
        assert sets["combinations"][0] == answer["labels"]


def test_a_stricter_rate_never_gives_a_smaller_set(client: TestClient) -> None:
    strict, loose = (ask(client, {"sets": rate})["sets"]["labels"] for rate in (0.05, 0.2))
    assert all(set(loose[level]) <= set(strict[level]) for level in strict)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        pytest.param(0.001, "this model has no sets at 0.001; there are sets at", id="a rate without cutoffs"),
        pytest.param(0.01, "calibration items are too few for 0.01: ", id="too few items"),
    ],
)
def test_a_rate_that_cannot_be_kept_is_refused_with_the_reason(client: TestClient, rate: float, said: str) -> None:
    sets = ask(client, {"sets": rate})["sets"]
    assert sets["reason"].startswith(said) or said in sets["reason"]
    assert (sets["holds"], sets["labels"], sets["combinations"]) == (False, None, None)


@pytest.mark.parametrize("rate", [0, 1, -0.1, "much"])
def test_a_rate_that_is_none_is_an_error(client: TestClient, rate: Any) -> None:
    assert client.post("/v1/classify", json=ITEM | {"options": {"sets": rate}}).status_code == 422
