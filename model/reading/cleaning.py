"""placeholder"""

from model.document import Removed


def clean(text: str, html: bool = False, channel: str | None = None) -> tuple[str, tuple[Removed, ...]]:
    return text, ()
