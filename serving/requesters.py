"""Whoever wrote an item, as the store names them: so that what is theirs can be found again, and erased. Pure."""

import hashlib
from email.utils import parseaddr

LONGEST = 320
"""Characters of a requester; no mail address is longer."""


def requester_of(sender: str | None) -> str | None:
    """The address in a sender such as `Ana Lima <ana@example.org>`, or all of it where it holds none."""
    if not sender:
        return None
    said = sender.strip()
    address = parseaddr(said)[1]
    return (address if "@" in address else said)[:LONGEST] or None


def hidden(requester: str) -> str:
    """What stands for a requester in a store without personal data: the same for the same one, and not readable.

    Whoever knows an address can still compute it; that is what lets it be erased.
    """
    return "sha256:" + hashlib.sha256(requester.lower().encode("utf-8", "replace")).hexdigest()
