from hypothesis import given
from hypothesis import strategies as st

from model.reading.blocks import HEAD, HEADING, ROW, TEXT, Block, fit, paged, row

BLOCKS = st.lists(
    st.builds(
        Block, st.text(alphabet="ab \n", max_size=30), st.sampled_from([TEXT, HEADING, HEAD, ROW]), st.integers(0, 3)
    ),
    max_size=12,
)


@given(BLOCKS, st.integers(1, 120))
def test_the_budget_is_kept_and_every_omission_has_its_place(blocks: list[Block], budget: int) -> None:
    whole, _ = fit(blocks, 10**6)
    text, removed = fit(blocks, budget)
    assert len(text) <= budget
    kept, place = "", 0
    for span in removed:
        assert place <= span.start < span.end <= len(whole) + 1
        kept, place = kept + whole[place : span.start], span.end
    assert (kept + whole[place:]).rstrip("\n") == text


@given(BLOCKS)
def test_text_within_the_budget_stays_whole(blocks: list[Block]) -> None:
    text, removed = fit(blocks, 10_000)
    assert text == "\n".join(block.text.strip("\n") for block in blocks if block.text.strip())
    assert removed == ()


def test_headings_outrank_the_first_page_and_the_first_page_the_rest() -> None:
    blocks = [Block("first " * 5), Block("later " * 5, TEXT, 1), Block("Title", HEADING, 1)]
    assert fit(blocks, 37)[0].split("\n") == ["first " * 5, "Title"]


def test_without_pages_the_beginning_is_the_first_page() -> None:
    assert [block.page for block in paged([Block("x" * 10)] * 4, first=15)] == [0, 0, 1, 1]


def test_a_row_is_a_line_without_trailing_cells() -> None:
    assert row(["a", " b\nc ", "", ""]) == "a | b c"
