import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import identifiers

GOOD = {
    "UPS": ["1Z999AA10123456784", "1Z5R89390357567127"],
    "S10": ["RR473124829GB", "RB123456785GB"],
    "FedEx": ["986578788855", "477179081230"],
    "USPS": ["9400360768814073055727", "03071790000523483741"],
    "DHL": ["3318810025", "00340434161094042557"],
    "SSCC": ["006141411234567890", "340123455443043485"],
    "GTIN": ["4006381333931", "96385074", "036000291452", "14005700508521"],
    "ISO 6346": ["CSQU3054383", "MSKU6011672"],
    "IBAN": ["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606"],
    "card": ["4111111111111111", "5500005555555559"],
}
CASES = [(scheme, code) for scheme, codes in GOOD.items() for code in codes]


@pytest.mark.parametrize(("scheme", "code"), CASES)
def test_published_numbers_pass(scheme: str, code: str) -> None:
    assert identifiers.CHECKS[scheme](code)


@pytest.mark.parametrize(("scheme", "code"), CASES)
def test_no_single_wrong_check_digit_passes(scheme: str, code: str) -> None:
    place = 10 if scheme == "S10" else 2 if scheme == "IBAN" else len(code) - 1
    others = [code[:place] + digit + code[place + 1 :] for digit in string.digits if digit != code[place]]
    assert not any(identifiers.CHECKS[scheme](other) for other in others)


@given(st.sampled_from(sorted(identifiers.CHECKS)), st.text(max_size=30))
def test_any_text_is_answered(scheme: str, text: str) -> None:
    assert identifiers.CHECKS[scheme](text) in (True, False)


@given(st.sampled_from([code for codes in (GOOD["GTIN"], GOOD["SSCC"], GOOD["card"]) for code in codes]), st.data())
def test_one_changed_digit_is_always_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    digit = data.draw(st.sampled_from([digit for digit in string.digits if digit != code[place]]))
    changed = code[:place] + digit + code[place + 1 :]
    assert not (identifiers.luhn if code in GOOD["card"] else identifiers.gs1)(changed)


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        ("1Z999AA10123456784", "", ("UPS", True)),
        ("1Z999AA10123456785", "", ("UPS", False)),
        ("RR473124829GB", "tracking", ("S10", True)),
        ("JJD000390007882823478", "", ("DHL", None)),
        ("00340434161094042557", "", ("DHL", True)),
        ("986578788855", "FedEx", ("FedEx", True)),
        ("986578788856", "FedEx", ("FedEx", False)),
        ("986578788856", "tracking", (None, None)),
        ("9400360768814073055728", "", ("USPS", False)),
        ("340123455443043485", "SSCC", ("SSCC", True)),
        ("ABC-1", "parcel", (None, None)),
    ],
)
def test_a_tracking_number_belongs_to_its_carrier(
    code: str, said: str, expected: tuple[str | None, bool | None]
) -> None:
    assert identifiers.tracking(code, said) == expected
