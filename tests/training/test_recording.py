"""A training run in a real MLflow: what it leaves there, and how it is found again."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from sortation import main
from tests import small_desk
from training.settings_file import read_settings

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the small desk was trained once, by settings of its own."""
    home = tmp_path_factory.mktemp("home")
    data = small_desk.written(tmp_path_factory.mktemp("data") / "desk", 240)
    (data / "card.yaml").write_text("author: Mara\nlicense: Apache-2.0\n", encoding="utf-8")
    (home / "mine.yaml").write_text("margin: 2.5\nrecipe: {parts: 0.9}\n", encoding="utf-8")
    words = ["--home", str(home), "--data", str(data), "--settings", str(home / "mine.yaml")]
    assert main(["train", *words]) == 0
    return home


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    return client.get_run(client.get_model_version("sortation", "1").run_id)


def test_a_run_knows_its_settings_data_code_and_environment(run: Run) -> None:
    assert (run.data.params["margin"], run.data.params["recipe.parts"]) == ("2.5", "0.9")
    assert sum(int(run.data.params[f"items.{share}"]) for share in ("fit", "calibration", "test")) == 240
    assert {"data_hash", "code", "fingerprint", "environment.python", "environment.numpy"} <= set(run.data.tags)


def test_a_run_has_metrics_by_level_class_and_slice(run: Run) -> None:
    assert {"topic.accuracy", "topic.recall.cats", "slice.channel.chat.topic", "slice.world.desk0.joint"} <= set(
        run.data.metrics
    )


def test_datasets_are_told_without_their_texts(run: Run) -> None:
    told = {each.tags[0].value: each.dataset for each in run.inputs.dataset_inputs}
    assert set(told) == {"fit", "calibration", "test"}
    assert len({dataset.digest for dataset in told.values()}) == 3
    assert json.loads(told["fit"].profile)["items"] == int(run.data.params["items.fit"])
    assert "topic" in told["fit"].schema
    assert not any(word in str(told) for word in ("kitten", "harbour", "loaf"))


def test_the_artifacts_are_all_there(home: Path, run: Run) -> None:
    folder = home / "artifacts" / run.info.run_id / "artifacts"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"report.html", "report.json", "MODEL_CARD.md", "settings.yaml", "plots/confusion_topic.svg"} <= names
    assert read_settings(folder / "settings.yaml") == read_settings(home / "mine.yaml")


def test_the_version_is_described_by_its_card(home: Path) -> None:
    told = MlflowClient(f"sqlite:///{home / 'mlflow.db'}").get_model_version("sortation", "1").description
    assert "Author: Mara" in told
    assert "## Limits" in told


def test_the_report_is_found_and_fetched_where_it_is_not_here(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = home / "reports" / "1.html"
    assert "version 1" in here.read_text(encoding="utf-8")
    here.unlink()
    assert main(["report", "1", "--open-path", "--home", str(home)]) == 0
    assert Path(capsys.readouterr().out.strip()) == here
    assert here.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in here.parent.iterdir()] == ["1.html"]


def test_a_version_that_does_not_exist_has_no_report(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "9", "--home", str(home)]) == 1
    assert "no version '9'" in capsys.readouterr().err


def test_tuning_ends_with_the_command_that_trains(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = small_desk.written(home / "tuned", 120)
    words = ["--home", str(home), "--data", str(data), "--jobs", "1"]
    assert main(["tune", *words, "--trials", "2", "--study", "s"]) == 0
    said = capsys.readouterr().out
    assert "2 trials" in said
    assert "nothing that was tried is better" in said or f"--settings {home / 'tuning' / 's.yaml'}" in said
    assert read_settings(home / "tuning" / "s.yaml")


@pytest.mark.parametrize("words", [("--minutes", "0"), ("--trials", "0")])
def test_a_budget_of_nothing_is_refused(home: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", *words, "--home", str(home)]) == 1
    assert "must be above 0" in capsys.readouterr().err
