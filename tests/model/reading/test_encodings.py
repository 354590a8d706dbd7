import pytest

from model.reading.encodings import decode

TEXTS = {
    "cp1252": "Die Rücksendung für Größe XL fehlt – bitte prüfen",
    "cp1250": "Prosimy o fakturę za zamówienie, przesyłka jest uszkodzona",
    "cp1251": "Добрый день, где находится наш заказ и когда он будет доставлен",
    "koi8-r": "Добрый день, где находится наш заказ и когда он будет доставлен",
    "cp1253": "Πού βρίσκεται η παραγγελία μου και πότε θα παραδοθεί",
    "cp1255": "איפה ההזמנה שלי ומתי היא תגיע ללקוח",
    "cp932": "ご注文の商品はまだ届いていません。確認をお願いします。",
    "gb18030": "您好，我们的订单还没有到货，请确认发货时间。",
    "cp949": "안녕하세요 주문한 상품이 아직 배송되지 않았습니다 확인 부탁드립니다",
}


@pytest.mark.parametrize("codec", TEXTS)
def test_an_undeclared_encoding_is_told_by_its_letters(codec: str) -> None:
    assert decode(TEXTS[codec].encode(codec)) == TEXTS[codec]


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_needs_no_declaration(codec: str) -> None:
    text = "Order 4711 for Zoë is late, please check it"
    assert decode(text.encode(codec)) == text


def test_a_wrong_declaration_does_not_break_utf8() -> None:
    assert decode("Müller – Größe".encode(), "iso-8859-1") == "Müller – Größe"


def test_a_declaration_is_followed_where_it_fits() -> None:
    assert decode(b"caf\xe9 \xa4", "iso-8859-15") == "café €"
    assert decode("日本".encode("iso2022_jp"), "iso-2022-jp") == "日本"


def test_a_character_that_was_cut_is_replaced_and_the_rest_is_kept() -> None:
    assert decode("Größe zehn, Größe".encode()[:-2]) == "Größe zehn, Grö\ufffd"


def test_line_ends_become_newlines() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


FAR = b"Order 4711 has not come yet, please check it. " * 1_000


def test_one_bad_byte_far_behind_the_beginning_spoils_nothing_else() -> None:
    text = "Die Lieferung für Müller & Söhne fehlt – größere Menge\n" * 100
    spoiled = FAR + text.encode().replace(b"Menge", b"Men\xffe", 1)
    assert decode(spoiled) == FAR.decode() + text.replace("Menge", "Men\ufffde", 1)


@pytest.mark.parametrize("codec", TEXTS)
def test_an_undeclared_encoding_is_told_by_its_letters_wherever_they_stand(codec: str) -> None:
    assert decode(FAR + TEXTS[codec].encode(codec)) == FAR.decode() + TEXTS[codec]
