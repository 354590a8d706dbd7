"""Check digits of the identifiers that trade and transport use. Pure arithmetic on strings; finds nothing in text."""

import string
from collections.abc import Callable

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country (SWIFT's register)."""


def digits_of(text: str) -> str:
    """The ASCII digits of `text`."""
    return "".join(character for character in text if character in string.digits)


def luhn(number: str) -> bool:
    """Whether the last digit of a payment card's number fits (ISO/IEC 7812-1); digits only."""
    if not _is_number(number) or len(set(number)) == 1:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def gs1(number: str) -> bool:
    """Whether the last digit of a GTIN, an SSCC or another GS1 key fits: weights 3 and 1 from the right."""
    if not _is_number(number) or len(number) < 2 or len(set(number)) == 1:
        return False
    return _three_one(number[:-1]) == int(number[-1])


def _is_number(text: str) -> bool:
    return bool(text) and text.isascii() and text.isdigit()


def _three_one(body: str) -> int:
    return -sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(body))) % 10


def container(code: str) -> bool:
    """Whether the last digit of a container's number fits (ISO 6346); four letters and seven digits."""
    if len(code) != 11 or not code.isascii() or not (code[:4].isalpha() and code[4:].isdigit()):
        return False
    # Letters count from 10 on, without the multiples of 11.
    values = [value for value in range(10, 39) if value % 11]
    numbers = [values[ord(letter) - 65] for letter in code[:4].upper()] + [int(digit) for digit in code[4:10]]
    return sum(value << place for place, value in enumerate(numbers)) % 11 % 10 == int(code[10])


def iban(code: str) -> bool:
    """Whether an IBAN has its country's length and its remainder is 1 (ISO 13616); without spaces."""
    code = code.upper()
    if not (code.isascii() and code.isalnum()) or IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    return int("".join(str(int(character, 36)) for character in code[4:] + code[:4])) % 97 == 1


def ups(code: str) -> bool:
    """Whether the last digit of UPS's `1Z` number fits; 18 characters."""
    code = code.upper()
    if len(code) != 18 or not code.startswith("1Z") or not (code.isascii() and code.isalnum() and code[-1].isdigit()):
        return False
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in code[2:17]]
    return (-sum(value * (1, 2)[place % 2] for place, value in enumerate(values))) % 10 == int(code[-1])


def s10(code: str) -> bool:
    """Whether the ninth digit of a postal item's number fits (UPU S10); two letters, nine digits, two letters."""
    if len(code) != 13 or not code.isascii() or not (code[:2] + code[11:]).isalpha() or not code[2:11].isdigit():
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(code[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return {0: 5, 1: 0}.get(rest, 11 - rest) == int(code[10])


def fedex(number: str) -> bool:
    """Whether the last digit of FedEx's 12, 15, 20 or 22 digits fits."""
    if not _is_number(number) or len(set(number)) == 1:
        return False
    if len(number) == 12:
        return sum(int(d) * w for d, w in zip(number[:11], (3, 1, 7) * 4, strict=False)) % 11 % 10 == int(number[11])
    if len(number) == 22 and number.startswith("96"):
        return gs1(number[7:])
    return len(number) in (15, 20) and gs1(number)


def usps(number: str) -> bool:
    """Whether the last digit of a USPS number fits; 20 digits, or 22 that begin with 91 to 95."""
    return len(number) in (20, 22) and (len(number) == 20 or "91" <= number[:2] <= "95") and gs1(number)


def dhl(code: str) -> bool:
    """Whether the last digit of a DHL waybill (10 digits, remainder of 7) or parcel (20 digits, SSCC) fits."""
    if len(code) == 10 and _is_number(code):
        return int(code[:9]) % 7 == int(code[9]) and len(set(code)) > 1
    return len(code) == 20 and code.startswith("00") and gs1(code[2:])


CHECKS: dict[str, Callable[[str], bool]] = {
    "UPS": ups,
    "S10": s10,
    "FedEx": fedex,
    "USPS": usps,
    "DHL": dhl,
    "SSCC": gs1,
    "GTIN": gs1,
    "ISO 6346": container,
    "IBAN": iban,
    "card": luhn,
}
"""The check of each scheme."""


def tracking(code: str, said: str = "") -> tuple[str | None, bool | None]:
    """Whose tracking number `code` is, and whether its check digit fits; `said` are the words that stand before it.

    (None, None) for a number of a carrier without a known check digit, of which there are many. A carrier that is
    named settles the scheme; otherwise the form does, and a digit that does not fit may only mean another carrier.
    """
    code, said = code.upper(), said.lower()
    if code.startswith("1Z"):
        return ("UPS", ups(code)) if len(code) == 18 else ("UPS", False)
    if len(code) == 13 and code[:2].isalpha() and code[11:].isalpha():
        return "S10", s10(code)
    if code.startswith(("JJD", "JVGL", "JD0")):
        return "DHL", None
    named = [scheme for scheme in ("UPS", "FedEx", "USPS", "DHL", "SSCC") if scheme.lower() in said]
    if "nve" in said.split():
        named.append("SSCC")
    return _numbered(code, named[0] if named else None)


def _numbered(code: str, named: str | None) -> tuple[str | None, bool | None]:  # noqa: PLR0911 a ladder of lengths
    if not _is_number(code):
        return named, None
    if named == "SSCC" or (named is None and len(code) == 18):
        return "SSCC", len(code) == 18 and gs1(code)
    if len(code) == 20 and code.startswith("00") and named in (None, "DHL", "SSCC"):
        return ("DHL" if code.startswith("00340434") or named == "DHL" else "SSCC"), dhl(code)
    checked = {"FedEx": (12, 15, 20, 22), "USPS": (20, 22), "DHL": (10, 20)}
    if named in checked:
        return named, CHECKS[named](code) if len(code) in checked[named] else None
    if named is None and (usps(code) or (len(code) == 22 and "91" <= code[:2] <= "95")):
        return "USPS", usps(code)
    if len(code) in (12, 15) and fedex(code) and named is None:
        return "FedEx", True
    return named, None
