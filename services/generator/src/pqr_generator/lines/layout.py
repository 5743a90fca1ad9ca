"""The layout of a line: its fields in order, each a run of columns of fragments, and what each letter
fixes beforehand. What is left open, `json_lines.py` fills in mail by mail.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate

import numpy as np

from pqr_generator.lines.fragments import EMPTY, Fragments, Ids
from pqr_generator.lines.sentences import phrases
from pqr_generator.mails.letters import FROM_CITIZEN, FROM_COURT, FROM_MAILBOX, LETTERS
from pqr_generator.schema import PLAIN_VERSION
from pqr_generator.tickets.citizens import PROVIDERS
from pqrs import wording
from pqrs.calendar import UTC_OFFSET
from pqrs.catalogue import CONTROL_BODIES, DEPENDENCIES, ENTITIES

__all__ = ["COLUMN", "COURTS", "ENTITY_ADDRESS", "FIELDS", "REFERENCES_MAX", "WIDTH", "pieces", "span", "templates"]

REFERENCES_MAX = 5
MESSAGE_DOMAIN = "pqrs.test"  # of the entity's Message-IDs
# The mailbox of each entity, in the order of the catalogue; what is damaged is told to have gone to the first.
ADDRESSES = tuple(f"pqrs@{entity.domain}" for entity in ENTITIES.values())
ENTITY_ADDRESS = ADDRESSES[0]
COURTS = 40
# The mailbox of each dependency, in the order of the catalogue.
DESKS = (
    "hacienda", "movilidad", "infraestructura", "salud", "educacion", "planeacion", "ambiente", "gobierno", "social",
    "ciudadano",
    "juridica", "programas", "inspeccion", "contratacion", "talento", "planeacion", "tecnologia", "ciudadano",
    "autorizaciones", "citas", "farmacia", "afiliaciones", "prestaciones", "red", "archivo", "afiliado",
    "facturacion", "medicion", "cartera", "operacion", "conexiones", "subsidios", "recursos",
)  # fmt: skip


def _hex(name: str) -> tuple[str, ...]:
    return tuple(f"{name}.{place}" for place in range(4))


FIELDS: dict[str, tuple[str, ...]] = {
    "schema_version": ("schema_version",),
    "message_id": ("message_id", *_hex("id"), "id.domain"),
    "in_reply_to": ("in_reply_to", *_hex("parent"), "parent.domain"),
    "references": (
        "references",
        *(name for n in range(REFERENCES_MAX) for name in (*_hex(f"reference{n}"), f"reference{n}.domain")),
        "references.end",
    ),
    "direction": ("direction",),
    "received_at": ("received.day", "received.minute", "received.end"),
    "date": ("sent.day", "sent.minute", "sent.end"),
    "from,to": (  # either may hold the citizen's address, so they share their columns
        "from", "from.given", "from.surname", "from.second", "from.end",
        "address.given", "address.surname", "address.high", "address.low", "address.end",
    ),
    "subject": ("subject", "subject.text", "subject.prefix", "subject.high", "subject.low", "subject.end"),
    "content_type": ("content_type",),  # of HTML alone
    "body": (
        "body", "greeting", "dear.given", "dear.surname", "dear.second", "dear.end",
        "capacity", "client.given", "client.surname", "client.second", "client.end",
        "opening", "matter", "more", "detail", "place", "attempts", "effects", "also", "law", "fact",
        "fact.prefix", "fact.high", "fact.low", "fact.kind", "fact.topic", "fact.priority", "ask", "pleas",
        "copy", "farewell",
        "name.given", "name.surname", "name.second", "document", "document.high", "document.low", "document.end",
        "home", "address", "phone", "phone.digits", "tail",
        "quote", "quote.prefix", "quote.high", "quote.low", "quote.end",
        "forward", "forward.given", "forward.surname", "forward.second", "forward.topic", "forward.text",
        "desk", "body.end",
    ),
    "auto_submitted": ("auto_submitted",),
    "attachments": (
        "attachments", "file.name", "file.number", "file.media", "file.kilo", "file.bytes",
        "second.name", "second.number", "second.media", "second.kilo", "second.bytes", "attachments.end",
    ),
    "end": ("end",),
}  # fmt: skip
COLUMN = {name: place for place, name in enumerate(name for names in FIELDS.values() for name in names)}
WIDTH = len(COLUMN)
_STARTS = dict(zip(FIELDS, accumulate((len(names) for names in FIELDS.values()), initial=0), strict=False))


def span(field: str) -> slice:
    """The columns of a field."""
    return slice(_STARTS[field], _STARTS[field] + len(FIELDS[field]))


def pieces(fragments: Fragments) -> dict[str, int]:
    """Pieces of JSON that depend on more than the letter; lists give the number of their first."""
    domains = (*PROVIDERS, MESSAGE_DOMAIN)
    return {
        "opened": fragments.raw("<"),
        "received_end": fragments.raw(*(f':{second:02d}Z",' for second in range(60))),
        "sent_end": fragments.raw(
            *(f':{second:02d} {UTC_OFFSET // timedelta(hours=1):+03d}00",' for second in range(60))
        ),
        "id_closed": fragments.raw(*(f"@{domain}>" for domain in domains)),
        "id_domain": fragments.raw(*(f'@{domain}>",' for domain in domains)),
        "more_domain": fragments.raw(*(f'@{domain}>","<' for domain in domains)),
        "last_domain": fragments.raw(*(f'@{domain}>"],' for domain in domains)),
        "in_reply_to": fragments.raw('"in_reply_to":null,', '"in_reply_to":"<'),
        "references": fragments.raw('"references":[],', '"references":["<'),
        "from_provider": fragments.raw(  # copies (none, then each control body) x entities x providers
            *(f'@{name}"}},"to":["{address}"{copy}],'
              for copy in ("", *(f',"{box}"' for box in CONTROL_BODIES.values()))
              for address in ADDRESSES for name in PROVIDERS)
        ),
        "to_provider": fragments.raw(*(f'@{name}"],' for name in PROVIDERS)),
        "desk_sender": fragments.raw(
            *(f'{name}","address":"{desk}@{ENTITIES[code[0]].domain}"}},"to":["' for (code, name), desk in zip(
                DEPENDENCIES.items(), DESKS, strict=True))
        ),
        "daemon": fragments.raw(  # entities x providers
            *(f'Mail Delivery System","address":"{wording.MAILER_DAEMON}{name}"}},"to":["{address}"],'
              for address in ADDRESSES for name in PROVIDERS)
        ),
        "court": fragments.raw(  # entities x courts
            *(f'Juzgado {number:02d} Municipal","address":"juzgado{number:02d}@rama.example"}},"to":["{address}"],'
              for address in ADDRESSES for number in range(1, COURTS + 1))
        ),
        "file_name": fragments.raw('{"filename":"foto_', '{"filename":"soporte_', '{"filename":"respuesta_'),
        "second_name": fragments.raw(*3 * (',{"filename":"anexo_',)),
        "file_media": fragments.raw(
            '.jpg","media_type":"image/jpeg","bytes":', *2 * ('.pdf","media_type":"application/pdf","bytes":',)
        ),
        "file_bytes": fragments.raw(*(f"{number:03d}}}" for number in range(1_000))),
    }  # fmt: skip


def templates(fragments: Fragments) -> Ids:
    """Letters x columns: everything that is the same in all letters of a kind."""
    common = {
        "schema_version": f'{{"schema_version":"{PLAIN_VERSION}",',
        "message_id": '"message_id":"<',
        "from": '"from":{"name":"',
        "subject": '"subject":"',
        "body": '"body":"',
        "body.end": '",',
        "attachments": '"attachments":[',
        "attachments.end": "]",
        "end": "}\n",
    }
    sheet = np.full((len(LETTERS), WIDTH), EMPTY, np.int32)
    for name, text in common.items():
        sheet[:, COLUMN[name]] = fragments.raw(text)
    for row, letter in enumerate(LETTERS):
        for name, text in _fixed(letter).items():
            sheet[row, COLUMN[name]] = fragments.raw(text)
    return sheet


def _fixed(letter: str) -> dict[str, str]:
    """JSON pieces by column that belong to one kind of letter."""
    inbound = letter in FROM_CITIZEN + FROM_MAILBOX + FROM_COURT
    submitted = {"acknowledgement": "auto-replied", "bounce": "auto-generated"}
    away = "auto-replied" if letter in FROM_MAILBOX else "no"
    fixed = {
        "direction": f'"direction":"{"inbound" if inbound else "outbound"}",',
        "auto_submitted": f'"auto_submitted":"{submitted.get(letter, away)}",',
        "subject.end": '",' if letter == "request" else '2]",',
    }
    if letter != "request":
        fixed["subject.text"] = f"{_subject(letter)} {wording.RADICADO_TAG}"
    if inbound:
        fixed["from.end"] = '","address":"'
    if not inbound:
        fixed["dear.end"] = ":\\n\\n"
    facts = {
        "acknowledgement": wording.RADICADO,
        "answer": f"\\n{wording.DECISION}atendida\\n",
        "second_answer": f"\\n{wording.DECISION}atendida\\n",
        "reference": f"\\n{wording.DECISION}{wording.REITERATED}\\n",
        "denial": f"\\n{wording.DECISION}{wording.ACCESS_DENIED}\\n",
    }
    if letter in facts:
        fixed["fact"] = facts[letter]
    return fixed


def _subject(letter: str) -> str:
    """How the subject of any letter but a request begins; all further kinds of answer are headed like one."""
    subjects = phrases()["automatic_subject"] | wording.SUBJECTS
    return str(subjects["answer" if letter in ("denial", "second_answer", "reference") else letter])
