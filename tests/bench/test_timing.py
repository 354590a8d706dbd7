"""Turns of contestants."""

from bench.timing import ratio, take_turns


def test_contestants_take_turns_in_their_order() -> None:
    seen: list[str] = []
    turns = take_turns({name: lambda name=name: seen.append(name) for name in "ABC"}, 2)  # type: ignore[misc]
    assert "".join(seen) == "ABC" * 3
    assert all(len(turn.cpu) == len(turn.wall) == 2 for turn in turns.values())


def test_a_ratio_is_taken_round_by_round() -> None:
    assert ratio([2.0, 20.0, 6.0], [1.0, 10.0, 3.0]) == "2.0 (2.0–2.0)"
