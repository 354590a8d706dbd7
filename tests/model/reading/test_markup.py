import pytest

from model.reading.markup import charset, text_of, title_of


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("<p>one</p><p>two</p>", "one\n\ntwo", id="paragraphs"),
        pytest.param("one<br>two", "one\ntwo", id="line break"),
        pytest.param("<ul><li>one</li><li>two</li></ul>", "- one\n- two", id="list"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr></table>", "a | b", id="row"),
        pytest.param("<table><tr><td><p>one</p><p>two</p></td></tr></table>", "one\ntwo", id="layout table"),
        pytest.param("<blockquote>one<br>two</blockquote>", "> one\n> two", id="quote"),
        pytest.param("<pre>a\n  b</pre>", "a\n  b", id="preformatted"),
        pytest.param("a<!-- x > y -->b", "ab", id="comment"),
        pytest.param("a<!-- never closed", "a", id="open comment"),
        pytest.param("5 < 6 &amp; 7 &gt; 2", "5 < 6 & 7 > 2", id="bare signs"),
        pytest.param("<style>p{}</style>a<script>b</script>", "a", id="hidden"),
        pytest.param("<div style='DISPLAY : none'>a</div>b", "b", id="invisible"),
        pytest.param("<head><title>t</title><body>a", "a", id="open head"),
        pytest.param("<b>bo</b>ld", "bold", id="inline"),
        pytest.param("a<div", "a", id="cut tag"),
    ],
)
def test_html_becomes_text(source: str, text: str) -> None:
    assert text_of(source) == text


def test_title_and_charset_are_found() -> None:
    assert title_of("<title>A &amp; B</title>") == "A & B"
    assert charset(b"<meta http-equiv=x content='text/html; charset=koi8-r'>") == "koi8-r"
    assert charset(b'<?xml version="1.0" encoding="utf-16"?>') == "utf-16"
    assert charset(b"nothing") is None
