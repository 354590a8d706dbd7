import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("spacy", reason="spaCy is in the extra `entities`")

from model.entities import EntityError, Finder

PATTERNS = Path(__file__).parents[2] / "data" / "entities.jsonl"
MENTIONS = [
    json.loads(line) for line in Path(__file__).with_name("mentions.jsonl").read_text(encoding="utf-8").splitlines()
]
FINDER = Finder.load(PATTERNS)
KINDS = sorted({mention[0] for row in MENTIONS for mention in row["mentions"]})


def test_finding_loads_no_command_line_and_takes_none_away() -> None:
    code = (
        "import json, sys; from pathlib import Path; from model.entities import Finder\n"
        "Finder.load(Path(sys.argv[1]))\n"
        "loaded = [name for name in ('spacy.cli', 'typer', 'requests', 'weasel') if name in sys.modules]\n"
        "import spacy, spacy.cli\n"
        "told = [info(silent=True)['spacy_version'] for info in (spacy.info, spacy.cli.info)]\n"
        "print(json.dumps([loaded, told, spacy.__version__]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(PATTERNS)], capture_output=True, text=True, check=True)
    loaded, told, version = json.loads(done.stdout)
    assert loaded == []
    assert told == [version, version]


def counts() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Mentions found rightly, found wrongly and missed, by kind."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for row in MENTIONS:
        labelled = {(kind, start, end) for kind, start, end, _ in row["mentions"]}
        found = {(entity.kind, entity.start, entity.end) for entity in FINDER.find(row["text"])}
        right.update(kind for kind, *_ in labelled & found)
        wrong.update(kind for kind, *_ in found - labelled)
        missed.update(kind for kind, *_ in labelled - found)
    return right, wrong, missed


def test_the_set_has_over_four_hundred_mentions_of_fourteen_kinds() -> None:
    assert sum(len(row["mentions"]) for row in MENTIONS) >= 400
    assert len(KINDS) == 14


def test_precision_and_recall_keep_their_level() -> None:
    right, wrong, missed = counts()
    assert right.total() / (right.total() + wrong.total()) >= 0.98
    assert right.total() / (right.total() + missed.total()) >= 0.95


def test_no_wrong_check_digit_is_accepted() -> None:
    for row in MENTIONS:
        wrong = {(start, end) for _, start, end, fits in row["mentions"] if not fits}
        assert not [
            entity for entity in FINDER.find(row["text"]) if (entity.start, entity.end) in wrong and entity.valid
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order 4500123456", ("order", "4500123456", None, None)),
        ("costs € 1.250,00", ("amount", "1250.00 EUR", None, "EUR")),
        ("12 pallets", ("quantity", "12 pallets", None, "pallets")),
        ("on 3 May 2024", ("date", "2024-05-03", None, None)),
        ("IBAN DE89 3704 0044 0532 0130 00", ("iban", "DE89370400440532013000", True, "IBAN")),
        ("container csqu", None),
        ("CSQU 305438-3", ("container", "CSQU3054383", True, "ISO 6346")),
        ("mail Ann@ACME.example", ("email", "ann@acme.example", None, None)),
        ("call +49 (0)30 1234567", ("phone", "+49301234567", None, None)),
        ("EAN 4006381333932", ("gtin", "4006381333932", False, "GTIN-13")),
    ],
)
def test_values_have_one_form(text: str, expected: tuple[Any, ...] | None) -> None:
    found = [(entity.kind, entity.value, entity.valid, entity.scheme) for entity in FINDER.find(text)]
    assert found == ([expected] if expected else [])


def test_amounts_carry_a_number_for_rules() -> None:
    (amount,) = FINDER.find("a refund of 1.250,00 EUR")
    assert amount.number == Decimal("1250.00")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([row["text"] for row in MENTIONS]) | st.text(max_size=30), max_size=4))
def test_offsets_point_at_the_text_in_order_and_without_overlaps(pieces: list[str]) -> None:
    text = " ".join(pieces)
    place = 0
    for entity in FINDER.find(text):
        assert text[entity.start : entity.end] == entity.text
        assert place <= entity.start < entity.end
        place = entity.end


def test_users_add_kinds_without_code(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"label": "dock", "pattern": [{"LOWER": "dock"}, {"TEXT": {"REGEX": "^[A-F]\\\\d$"}}]}\n')
    found = Finder.load(PATTERNS, own).find("Unload at dock B4, order 4500771")
    assert [(entity.kind, entity.value) for entity in found] == [("dock", "DOCK B4"), ("order", "4500771")]


@pytest.mark.parametrize(
    ("expressions", "words"),
    [
        pytest.param(["^x$", "(?i)^ctr-[0-9]+$"], ["CTR-0042"], id="flags"),
        pytest.param(["^(?P<no>c[0-9]+)$", "^(?P<no>d[0-9]+)$"], ["c12", "d34"], id="one name for two groups"),
        pytest.param(["^(a)[0-9]$", r"^([0-9])b\1$"], ["a7", "5b5"], id="what a group held, again"),
        pytest.param(["^(a)[0-9]$", "^(x)?z(?(1)y|w)$"], ["a7", "xzy", "zw"], id="if a group held something"),
    ],
)
def test_whatever_expressions_stand_beside_each_other_each_keeps_its_meaning(
    expressions: list[str], words: list[str]
) -> None:
    patterns = [
        {"label": "own", "pattern": [{"LOWER": "for"}, {"TEXT": {"REGEX": expression}}]} for expression in expressions
    ]
    text = "; ".join(f"a pallet for {word}" for word in [*words, "nobody", "5b6"])
    assert [entity.text for entity in Finder(patterns).find(text)] == [f"for {word}" for word in words]


def test_kinds_of_users_need_no_digit(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"label": "urgency", "pattern": [{"LOWER": "line"}, {"LOWER": "down"}]}\n')
    assert [entity.kind for entity in Finder.load(PATTERNS, own).find("We have a line down")] == ["urgency"]


def test_mentions_are_found_wherever_they_stand_in_a_long_text() -> None:
    filler = "The driver waits at the gate and asks for papers. " * 40
    text = filler.join(["order 4500771. ", "container CSQU3054383. ", "mail a@b.example. ", ""])
    assert [(entity.kind, text[entity.start : entity.end]) for entity in FINDER.find(text)] == [
        ("order", "4500771"),
        ("container", "CSQU3054383"),
        ("email", "a@b.example"),
    ]


@pytest.mark.parametrize("line", ["{", '{"label": "x", "pattern": [{"NO_SUCH": 1}]}', '{"pattern": []}'])
def test_malformed_patterns_are_an_error_of_ours(line: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line)
    with pytest.raises(EntityError):
        Finder.load(path)
