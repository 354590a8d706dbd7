"""Numbers, amounts, dates and phone numbers as people write them, in one normal form. Pure; finds nothing in text."""

import datetime
import re
from decimal import Decimal, InvalidOperation

CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN", "zl": "PLN", "euro": "EUR", "euros": "EUR"}
CURRENCIES |= {"us$": "USD", "dollar": "USD", "dollars": "USD", "pounds": "GBP", "fr.": "CHF", "kč": "CZK", "r$": "BRL"}
CURRENCIES |= {
    "dollari": "USD",
    "dólares": "USD",
    "złotych": "PLN",
    "kroner": "kr",
    "kronor": "kr",
    "kr": "kr",
    "kr.": "kr",
}
"""Signs and words for currencies; `kr` stays open between the Danish, Norwegian and Swedish crown."""

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene janeiro gennaio gen januari stycznia styczeń sty",
            "february feb februar févr février fév febrero fevereiro fev febbraio februari lutego luty lut",
            "march mar märz mrz mars marzo março marzo maart mrt marca marzec marts",
            "april apr avril avr abril abr aprile kwietnia kwiecień kwi",
            "may mai mayo maio mag maggio mei maja maj",
            "june jun juni juin junio junho giu giugno czerwca czerwiec cze",
            "july jul juli juil juillet julio julho lug luglio lipca lipiec lip",
            "august aug août aout agosto ago augustus sierpnia sierpień sie augusti",
            "september sep sept septembre septiembre setembro set settembre września wrzesień wrz",
            "october oct oktober okt octobre octubre outubro out ottobre ott października październik paź",
            "november nov novembre noviembre novembro listopada listopad lis",
            "december dec dezember dez décembre déc diciembre dic dezembro dicembre grudnia grudzień gru",
        ),
        1,
    )
    for name in names.split()
}
"""Months by their names and short names in ten languages."""

_NUMERIC = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{2})?\b")


def number(text: str) -> Decimal | None:
    """The number that is written with points, commas, spaces or apostrophes; None if it is none.

    One separator before three digits separates thousands, unless it is the only one and a zero stands before it.
    """
    digits = re.sub(r"[\s'’\u00a0\u202f]", "", text)
    if digits.endswith((",-", ".-", ",–", ".–")):
        digits = digits[:-2]
    marks = re.findall(r"[.,]", digits)
    if len(set(marks)) == 2:
        decimal = marks[-1]
        digits = digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    elif len(marks) > 1:
        digits = re.sub(r"[.,]", "", digits)
    elif marks:
        whole, _, part = digits.partition(marks[0])
        thousands = len(part) == 3 and whole.lstrip("-") not in ("", "0")
        digits = whole + part if thousands else f"{whole}.{part}"
    try:
        return Decimal(digits)
    except InvalidOperation:
        return None


def currency(text: str) -> str:
    """The ISO 4217 code of a sign, a word or a code."""
    return CURRENCIES.get(text.lower(), text.upper() if len(text) == 3 else text)


def date(text: str) -> str | None:
    """An ISO date, `--MM-DD` where the year is missing; None where it is none.

    `03/04/2024` may be March or April, and stays as it is written; with points or dashes the day comes first.
    """
    if found := re.match(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})$", text):
        return _iso(*map(int, found.groups()))
    if found := re.match(r"(\d{1,2})\.(\d{1,2})\.?$", text):
        return _iso(0, int(found.group(2)), int(found.group(1)))
    if found := _NUMERIC.match(text):
        first, second = int(found.group(1)), int(found.group(3))
        year = _year(found.group(4))
        if found.group(2) == "/" and first <= 12 and second <= 12 and first != second:
            return text if _iso(year, first, second) else None
        day, month = (second, first) if second > 12 else (first, second)
        return _iso(year, month, day)
    words = re.findall(r"\d+|[^\W\d_]+", text.lower())
    months = [MONTHS[word] for word in words if word in MONTHS]
    numbers = [word for word in words if word.isdigit()]
    if not months or not numbers:
        return None
    years = [word for word in numbers if len(word) == 4]
    days = [word for word in numbers if len(word) < 3]
    return _iso(_year(years[0] if years else None), months[0], int(days[0])) if days else None


def _year(text: str | None) -> int:
    return 0 if not text else int(text) + (2000 if len(text) == 2 else 0)


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        found = datetime.date(year or 2000, month, day)
    except ValueError:
        return None
    return found.isoformat() if year else f"--{found.month:02}-{found.day:02}"


def phone(text: str) -> str | None:
    """A phone number as `+` and digits, or digits alone without a country; None with under 7 or over 15 digits."""
    plain = re.sub(r"\(0\)", "", text)
    digits = re.sub(r"\D", "", plain)
    international = plain.lstrip("( ").startswith("+")
    if digits.startswith("00") and not international:
        digits, international = digits[2:], True
    return ("+" if international else "") + digits if 7 <= len(digits) <= 15 else None
