"""Two real models in one server: one answers, the other looks at the answers, and both are compared."""

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from model import bundle, signing
from model.classifier import Classifier
from model.document import OUT_OF_SCOPE, Document
from model.errors import SortationError
from model.preparation import prepare
from model.taxonomy import Taxonomy
from serving.models import current
from serving.shadow import Shadow, drawn
from serving.store import Store, Stored
from serving.store.repository import Feedback
from serving.store.shadows import Pairing, Shadowed
from sortation import main
from tests.serving.conftest import Serve, settings_of
from training.corpus import Item
from training.fitting import Settings, fit
from training.shares import Shares


@pytest.fixture(scope="module")
def rival(shares: Shares, taxonomy: Taxonomy) -> Classifier:
    """A classifier that learned half as much."""
    return fit(shares.fit[::2], shares.calibration, taxonomy, Settings(epochs=4))


def put(home: Path, made: Classifier, version: int, alias: str) -> None:
    """A signed model in a home's cache, as the last good one under an alias."""
    folder = home / "models" / f"sortation-{version}"
    bundle.save(replace(made, about={"languages": ["en"]}), folder)
    signing.sign(folder, signing.own_key(home))
    (home / "models" / current("sortation", alias)).write_text(json.dumps({"folder": folder.name, "version": version}))


@pytest.fixture
def contested(home: Path, rival: Classifier) -> Path:
    put(home, rival, 2, "challenger")
    return home


def shadowed(client: TestClient) -> TestClient:
    """The client, once a version in shadow is there."""
    until = time.monotonic() + 60
    while client.app.state.shadow.beside("sortation") is None:  # type: ignore[attr-defined]
        assert time.monotonic() < until
        time.sleep(0.01)
    return client


def classify(client: TestClient, few: list[Item]) -> list[Any]:
    items = [{"subject": item.document.subject, "body": item.document.body} for item in few[::5]]
    found = client.post("/v1/classify/batch", json={"items": items}).json()["items"]
    return [each["answer"] for each in found]


def compared(client: TestClient, items: int) -> Any:
    """The comparison, once so many items are in it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = client.get("/v1/models/shadow")
        if found.status_code == 200 and found.json()["items"] >= items:
            return found.json()
        time.sleep(0.02)
    raise AssertionError(found.text)


def test_two_models_are_compared_on_live_traffic(
    contested: Path,
    serve: Serve,
    few: list[Item],
    rival: Classifier,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = shadowed(serve(shadow="challenger"))
    answers = classify(client, few)
    levels = list(answers[0]["labels"])
    right = [dict(zip(levels, item.labels, strict=True)) for item in few[::5]]
    truths = [{level: None if name == OUT_OF_SCOPE else name for level, name in each.items()} for each in right]
    for answer, truth in zip(answers, truths, strict=True):
        said = client.post(f"/v1/predictions/{answer['prediction_id']}/feedback", json=truth)
        assert said.status_code == 201
    found = compared(client, len(answers))
    assert {answer["model"]["version"] for answer in answers} == {1}
    assert (found["running"], found["champion_version"], found["challenger_version"]) == (True, 1, 2)

    documents = [prepare(Document(item.document.subject, item.document.body)).document for item in few[::5]]
    theirs = [dict(zip(answers[0]["labels"], each.names, strict=True)) for each in rival.predict(documents)]
    for level in answers[0]["labels"]:
        same = [answer["labels"][level] == other[level] for answer, other in zip(answers, theirs, strict=True)]
        assert found["agreement"][level] == pytest.approx(sum(same) / len(same), abs=1e-4)
    joint = [answer["labels"] == other for answer, other in zip(answers, theirs, strict=True)]
    assert found["agreement"]["joint"] == pytest.approx(sum(joint) / len(joint), abs=1e-4)
    assert 0 < sum(joint) < len(joint)

    judged = found["judged"]["joint"]
    rights = [(a["labels"] == t, o == t) for a, o, t in zip(answers, theirs, right, strict=True)]
    assert judged["items"] == len(answers)
    assert judged["only_champion_right"] == rights.count((True, False))
    assert judged["only_challenger_right"] == rights.count((False, True))

    exposed = client.get("/metrics").text
    assert 'sortation_shadow_version{model="sortation"} 2' in exposed
    assert f'sortation_shadow_items_total{{model="sortation"}} {len(answers)}' in exposed
    assert 'sortation_shadow_agreement{model="sortation",level="joint"}' in exposed
    capsys.readouterr()
    assert main(["shadow", "--home", str(contested), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["judged"] == found["judged"]
    assert main(["shadow", "--home", str(contested)]) == 0
    assert "version 2 in shadow beside version 1" in capsys.readouterr().out


def test_a_challenger_that_became_champion_is_not_compared_with_itself(
    home: Path, classifier: Classifier, serve: Serve, few: list[Item]
) -> None:
    put(home, classifier, 2, "challenger")
    client = shadowed(serve(shadow="challenger"))
    classify(client, few)
    client.app.state.after.stop()  # type: ignore[attr-defined]
    assert client.get("/v1/models/shadow").status_code == 404
    assert client.app.state.engine.served.fingerprint == client.app.state.shadow.beside("sortation").fingerprint  # type: ignore[attr-defined]


def test_without_the_setting_nobody_looks(contested: Path, serve: Serve, few: list[Item]) -> None:
    client = serve()
    classify(client, few)
    client.app.state.after.stop()  # type: ignore[attr-defined]
    answer = client.get("/v1/models/shadow")
    assert (answer.status_code, "SORTATION_SHADOW" in answer.json()["detail"]) == (404, True)


def test_a_share_of_all_items_is_looked_at(contested: Path, serve: Serve, few: list[Item]) -> None:
    client = shadowed(serve(shadow="challenger", shadow_share=0.3))
    ids = [answer["prediction_id"] for answer in classify(client, few)]
    client.app.state.after.stop()  # type: ignore[attr-defined]
    assert compared(client, 1)["items"] == sum(drawn(each, 0.3) for each in ids)


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.25, 400, 600), (1.0, 2_000, 2_000)])
def test_a_share_is_about_that_many(share: float, least: int, most: int) -> None:
    from serving.answers import new_id

    assert least <= sum(drawn(new_id(), share) for _ in range(2_000)) <= most


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(home: Path, share: float) -> None:
    with (
        closing(Store(settings_of(home).database_url)) as store,
        pytest.raises(SortationError, match="between 0 and 1"),
    ):
        Shadow(store, share)


def test_a_shadow_that_cannot_be_stored_costs_no_answer(contested: Path, serve: Serve, few: list[Item]) -> None:
    client = shadowed(serve(shadow="challenger"))
    import sqlite3

    with closing(sqlite3.connect(contested / "sortation.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE shadows")
    count = len(classify(client, few))
    assert count == len(few[::5])
    until = time.monotonic() + 60
    while f"sortation_shadow_lost_total {count}" not in client.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert len(classify(client, few)) == count


def test_another_tenant_sees_nothing_of_it(contested: Path, serve: Serve, few: list[Item]) -> None:
    with closing(Store(settings_of(contested).database_url)) as store:
        _, secret = store.keys.create("acme", ["review"], "")
        _, other = store.keys.create("default", ["classify"], "")
    client = shadowed(serve(shadow="challenger"))
    found = len(classify(client, few))
    assert compared(client, found)["items"] == found
    assert client.get("/v1/models/shadow", headers={"X-API-Key": secret}).json()["items"] == 0
    assert client.get("/v1/models/shadow", headers={"X-API-Key": other}).status_code == 403


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(Store(url)) as made:
        yield made


AT = datetime.now(UTC)
LABELS = {"stage": "make", "service": None}


def row(number: int, tenant: str = "default") -> Stored:
    return Stored(f"pred_{number}", AT - timedelta(days=number), None, None, "", "x", LABELS, "{}", 1, "champ", tenant)


def test_shadows_are_kept_beside_predictions_with_the_newest_word(store: Store) -> None:
    store.add([row(1), row(2), row(3, "acme")])
    store.shadows.add([Shadowed(f"pred_{k}", "chall", 2, AT, {"stage": "plan", "service": None}) for k in (1, 2, 3)])
    for stage in ("plan", "source"):
        store.say(Feedback("pred_2", AT, {"stage": stage, "service": None}, False))
    pairing = store.shadows.newest("default")
    assert pairing == Pairing("champ", 1, "chall", 2)
    found = list(store.shadows.pairs("default", pairing))
    assert [each.champion for each in found] == [LABELS, LABELS]
    assert [each.truth for each in found if each.truth] == [{"stage": "source", "service": None}]


def test_what_is_erased_takes_its_shadow_along_and_gets_none_afterwards(store: Store) -> None:
    store.add([row(1), row(30)])
    shadows = [Shadowed(f"pred_{k}", "chall", 2, AT, LABELS) for k in (1, 30)]
    store.shadows.add(shadows[1:])
    store.erasures.older_than("default", AT - timedelta(days=20))
    assert store.shadows.newest("default") is None
    store.shadows.add(shadows)
    pairing = store.shadows.newest("default")
    assert pairing is not None
    assert len(list(store.shadows.pairs("default", pairing))) == 1
