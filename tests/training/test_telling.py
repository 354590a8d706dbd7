"""A run's story: what it says of the champion beside it."""

import shutil
from pathlib import Path

from tests.registered import Registered
from training.evaluation import evaluate
from training.history import PROMOTION, ROLLBACK, Entry
from training.registry import CHAMPION
from training.shares import Shares
from training.story import Story
from training.telling import champion_told


def test_a_champion_whose_files_are_gone_is_left_out_of_the_story(
    registered: Registered, shares: Shares, tmp_path: Path
) -> None:
    registry, classifier = registered.registry, registered.classifier
    stood, version = registry.get(CHAMPION), registered.add("to be lost")
    registry.promote(version, Entry(PROMOTION, stood.number, version.number, "mara", "better"))
    story = Story("", classifier, evaluate(classifier, shares.test), (), 0, "code", None, {}, {}, "")
    there = champion_told(story, registry, shares.test, tmp_path / "there")
    shutil.rmtree(registered.home / "artifacts" / version.run)
    gone = champion_told(story, registry, shares.test, tmp_path / "gone")
    registry.promote(stood, Entry(ROLLBACK, version.number, stood.number, "mara", "lost"))
    assert (there.name, there.rival_number) == (registry.name, version.number)
    assert (gone.name, gone.rival, gone.rival_number) == (registry.name, None, None)
