from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.250,00", "1250.00"),
        ("1,250.00", "1250.00"),
        ("1 250,00", "1250.00"),
        ("1'250.50", "1250.50"),
        ("1.250", "1250"),
        ("0.125", "0.125"),
        ("12,5", "12.5"),
        ("1.234.567", "1234567"),
        ("250,-", "250"),
        ("-3", "-3"),
        ("7", "7"),
    ],
)
def test_numbers_of_all_countries_have_one_form(text: str, value: str) -> None:
    assert quantities.number(text) == Decimal(value)


def test_what_is_no_number_is_none() -> None:
    assert quantities.number("abc") is None


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_a_number_survives_both_ways_of_writing(whole: int, cents: int) -> None:
    value = Decimal(f"{whole}.{cents:02}")
    assert quantities.number(f"{whole:,}.{cents:02}") == value
    assert quantities.number(f"{whole:,}".replace(",", ".") + f",{cents:02}") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-05-03", "2024-05-03"),
        ("03.05.2024", "2024-05-03"),
        ("3.5.24", "2024-05-03"),
        ("25/12/2024", "2024-12-25"),
        ("12/25/2024", "2024-12-25"),
        ("03/04/2024", "03/04/2024"),
        ("3 May 2024", "2024-05-03"),
        ("May 3rd, 2024", "2024-05-03"),
        ("3. Mai", "--05-03"),
        ("1er juin 2024", "2024-06-01"),
        ("5 de abril de 2024", "2024-04-05"),
        ("12 maja 2024", "2024-05-12"),
        ("21-Mar-2024", "2024-03-21"),
        ("31.02.2024", None),
        ("soon", None),
    ],
)
def test_dates_become_iso_where_they_are_certain(text: str, value: str | None) -> None:
    assert quantities.date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+49 (0)30 123 45 67", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("(555) 123-4567", "5551234567"),
        ("12345", None),
    ],
)
def test_phone_numbers_have_one_form(text: str, value: str | None) -> None:
    assert quantities.phone(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("€", "EUR"), ("usd", "USD"), ("zł", "PLN"), ("Euro", "EUR"), ("kr", "kr")]
)
def test_currencies_have_codes(text: str, value: str) -> None:
    assert quantities.currency(text) == value
