import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.reading.language import UNKNOWN, detect_language

CASES = [line.split("|") for line in """
en|Where is my order? It was due last week.
en|can you check stock for this item
de|Wo bleibt unsere Lieferung? Wir warten seit Montag.
de|Rechnung bitte nochmal schicken
fr|Il manque trois cartons dans la livraison
fr|Quand passe le transporteur ?
es|La carretilla de la nave 3 está averiada
es|Faltan tres cajas en la entrega
pt|Não consigo entrar no portal desde ontem
pt|Faltam três caixas na entrega
it|Non riesco ad accedere al portale da ieri
it|Chi si occupa dei reclami?
nl|Er ontbreken drie dozen in de levering
nl|De heftruck in hal 3 is kapot
pl|Proszę ponownie przesłać fakturę
pl|Wózek widłowy w hali 3 jest zepsuty
da|Jeg kan ikke logge ind på portalen siden i går
da|Hvornår kommer chaufføren?
sv|Skrivaren på lagret fungerar inte
sv|Vi har debiterats frakt två gånger
ru|Где мой заказ? Он должен был прийти в понедельник.
uk|Де моє замовлення? Воно мало прийти в понеділок.
zh|我的订单在哪里？应该周一到货。
ja|注文した商品はどこですか？
ko|제 주문은 어디에 있나요?
el|Πού είναι η παραγγελία μου;
he|איפה ההזמנה שלי?
ar|أين طلبي؟ كان يجب أن يصل يوم الاثنين.
""".strip().split("\n")]  # fmt: skip


@pytest.mark.parametrize(("code", "text"), CASES, ids=[text for _, text in CASES])
def test_short_messages_are_told_apart(code: str, text: str) -> None:
    assert detect_language(text)[0] == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PO 4500 qty?",
        "ok",
        "INV 2024-118",
        "DHL UPS FedEx",
        "asdf qwer zxcv",
        "Müller GmbH",
        "a@b.example",
        "SAP VA01 ERROR M7 021",
    ],
)
def test_jargon_is_in_no_language(text: str) -> None:
    code, confidence = detect_language(text)
    assert code == UNKNOWN
    assert confidence <= 0.3


@given(st.text(max_size=80))
def test_the_confidence_is_a_share(text: str) -> None:
    assert 0 <= detect_language(text)[1] <= 1


def test_confidence_grows_with_the_text() -> None:
    short, long = (
        "Wo bleibt die Ware?",
        "Wo bleibt die Ware? Wir warten schon seit Montag auf die Lieferung und der Kunde fragt nach.",
    )
    assert detect_language(short)[1] < detect_language(long)[1]
