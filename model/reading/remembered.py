"""What a function says of words, remembered: language is mostly the same few thousand of them. Knows no function."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

USUAL = 40
"""Letters up to which what a word says is remembered."""

REMEMBERED = 16_384
"""Words that are remembered; with one more all are forgotten."""


class Remembered(dict[str, T]):
    """Word -> what the function says of it. What is remembered is looked up without a call."""

    def __init__(self, says: Callable[[str], T]) -> None:
        self._says = says

    def __missing__(self, word: str) -> T:
        said = self._says(word)
        if len(word) <= USUAL:
            if len(self) >= REMEMBERED:
                self.clear()
            self[word] = said
        return said
