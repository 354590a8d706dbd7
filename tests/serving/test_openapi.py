"""What OpenAPI says holds: no answer fails, none has a status, a media type, a header or a shape that is not described.

Schemathesis makes up the requests, right ones and wrong ones.
"""

import os
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as kept
from starlette.testclient import TestClient

from serving.app import GROUPS

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "12"))
"""Requests made up for each address and method. Before a release: OPENAPI_EXAMPLES=300."""
CHECKS = [
    checks.not_a_server_error,
    kept.status_code_conformance,
    kept.content_type_conformance,
    kept.response_headers_conformance,
    kept.response_schema_conformance,
]
ADDRESSES = sorted(
    (route.path, method) for group in GROUPS for route in group.router.routes for method in route.methods
)
CALM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking would send thousands of requests to find a nicer one
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def schema(client: TestClient) -> Any:
    return schemathesis.openapi.from_dict(client.get("/openapi.json").json())


@pytest.fixture(scope="module")
def real(client: TestClient) -> dict[str, str]:
    """Values of path parameters that stand for something."""
    item = {"body": "where is my parcel?"}
    made = client.post("/v1/classify", json=item).json()
    job = client.post("/v1/jobs", json={"items": [item]}).json()["job_id"]
    named = {"name": made["model"]["name"], "version": str(made["model"]["version"])}
    return {"prediction_id": made["prediction_id"], "job_id": job} | named


@pytest.mark.parametrize(("path", "method"), ADDRESSES)
def test_every_answer_is_described(
    client: TestClient, schema: Any, real: dict[str, str], path: str, method: str
) -> None:
    operation = schema[path][method]
    fixed = {name: value for name, value in real.items() if f"{{{name}}}" in path}
    strategies = [operation.as_strategy(mode) for mode in GenerationMode]
    if fixed:
        strategies += [operation.as_strategy(mode, path_parameters=fixed) for mode in GenerationMode]

    @CALM
    @given(st.one_of(strategies))
    def ask(case: Any) -> None:
        made: Any = requests.Request(**case.as_transport_kwargs(base_url=str(client.base_url))).prepare()
        answer = client.request(
            made.method, made.url, content=made.body or b"", headers=dict(made.headers), follow_redirects=False
        )
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_every_address_is_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert sorted((path, method.upper()) for path, methods in paths.items() for method in methods) == ADDRESSES


def references(plain: Any) -> set[str]:
    """Every address that something in a document points to."""
    if isinstance(plain, list):
        return {found for each in plain for found in references(each)}
    if not isinstance(plain, dict):
        return set()
    here = {plain["$ref"]} if isinstance(plain.get("$ref"), str) else set()
    return here | {found for each in plain.values() for found in references(each)}


def test_no_reference_leads_nowhere(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert references(described) <= known


def test_an_address_that_takes_no_put_says_so_with_an_idempotency_key_too(client: TestClient) -> None:
    for key in ({}, {"Idempotency-Key": "once"}):
        answer = client.put("/v1/classify", json={"body": "x"}, headers=key)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.headers["content-type"] == "application/problem+json"
