"""A mail as its format says it, before cleaning. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One mail."""

    fields: dict[str, str]
    """subject, from, to, cc, date (ISO 8601 where it could be understood), message_id, in_reply_to, references."""
    text: str
    attachments: list[Attachment]

    @property
    def encrypted(self) -> bool:
        """Whether the text is not there but locked, by PGP or S/MIME."""
        if self.text.strip():
            return "-----BEGIN PGP MESSAGE-----" in self.text[:500]
        return any(part.media_type in LOCKED or part.name.lower().endswith(SUFFIXES) for part in self.attachments)


LOCKED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted")
SUFFIXES = (".p7m", ".pgp", ".gpg")
"""Media types and names of locked messages."""
