"""Whether a version goes out."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from model import bundle
from model.classifier import Classifier
from model.errors import BundleError, NotFound, RegistryError, SortationError
from tests.registered import without
from training import seen
from training.evaluation import evaluate
from training.gate import Candidate, Terms, candidate, compared, go_out, roll_back
from training.history import PROMOTION, ROLLBACK, Entry
from training.registry import CHAMPION, Overtaken, Version
from training.shares import Shares

TERMS = Terms("mara", "it is better")


@dataclass
class FakeRegistry:
    """Versions in memory; `interrupted` is promoted by somebody else while a version is being measured."""

    folders: dict[int, Path] = field(default_factory=dict)
    champion: int | None = None
    made_with: bytes | None = None
    entries: list[Entry] = field(default_factory=list)
    objected: list[str] = field(default_factory=list)
    interrupted: int | None = None

    def find(self, which: str) -> Version | None:
        number = self.champion if which == CHAMPION else int(which)
        return Version(number, "r", {}) if number in self.folders else None

    def get(self, which: str) -> Version:
        if (found := self.find(which)) is None:
            raise NotFound(which)
        return found

    def fetch(self, version: Version, into: Path) -> Path:
        if not (folder := self.folders[version.number]).exists():
            raise RegistryError(f"version {version.number} cannot be fetched")
        return folder

    def read(self, version: Version, name: str) -> bytes | None:
        return self.made_with

    def object(self, version: Version, reasons: list[str]) -> None:
        self.objected = reasons

    def history(self) -> list[Entry]:
        return self.entries

    def promote(self, version: Version, entry: Entry) -> None:
        if self.interrupted is not None:
            self.champion, self.interrupted = self.interrupted, None
        if self.champion != entry.before:
            raise Overtaken("somebody else promoted")
        self.champion = version.number
        self.entries.append(entry)


@pytest.fixture(scope="module")
def folders(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Versions 1 and 2 are the classifier, 3 never says that a parcel is looked for, 4 is damaged, 5 is gone."""
    home = tmp_path_factory.mktemp("versions")
    made = {1: classifier, 2: classifier, 3: without(classifier, "order_tracking")}
    for number, each in made.items():
        bundle.save(each, home / str(number))
    (home / "4").mkdir()
    return {number: home / str(number) for number in (1, 2, 3, 4, 5)}


def on(classifier: Classifier, items: Any, number: int = 9) -> Candidate:
    return Candidate(Version(number, "r", {}), classifier, items, evaluate(classifier, items))


def registry(folders: dict[int, Path], **more: Any) -> Any:
    return FakeRegistry(dict(folders) | {9: folders[1]}, **more)


def test_a_first_version_goes_out_and_the_history_says_who_and_why(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    its = registry(folders)
    assert go_out(its, on(classifier, shares.test), tmp_path, TERMS, print) == []
    assert its.champion == 9
    assert its.entries == [Entry(PROMOTION, None, 9, "mara", "it is better")]


def test_a_worse_version_stays_unless_it_is_forced_and_then_the_history_holds_what_objected(
    folders: dict[int, Path], shares: Shares, tmp_path: Path
) -> None:
    its = registry(folders, champion=1)
    worse = on(bundle.load(folders[3]), shares.fit)
    found = go_out(its, worse, tmp_path, TERMS, print)
    assert any("order_tracking is told worse" in each for each in found)
    assert (its.champion, its.entries, its.objected) == (1, [], found)
    again = go_out(its, worse, tmp_path, replace(TERMS, force=True), print)
    assert its.champion == 9
    assert its.entries[-1].objections == tuple(again)
    assert its.entries[-1].forced


def test_where_somebody_promotes_meanwhile_it_is_measured_again_against_the_new_champion(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    its = registry(folders, champion=1, interrupted=2)
    said: list[str] = []
    assert go_out(its, on(classifier, shares.test), tmp_path, TERMS, said.append) == []
    assert its.entries == [Entry(PROMOTION, 2, 9, "mara", "it is better")]
    assert "measuring again" in said[0]


def test_a_version_that_is_only_measured_is_not_promoted(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    its = registry(folders, champion=1)
    assert go_out(its, on(classifier, shares.test), tmp_path, replace(TERMS, promote=False), print) == []
    assert its.champion == 1


def test_what_does_not_fit_what_is_served_is_an_objection(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    terms = replace(TERMS, misfits=lambda taxonomy: [f"{taxonomy.name} is not served"])
    assert go_out(registry(folders), on(classifier, shares.test), tmp_path, terms, print)[0].endswith("is not served")


def test_a_champion_of_another_taxonomy_or_one_that_is_damaged_is_said_and_not_compared_with(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    said: list[str] = []
    *levels, last = classifier.taxonomy.levels
    other = replace(classifier.taxonomy, levels=(*levels, replace(last, name="desk")))
    assert (
        go_out(
            registry(folders, champion=1),
            on(replace(classifier, taxonomy=other), shares.test),
            tmp_path,
            TERMS,
            said.append,
        )
        == []
    )
    assert go_out(registry(folders, champion=4), on(classifier, shares.test), tmp_path, TERMS, said.append) == []
    assert "another taxonomy" in said[0]
    assert "cannot be compared" in said[1]


def test_a_champion_whose_files_are_gone_stands_in_nobodys_way(
    folders: dict[int, Path], classifier: Classifier, shares: Shares, tmp_path: Path
) -> None:
    its, said = registry(folders, champion=5), list[str]()
    assert go_out(its, on(classifier, shares.test), tmp_path, TERMS, said.append) == []
    assert its.champion == 9
    assert said == ["version 5, the champion, cannot be compared with: version 5 cannot be fetched"]


def test_items_that_a_version_was_made_with_are_not_measured_on(
    folders: dict[int, Path], classifier: Classifier, shares: Shares
) -> None:
    its = registry(folders, made_with=seen.packed([*shares.fit, *shares.calibration]))
    mine = candidate(its.get("1"), classifier, its, [*shares.fit, *shares.test])
    assert mine.items == shares.test
    assert mine.report.items == len(shares.test)


def test_a_version_that_nothing_can_be_measured_on_goes_out_by_force_alone(
    folders: dict[int, Path], classifier: Classifier, tmp_path: Path
) -> None:
    its = registry(folders, champion=1)
    mine = candidate(its.get("9"), classifier, its, [])
    (reason,) = go_out(its, mine, tmp_path, TERMS, print)
    assert "no labelled items" in reason
    assert its.champion == 1
    go_out(its, mine, tmp_path, replace(TERMS, force=True), print)
    assert its.champion == 9


def test_versions_of_different_taxonomies_are_not_compared(classifier: Classifier, shares: Shares) -> None:
    *levels, last = classifier.taxonomy.levels
    renamed = replace(classifier.taxonomy, levels=(*levels, replace(last, name="desk")))
    other = replace(on(classifier, shares.test, 8), classifier=replace(classifier, taxonomy=renamed))
    with pytest.raises(SortationError, match="different questions"):
        compared(on(classifier, shares.test), other)
    with pytest.raises(SortationError, match="no items"):
        compared(on(classifier, shares.test), on(classifier, shares.fit))


def test_rollback_goes_to_the_champion_before(folders: dict[int, Path], tmp_path: Path) -> None:
    its = registry(folders, champion=2, entries=[Entry(PROMOTION, None, 1, "a", ""), Entry(PROMOTION, 1, 2, "a", "")])
    assert roll_back(its, None, TERMS, tmp_path) == Entry(ROLLBACK, 2, 1, "mara", "it is better")
    assert its.champion == 1
    with pytest.raises(SortationError, match="no champion before version 1"):
        roll_back(its, None, TERMS, tmp_path)
    assert roll_back(its, 3, TERMS, tmp_path).after == 3


@pytest.mark.parametrize(
    ("to", "error", "said"),
    [(2, SortationError, "the champion already"), (7, NotFound, "7"), (4, BundleError, "not a model folder")],
)
def test_rollback_to_what_cannot_serve_is_refused(
    folders: dict[int, Path], tmp_path: Path, to: int, error: type[Exception], said: str
) -> None:
    its = registry(folders, champion=2)
    with pytest.raises(error, match=said):
        roll_back(its, to, TERMS, tmp_path)
    assert its.champion == 2
