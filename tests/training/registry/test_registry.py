"""The registry: what stands in it after promotions, and after several at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model import bundle
from model.errors import NotFound, RegistryError
from serving.fetch import fetch
from tests.registered import Registered
from training import seen
from training.history import PROMOTION, ROLLBACK, Entry
from training.registry import CHALLENGER, CHAMPION, Overtaken, Registry, Version


def promotion(stood: int | None, version: Version, why: str = "better") -> Entry:
    return Entry(PROMOTION, stood, version.number, "mara", why)


def standing(registry: Registry) -> int:
    return registry.get(CHAMPION).number


def test_history_names_who_when_why_and_what_objected(registered: Registered) -> None:
    registry, stood = registered.registry, standing(registered.registry)
    version = registered.add("named")
    assert registry.get(CHALLENGER).number == version.number
    reasons = ("it is slower; half is asked", "x" * 4000)
    registry.promote(version, Entry(PROMOTION, stood, version.number, "jo", "we need it", reasons))
    *_, entry = registry.history()
    assert (entry.before, entry.after, entry.who, entry.why) == (stood, version.number, "jo", "we need it")
    assert entry.objections == reasons
    assert entry.forced
    assert entry.when is not None
    assert "we need it" in registry.get(CHAMPION).tags["promoted"]


def test_earlier_entries_never_change(registered: Registered) -> None:
    registry, stood = registered.registry, standing(registered.registry)
    earlier = registry.history()
    version = registered.add("later")
    registry.promote(version, promotion(stood, version))
    registry.promote(registry.get(str(stood)), Entry(ROLLBACK, version.number, stood, "mara", "no"))
    assert registry.history()[: len(earlier)] == earlier
    assert len(registry.history()) == len(earlier) + 2


def test_who_measured_against_another_champion_is_told_and_nothing_changes(registered: Registered) -> None:
    registry, stood = registered.registry, standing(registered.registry)
    first, second = registered.add("a"), registered.add("b")
    registry.promote(first, promotion(stood, first))
    history = registry.history()
    with pytest.raises(Overtaken, match=f"version {first.number}"):
        registry.promote(second, promotion(stood, second))
    assert standing(registry) == first.number
    assert registry.history() == history


def test_of_promotions_at_once_none_is_lost_and_each_sees_the_one_before(registered: Registered) -> None:
    versions = [registered.add(f"at once {k}") for k in range(3)]
    known = len(registered.registry.history())

    def insist(version: Version) -> None:
        registry = Registry(registered.home)
        while True:
            try:
                return registry.promote(version, promotion(standing(registry), version))
            except Overtaken:
                continue

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(insist, versions))
    added = registered.registry.history()[known - 1 :]
    assert {entry.after for entry in added[1:]} == {version.number for version in versions}
    assert [entry.before for entry in added[1:]] == [entry.after for entry in added[:-1]]
    assert standing(registered.registry) == added[-1].after


def test_what_belongs_to_a_version_lies_together(registered: Registered, tmp_path: Path) -> None:
    for note in ("together a", "together b"):
        version = registered.add(note)
        again = registered.registry.get(str(version.number))
        assert again.tags["note"] == note
        assert registered.registry.read(again, "report.json") == f'"{note}"'.encode()
        assert bundle.fingerprint(registered.registry.fetch(again, tmp_path)) == again.tags["fingerprint"]
        assert seen.unpacked(registered.registry.read(again, seen.FILE)) is not None
        assert registered.registry.read(again, "nothing.json") is None


def test_a_version_that_does_not_exist_is_a_sentence(registered: Registered) -> None:
    with pytest.raises(NotFound, match="no version '999'"):
        registered.registry.get("999")


def test_objections_that_cannot_be_written_down_are_a_sentence(registered: Registered) -> None:
    with pytest.raises(RegistryError, match="did not take the objections to version 999"):
        registered.registry.object(Version(999, "r", {}), ["it is slower"])


def test_versions_that_hold_the_model_folder_alone_are_fetched_as_ever(registered: Registered, tmp_path: Path) -> None:
    """As they were registered before plain MLflow could load them."""
    registry, client = registered.registry, registered.registry._client
    folder = registry.fetch(registry.get("1"), tmp_path / "now")
    run = client.create_run(client.get_experiment_by_name("sortation").experiment_id)
    client.log_artifacts(run.info.run_id, str(folder), "bundle")
    made = client.create_model_version("sortation", f"{run.info.artifact_uri}/bundle", run.info.run_id)
    client.set_terminated(run.info.run_id)
    client.set_registered_model_alias("sortation", "older", made.version)
    again = registry.fetch(registry.get("older"), tmp_path / "older")
    assert bundle.fingerprint(again) == bundle.fingerprint(folder)
    fetched = fetch(registry.uri, "sortation", tmp_path, "older")
    assert bundle.fingerprint(tmp_path / str(fetched["folder"])) == bundle.fingerprint(folder)
