"""Drift of what a server answered: from the store, as a page, as gauges while it runs."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import bundle, signing
from model.classifier import Classifier
from model.drift import Change, Observation, Profile, Signal, profile
from serving.drift import Drift, Gauges, Rolling, measured
from serving.drift_page import page
from serving.models import last_good
from serving.store import Store
from serving.watching import address
from sortation import main
from tests.serving.conftest import Serve, settings_of
from training.corpus import Item
from training.reading import prepared, reference
from training.shares import Shares

OTHERS = "zzyx qwrt plfm vbnk ghjt wrzl qplk mnbv xcvz lkjh"


@pytest.fixture
def referred(home: Path, classifier: Classifier, few: list[Item]) -> Path:
    """A home whose model knows what its answers to the starter corpus look like."""
    folder = home / "models" / "sortation-1"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    made = replace(classifier, about={"languages": ["en"]}, reference=reference(classifier, prepared(few)))
    bundle.save(made, folder)
    signing.sign(folder, signing.own_key(home))
    return home


def batch(texts: list[str]) -> Any:
    return {"items": [{"body": text} for text in texts]}


def verdicts(home: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    capsys.readouterr()
    assert main(["drift", "--home", str(home), "--json", *more]) == 0
    return {each["name"]: each["verdict"] for each in json.loads(capsys.readouterr().out)["signals"]}


def test_more_of_the_same_is_steady_and_nonsense_is_drift(
    referred: Path, serve: Serve, few: list[Item], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    client = serve()
    items = [
        {"subject": item.document.subject, "body": item.document.body, "channel": item.document.channel} for item in few
    ]
    assert verdicts(referred, capsys)["labels.service"] == "too few"
    client.post("/v1/classify/batch", json={"items": items})
    assert set(verdicts(referred, capsys).values()) == {"steady"}
    for _ in range(2):
        client.post("/v1/classify/batch", json=batch([OTHERS] * 300))
    found = verdicts(referred, capsys, "--html", str(tmp_path / "page.html"))
    assert (found["unseen"], found["labels.service"], found["length"]) == ("drifted",) * 3
    assert "drifted" in (tmp_path / "page.html").read_text()
    assert main(["drift", "--home", str(referred), "--days", "1"]) == 0
    assert "mostly unseen" in capsys.readouterr().out
    assert verdicts(referred, capsys, "--since", "2999-01-01")["unseen"] == "too few"


def test_gauges_follow_what_is_answered(referred: Path, serve: Serve) -> None:
    client = serve()
    client.app.state.after.listeners[0].every = 0.3  # type: ignore[attr-defined]
    client.post("/v1/classify/batch", json=batch([OTHERS] * 300))
    until = time.monotonic() + 60
    while 'sortation_drift_items{model="sortation"} 300' not in client.get("/metrics").text:
        assert time.monotonic() < until
        time.sleep(0.02)
    exposed = client.get("/metrics").text
    assert 'sortation_drift_verdict{model="sortation",signal="unseen"} 3' in exposed
    assert "zzyx" not in exposed


def test_answers_of_another_version_are_left_out_and_counted(referred: Path, serve: Serve) -> None:
    serve().post("/v1/classify/batch", json=batch(["where is it"] * 7))
    store, served = Store(settings_of(referred).database_url), last_good(address(settings_of(referred)))
    assert served is not None
    since = datetime.now(UTC) - timedelta(hours=1)
    assert measured(store, served, since, "default").window.items == 7
    other = measured(store, replace(served, fingerprint="f" * 64), since, "default")
    assert (other.window.items, other.others) == (0, 7)
    assert measured(store, served, since, "acme").window.items == 0
    store.close()


def test_a_model_without_a_reference_says_so(home: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    serve()
    assert main(["drift", "--home", str(home)]) == 1
    assert "saved without a reference; train again" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--days", "1e9")])
def test_a_window_that_is_none_is_refused(referred: Path, words: tuple[str, str]) -> None:
    assert main(["drift", "--home", str(referred), *words]) == 1


seen = st.builds(
    Observation,
    st.sampled_from(["make", "plan", "return"]).map(lambda label: {"stage": label}),
    st.floats(0, 1),
    st.integers(0, 20_000),
    st.booleans(),
    st.sampled_from(["en", "de"]),
)


@settings(max_examples=60, deadline=None)
@given(observations=st.lists(seen, max_size=40), size=st.integers(1, 12))
def test_a_rolling_window_counts_exactly_the_newest(observations: list[Observation], size: int) -> None:
    rolling = Rolling(size)
    for each in observations:
        rolling.add(each)
    expected, found = profile(observations[-size:]), rolling.profile
    assert found.items == expected.items
    assert {name: dict(sorted(counts.items())) for name, counts in found.counts.items()} == expected.counts


def test_windows_of_models_that_left_are_dropped(classifier: Classifier) -> None:
    gauges = Gauges(list)
    gauges._windows["gone"] = Rolling()
    gauges._compare()
    assert gauges._windows == {}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_page_is_escaped_and_asks_nobody_for_anything() -> None:
    hostile = "<script>alert(1)</script>"
    signal = Signal(f"labels.{hostile}", 0.2, 0.001, "drifted", (Change(hostile, 0.1, 0.3),))
    made = page(Drift(hostile, 1, datetime.now(UTC), Profile(200, {}), Profile(300, {}), 3, [signal]))
    tags = Tags()
    tags.feed(made)
    assert {tag for tag, _ in tags.found}.isdisjoint({"script", "link", "img", "iframe"})
    assert not any(name in ("src", "href") for _, given in tags.found for name in given)
    assert "://" not in made
    assert "&lt;script&gt;" in made


def test_training_leaves_a_reference_that_a_saved_model_keeps(
    classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    made = reference(classifier, shares.test)
    assert made is not None
    assert made.items == len(shares.test) == sum(made.counts["language"].values())
    bundle.save(replace(classifier, reference=made), tmp_path / "kept")
    assert bundle.load(tmp_path / "kept").reference == made
    assert reference(classifier, []) is None
