"""What can be sent to be classified. Unknown fields are errors."""

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, JsonValue, model_validator

from serving.seeing import Wanted
from serving.uploads import File

Channel = Literal["email", "ticket", "chat", "phone", "document"]


def _decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("the content must be base64, as a text")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError as error:
        raise ValueError("the content must be base64") from error


Base64 = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]
Address = Annotated[str, Field(max_length=2_000)]
EXAMPLE: dict[str, JsonValue] = {
    "id": "4711",
    "subject": "Parcel from Tuesday",
    "body": "The courier site says delivered, my porch says no. Can you find out where it went?",
    "channel": "email",
}
ASKING: dict[str, JsonValue] = EXAMPLE | {"options": {"explain": True, "sets": 0.1, "top_k": 1}}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Options(_In):
    """What the answer should hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    top_k: Annotated[int, Field(ge=0, le=20)] = 3
    """Alternatives wanted."""
    entities: bool = False
    """Whether the answer lists identifiers, such as order numbers and amounts."""
    cleaning: bool = False
    """Whether the answer repeats the text that was set apart: quotes, signatures, disclaimers."""
    route: bool = True
    """Whether the answer says where the item goes."""
    explain: bool = False
    """Whether the answer says which words carried its labels; it takes a few milliseconds more."""
    sets: Annotated[float, Field(gt=0, lt=1)] | None = None
    """An error rate, such as 0.05: the answer lists, per level, labels that miss the right one no more often."""


PLAIN = Options()
"""What is wanted where nothing is said; one for all, so that none is copied."""
NOTHING_MORE = Wanted()
"""The same, as it is asked of the engine."""


class AttachmentIn(_In):
    """A file that came with the item."""

    filename: Annotated[str, Field(max_length=200)] | None = None
    content_type: Annotated[str, Field(max_length=200)] | None = None
    content_b64: Base64

    def file(self) -> File:
        """As it is read."""
        return File(self.content_b64, self.filename, self.content_type)


class ItemIn(_In):
    """What can be said of an item, however it is sent."""

    id: Annotated[str, Field(max_length=200)] | None = None
    """The caller's own id; it comes back, and a correction is filed under it."""
    subject: str = ""
    body: str = ""
    html: str = ""
    """The body as HTML; read where `body` is empty."""
    channel: Channel | None = None
    sender: Annotated[Address | None, Field(alias="from")] = None
    """Whoever wrote the item; what is kept of them can be erased by their address."""
    to: Address | list[Address] | None = None
    sent_at: datetime | None = None
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")] | None = None
    """The text's language, if it is known, such as `de` or `pt-BR`; it is detected otherwise."""
    metadata: Annotated[dict[str, str | int | FiniteFloat | bool | None], Field(max_length=50, default_factory=dict)]
    """The caller's own; it comes back unchanged."""
    options: Options = Field(default_factory=lambda: PLAIN)

    @property
    def said(self) -> dict[str, str]:
        """Sender, recipients and date, as mails state them."""
        if self.sender is None and self.to is None and self.sent_at is None:
            return {}
        to = ", ".join(self.to) if isinstance(self.to, list) else self.to
        stated = {"from": self.sender, "to": to, "date": self.sent_at.isoformat() if self.sent_at else None}
        return {key: value for key, value in stated.items() if value}

    def wanted(self) -> Wanted:
        """What is said of the item, and asked for, besides its text."""
        asked = self.options
        if asked is PLAIN and self.language is None and not self.metadata:
            return NOTHING_MORE
        return Wanted(
            self.language, asked.entities, asked.cleaning, asked.route, self.metadata, asked.explain, asked.sets
        )


class ClassifyIn(ItemIn):
    """One item to classify."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE, ASKING]})

    attachments: Annotated[list[AttachmentIn], Field(max_length=30, default_factory=list)]
    """Files; they are read where the text says little, and one that cannot be read is named in the answer."""

    @model_validator(mode="after")
    def _something(self) -> "ClassifyIn":
        if not (self.subject.strip() or self.body.strip() or self.html.strip() or self.attachments):
            raise ValueError("there is nothing to classify: subject and body are both empty")
        return self


class BatchIn(_In):
    """Up to 1,000 items."""

    items: Annotated[list[ClassifyIn], Field(min_length=1, max_length=1000)]
