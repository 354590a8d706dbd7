"""The commands about versions: what they print, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from model.document import OUT_OF_SCOPE
from sortation import main
from tests.registered import Registered
from training.corpus import Item
from training.registry import CHAMPION

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def labelled(few: list[Item], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "few.jsonl"
    lines = []
    for item in few:
        labels = [None if name == OUT_OF_SCOPE else name for name in item.labels]
        told = dict(zip(("stage", "function", "service"), labels, strict=True))
        document = item.document
        lines.append(
            {"id": item.id, "subject": document.subject, "body": document.body, "channel": document.channel} | told
        )
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return path


@pytest.fixture
def say(registered: Registered, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command on the registry; its status and what it printed."""

    def run(*words: str) -> tuple[int, str, str]:
        status = main([*words, "--home", str(registered.home)])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_promote_measures_and_rollback_takes_it_back(registered: Registered, labelled: Path, say: Say) -> None:
    stood = registered.registry.get(CHAMPION).number
    number = registered.add("commands").number
    words = ("--corpus", str(labelled), "--reason", "try it", "--who", "jo")
    status, said, error = say("promote", *words)
    assert (status, error) == (0, "")
    assert f"version {number} is the champion" in said
    assert say("promote", *words)[1].strip() == f"version {number} is the champion already"

    status, said, _ = say("rollback", "--reason", "no good", "--who", "jo")
    assert (status, f"version {stood} is the champion again" in said) == (0, True)
    *_, first, second = json.loads(say("history", "--json")[1])
    assert (first["kind"], first["before"], first["after"], first["why"]) == ("promotion", stood, number, "try it")
    assert (second["kind"], second["before"], second["after"], second["who"]) == ("rollback", number, stood, "jo")
    assert "no good" in say("history")[1].splitlines()[-1]


def test_compare_prints_a_table_or_json(registered: Registered, labelled: Path, say: Say) -> None:
    number = registered.add("to compare").number
    words = ("compare", "champion", str(number), "--corpus", str(labelled))
    status, said, _ = say(*words)
    assert status == 0
    assert "that neither was made with" in said
    assert {"service accuracy", "stage macro-F1", "texts a second", "handled alone at 5% errors"} <= {
        line[:38].strip() for line in said.splitlines()
    }
    plain = json.loads(say(*words, "--json")[1])
    assert plain["versions"] == [registered.registry.get(CHAMPION).number, number]
    assert plain["paired"] == {"won": 0, "lost": 0}
    assert plain["p"] == 1
    assert {row["level"] for row in plain["classes"]} == {"stage", "function", "service"}


def test_a_version_that_does_not_fit_what_is_served_needs_force(
    registered: Registered, labelled: Path, say: Say, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    root = Path(__file__).resolve().parent.parent / "data"
    (data / "taxonomy.yaml").write_text((root / "taxonomy.yaml").read_text())
    rule = {"name": "r", "when": {"service": "moon_landings"}, "then": {"queue": "q"}}
    (data / "routing.yaml").write_text(json.dumps({"version": 1, "fallback": {"queue": "q"}, "rules": [rule]}))
    number = str(registered.add("misfit").number)
    words = ("promote", number, "--data", str(data), "--corpus", str(labelled), "--reason", "nevertheless")
    status, _, error = say(*words)
    assert status == 1
    assert "the routing rules do not fit it" in error
    assert "moon_landings" in error
    status, said, _ = say(*words, "--force")
    assert (status, "over the objection: the routing rules" in said) == (0, True)
    assert "forced" in say("history")[1]
    assert registered.registry.get(number).tags["objections"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "999", "--reason", "x"), "no version '999'"),
        (("rollback", "--to", "999", "--reason", "x"), "no version '999'"),
        (("compare", "champion", "nobody"), "no version 'nobody'"),
    ],
)
def test_an_unknown_version_is_a_sentence(say: Say, words: tuple[str, ...], said: str) -> None:
    status, _, error = say(*words)
    assert (status, said in error) == (1, True)
