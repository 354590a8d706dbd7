"""Addresses: what they name, what they show of themselves, and how files appear."""

from pathlib import Path

import pytest

from model.errors import NotFound, SortationError
from training.scoring.places import LOCAL, Place, drafts, find, names, place, put, read, state


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.csv", "b.parquet", "note.txt", "deep/c.csv", "deep/er/d.csv", ".hid/e.csv", "_tmp/f.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param(
            "", ["a.csv", "b.parquet", "deep/c.csv", "deep/er/d.csv"], id="a folder: known endings, any depth"
        ),
        pytest.param("/*", ["a.csv", "b.parquet", "note.txt"], id="a star stays in its folder"),
        pytest.param("/*.csv", ["a.csv"], id="an ending"),
        pytest.param("/?.csv", ["a.csv"], id="one character"),
        pytest.param("/[ab].*", ["a.csv", "b.parquet"], id="a choice"),
        pytest.param("/**/*.csv", ["a.csv", "deep/c.csv", "deep/er/d.csv"], id="two stars, any number of folders"),
        pytest.param("/d*/*.csv", ["deep/c.csv"], id="a pattern for a folder"),
        pytest.param("/note.txt", ["note.txt"], id="a file, whatever its ending"),
    ],
)
def test_a_pattern_names_files_in_order(tree: Path, pattern: str, expected: list[str]) -> None:
    found = find(f"{tree}{pattern}", (".csv", ".parquet"), place(str(tree / "out")))
    assert [str(Path(file.path).relative_to(tree)) for file, _ in found] == expected


def test_a_name_with_brackets_is_a_name_where_it_exists(tree: Path) -> None:
    (tree / "[a]").mkdir()
    (tree / "[a]" / "x.csv").write_text("x")
    (file, _), *others = find(str(tree / "[a]" / "x.csv"), (), place("/nowhere"))
    assert (file.path, others) == (str(tree / "[a]" / "x.csv"), [])
    assert place(str(tree / "out[1]" / "a*")).path == str(tree / "out[1]" / "a*")


def test_what_lies_in_the_output_is_no_input(tree: Path) -> None:
    found = find(f"{tree}/**/*.csv", (), place(str(tree / "deep")))
    assert [Path(file.path).name for file, _ in found] == ["a.csv"]
    with pytest.raises(SortationError, match="at once"):
        find(str(tree), (".csv",), place(str(tree)))


@pytest.mark.parametrize("pattern", ["/none.csv", "/*.tsv", "/nowhere/*", "/_tmp/../none"])
def test_a_pattern_that_names_nothing_is_an_error(tree: Path, pattern: str) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        find(f"{tree}{pattern}", (".csv",), place(str(tree / "out")))


@pytest.mark.parametrize(
    ("address", "path", "shown"),
    [
        pytest.param("s3://desk/in", "desk/in", "s3://desk/in", id="s3"),
        pytest.param("s3://key:secret@desk/in?region=eu-west-1", "desk/in", "s3://desk/in", id="s3 with a secret"),
        pytest.param("gs://desk/in", "desk/in", "gs://desk/in", id="gs"),
        pytest.param("abfs://desk@account.dfs.core.windows.net/in", "desk/in", "abfs://desk/in", id="abfs"),
        pytest.param("hdfs://name:8020/in", "/in", "hdfs://name/in", id="hdfs"),
        pytest.param("file:///in", "/in", "/in", id="file"),
    ],
)
def test_an_address_is_shown_without_options_and_secrets(address: str, path: str, shown: str) -> None:
    assert (place(address).path, str(place(address))) == (path, shown)


def test_a_file_system_that_nobody_knows_is_named() -> None:
    with pytest.raises(SortationError, match="tape://drive cannot be reached"):
        _ = place("tape://drive/in").system


def test_a_file_appears_whole_in_place_of_another_and_leaves_no_draft(tmp_path: Path) -> None:
    folder = place(str(tmp_path / "new" / "out"))
    assert names(folder) == set()
    for data in (b"first", b"second"):
        put(folder / "a.bin", data)
        assert read(folder / "a.bin") == data
    assert names(folder) == {"a.bin"}
    assert list(drafts(folder)) == []


def test_a_file_that_cannot_be_put_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        put(place(str(tmp_path / "taken")), b"data")
    assert list(drafts(place(str(tmp_path)))) == []


def test_what_is_not_there_has_no_state(tmp_path: Path) -> None:
    missing = Place(LOCAL, str(tmp_path / "missing"))
    assert state(missing) is None
    assert read(missing) is None
