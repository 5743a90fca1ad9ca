"""Bodies in HTML: the text that a person reads in them, whoever wrote them, and however badly."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_bronze import transform as transform_module
from pqr_bronze.html import plain_text

# Around a text, and between its lines: a web mailer, an office program, a phone, and one that writes pages.
PROGRAMS = [
    ("<div dir='ltr'>", "<br>", "</div>"),
    ("<html><body lang=ES-CO><p class=MsoNormal>", "</p><p class=MsoNormal>", "</p></body></html>"),
    ('<div dir="auto">', '</div><div dir="auto">', "</div>"),
    ('<head><style>p > a {color: red}</style></head>\n<body>\n  <p style="margin:0">', "<BR />\n  ", "</p>\n</body>"),
]


@pytest.mark.parametrize("program", PROGRAMS)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1), min_size=1))
def test_what_was_written_is_what_is_read(program, words):
    """Whatever the program, and whatever the letters, those that mark up among them."""
    begin, between, end = program
    assert plain_text(begin + between.join(map(html.escape, words)) + end) == "\n".join(words)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("sin marcas", "sin marcas"),
        ("<p>uno<p>dos", "unodos"),  # nobody writes paragraphs without an end in one line of source
        ("<p>uno\n<p>dos", "uno dos"),
        ("a &lt; b &amp;amp; c&nbsp;d &eacute; &#233; &#xe9;", "a < b &amp; c\xa0d é é é"),
        ("2 < 3 y 5 > 4", "2 < 3 y 5 > 4"),
        ("<ul><li>uno</li><li>dos</li></ul>fin", "uno\ndos\nfin"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "ab\nc"),
        ("<h1>Queja</h1>El <b>ruido</b> <i>sigue</i>.", "Queja\nEl ruido sigue."),
        ("<!-- oculto <p> -->visto<!-- sin fin", "visto"),
        ("<script>if (a < b) { x() }</script>visto<style>p{}</style>", "visto"),
        ("<header>visto</header><head><title>no</title></head>", "visto"),
        ("antes<script>sin fin", "antes"),
        ("un <inicio sin fin", "un <inicio sin fin"),
        ("&#0;&#xd800;", "\ufffd\ufffd"),
        ("<div></div>", ""),
        ("", ""),
    ],
)
def test_marks_in_all_their_forms(written, text):
    """Hidden parts, entities, lists and tables, marks without an end, signs that are none."""
    assert plain_text(written) == text


@pytest.mark.parametrize(
    "piece", ["<div>", "<", "<!--", "<script>", "<script", "</script", "<br ", "&#", "&lt;", "<head></head", "\n", " "]
)
def test_a_sender_cannot_make_it_slow(piece):
    """Four times as much of anything takes four times as long: nobody's body stops a worker."""

    def best(repeats):
        took = []
        for _ in range(3):
            begin = time.perf_counter()
            plain_text(piece * repeats)
            took.append(time.perf_counter() - begin)
        return min(took)

    assert best(80_000) < 8 * best(20_000) + 0.01


def test_an_html_mail_becomes_its_text(read, line):
    """Canonical or not: with single quotation marks, which need no escape, and with double ones, which do."""
    for quotation in "'\"":
        body = f"<div dir={quotation}ltr{quotation}>Señores:<br><br>Insisto.</div>"
        found = read(line(content_type="text/html", body=body))
        assert [email["body"] for email in found.emails] == ["Señores:\n\nInsisto."]
        assert found.emails[0]["extra_fields"] is None


def test_plain_text_stays_what_it_is(read, line):
    """In a line of either version, and in one of the first that has a field of the second."""
    body = "<p>1 &lt; 2</p>"
    first = line(schema_version="1", body=body)
    lines = [line(body=body), first, first.replace('"content_type":"text/plain",', "")]
    found = read(*lines)
    assert [email["body"] for email in found.emails] == [body] * 3
    assert [email["extra_fields"] for email in found.emails] == [None, '{"content_type":"text/plain"}', None]


def test_a_line_of_the_first_version_is_taken_at_a_glance(read, line, monkeypatch):
    """It has no content type, and is text."""
    monkeypatch.setattr(transform_module, "_diagnosed", None)
    first = line(schema_version="1").replace('"content_type":"text/plain",', "")
    assert len(read(first, line(content_type="text/html")).emails) == 2


@pytest.mark.parametrize("kind", ["", "image/png", "TEXT/HTML", "text/html; charset=utf-8"])
def test_another_content_type_is_refused(read, line, kind):
    """Nobody knows how to read it."""
    assert read(line(content_type=kind)).faults == [("bad_value", f"content_type is {kind}")]
