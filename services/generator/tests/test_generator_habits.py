"""What citizens do in every mail: spelling, contact, mail program, quoted and forwarded mail."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from pqr_generator.days import RawPart, generate
from pqr_generator.lines.press import press
from pqr_generator.lines.styles import STYLES, spelt
from pqrs.parameters import Parameters
from pqrs.scenario import load_scenario

RUN = Parameters.create(
    opens_on=date(2026, 1, 1),
    window_to=date(2026, 3, 31),
    tickets_per_business_day=60,
    scenario=load_scenario("sin_picos"),  # nothing is damaged there
)
REPLIES = ("Re: Acuse", "Re: Requerimiento", "Re: Respuesta")
ADDRESS = re.compile(
    r"\n((?:Dirección: )?(?:Calle|Carrera|Cra\.|Cl\.|Diagonal|Transversal|Avenida \w+) \d+[ \w]*# \d+-\d\d[^(\n]*) \(ficticia\)"
)
PHONE = re.compile(r"\n((?:Cel\. |Celular: |Tel\. |)300 000 \d{4})(?:\n|$)")
TAIL = re.compile(r"\n\n((?:Enviado desde|Obtener|AVISO|Antes de|La información de este correo) [^\n]+)")


@pytest.fixture(scope="module")
def mails():
    """What citizens write themselves."""
    raw = [bytes(made.lines) for made in generate(RUN, *RUN.window) if isinstance(made, RawPart)]
    found = [json.loads(line) for part in raw for line in part.splitlines()]
    return [
        mail for mail in found if mail["direction"] == "inbound" and not mail["from"]["address"].startswith("juzgado")
    ]


def own_words(mail):
    """Greeting to farewell, without lines that state facts."""
    return "\n".join(
        line for line in mail["body"].split("\nMunicipio: ")[0].splitlines()
        if not line.startswith(("Con copia a: ", "C.C.", "C.E.", "NIT", "T.P."))
    )  # fmt: skip


def by_citizen(mails):
    threads = defaultdict(list)
    for mail in mails:
        threads[mail["from"]["address"]].append(mail)
    return [several for several in threads.values() if len(several) > 1]


def test_a_citizen_keeps_its_habits(mails):
    """From mail to mail the same name, address, telephone, mail program and capitals."""
    several = by_citizen(mails)
    assert len(several) > 500
    for name in (ADDRESS, PHONE, TAIL):
        left = [{tuple(name.findall(mail["body"])) for mail in written} for written in several]
        assert all(len(found) == 1 for found in left), name
        assert 0.08 < np.mean([found != {()} for found in left]) < 0.6
    assert all(len({mail["from"]["name"] for mail in written}) == 1 for written in several)
    assert all(len({own_words(mail).isupper() for mail in written}) == 1 for written in several)


def test_spellings_have_their_shares(mails):
    """Some write in capitals, some in small letters, many without accents: no word of theirs has one then."""
    texts = [own_words(mail) for mail in mails]
    assert np.mean([text.isupper() for text in texts]) == pytest.approx(0.07, abs=0.02)
    assert np.mean([text.islower() for text in texts]) == pytest.approx(0.07, abs=0.02)
    bare = np.mean([not re.search("[áéíóúÁÉÍÓÚ]", text) for text in texts])
    assert 0.31 < bare < 0.55


def test_facts_are_spelt_to_the_letter_by_all(mails):
    """What other systems look for in the text: the home, and a control body that gets a copy."""
    shouted = [mail for mail in mails if own_words(mail).isupper()]
    homes = [mail for mail in shouted if "\nMunicipio: Bucaramanga (Santander)" in mail["body"]]
    assert len(homes) > 0.6 * len(shouted) > 60
    assert any("\nCon copia a: " in mail["body"] for mail in shouted)


@pytest.mark.parametrize("style", STYLES)
def test_every_spelling_is_the_same_text(style):
    """As many fragments, none of which is empty that was not, or longer by more than slips make it; line ends stay."""
    first, count = press().lexicon.spoken
    pieces = press().array.slice(first, count).to_pylist()
    other = spelt(pieces, style)
    assert [not piece for piece in other] == [not piece for piece in pieces]
    assert [piece.count(b"\\n") for piece in other] == [piece.count(b"\\n") for piece in pieces]
    assert all(abs(len(a) - len(b)) < 4 + len(a) // 4 for a, b in zip(pieces, other, strict=True))
    assert (other == pieces) == (style is STYLES[0])
    at = first + count * STYLES.index(style)
    assert press().array.slice(at, count).to_pylist() == other


def test_text_that_needs_an_escape_is_refused():
    with pytest.raises(ValueError, match="without quotation marks"):
        spelt([b'dijo \\"no\\"'], STYLES[1])


def test_replies_quote_what_they_answer(mails):
    """Some citizens do: the subject of the letter with its radicado, every further line marked."""
    replies = [mail for mail in mails if mail["subject"].startswith(REPLIES)]
    quoting = [mail for mail in replies if "\n>\n>" in mail["body"]]
    assert 0.3 < len(quoting) / len(replies) < 0.5
    for mail in quoting:
        head, _, quoted = mail["body"].partition(
            "escribió:\n\n" if "escribió:" in mail["body"] else "-----Mensaje original-----\n"
        )
        assert mail["subject"].removeprefix("Re: ") in quoted
        assert "\nMunicipio: " in head
        assert "\nMunicipio: " not in quoted
        assert all(
            line.startswith(">") for line in quoted.splitlines() if "Asunto: " not in line and "De: " not in line
        )
    requests = [mail for mail in mails if not mail["subject"].startswith(REPLIES)]
    assert not [mail for mail in requests if "\n>" in mail["body"]]


def test_some_forward_what_another_wrote(mails):
    """Below the signature, from somebody else; no company does."""
    requests = [mail for mail in mails if not mail["subject"].startswith(REPLIES)]
    found = [re.split("---------- (?:Mensaje reenviado|Forwarded message) -+\n", mail["body"]) for mail in requests]
    forwarded = [(mail, parts) for mail, parts in zip(requests, found, strict=True) if len(parts) == 2]
    assert 0.015 < len(forwarded) / len(requests) < 0.04
    for mail, (above, below) in forwarded:
        who, topic, empty, text = below.split("\n")
        assert "\nMunicipio: " in above
        assert who.startswith("De: ")
        assert who.removeprefix("De: ") != mail["from"]["name"]
        assert topic.startswith("Asunto: ")
        assert (empty, text[-1]) == ("", ".")
        assert "NIT" not in above
