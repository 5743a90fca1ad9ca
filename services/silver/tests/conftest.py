"""An inbox written as small tables: threads of e-mails in, what silver makes of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pqr_common.tables.contract import conform
from pqr_common.tables.signed import net
from pqr_common.testing import table_of
from pqr_silver.keys import bucket_numbers, dealt
from pqr_silver.memory import long_ago
from pqr_silver.placing.mails import MAILS
from pqr_silver.placing.names import CLAIMS, MOVES, clashes, contested, moved, resolved, without
from pqr_silver.schema import PRODUCES, RADICADOS, REQUIRES, TICKETS
from pqr_silver.threads import Before, Named, named
from pqr_silver.transform import refined, split
from pqrs.terms import THREAD_DAYS

AS_OF = date(2026, 3, 31)
CLOSING_TIME = 17 * 60  # of this entity: not the law's, so that a test shows that it counts
BOGOTA = timedelta(hours=-5)

# kind: who sends it, how the subject begins, what the body says
LETTERS = {
    "request": (
        "inbound",
        "{}",
        "Señores:\nPido atención.\n\nAna Ruiz\nC.C. 9990001234 (ficticia)\nMunicipio: Tunja (Boyacá)",
    ),
    "acknowledgement": (
        "outbound",
        "Acuse de recibo",
        "Señora Ana:\n\nRadicado: {radicado}\nTipo: {}\nTema: RUIDO\nDependencia: 107\nPrioridad: normal\n",
    ),
    "transfer": ("outbound", "Traslado por competencia", "Entidad competente: Gobernación"),
    "completion_request": ("outbound", "Requerimiento para completar la petición", "Falta la dirección."),
    "completion": ("inbound", "Re: Requerimiento para completar la petición", "Calle 1 # 2-3"),
    "extension": ("outbound", "Prórroga del término", "Prórroga: {} días hábiles\n"),
    "progress": ("outbound", "Avance del trámite", "Seguimos trabajando."),
    "answer": ("outbound", "Respuesta de fondo", "Decisión: {}"),
    "archive": ("outbound", "Archivo por desistimiento tácito", "Se archiva."),
    "insistence": ("inbound", "Re: Acuse de recibo", "¿Qué pasó?"),
    "reopening": ("inbound", "Re: Respuesta de fondo", "No estoy de acuerdo."),
    "annulment": ("outbound", "Anulación de radicado", "Se anula por duplicado."),
    "silence": ("outbound", "Silencio administrativo positivo", "Se accede."),
    "tutela": ("inbound", "Notificación de acción de tutela", "Dos días para informar."),
    "out_of_office": ("inbound", "Respuesta automática: Acuse de recibo", "Estoy de vacaciones."),
    "bounce": ("inbound", "Undelivered Mail Returned to Sender", "User unknown"),
}
FIRST_WORDS = {
    "request": "Petición de interés particular - Contaminación por ruido",
    "acknowledgement": "PET_PAR",
    "answer": "atendida",
}


def instant(local: str) -> datetime:
    """`2026-01-05 09:00` in Bogotá as an instant in UTC."""
    return datetime.fromisoformat(f"{local}+00:00") - BOGOTA


def mail(name: str, number: int, when: str, kind: str, words: str, *, sent: str | None = None) -> dict[str, object]:
    """One line of a thread as bronze gives it, without its place in the thread."""
    direction, subject, body = LETTERS[kind]
    radicado = f"2026107{name:0>6}2"
    words = words or FIRST_WORDS.get(kind, "")
    stated = "" if kind == "request" else f" [Radicado {radicado}]"
    automatic = {"acknowledgement": "auto-replied", "out_of_office": "auto-replied", "bounce": "auto-generated"}
    return {
        "message_id": f"<{name}.{number}@x.example>",
        "direction": direction,
        "received_at": instant(when),
        "sent_at": instant(sent or when),
        "from_address": "Ana@correo.example" if direction == "inbound" else "pqrs@alcaldia.example",
        "subject": subject.format(words) + stated,
        "body": body.format(words, radicado=radicado),
        "auto_submitted": automatic.get(kind, "no"),
        "attachment_count": 0,
        "attachment_bytes": 0,
    }


def thread(name: str, text: str) -> list[dict[str, object]]:
    """A thread from lines `local time | kind | words | manner`; each e-mail refers to all before it.

    Manners: `lost` (no References, no In-Reply-To), `reply` (In-Reply-To only), `again` (the line above once
    more), `sent <local time>`, `absent` (this e-mail is not in the data).
    """
    lines: list[dict[str, object]] = []
    chain: list[str] = []
    for number, line in enumerate(text.strip().splitlines()):
        when, kind, words, manner = (part.strip() for part in f"{line}|||".split("|")[:4])
        if kind == "again":
            lines.append(lines[-1] | {"received_at": instant(when)})
            continue
        row = mail(
            name, number, when, kind, words, sent=manner.removeprefix("sent ") if manner.startswith("sent ") else None
        )
        if chain and manner != "lost":
            row["in_reply_to"] = chain[-1]
            row["references"] = None if manner == "reply" else " ".join(chain)
        chain.append(str(row["message_id"]))
        lines += [] if manner == "absent" else [row]
    return lines


def bronze(*threads: list[dict[str, object]]) -> pa.Table:
    """The lines of these threads in order of arrival, each with its place in the raw objects."""
    lines = sorted((line for lines in threads for line in lines), key=lambda line: line["received_at"])
    per_day: dict[date, int] = {}
    for line in lines:
        day = (line["received_at"] + BOGOTA).date()
        per_day[day] = per_day.get(day, -1) + 1
        line |= {"raw_day": day, "raw_part": 0, "raw_line": per_day[day]}
    return table_of(REQUIRES[0].schema, *lines)


@dataclass
class Silver:
    """What the steps of silver make of bronze partitions, all buckets together."""

    emails: pa.Table
    tickets: pa.Table
    ticket_events: pa.Table
    rejects: pa.Table
    clashes: pa.Table
    seen: pa.Table
    radicados: pa.Table
    superseded: pa.Table
    count_reused: int = 0
    count_continuations: int = 0
    count_unfaithful: int = 0
    parts: list[object] = field(default_factory=list)


def silver(*partitions: pa.Table, buckets: int = 2, before: Silver | None = None) -> Silver:
    """All steps; with `before`, what comes after that."""
    splits = [split(part, buckets=buckets, pseudonym_key="k") for part in partitions]
    found, moves, clashing = [], [], []
    for bucket in range(buckets):
        orphans = _gathered([part.orphans for part in splits], bucket, MAILS)
        news = _gathered([part.radicados for part in splits], bucket, RADICADOS.schema)
        claims = _gathered([part.claims for part in splits], bucket, CLAIMS)
        names = pa.concat_tables([news, *([before.radicados] if before else [])])
        found.append(resolved(orphans, names, buckets=buckets))
        told = contested(claims, names)
        moves.append(dealt(told, told["root"].to_numpy() % buckets))
        clashing.append(clashes(news, names))
    old_roots = (before.tickets if before else TICKETS.schema.empty_table()).select(["root_message_id"])
    mails = [_gathered([part.mails for part in splits], bucket, MAILS) for bucket in range(buckets)]
    for bucket in range(buckets):
        gone = moved(mails[bucket], _gathered(moves, bucket, MOVES), old_roots)
        found.append(dealt(gone, bucket_numbers(gone["root"], buckets)))
        mails[bucket] = without(mails[bucket], gone.select(["raw_day", "raw_part", "raw_line"]))
    parts = []
    for bucket in range(buckets):
        given = named(pa.concat_tables([mails[bucket], _gathered(found, bucket, MAILS)]))
        old = remembered(given, before) if before else None
        parts.append(refined(given, old, closing_time=CLOSING_TIME))
    folded = [c for c in PRODUCES if c.dataset != "clashes"]
    made = {c.dataset: pa.concat_tables([conform(getattr(part, c.dataset), c) for part in parts]) for c in folded}
    return Silver(
        **made,
        clashes=pa.concat_tables(clashing),
        count_reused=sum(part.count_reused for part in parts),
        superseded=pa.concat_tables([conform(part.superseded, TICKETS) for part in parts]),
        count_continuations=sum(len(part.continuations) for part in parts),
        count_unfaithful=sum(part.count_unfaithful for part in parts),
        parts=parts,
    )


def remembered(given: Named, before: Silver) -> Before:
    """Only what the last THREAD_DAYS may need, and the tickets of requests that are dated before that."""
    first = pc.min(given.mails["raw_day"]).as_py() or date.max
    since = pa.scalar(first - timedelta(days=THREAD_DAYS))
    tickets = before.tickets.filter(pc.is_in(before.tickets["ticket_id"], given.ids))
    is_near = pc.or_(pc.greater_equal(tickets["raw_day"], since), pc.is_in(tickets["ticket_id"], long_ago(given)))
    seen = before.seen.filter(pc.is_in(before.seen["fingerprint"], pa.array(given.prints)))
    return Before(tickets.filter(is_near), seen.filter(pc.greater_equal(seen["raw_day"], since)))


def piecewise(whole: pa.Table, cuts: Sequence[date], *, buckets: Sequence[int]) -> Silver:
    """The same as `silver`, a stretch of days at a time: each ends with the day of a cut."""
    ends = [*sorted(set(cuts)), date.max]
    found: Silver | None = None
    begin = date.min
    for number, end in enumerate(ends):
        part = whole.filter(pc.and_(pc.greater(whole["raw_day"], begin), pc.less_equal(whole["raw_day"], end)))
        made = silver(part, buckets=buckets[number % len(buckets)], before=found)
        found, begin = (together(found, made) if found else made), end
    assert found is not None
    return found


def together(one: Silver, other: Silver) -> Silver:
    """What was there before with what came: rows only grow, but for those of tickets that are superseded."""
    tables = {c.dataset: pa.concat_tables([getattr(one, c.dataset), getattr(other, c.dataset)]) for c in PRODUCES}
    tables["tickets"] = net(tables["tickets"], other.superseded)
    return Silver(
        **tables,
        superseded=one.superseded,
        count_reused=one.count_reused + other.count_reused,
        count_continuations=one.count_continuations + other.count_continuations,
        count_unfaithful=one.count_unfaithful + other.count_unfaithful,
        parts=[*one.parts, *other.parts],
    )


def flags(ticket: dict[str, object], as_of: date) -> dict[str, object]:
    """What a day makes of a ticket, as those who show it by a day compute it."""
    due, closed = ticket["effective_due_on"], ticket["closed_on"]
    is_due = bool(ticket["has_term"]) and due <= as_of
    is_late = bool(ticket["has_term"] and closed and ticket["closed_at"] >= ticket["due_at"])
    is_overdue = is_due and closed is None
    return {"is_due": is_due, "is_breached": is_late or is_overdue, "is_overdue": is_overdue}


def _gathered(dealt: list[dict[int, pa.Table]], bucket: int, schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *(part[bucket] for part in dealt if bucket in part)])


@pytest.fixture
def inbox():
    """`inbox.thread(...)`, `inbox.bronze(...)`, `inbox.silver(...)`, and `inbox.ticket(lines)` for one thread."""

    class Inbox:
        def ticket(self, text: str, *, as_of: date = AS_OF) -> dict[str, object]:
            row = silver(bronze(thread("1", text))).tickets.to_pylist()[0]
            return row | flags(row, as_of)

        def events(self, text: str) -> list[dict[str, object]]:
            return silver(bronze(thread("1", text))).ticket_events.to_pylist()

    found = Inbox()
    found.thread, found.bronze, found.silver, found.piecewise = thread, bronze, silver, piecewise
    return found
