"""Taxonomies: the default one, others of any shape, and malformed ones."""

from pathlib import Path
from typing import Any

import pytest

from model import taxonomy as taxonomies
from model.document import OUT_OF_SCOPE
from model.errors import LabelError, TaxonomyError
from model.taxonomy import Taxonomy, parse


def flat(*labels: str) -> dict[str, Any]:
    return {"name": "t", "levels": ["topic"], "labels": {"topic": dict.fromkeys(labels, "about it")}}


def test_the_default_has_5_stages_6_functions_and_30_services(taxonomy: Taxonomy) -> None:
    assert [len(level.labels) for level in taxonomy.levels] == [5, 6, 30]
    assert all(level.definitions[label] for level in taxonomy.levels for label in level.labels)


def test_the_last_combination_is_out_of_scope(taxonomy: Taxonomy) -> None:
    assert taxonomy.combinations[-1] == (OUT_OF_SCOPE,) * 3


def test_a_service_alone_names_its_combination_where_only_one_fits(taxonomy: Taxonomy) -> None:
    assert taxonomy.combination({"service": "refunds"}) == ("return", "returns_management", "refunds")


def test_nothing_but_nulls_is_out_of_scope(taxonomy: Taxonomy) -> None:
    assert taxonomy.combination(dict.fromkeys(taxonomy.level_names)) == taxonomy.combinations[-1]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        pytest.param({"service": "refund"}, "service has no label 'refund'", id="unknown label"),
        pytest.param({"topic": "x"}, "there is no level 'topic'", id="unknown level"),
        pytest.param({"stage": "plan", "service": "refunds"}, "not an allowed combination", id="forbidden"),
        pytest.param({"stage": "return"}, "leaves function, service open", id="several fit"),
    ],
)
def test_wrong_labels_say_what_would_be_right(taxonomy: Taxonomy, labels: dict[str, str], said: str) -> None:
    with pytest.raises(LabelError, match=said):
        taxonomy.combination(labels)


@pytest.mark.parametrize("levels", [1, 2, 4])
def test_any_number_of_levels_is_possible(levels: int) -> None:
    names = [f"level{k}" for k in range(levels)]
    made = parse({"name": "t", "levels": names, "labels": {name: {"a": "", "b": ""} for name in names}})
    assert len(made.combinations) == 2**levels + 1


def test_a_constraint_between_any_two_levels_holds() -> None:
    plain = {
        "name": "t",
        "levels": ["x", "y", "z"],
        "labels": {
            "x": {"p": "", "q": ""},
            "y": {"r": "", "s": ""},
            "z": {"t": {"x": ["p"]}, "u": {"x": ["q"], "y": ["s"]}},
        },
    }
    assert set(parse(plain).combinations[:-1]) == {("p", "r", "t"), ("p", "s", "t"), ("q", "s", "u")}


def test_what_was_parsed_can_be_written_and_parsed_again(taxonomy: Taxonomy) -> None:
    assert parse(taxonomy.as_plain()) == taxonomy


def test_a_malformed_taxonomy_is_refused_with_every_fault() -> None:
    plain = {
        "name": "",
        "version": "three",
        "levels": ["stage", "stage", "id"],
        "colour": 1,
        "labels": {
            "stage": {"plan": {"definition": 3}, True: "yes?", "out_of_scope": ""},
            "id": {"x": {"stage": ["nope"]}},
            "other": {},
        },
    }
    with pytest.raises(TaxonomyError) as caught:
        parse(plain)
    said = "\n".join(caught.value.faults)
    for part in (
        "'colour'",
        "name must",
        "version must",
        "named twice",
        "'id' is taken",
        "definition must be a text",
        "put quotes around it",
        "built-in answer",
        "no label 'nope'",
        "'other'",
    ):
        assert part in said


@pytest.mark.parametrize(
    "plain",
    [
        None,
        [],
        "text",
        {},
        {"name": "x", "levels": [], "labels": {}},
        {"name": "x", "levels": ["a"], "labels": {"a": {}}},
        {"name": "x", "levels": "a"},
    ],
)
def test_things_that_are_no_taxonomy_are_refused(plain: object) -> None:
    with pytest.raises(TaxonomyError):
        parse(plain)


def test_a_label_that_stands_in_no_combination_is_refused() -> None:
    plain = {
        "name": "t",
        "levels": ["x", "y", "z"],
        "labels": {"x": {"p": "", "q": ""}, "y": {"r": {"x": ["p"]}}, "z": {"t": ""}},
    }
    with pytest.raises(TaxonomyError, match="'q' stands in no allowed combination"):
        parse(plain)


def test_too_many_combinations_are_refused() -> None:
    plain = {
        "name": "t",
        "levels": ["x", "y"],
        "labels": {"x": {f"a{k}": "" for k in range(200)}, "y": {f"b{k}": "" for k in range(200)}},
    }
    with pytest.raises(TaxonomyError, match="combinations are allowed"):
        parse(plain)


@pytest.mark.parametrize("content", [b"levels: [a", b"\xff\xfe", b"{" * 5000, b"a: &a [*a]"])
def test_a_file_that_is_not_yaml_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "taxonomy.yaml"
    path.write_bytes(content)
    with pytest.raises(TaxonomyError, match=r"taxonomy\.yaml"):
        taxonomies.load(path)


def test_a_flat_taxonomy_has_its_labels_as_combinations() -> None:
    assert parse(flat("a", "b")).combinations == (("a",), ("b",), (OUT_OF_SCOPE,))
