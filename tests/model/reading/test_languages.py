"""Many texts at once are heard as each by itself."""

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from model.reading.language import _NOISE, UNKNOWN, _words_in, detect_language, heard
from model.reading.languages import _LOCK, FEW, TOGETHER, _known, detect_languages
from model.reading.remembered import REMEMBERED, USUAL

ROOT = Path(__file__).parents[3]
SAID = [
    "the order", "the the the", "de", "la", "Order/order:ORDER", "wir warten auf die Ware", "él niño", "ß", "straße",
    "Wo bleibt", "PO 4500", "SAP", "a@b.example", "https://the.example", "www.the", "que est-ce que c'est", "l’eau",
    "zamówienie", "jeg har ikke", "на за", "我的", "注文した", "أين", "پیگیری", "İstanbul", "", "\u2003", "_", "ſı",
]  # fmt: skip
SOME = st.lists(st.one_of(st.sampled_from(SAID), st.text(max_size=8)), max_size=12).map(" ".join)
OTHERS = ["the lamp is broken", "die Lampe ist kaputt", "la lampe est en panne", "", "我的订单", "4711", "lamp"]


def apart(texts: list[str]) -> list[tuple[str, float]]:
    """What is said of each text by itself."""
    return [detect_language(text) for text in texts]


@settings(max_examples=300, deadline=None)
@given(st.lists(SOME, min_size=FEW, max_size=12))
def test_any_texts_are_heard_together_as_apart(texts: list[str]) -> None:
    assert detect_languages(texts) == apart(texts)


def test_threads_and_items_are_heard_together_as_apart() -> None:
    lines = (ROOT / "tests/model/reading/threads.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["thread"] for line in lines]
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl"))[:6]:
        texts += [json.loads(line)["body"] for line in file.read_text(encoding="utf-8").splitlines()]
    found = detect_languages(texts)
    assert len(texts) > 2 * TOGETHER
    assert found == apart(texts)
    assert len({code for code, _ in found} - {UNKNOWN}) > 8


def test_few_texts_and_none_are_heard_too() -> None:
    for count in range(FEW + 1):
        assert detect_languages(OTHERS[:count]) == apart(OTHERS[:count])


def test_words_met_after_more_than_is_remembered_are_heard_the_same() -> None:
    words = ["ö" + "".join(letters) for letters in product("abcdefghijklmnopqrstuvwxyz", repeat=3)]
    assert len(words) > REMEMBERED
    many = [" ".join(words[first : first + 400]) for first in range(0, len(words), 400)]
    for texts in (OTHERS, many[:TOGETHER], OTHERS, many, OTHERS):
        assert detect_languages(texts) == apart(texts)


def test_threads_do_not_disturb_each_other() -> None:
    batches = [[f"{text} {word}{number}" for text in OTHERS for word in ("größe", "año")] for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detect_languages, batches)) == [apart(texts) for texts in batches]


@settings(max_examples=500, deadline=None)
@given(
    st.text("aAbZI1@.:/'’(“_-ſİßÄ²½Ⅳ\u0307x中ǅ", max_size=6)
    | st.sampled_from(["https:", "(www.", "HTTP:", "DHL,", "I", "ÄB"])
)
def test_a_token_is_heard_as_the_patterns_say(token: str) -> None:
    said = () if _NOISE.search(token) else _words_in(token)
    assert heard(token) == said


def test_who_comes_beside_somebody_elses_texts_does_not_wait() -> None:
    with _LOCK:
        assert detect_languages(OTHERS) == apart(OTHERS)


def test_long_tokens_that_say_much_do_not_fill_memory() -> None:
    for batch in range(20):
        which = range(batch * TOGETHER, (batch + 1) * TOGETHER)
        detect_languages([f"{'a.' * (n % 50)}{'e.' * (n // 50)}{'o.' * 900}y" for n in which])
        assert _known().sayings.values <= (REMEMBERED + TOGETHER * 50) * USUAL
