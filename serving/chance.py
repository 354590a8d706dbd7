"""Identifiers that nobody can guess, drawn from the system many at a time: a call for each costs more than the rest."""

import os

MANY = 256
"""Identifiers drawn together."""
BYTES = 8
"""Random bytes of one."""
_drawn: list[str] = []
# A forked process must not give out what its parent has drawn.
os.register_at_fork(after_in_child=_drawn.clear)


def drawn() -> str:
    """Sixteen hexadecimal digits, 64 random bits. Safe to call from any thread."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            digits = os.urandom(BYTES * MANY).hex()
            _drawn.extend(digits[place : place + 2 * BYTES] for place in range(0, len(digits), 2 * BYTES))
