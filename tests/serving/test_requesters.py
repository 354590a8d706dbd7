"""Requesters as the store names them."""

import pytest

from serving.requesters import hidden, requester_of


@pytest.mark.parametrize(
    ("sender", "requester"),
    [
        ("Ana Lima <ana@example.org>", "ana@example.org"),
        (" ana@example.org ", "ana@example.org"),
        ("customer 4711", "customer 4711"),
        ("x" * 400, "x" * 320),
        ("  ", None),
        (None, None),
    ],
)
def test_a_requester_is_an_address_where_there_is_one(sender: str | None, requester: str | None) -> None:
    assert requester_of(sender) == requester


def test_a_hidden_requester_is_the_same_whatever_the_case_and_not_readable() -> None:
    assert hidden("Ana@example.org") == hidden("ana@example.org") != hidden("bo@example.org")
    assert "ana" not in hidden("ana@example.org")
