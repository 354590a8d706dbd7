"""Which column of a table holds what: by its name, or as told; and a row as a corpus item's fields. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence

from model import quantities
from model.document import OUT_OF_SCOPE
from model.errors import LabelError, SortationError
from model.reading.markup import text_of
from model.taxonomy import Taxonomy

TAGS = re.compile(r"<(?:p|div|br|span|table|html|body|ul|ol)\b[^>]{0,300}>", re.I)
"""What shows that a text is HTML."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d")

NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "ticket_id", "issue_key", "key", "number", "ticket_number", "ticket", "case_number", "sys_id"),
    "subject": ("subject", "title", "summary", "short_description", "ticket_subject", "headline", "betreff"),
    "body": (
        "body", "description", "text", "message", "content", "ticket_description", "latest_comment", "comment",
        "question", "beschreibung", "nachricht",
    ),
    "html": ("html", "body_html", "description_html", "html_body"),
    "channel": ("channel", "via_channel", "via", "source", "ticket_source", "origin", "contact_type", "kanal"),
    "date": ("date", "created", "created_at", "sent_at", "opened_at", "created_time", "sys_created_on"),
    "thread": ("thread", "thread_id", "conversation_id"),
    "world": ("world",),
    "writer": ("writer", "author"),
    "language": ("language", "lang", "locale"),
    "tenant": ("tenant", "tenant_id"),
    "reviewer": ("reviewer", "reviewed_by", "corrected_by", "actor"),
    "corrected_at": ("corrected_at", "reviewed_at"),
}  # fmt: skip
"""Field of a corpus item -> names under which help desks export it, the surest first."""

CHANNELS = {
    "email": "email", "e_mail": "email", "mail": "email", "outlook": "email", "gmail": "email",
    "ticket": "ticket", "web": "ticket", "portal": "ticket", "form": "ticket", "api": "ticket", "web_form": "ticket",
    "self_service": "ticket", "helpcenter": "ticket", "jira": "ticket",
    "chat": "chat", "live_chat": "chat", "messaging": "chat", "whatsapp": "chat", "sms": "chat", "facebook": "chat",
    "phone": "phone", "voice": "phone", "call": "phone", "voicemail": "phone",
    "document": "document", "fax": "document", "letter": "document", "scan": "document",
}  # fmt: skip
"""What exports call a channel -> ours."""


def plain(name: str) -> str:
    """A name in lower case with underscores: `Ticket ID` and `ticket-id` are one."""
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


FACTS = ("date", "thread", "world", "writer", "language", "tenant", "reviewer", "corrected_at")
"""Fields that an item keeps as they are."""


def check_fields(fields: Iterable[str], levels: Sequence[str]) -> None:
    """Raises SortationError for a name that is no field of an item."""
    for field in fields:
        if field not in NAMES and field not in levels:
            raise SortationError(f"there is no field {field!r}; the fields are {', '.join([*NAMES, *levels])}")


def check_columns(told: Iterable[str], columns: Iterable[str]) -> None:
    """Raises SortationError for a column that no row has."""
    listed = list(dict.fromkeys(columns))
    for column in told:
        if not any(plain(each) == plain(column) for each in listed):
            raise SortationError(f"there is no column {column!r}; the columns are {', '.join(listed)}")


def mapping(columns: Iterable[str], levels: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Field -> column. What is `told` (column -> field) comes first, then names; nested ones by their last part too."""
    listed = list(dict.fromkeys(columns))
    known = {**NAMES, **{level: (plain(level),) for level in levels}}
    found: dict[str, str] = {}
    for column, field in told.items():
        match = next((each for each in listed if plain(each) == plain(column)), None)
        if match is not None:
            found[field] = match
    taken = set(found.values())
    for whole in (True, False):
        by_name: dict[str, str] = {}
        for column in listed:
            name = plain(column if whole else column.rpartition(".")[2])
            if column not in taken and (whole or ("." in column and name != "id")):
                by_name.setdefault(name, column)
        for field, names in known.items():
            column_of = next((by_name[name] for name in names if name in by_name), None)
            if field not in found and column_of is not None and column_of not in taken:
                found[field] = column_of
                taken.add(column_of)
    return found


Spellings = Mapping[str, Mapping[str, Sequence[str]]]
"""Level -> plain name -> the labels that it may mean; nearly always one."""


def spellings(taxonomy: Taxonomy) -> Spellings:
    """How labels may be spelt: `Order Tracking` is as good as `order_tracking`, unless both are labels."""
    found: dict[str, dict[str, list[str]]] = {}
    for level in taxonomy.levels:
        names = found[level.name] = {}
        for label in (*level.labels, OUT_OF_SCOPE):
            names.setdefault(plain(label), []).append(label)
    return found


def as_item(values: Mapping[str, str], place: str, labels: Spellings) -> dict[str, str]:
    """Field -> text of one row as a line of a corpus has it: HTML as text, channels and dates as ours, labels as spelt.

    `labels` are the taxonomy's spellings. A field without a value is left out, but for id, subject and body; a channel
    or a label that nobody knows stays as it is. Raises LabelError for labels that may be either of several.
    """
    body = values.get("body", "") or values.get("html", "")
    if TAGS.search(body[:2_000]):
        body = text_of(body)
    item = {"id": values.get("id") or place, "subject": " ".join(values.get("subject", "").split()), "body": body}
    if channel := values.get("channel"):
        item["channel"] = CHANNELS.get(plain(channel), channel)
    item |= _labels(values, labels)
    told = {name: _date(values[name]) if name == "date" else values[name] for name in FACTS if values.get(name)}
    return item | {name: value for name, value in told.items() if value}


def _labels(values: Mapping[str, str], labels: Spellings) -> dict[str, str]:
    """Level -> label as the taxonomy spells it; one that is spelt so already is never another."""
    found, faults = {}, []
    for level, names in labels.items():
        if given := values.get(level, ""):
            meant = names.get(plain(given), (given,))
            found[level] = given if given in meant else meant[0]
            if given not in meant and len(meant) > 1:
                faults.append(f"{level} {given!r} may be {' or '.join(meant)}; one of them, spelt exactly so, is asked")
    if faults:
        raise LabelError("labels", faults)
    return found


def _date(text: str) -> str:
    """A date in ISO 8601, so that dates sort; empty where nobody can tell."""
    guesses = (text, quantities.date(text.split(" ", maxsplit=1)[0]), quantities.date(text))
    return next((guess for guess in guesses if guess and _ISO.match(guess)), "")
