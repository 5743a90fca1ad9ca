"""What an analyst may not see of a mail is under a mask, however it is written; what names a case stays."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_dashboard.journey.masking import ADDRESS, DOCUMENT, EMAIL, NAME, PHONE, masked, masked_line


def _plain(text: str) -> str:
    """Without accents, in lower case."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


LETTERS = "abcdefghijklmnñopqrstuvwxyzáéíóúüABCDEFGHIJKLMNÑOPQRSTUVWXYZÁÉÍÓÚÜçãö"
NAMES = st.lists(st.text(LETTERS, min_size=3, max_size=9), min_size=1, max_size=4).map(" ".join)
ANYTHING = st.text(max_size=60)
SPELLINGS = st.sampled_from([str, str.upper, str.lower, str.title, _plain])


@given(ANYTHING, NAMES, SPELLINGS, ANYTHING)
def test_a_known_name_is_nowhere(before, name, spelling, after):
    """In any case, with accents or without, alone or in a sentence: no word of it is left where it stood."""
    found = masked(f"{before}\n{spelling(name)}\n{after}", [name])
    lines = found.split("\n")
    place = before.count("\n") + 1
    assert lines[place] == NAME


@given(ANYTHING, st.lists(NAMES, max_size=3))
def test_every_text_has_one_mask(text, names):
    """Nothing fails, the same gives the same, and the order of names is no matter."""
    assert masked(text, names) == masked(text, list(reversed(names)))
    json.loads(masked_line(json.dumps({"body": text, "from": {"name": text}}), names))


@given(st.dates(), st.integers(0, 10**10 - 1), ANYTHING.filter(lambda text: "@" not in text))
def test_radicados_and_dates_stay(day, number, after):
    """They name a case and a day, and nobody."""
    radicado = f"2026{number:010d}"
    kept = f"{radicado} {day.isoformat()} {day:%d/%m/%Y} {day:%d.%m.%Y} 08:15:30"
    assert masked(f"{kept}\n{after}", ["Ana Gómez"]).startswith(f"{kept}\n")


@given(st.integers(1_000_000, 9_999_999_999_999), st.sampled_from(["", "C.C. ", "NIT ", "cédula No. ", "documento: "]))
def test_a_document_is_masked_with_its_dots_and_without(number, label):
    """As people write it; only its label is left, or not even that."""
    for written in (f"{number}", f"{number:,}".replace(",", "."), f"{number}-7"):
        found = masked(f"firmo con {label}{written} (ficticia)")
        assert not re.search(r"\d", found)
        assert DOCUMENT in found or PHONE in found


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("mariaruth.ortega8590864@mail.example", EMAIL),
        ("Peña.José@correo.example", EMAIL),
        ("300 000 4546", PHONE),
        ("+57 301-234-5678", PHONE),
        ("6012345678", PHONE),
        ("Calle 32 # 9-78, oficina 904", ADDRESS),
        ("Avenida Carrera 121C Bis # 81-43, torre 2 apto 203", ADDRESS),
        ("Cra. 7 No. 12 - 30", ADDRESS),
        ("C.C. 9992325404", DOCUMENT),
        ("NIT 999123456-7", DOCUMENT),
        ("T.P. 999123", DOCUMENT),
        ("1.032.456.789", DOCUMENT),
        ("MARIA PENA", NAME),
        ("María de la Peña", f"{NAME} de la {NAME}"),
    ],
)
def test_what_is_personal(text, mask):
    """Each kind with its own mask, so that a reader knows what stood there."""
    assert masked(f"Datos: {text}.", ["María Peña"]) == f"Datos: {mask}."


@pytest.mark.parametrize(
    "text",
    [
        "Radicado: 20261020001222",
        "Son $ 1.250.000 y $350.000 del 5 de marzo de 2026 a las 10:30",
        "artículo 9 del Decreto Ley 019 de 2012",
        "fui 3 veces a la calle 45, y esperé 15 días hábiles",
        "Secretaría de Movilidad, dependencia 102",
    ],
)
def test_what_is_of_the_case_stays(text):
    """Or nobody could follow the conversation."""
    assert masked(text, ["Ana Gómez"]) == text


def test_a_raw_line_keeps_its_shape():
    """Keys, order, numbers and the identifiers of mails are as they were; a name after a line end is found too."""
    line = {
        "schema_version": "2", "message_id": "<2f@mail.example>", "in_reply_to": None, "references": ["<2f@a.test>"],
        "from": {"name": "Ana Gómez", "address": "ana@mail.example"}, "to": ["pqrs@alcaldia.test"],
        "body": "<p>Atentamente,<br>ANA GOMEZ</p>\nAna", "attachments": [{"filename": "ana.pdf", "bytes": 900123456}],
    }  # fmt: skip
    found = json.loads(masked_line(json.dumps(line, ensure_ascii=False), ["Ana Gómez"]))
    assert list(found) == list(line)
    assert found["from"] == {"name": NAME, "address": EMAIL}
    assert found["body"] == f"<p>Atentamente,<br>{NAME}</p>\n{NAME}"
    assert found["attachments"] == [{"filename": f"{NAME}.pdf", "bytes": 900123456}]
    assert [found[name] for name in ("message_id", "references")] == [line["message_id"], line["references"]]
    assert masked_line('{"from": "Ana Gómez', ["Ana Gómez"]) == f'{{"from": "{NAME}'
