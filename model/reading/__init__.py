"""Bytes to a clean Document: e-mails, office documents, PDF, HTML, tables and text. Knows nothing of classification.

The parsers are loaded when the first file is read in this process: a server reads them in others, and never needs them.
"""

from typing import TYPE_CHECKING, Any

from model.reading.cleaning import clean
from model.reading.language import detect_language
from model.reading.limits import Limits
from model.reading.pool import Readers, read_safely

if TYPE_CHECKING:
    from model.reading.mail import messages
    from model.reading.reader import read

__all__ = ["Limits", "Readers", "clean", "detect_language", "messages", "read", "read_safely"]


def __getattr__(name: str) -> Any:
    if name == "messages":
        from model.reading.mail import messages

        return messages
    if name == "read":
        from model.reading.reader import read

        return read
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
