"""Keys, scopes, tenants, quotas: who may do what, and what nobody else sees."""

import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model.errors import NotFound, SortationError
from serving import commands
from serving.app import create_app
from serving.auth import Door, Forbidden, Unauthorized
from serving.quotas import QuotaExceeded, Quotas
from serving.store import Store
from tests.serving.conftest import Serve, settings_of


def key_of(home: Path, tenant: str = "acme", scopes: str = "classify,review") -> dict[str, str]:
    secret = commands.create_key(settings_of(home), tenant, scopes, "")[0]
    return {"Authorization": f"Bearer {secret}"}


def ask(client: TestClient, headers: dict[str, str] | None = None, body: str = "where is it?") -> Any:
    return client.post("/v1/classify", json={"body": body}, headers=headers)


def test_bound_to_other_machines_it_needs_keys(home: Path, serve: Serve) -> None:
    with pytest.raises(SortationError, match="no API key"):
        create_app(settings_of(home, host="0.0.0.0"))  # noqa: S104 - that is what is tested
    key = key_of(home)
    client = serve(host="0.0.0.0")  # noqa: S104
    refused = ask(client)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert ask(client, key).status_code == 200
    assert ask(client, {"X-API-Key": key["Authorization"].split()[1]}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_loopback_is_served_without_a_key(home: Path, host: str) -> None:
    assert settings_of(home, host=host).local


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com"])  # noqa: S104
def test_anything_else_is_not(home: Path, host: str) -> None:
    assert not settings_of(home, host=host).local


def test_a_request_that_came_through_a_proxy_needs_a_key(client: TestClient) -> None:
    assert ask(client, {"X-Forwarded-For": "10.0.0.1"}).status_code == 401


def test_a_page_of_another_site_needs_a_key_and_ones_own_does_not(client: TestClient) -> None:
    for origin, status in (("http://elsewhere.example", 401), ("null", 401), ("http://127.0.0.1", 200)):
        headers = {"Origin": origin, "Content-Type": "text/plain"}
        assert client.post("/v1/classify", content=b"where is it?", headers=headers).status_code == status


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.7:8000"])
def test_a_name_that_somebody_points_to_this_machine_needs_a_key(client: TestClient, host: str) -> None:
    assert ask(client, {"Host": host, "Origin": f"http://{host}"}).status_code == 401
    assert ask(client, {"Host": host}).status_code == 401


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:80", "[::1]:8000", "127.1.2.3"])
def test_the_names_of_this_machine_do_not(client: TestClient, host: str) -> None:
    assert ask(client, {"Host": host}).status_code == 200


@pytest.mark.parametrize("sent", ["Bearer nonsense", "Bearer ", "Basic eDp5", "Bearer sortation_000000000000_x"])
def test_a_wrong_key_is_refused_even_on_loopback(client: TestClient, sent: str) -> None:
    assert ask(client, {"Authorization": sent}).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "path", "method", "status"),
    [
        ("review", "/v1/classify", "POST", 403),
        ("review", "/v1/classify/batch", "POST", 403),
        ("review", "/v1/jobs", "GET", 403),
        ("review", "/v2/models/sortation/infer", "POST", 403),
        ("review", "/invocations", "POST", 403),
        ("classify", "/v1/predictions/x", "GET", 403),
        ("review", "/v1/predictions/x", "GET", 404),
        ("classify,review,train", "/v1/erasures", "GET", 403),
        ("classify,review,train", "/metrics", "GET", 403),
        ("classify,review", "/v1/corrections", "GET", 403),
        ("train", "/v1/corrections", "GET", 200),
        ("admin", "/v1/predictions/x", "GET", 404),
        ("admin", "/v1/erasures", "GET", 200),
        ("train", "/v1/models", "GET", 200),
    ],
)
def test_each_address_needs_its_scope(
    serve: Serve, home: Path, scopes: str, path: str, method: str, status: int
) -> None:
    key = key_of(home, scopes=scopes)
    assert serve().request(method, path, headers=key).status_code == status


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/erasures%0A", "POST"),
        ("/v1/corrections%0A", "GET"),
        ("/metrics%0A", "GET"),
        ("/v1/classify%0A", "POST"),
        ("/v1/predictions/x%0A/feedback", "POST"),
        ("/health/live%0A", "GET"),
    ],
)
def test_a_line_end_in_an_address_opens_no_door(serve: Serve, home: Path, path: str, method: str) -> None:
    key = key_of(home, "default", "classify")
    assert serve().request(method, path, headers=key, json={"body": "x"}).status_code == 404


def test_a_revoked_key_ends_and_a_new_one_begins_while_the_server_runs(serve: Serve, home: Path) -> None:
    client = serve(poll=0.05)
    key = key_of(home)
    until = time.monotonic() + 20
    while ask(client, key).status_code != 200 and time.monotonic() < until:
        time.sleep(0.02)
    assert ask(client, key).status_code == 200
    number = key["Authorization"].split("_")[1]
    commands.revoke_key(settings_of(home), number)
    while ask(client, key).status_code != 401 and time.monotonic() < until:
        time.sleep(0.02)
    assert ask(client, key).status_code == 401
    with pytest.raises(NotFound, match=number):
        commands.revoke_key(settings_of(home), number)


def test_a_secret_is_nowhere_on_disk(home: Path) -> None:
    secret = key_of(home)["Authorization"].split()[1]
    files = [file for file in home.rglob("*") if file.is_file()]
    assert not any(secret.split("_")[2].encode() in file.read_bytes() for file in files)
    assert secret.split("_")[1] in commands.list_keys(settings_of(home))[0]


@pytest.mark.parametrize(
    ("tenant", "scopes"), [("Acme Ltd", "classify"), ("acme", "root"), ("acme", ""), ("", "admin")]
)
def test_a_key_with_a_wrong_name_or_scope_is_not_made(home: Path, tenant: str, scopes: str) -> None:
    with pytest.raises(SortationError):
        commands.create_key(settings_of(home), tenant, scopes, "")


def test_a_tenant_sees_nothing_of_another(serve: Serve, home: Path) -> None:
    acme, other = key_of(home, "acme", "admin"), key_of(home, "other", "admin")
    client = serve()
    number = ask(client, acme).json()["prediction_id"]
    job = client.post("/v1/jobs", json={"items": [{"body": "x"}]}, headers=acme).json()["job_id"]
    client.post(f"/v1/predictions/{number}/feedback", json={"correct": True}, headers=acme)
    for path in (f"/v1/predictions/{number}", f"/v1/jobs/{job}", f"/v1/jobs/{job}/results"):
        assert client.get(path, headers=acme).status_code == 200
        for stranger in (other, None):
            assert client.get(path, headers=stranger).status_code == 404
    assert client.post(f"/v1/predictions/{number}/feedback", json={"correct": True}, headers=other).status_code == 404
    assert client.post(f"/v1/jobs/{job}/cancel", headers=other).status_code == 404
    assert client.get("/v1/jobs", headers=other).json() == {"jobs": []}
    assert client.get("/v1/corrections", headers=other).text == ""
    assert client.get("/v1/corrections", headers=acme).text.count("\n") == 1
    same = {"Idempotency-Key": "k"}
    first = ask(client, acme | same).json()["prediction_id"]
    assert ask(client, other | same).json()["prediction_id"] != first


def test_a_tenant_with_a_folder_has_rules_of_its_own(home: Path, tmp_path: Path, serve: Serve) -> None:
    import shutil

    data = tmp_path / "data"
    shutil.copytree(settings_of(home).data, data, ignore=shutil.ignore_patterns("corpus"))
    (data / "tenants" / "acme").mkdir(parents=True)
    (data / "tenants" / "acme" / "routing.yaml").write_text("version: 1\nfallback: {queue: acme-only}\n")
    acme, other = key_of(home, "acme"), key_of(home, "other")
    client = serve(data=data)
    assert ask(client, acme).json()["route"]["queue"] == "acme-only"
    assert ask(client, other).json()["route"]["queue"] != "acme-only"


def test_a_quota_is_counted_in_items_and_said_in_headers(serve: Serve, home: Path) -> None:
    key = key_of(home)
    commands.set_quota(settings_of(home), "acme", 5)
    client = serve()
    first = ask(client, key)
    assert first.headers["ratelimit-limit"] == "5"
    assert first.headers["ratelimit-remaining"] == "4"
    assert 0 < int(first.headers["ratelimit-reset"]) <= 60
    items = {"items": [{"body": "x"}] * 5}
    refused = client.post("/v1/classify/batch", json=items, headers=key)
    assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
    assert "ratelimit-limit" not in ask(client).headers


def test_a_quota_begins_anew_each_minute() -> None:
    clock = [0.0]
    quotas = Quotas(10, dict, lambda: clock[0])
    quotas.take("a", 10)
    with pytest.raises(QuotaExceeded):
        quotas.take("a", 1)
    quotas.take("b", 1)
    clock[0] = 59.9
    with pytest.raises(QuotaExceeded):
        quotas.take("a", 1)
    clock[0] = 60.0
    quotas.take("a", 1)


def test_a_part_of_many_items_is_what_is_left_of_the_quota() -> None:
    clock = [0.0]
    quotas = Quotas(10, {"free": 0}.copy, lambda: clock[0])
    assert [quotas.part("a", 4), quotas.part("a", 9), quotas.part("a", 1)] == [4, 6, 0]
    assert (quotas.part("free", 1_000), quotas.used_up()) == (1_000, ["a"])
    clock[0] = 60.0
    assert quotas.used_up() == []
    assert quotas.part("a", 1) == 1


def test_each_of_several_processes_grants_one_item_at_least() -> None:
    assert [Quotas(rate, dict, share=4).limit("a") for rate in (0, 3, 4, 9)] == [0, 1, 1, 2]


def test_what_would_exceed_a_quota_takes_nothing_of_it() -> None:
    quotas = Quotas(10, dict, lambda: 0.0)
    with pytest.raises(QuotaExceeded):
        quotas.take("a", 11)
    quotas.take("a", 10)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/docs", "/openapi.json", "/", "/v2", "/ping"])
def test_what_anybody_may_read_needs_no_key(path: str, url: str) -> None:
    store = Store(url)
    assert Door(store, anonymous=False).admit(path, {}).scopes == frozenset()
    store.close()


@pytest.mark.parametrize(
    "path", ["/v1/models", "/metrics", "/v1/classify", "/nothing", "/v2/models/x", "/v1/classify/"]
)
def test_everything_else_does(path: str, url: str) -> None:
    store = Store(url)
    with pytest.raises((Unauthorized, Forbidden)):
        Door(store, anonymous=False).admit(path, {})
    store.close()
