import pytest

from model.reading import read
from model.reading.limits import Limits
from model.reading.tables import delimiter, table


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        pytest.param("a;b;c\n1;2;3\n", ";", id="semicolon"),
        pytest.param("a\tb\n1\t2\n", "\t", id="tab"),
        pytest.param('a,b\n"1,5",2\n', ",", id="quoted comma"),
        pytest.param("Hello, you\nthis is prose\nwithout order\n", None, id="prose"),
        pytest.param("a;b\n", None, id="one line"),
    ],
)
def test_the_delimiter_is_what_all_lines_share(text: str, mark: str | None) -> None:
    assert delimiter(text) == mark


def test_cells_may_hold_line_breaks_and_delimiters() -> None:
    blocks, left_out = table('a,b\n"one\ntwo","x, y"\n', Limits())
    assert [block.text for block in blocks] == ["a | b", "one two | x, y"]
    assert not left_out


def test_prose_with_commas_is_no_table() -> None:
    text = "Dear all, the truck is late\nwe wait, as always, at gate 4\nAnn"
    assert read(text.encode()).meta["format"] == "text"
    assert read(text.encode(), filename="note.csv").meta["format"] == "csv"
