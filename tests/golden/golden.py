"""A handmade inbox through the whole pipeline, as its best documentation: what goes in, what each layer makes of it.

    inbox.toml         threads of e-mails as a person tells them, and what must come of each, worked out by hand
      -> raw           one JSON line an e-mail, one object a local day, in order of arrival, dirt included
      -> bronze        `transform`: each line is a typed row of `emails` or a row of `rejects` with its rule and reason
      -> silver        `split`: each e-mail to the bucket of its thread's root; one that lost its references (an orphan)
                       to the bucket of its radicado; `resolved`: orphans learn their root from acknowledgements;
                       `refined`: a message once, threads to tickets, steps to events, the legal clock run by its rules
      -> gold          `partials` of each bucket, then `mart`: the figures, held to each other by `reconciliation`

Nothing here touches a lake, a cluster or a clock: these are the pure functions that the stages run on workers.
`expected/` holds every table as CSV, to be read beside inbox.toml: null is empty, an empty text is '', instants are
UTC; tickets are named like their threads, and lie in columns, one line a fact. Marts with a row for every day or
hour show those on which something happened.
When a table is meant to change, look at the difference that this makes, line by line:

    python tests/golden/golden.py --rewrite
"""

from __future__ import annotations

import csv
import html
import io
import json
import sys
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pqr_bronze.lines import RawObject
from pqr_bronze.schema import PRODUCES as BRONZE
from pqr_bronze.transform import transform
from pqr_common.tables.contract import conform
from pqr_gold.marts import MARTS, PARTIALS
from pqr_gold.transform import mart, partials, total
from pqr_silver.placing.mails import MAILS
from pqr_silver.placing.names import resolved
from pqr_silver.schema import CLASHES, RADICADOS
from pqr_silver.schema import PRODUCES as SILVER_AND_MEMORY
from pqr_silver.threads import named
from pqr_silver.transform import refined, split
from pqrs.catalogue import DEPENDENCIES, TOPICS

HERE = Path(__file__).parent
EXPECTED = HERE / "expected"
INBOX = tomllib.loads((HERE / "inbox.toml").read_text(encoding="utf-8"))
SILVER = [contract for contract in SILVER_AND_MEMORY if not contract.is_private and contract is not CLASHES]
CLOSING_TIME = 17 * 60  # of this entity, which hears nobody after five
OPENS_ON, ENDS_ON = INBOX["opens_on"], INBOX["ends_on"]

BUCKETS = 2
TRANSIT = timedelta(seconds=10)  # between the Date header and the arrival
UTC_AHEAD = timedelta(hours=5)  # of Bogotá, all year
TOPIC = {topic.code: topic for topic in TOPICS}
PHRASES = {
    "PET_GEN": "Petición de interés general",
    "PET_PAR": "Petición de interés particular",
    "PET_INF": "Solicitud de información",
    "PET_DOC": "Solicitud de copias",
    "CONSULTA": "Consulta",
    "RECLAMO": "Reclamo",
    "SUGERENCIA": "Sugerencia",
    "DENUNCIA": "Denuncia",
    "FELICITACION": "Felicitación",
    "PET_AUT": "Petición entre autoridades",
    "HD_CONSULTA": "Consulta de datos personales",
    "HD_RECLAMO": "Reclamo de datos personales",
    "SPD": "Reclamación por servicios públicos",
    "SPD_REC": "Recurso de reposición",
    "SALUD_V": "Reclamo en salud con riesgo vital",
    "SALUD_P": "Reclamo en salud con riesgo priorizado",
    "SALUD_S": "Reclamo en salud",
}

# kind: who sends it, how automatic it is, its subject, its body
LETTERS = {
    "request": ("citizen", "no", "{phrase} - {topic.name}", "Señores:\n\nPido atención.\n\n{signature}"),
    "acknowledgement": ("entity", "auto-replied", "Acuse de recibo", "Radicado: {radicado}\nTipo: {assigned}\nTema: {about}\nDependencia: {topic.dependency}\nPrioridad: {priority}\nGracias por escribir."),
    "progress": ("entity", "no", "Avance del trámite", "Su petición está en estudio."),
    "completion_request": ("entity", "no", "Requerimiento para completar la petición", "Indique la dirección."),
    "completion": ("citizen", "no", "Re: Requerimiento para completar la petición", "Calle 1 # 2-3.\n\n{signature}"),
    "extension": ("entity", "no", "Prórroga del término", "La búsqueda requiere más tiempo.\nPrórroga: {words} días hábiles\n"),
    "void_extension": ("entity", "no", "Prórroga del término", "La búsqueda requiere más tiempo.\nPrórroga: {words} días hábiles\n"),
    "transfer": ("entity", "no", "Traslado por competencia", "Entidad competente: Policía Nacional"),
    "insistence": ("citizen", "no", "Re: Acuse de recibo", "Insisto.\n\n{signature}"),
    "answer": ("entity", "no", "Respuesta de fondo", "Respondemos su petición.\nDecisión: {words}\n"),
    "reopening": ("citizen", "no", "Re: Respuesta de fondo", "No estoy de acuerdo.\n\n{signature}"),
    "archive": ("entity", "no", "Archivo por desistimiento tácito", "Se archiva la petición."),
    "silence": ("entity", "no", "Silencio administrativo positivo", "Se accede a lo pedido."),
    "annulment": ("entity", "no", "Anulación de radicado", "Se había registrado dos veces."),
    "tutela": ("court", "no", "Notificación de acción de tutela", "Dispone de dos días para informar."),
    "out_of_office": ("citizen", "auto-replied", "Respuesta automática: Respuesta de fondo", "Estoy de vacaciones."),
    "bounce": ("daemon", "auto-generated", "Undelivered Mail Returned to Sender", "550 mailbox full"),
}  # fmt: skip
NOBODY_ANSWERS = {"out_of_office", "bounce"}


@dataclass(frozen=True)
class Delivery:
    """One line of the inbox: when it arrived (local time), its bytes, and the mail they were written from."""

    at: datetime
    line: bytes
    mail: dict[str, Any]


# --- inbox.toml to raw lines


def deliveries(thread: dict[str, Any]) -> list[Delivery]:
    """The lines of a thread that lie in the window; each mail answers the one above and refers to all before."""
    made: list[Delivery] = []
    chain: list[str] = []
    for text in thread["mails"].strip().splitlines():
        when, kind, special = (part.strip() for part in f"{text}||".split("|")[:3])
        at = datetime.fromisoformat(when)
        if kind in SPOILT:
            made.append(Delivery(at, SPOILT[kind](again(made[-1].mail, at)), made[-1].mail))
            continue
        mail = written(thread, kind, special, at, chain)
        if kind not in NOBODY_ANSWERS:
            chain.append(mail["message_id"])
        made.append(Delivery(at, encoded(mail), mail))
    return [delivery for delivery in made if delivery.at.date() >= OPENS_ON]


def written(thread: dict[str, Any], kind: str, special: str, at: datetime, chain: list[str]) -> dict[str, Any]:
    """A mail with its fields in the order of the contract."""
    who, automatic, subject, body = LETTERS[kind]
    facts = _facts(thread, special)
    parties, domain = _parties(thread, who, facts["topic"].dependency)
    name = f"<{thread['name']}.{kind}"
    number = sum(seen.startswith((f"{name}@", f"{name}-")) for seen in chain)
    is_lost = special == "lost_references"
    sent = datetime.fromisoformat(special.removeprefix("sent ")) if special.startswith("sent ") else at - TRANSIT
    mail = {
        "schema_version": "1",
        "message_id": f"{name}{f'-{number + 1}' if number else ''}@{domain}>",
        "in_reply_to": None if is_lost or not chain else chain[-1],
        "references": [] if is_lost else list(chain),
        "direction": "outbound" if who == "entity" else "inbound",
        "received_at": f"{at + UTC_AHEAD:%Y-%m-%dT%H:%M:%SZ}",
        "date": f"{sent:%a, %d %b %Y %H:%M:%S} -0500",
        **parties,
        "subject": subject.format(**facts) + ("" if kind == "request" else f" [Radicado {thread['radicado']}]"),
        "body": body.format(**facts),
        "auto_submitted": automatic,
        "attachments": [{"filename": "foto.jpg", "media_type": "image/jpeg", "bytes": 2048}]
        * ("attachment" in special),
    }
    if "html" in special:
        mail = _marked_up(mail)
    return mail | ({"importance": "high"} if "unknown_field" in special else {})


def _marked_up(mail: dict[str, Any]) -> dict[str, Any]:
    """The same mail from an office program, in a line of version 2."""
    paragraphs = "</p><p class=MsoNormal>".join(html.escape(mail["body"], quote=False).split("\n"))
    body = f"<html><body lang=ES-CO><p class=MsoNormal>{paragraphs}</p></body></html>"
    changed = {"schema_version": "2", "body": body}
    fields = [(name, changed.get(name, value)) for name, value in mail.items()]
    place = list(mail).index("body")
    return dict([*fields[:place], ("content_type", "text/html"), *fields[place:]])


def _facts(thread: dict[str, Any], words: str) -> dict[str, Any]:
    """What the letters of a thread may mention."""
    citizen = thread["citizen"]
    signature = f"{citizen['name']}\nC.C. 9990001234 (ficticia)\nMunicipio: {citizen['home']}"
    defaults = {"assigned": thread["asks"], "priority": "normal", "radicado": ""}
    derived = {
        "phrase": PHRASES[thread["asks"]],
        "topic": TOPIC[thread["about"]],
        "signature": signature,
        "words": words,
    }
    return defaults | thread | derived


def _parties(thread: dict[str, Any], who: str, dependency: str) -> tuple[dict[str, Any], str]:
    """From whom to whom, and the domain of the Message-ID."""
    citizen, inbox = thread["citizen"], "pqrs@alcaldia.test"
    domain = citizen["address"].partition("@")[2]
    if who == "entity":
        desk = {"name": DEPENDENCIES[dependency], "address": f"d{dependency}@alcaldia.test"}
        return {"from": desk, "to": [citizen["address"]]}, "pqrs.test"
    if who == "court":
        return {"from": {"name": "Juzgado 01 Municipal", "address": "juzgado01@rama.example"}, "to": [inbox]}, domain
    daemon = {"name": "Mail Delivery System", "address": f"mailer-daemon@{domain}"}
    person = {name: citizen[name] for name in ("name", "address")}
    return {"from": daemon if who == "daemon" else person, "to": [inbox]}, domain


def again(mail: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The same mail, delivered at another time."""
    return mail | {"received_at": f"{at + UTC_AHEAD:%Y-%m-%dT%H:%M:%SZ}"}


def encoded(mail: dict[str, Any]) -> bytes:
    return json.dumps(mail, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _without_subject(mail: dict[str, Any]) -> bytes:
    return encoded({name: value for name, value in mail.items() if name != "subject"})


SPOILT = {
    "duplicate": encoded,
    "truncated_json": lambda mail: encoded(mail).partition(b',"body"')[0] + b"\n",
    "missing_field": _without_subject,
    "wrong_type": lambda mail: encoded(mail | {"references": "ninguna"}),
    "broken_encoding": lambda mail: encoded(mail).replace("ó".encode(), "ó".encode("latin-1")),
}


def raw() -> dict[date, list[Delivery]]:
    """The inbox by local day of arrival, in order of arrival."""
    days: defaultdict[date, list[Delivery]] = defaultdict(list)
    for delivery in sorted((d for thread in INBOX["thread"] for d in deliveries(thread)), key=lambda d: d.at):
        days[delivery.at.date()].append(delivery)
    return dict(days)


# --- raw lines to tables


def pipeline() -> dict[str, dict[str, pa.Table]]:
    """layer -> dataset -> table, each as its contract says."""
    days = raw()
    objects = [RawObject(f"day={day}/part-00000.jsonl", day, 0, b"".join(d.line for d in days[day])) for day in days]
    read = transform(objects)
    buckets = _refined(read.emails)
    window = OPENS_ON, ENDS_ON
    parts = [partials(bucket["tickets"], PARTIALS, window_from=OPENS_ON) for bucket in buckets]
    totals = {name: total(name, [part[name] for part in parts], ENDS_ON) for name in PARTIALS}
    return {
        "bronze": {c.dataset: conform(getattr(read, c.dataset), c) for c in BRONZE},
        "silver": {c.dataset: pa.concat_tables([bucket[c.dataset] for bucket in buckets]) for c in SILVER},
        "gold": {name: mart(name, totals, window, opens_on=OPENS_ON) for name in MARTS},
    }


def _refined(emails: pa.Table) -> list[dict[str, pa.Table]]:
    """Silver, bucket by bucket; in a stage each bucket is a task of its own."""
    parts = split(emails, buckets=BUCKETS, pseudonym_key="golden")
    found = [
        resolved(
            parts.orphans.get(n, MAILS.empty_table()),
            parts.radicados.get(n, RADICADOS.schema.empty_table()),
            buckets=BUCKETS,
        )
        for n in range(BUCKETS)
    ]
    made = []
    for number in range(BUCKETS):
        mails = [dealt[number] for dealt in (parts.mails, *found) if number in dealt]
        folded = refined(named(pa.concat_tables([MAILS.empty_table(), *mails])), closing_time=CLOSING_TIME)
        assert folded.count_unfaithful == 0
        made.append({c.dataset: conform(getattr(folded, c.dataset), c) for c in SILVER})
    return made


# --- tables to CSV

LEFT_OUT = {"body", "raw_text", "raw_offset"}  # held to inbox.toml by tests of their own
# Marts with a row for every day, hour or band: only rows where one of these columns counts something are shown.
DENSE = {
    "gold_kpi_daily": {"received", "answered", "archived", "transferred", "due", "breached"},
    "gold_kpi_backlog_age": {"tickets"},
    "gold_kpi_arrivals": {"received"},
    "gold_kpi_peaks": {"received"},
}
IN_COLUMNS = {"silver_tickets": "root_message_id"}


def tables() -> dict[str, str]:
    """Name -> CSV of every table."""
    made = {f"{layer}_{name}": table for layer, named in pipeline().items() for name, table in named.items()}
    names = _thread_names(made["silver_tickets"].sort_by("opened_at"))
    return {name: _csv(name, table, names) for name, table in made.items()}


def _thread_names(tickets: pa.Table) -> dict[str, str]:
    roots = zip(tickets["ticket_id"].to_pylist(), tickets["root_message_id"].to_pylist(), strict=True)
    return {ticket: root.removeprefix("<").partition(".")[0] for ticket, root in roots}


def _csv(name: str, table: pa.Table, names: dict[str, str]) -> str:
    columns = [column for column in table.column_names if column not in LEFT_OUT]
    shown = [
        row for row in _sorted(name, table, names) if name not in DENSE or any(row[column] for column in DENSE[name])
    ]
    rows = [[_cell(column, row[column], names) for column in columns] for row in shown]
    if name in IN_COLUMNS:
        columns, *rows = zip(columns, *rows, strict=True)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def _sorted(name: str, table: pa.Table, names: dict[str, str]) -> list[dict[str, Any]]:
    """Rows of marts are sorted by their key already; others have no order of their own and are sorted by time."""
    rows: list[dict[str, Any]] = table.to_pylist()
    if name.startswith("gold_"):
        return rows
    if name == "silver_ticket_events":
        return sorted(rows, key=lambda row: (list(names).index(row["ticket_id"]), row["seq"]))
    time = "opened_at" if name == "silver_tickets" else "raw_day"
    return sorted(rows, key=lambda row: (row[time], row["raw_line"]))


def _cell(column: str, value: Any, names: dict[str, str]) -> str:
    if value is None:
        return ""
    if column == "event_id":
        ticket, _, number = value.rpartition("-")
        return f"{names[ticket]}-{number}"
    if column == "ticket_id":
        return names[value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return "''" if value == "" else str(value)


if __name__ == "__main__":
    if sys.argv[1:] != ["--rewrite"]:
        sys.exit("usage: python tests/golden/golden.py --rewrite")
    for old in EXPECTED.glob("*.csv"):
        old.unlink()
    for table_name, content in tables().items():
        (EXPECTED / f"{table_name}.csv").write_text(content, encoding="utf-8")
