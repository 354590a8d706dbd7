"""Settings files: what is written is read again, and every fault is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from training.design import Recipe
from training.fitting import Settings
from training.settings_file import SettingsError, as_yaml, changed, parse_settings, read_settings


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    settings = Settings(Recipe(parts=0.5), strength=12.5, names=True, promises=((0.1, 0.9),))
    (tmp_path / "s.yaml").write_text(as_yaml(settings), encoding="utf-8")
    assert read_settings(tmp_path / "s.yaml") == settings


def test_what_is_left_out_is_as_by_default() -> None:
    assert parse_settings({"recipe": {"parts": 2}}, "s") == replace(Settings(), recipe=Recipe(parts=2))


def test_json_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"margin": 2.0, "epochs": null}', encoding="utf-8")
    assert read_settings(tmp_path / "s.json") == Settings(margin=2.0)


def test_every_fault_is_named_at_once() -> None:
    wrong = {"marign": 3, "margin": "four", "epochs": 0, "names": "yes", "seed": None, "recipe": {"classes": 2, "x": 1}}
    with pytest.raises(SettingsError) as caught:
        parse_settings(wrong | {"promises": [[0.05, 1.5]]}, "s.yaml")
    said = str(caught.value)
    assert len(caught.value.faults) == 8
    for part in ("marign is not", "margin must be a number", "epochs must be between 1", "names must be true or false",
                 "seed must be a whole number, not None", "recipe.classes must be between 0 and 1", "recipe.x is not",
                 "promises must be pairs"):  # fmt: skip
        assert part in said


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "", "\x00"], ids=["a list", "no YAML", "nothing", "no text"])
def test_a_file_that_holds_no_settings_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "s.yaml")


def test_settings_change_by_flat_names() -> None:
    found = changed(Settings(), {"recipe.pairs": 0.5, "meaning.static": 2.0, "margin": 1.0})
    assert (found.recipe.pairs, found.meaning.static, found.margin, found.recipe.parts) == (
        0.5,
        2.0,
        1.0,
        Recipe().parts,
    )
