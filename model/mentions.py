"""One mention of an identifier in its normal form: what was matched becomes a value. Pure; finds nothing in text."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from model import identifiers, quantities

_FORMS = (
    ("tracking", re.compile(r"1Z[0-9A-Z]{16}|[A-Z]{2}\d{9}[A-Z]{2}", re.I)),
    ("container", re.compile(r"[A-Z]{3}[UJZ]-?\d{6}-?\d")),
)
"""Forms so peculiar that a word such as `item` before them means nothing."""
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9/_.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Entity:
    """One mention in a text."""

    kind: str
    """The pattern's label, such as order, rma or amount."""
    start: int
    """Offset of its first character."""
    end: int
    """Offset behind its last character."""
    text: str
    """As it is written."""
    value: str
    """The normal form: codes in capitals without spaces, `1250.00 EUR`, `2024-05-03`, `+49301234567`."""
    valid: bool | None = None
    """Whether the check digit fits; None for kinds without one."""
    scheme: str | None = None
    """Whose number it is (UPS, SSCC, GTIN-13), or the currency or unit."""
    number: Decimal | None = None
    """The number of an amount or a quantity."""


class Finds(Protocol):
    """Something that finds mentions."""

    def find(self, text: str) -> tuple[Entity, ...]:
        """The mentions in `text`, in order, without overlaps."""


def form(code: str) -> str:
    """A code with every letter as `A` and every digit as `0`, to tell codes of one series."""
    return re.sub(r"[A-Za-z]", "A", re.sub(r"\d", "0", code))


def code_mention(kind: str, text: str, start: int, said: str) -> Entity | None:
    """An identifier of letters and digits after the words `said`; None if there is none.

    One that has a form so peculiar that only another kind has it is of that kind.
    """
    kind = next((other for other, peculiar in _FORMS if peculiar.fullmatch(text)), kind)
    if text.startswith("(00)"):  # GS1's mark for what follows
        text, start = text[4:], start + 4
    found = _CODE.search(text)
    if found is None:
        return None
    shown = text[found.start() :].rstrip(" .,;:-/")
    start += found.start()
    value = re.sub(r"\s", "", shown).upper()
    valid: bool | None = None
    scheme: str | None = None
    if kind == "tracking":
        value = re.sub(r"[-()]", "", value)
        said = said[: said.find(text)] if text in said else said
        value = value[2:] if value.startswith("00") and len(value) == 20 and "(" in shown else value
        scheme, valid = identifiers.tracking(value, said)
    elif kind == "container":
        value = value.replace("-", "")
        scheme, valid = "ISO 6346", identifiers.container(value)
    elif kind == "gtin":
        if not value.isdigit():
            return None
        scheme, valid = f"GTIN-{len(value)}", identifiers.gs1(value)
    return Entity(kind, start, start + len(shown), shown, value, valid, scheme)


def value_mention(kind: str, text: str, start: int) -> Entity | None:
    """A mention that is no code: an amount, a quantity, a date, an address or a number to call."""
    end = start + len(text)
    if kind == "iban":
        value = re.sub(r"\s", "", text).upper()
        return Entity(kind, start, end, text, value, identifiers.iban(value), "IBAN")
    if kind == "email":
        return Entity(kind, start, end, text, text.lower())
    if kind == "phone":
        phone = quantities.phone(text)
        return Entity(kind, start, end, text, phone) if phone else None
    if kind == "date":
        date = quantities.date(text)
        return Entity(kind, start, end, text, date) if date else None
    if kind in ("amount", "quantity"):
        return _measured(kind, text, start, end)
    return Entity(kind, start, end, text, text.upper())


def _measured(kind: str, text: str, start: int, end: int) -> Entity | None:
    digits = re.search(r"-?\d[\d.,'’\s\u00a0]*(?:[-–])?", text)
    number = quantities.number(digits.group().strip()) if digits else None
    if digits is None or number is None:
        return None
    words = (text[: digits.start()] + " " + text[digits.end() :]).split()
    unit = words[-1] if words else None
    if kind == "amount" and unit is not None:
        unit = quantities.currency(unit)
    elif unit is not None:
        unit = unit.lower().strip(".×") or None
    return Entity(kind, start, end, text, f"{number} {unit}" if unit else str(number), None, unit, number)
