"""E-mails find their thread: whole threads, duplicates, lost references, threads that began before the window."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pqr_common.tables.contract import conform, violations
from pqr_common.testing import rows
from pqr_silver.phrases import located
from pqr_silver.schema import CLASHES, PRODUCES, REQUIRES

FOLDED = [contract for contract in PRODUCES if contract is not CLASHES]
PLAIN = """
2026-01-05 09:00 | request
2026-01-05 09:02 | acknowledgement
2026-01-20 10:00 | answer
"""
BUSY = """
2026-01-06 22:10 | request            | Solicitud de copias - Impuesto predial
2026-01-06 22:11 | acknowledgement    | PET_DOC
2026-01-06 22:12 | out_of_office
2026-01-09 08:30 | completion_request
2026-01-12 19:00 | completion         |         | lost
2026-01-13 02:00 | again
2026-01-15 08:00 | insistence         |         | reply
2026-01-28 11:00 | answer             | acceso negado
2026-01-28 11:01 | bounce
2026-02-02 07:00 | reopening          |         | sent 2026-01-30 07:00
2026-02-03 07:00 | again
2026-02-04 09:00 | answer
"""


def test_a_thread_becomes_a_ticket(inbox):
    """Request, acknowledgement and answer are one ticket; each is a message of it and a step of its life."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", PLAIN)))
    ticket_id = found.tickets["ticket_id"][0].as_py()
    assert rows(found.emails, "message_id", "kind", "ticket_id", "thread_rule") == [
        ("<1.0@x.example>", "request", ticket_id, "root"),
        ("<1.1@x.example>", "acknowledgement", ticket_id, "references"),
        ("<1.2@x.example>", "answer", ticket_id, "references"),
    ]
    assert rows(found.ticket_events, "event_id", "seq", "event_type", "actor", "from_status", "to_status") == [
        (f"{ticket_id}-01", 1, "received", "citizen", None, "received"),
        (f"{ticket_id}-02", 2, "acknowledged", "system", "received", "acknowledged"),
        (f"{ticket_id}-03", 3, "answered", "entity", "acknowledged", "answered"),
    ]
    assert found.rejects.num_rows == 0


def test_facts_come_from_request_and_acknowledgement(inbox):
    """The request tells who and where, the acknowledgement what it is and whose; both are where they were said."""
    ticket = inbox.ticket(PLAIN)
    told = ("root_message_id", "radicado", "pqrs_type", "topic", "department", "municipality", "municipality_code",
            "dependency", "priority")  # fmt: skip
    assert [ticket[name] for name in told] == [
        "<1.0@x.example>",
        "20261070000012",
        "PET_PAR",
        "RUIDO",
        "Boyacá",
        "Tunja",
        "15001",
        "107",
        "normal",
    ]
    assert (str(ticket["raw_day"]), ticket["raw_part"], ticket["raw_line"]) == ("2026-01-05", 0, 0)
    assert ticket["count_emails"] == 3


def test_a_place_that_nobody_knows_has_no_code():
    """It is kept as it was stated; a name alone is not enough, for several municipalities may bear it.

    A department must be one that there is, for figures are told by it.
    """
    places = pa.chunked_array([["Leticia (Amazonas)", "Macondo (Magdalena)", "Leticia", None, "TadÃ³ (ChocÃ³)"]])
    found = located(places)
    assert found.of("municipality_code").to_pylist() == ["91001", None, None, None, None]
    assert found.of("municipality").to_pylist() == ["Leticia", "Macondo", "Leticia", None, "TadÃ³"]
    assert found.of("department").to_pylist() == ["Amazonas", "Magdalena", None, None, None]


def test_a_garbled_reply_completes_its_petition(inbox):
    """Its subject is known by what a mislabelled encoding leaves: the term goes on, in the thread and by the radicado."""
    thread = """
    2026-01-05 09:00 | request | Queja - Ruido
    2026-01-05 09:02 | acknowledgement
    2026-01-12 09:00 | completion_request
    2026-01-14 09:00 | completion{lost}
    """
    for lost in ("", " || lost"):
        lines = inbox.thread("1", thread.format(lost=lost))
        lines[-1]["subject"] = lines[-1]["subject"].encode().decode("latin-1")
        assert "peticiÃ³n" in lines[-1]["subject"]
        (ticket,) = inbox.silver(inbox.bronze(lines)).tickets.to_pylist()
        assert str(ticket["suspended_to"]) == "2026-01-14"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Queja - Transporte público", ("QUEJA", "TRANSPORTE_PUBLICO", "102")),
        ("Solicitud de copias - Otra cosa", ("PET_DOC", None, None)),
        ("Hola", ("PET_GEN", None, None)),
    ],
)
def test_without_acknowledgement_the_subject_counts(inbox, subject, expected):
    """Until it is acknowledged a ticket has the type and topic of its subject; what is vague is a general petition."""
    ticket = inbox.ticket(f"2026-01-05 09:00 | request | {subject}")
    assert (ticket["pqrs_type"], ticket["topic"], ticket["dependency"]) == expected
    assert (ticket["radicado"], ticket["status"]) == (None, "received")


def test_an_acknowledgement_may_assign_another_type(inbox):
    """What the entity assigns replaces what the citizen called it, and sets the term."""
    ticket = inbox.ticket("2026-01-05 09:00 | request | Queja - Ruido\n2026-01-05 09:02 | acknowledgement | CONSULTA")
    assert (ticket["pqrs_type"], ticket["term_days"]) == ("CONSULTA", 30)


def test_a_message_delivered_again_is_a_reject(inbox):
    """The first delivery is kept, also when the second comes on another day; the reject names the first."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", BUSY)))
    assert rows(found.rejects, "message_id", "rule", "reason") == [
        ("<1.4@x.example>", "duplicate", "first received at 2026-01-13T00:00:00Z as line 0 of part 0 of 2026-01-12"),
        ("<1.9@x.example>", "duplicate", "first received at 2026-02-02T12:00:00Z as line 0 of part 0 of 2026-02-02"),
    ]
    assert [str(day) for day in found.rejects["raw_day"].to_pylist()] == ["2026-01-13", "2026-02-03"]


def test_each_message_knows_how_it_found_its_thread(inbox):
    """References, else the radicado in the subject, else the message it answers: all lead to the same ticket."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", BUSY)))
    assert [(kind, rule) for kind, rule in rows(found.emails, "kind", "thread_rule")] == [
        ("request", "root"),
        ("acknowledgement", "references"),
        ("out_of_office", "references"),
        ("completion_request", "references"),
        ("completion", "radicado"),
        ("insistence", "radicado"),
        ("answer", "references"),
        ("bounce", "references"),
        ("reopening", "references"),
        ("answer", "references"),
    ]
    assert len(set(found.emails["ticket_id"].to_pylist())) == 1


def test_a_reply_without_references_or_radicado_follows_in_reply_to(inbox):
    """In-Reply-To alone is enough when it names the request."""
    lines = inbox.thread("1", PLAIN + "2026-01-21 10:00 | insistence")
    lines[3] |= {"in_reply_to": "<1.0@x.example>", "references": None, "subject": "Re: mi petición"}
    found = inbox.silver(inbox.bronze(lines))
    assert rows(found.emails, "thread_rule", "kind")[3] == ("in_reply_to", "reopening")
    assert found.tickets["count_emails"].to_pylist() == [4]


def test_a_radicado_nobody_explains_leaves_in_reply_to(inbox):
    """Without the acknowledgement the radicado leads nowhere; the message it answers still does."""
    text = "2026-01-05 09:00 | request\n2026-01-06 09:00 | insistence || reply"
    found = inbox.silver(inbox.bronze(inbox.thread("1", text)))
    assert rows(found.emails, "thread_rule", "is_continuation") == [("root", False), ("in_reply_to", False)]
    assert found.tickets["count_emails"].to_pylist() == [2]


def test_a_request_delivered_again_is_still_one_ticket(inbox):
    """The ticket opens with the first delivery."""
    text = "2026-01-05 09:00 | request\n2026-01-06 08:00 | again\n2026-01-05 09:02 | acknowledgement"
    found = inbox.silver(inbox.bronze(inbox.thread("1", text)))
    assert (found.tickets.num_rows, found.rejects.num_rows) == (1, 1)
    assert [str(day) for day in found.tickets["received_on"].to_pylist()] == ["2026-01-05"]


def test_automatic_mail_is_counted_but_is_no_step(inbox):
    """Out-of-office replies and bounces belong to the ticket and change nothing in it."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", BUSY)))
    assert found.tickets["count_emails"].to_pylist() == [10]
    assert not {"<1.2@x.example>", "<1.8@x.example>"} & set(found.ticket_events["message_id"].to_pylist())
    assert found.tickets["first_response_at"].to_pylist() == found.emails["received_at"].to_pylist()[3:4]


def test_a_thread_without_its_request_is_a_continuation(inbox):
    """Its e-mails are kept and counted, flagged, without ticket or events."""
    older = inbox.thread(
        "7",
        "2025-12-30 09:00 | request || absent\n2025-12-30 09:01 | acknowledgement || absent\n"
        "2026-01-07 09:00 | answer\n2026-01-08 09:00 | reopening",
    )
    found = inbox.silver(inbox.bronze(older, inbox.thread("1", PLAIN)))
    kept = [row for row in found.emails.to_pylist() if row["is_continuation"]]
    assert [(row["kind"], row["ticket_id"], row["root_message_id"]) for row in kept] == [
        ("answer", None, "<7.0@x.example>"),
        ("reopening", None, "<7.0@x.example>"),
    ]
    assert (found.count_continuations, found.tickets.num_rows, found.ticket_events.num_rows) == (2, 1, 3)


def test_mail_that_belongs_to_no_thread_is_no_continuation(inbox):
    """A bounce that names nothing is kept alone."""
    lines = inbox.thread("1", PLAIN)
    stray = dict(lines[0]) | {"message_id": "<stray@x.example>", "auto_submitted": "auto-generated"}
    found = inbox.silver(inbox.bronze([*lines, stray]))
    row = next(row for row in found.emails.to_pylist() if row["message_id"] == "<stray@x.example>")
    assert (row["kind"], row["thread_rule"], row["ticket_id"], row["is_continuation"]) == (
        "bounce",
        "none",
        None,
        False,
    )


def test_late_mail_is_flagged(inbox):
    """Received more than 24 hours after its Date header is late."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", BUSY)))
    assert [row["message_id"] for row in found.emails.to_pylist() if row["is_late"]] == ["<1.9@x.example>"]


def test_no_personal_data_leaves(inbox):
    """No address, name or document is in any output; citizens are told apart by a keyed hash."""
    found = inbox.silver(inbox.bronze(inbox.thread("1", BUSY), inbox.thread("2", PLAIN)))
    written = "".join(str(getattr(found, name).to_pylist()) for name in ("emails", "tickets", "ticket_events"))
    assert not any(secret in written for secret in ("correo.example", "Ana", "9990001234"))
    assert len(set(found.tickets["citizen_key"].to_pylist())) == 1


def threads_of(inbox) -> list[list[dict]]:
    older = "2025-12-30 09:00 | request || absent\n2026-01-07 09:00 | answer\n2026-01-09 09:00 | insistence || lost"
    return [inbox.thread("1", PLAIN), inbox.thread("2", BUSY), inbox.thread("3", older), inbox.thread("4", BUSY)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(data=st.data(), buckets=st.integers(1, 5), cut=st.integers(0, 29))
def test_the_order_and_partition_of_the_input_are_nothing(inbox, data, buckets, cut):
    """Any order, any split into partitions and any number of buckets give the same rows."""
    whole = inbox.bronze(*threads_of(inbox))
    shuffled = whole.take(data.draw(st.permutations(range(whole.num_rows))))
    expected = inbox.silver(whole)
    found = inbox.silver(shuffled.slice(0, cut), shuffled.slice(cut), buckets=buckets)
    for contract in PRODUCES:
        key = [(name, "ascending") for name in contract.key or contract.schema.names]
        one, other = (conform(getattr(made, contract.dataset), contract).sort_by(key) for made in (expected, found))
        assert one.equals(other)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(chosen=st.sets(st.integers(0, 29)))
def test_every_row_is_a_message_or_a_reject(inbox, chosen):
    """Rows in = rows out + duplicates, whatever part of the mail arrives; and every promise is kept."""
    whole = inbox.bronze(*threads_of(inbox))
    part = whole.take(pa.array(sorted(row for row in chosen if row < whole.num_rows), pa.int64()))
    found = inbox.silver(part)
    assert found.emails.num_rows + found.rejects.num_rows == part.num_rows
    assert found.count_unfaithful == 0
    for made in found.parts:
        for contract in FOLDED:
            assert violations(conform(getattr(made, contract.dataset), contract), contract) == []


def test_an_empty_inbox_is_empty_tables(inbox):
    """Nothing in, nothing out."""
    found = inbox.silver(REQUIRES[0].schema.empty_table())
    assert [getattr(found, contract.dataset).num_rows for contract in PRODUCES] == [0] * 7


ANSWERED = "2026-01-05 09:00 | request\n2026-01-05 09:02 | acknowledgement\n2026-01-20 10:00 | answer"


def test_another_mail_under_a_used_message_id_is_kept_and_named(inbox):
    """An answer that bears the acknowledgement's Message-ID answers, in any cut; delivered again it is a duplicate."""
    lines = inbox.thread("1", ANSWERED + "\n2026-01-21 10:00 | again\n2026-01-22 10:00 | insistence")
    lines[2]["message_id"] = lines[3]["message_id"] = lines[1]["message_id"]
    whole = inbox.bronze(lines)
    for found in (inbox.silver(whole), inbox.piecewise(whole, whole["raw_day"].to_pylist(), buckets=[1])):
        assert found.tickets["answered_at"].to_pylist() == [lines[2]["received_at"]]
        assert rows(found.emails.sort_by("received_at"), "kind", "is_id_reused") == [
            ("request", False), ("acknowledgement", False), ("answer", True), ("reopening", False),
        ]  # fmt: skip
        assert [day.day for day in found.rejects["raw_day"].to_pylist()] == [21]
        assert found.count_reused == 1


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        ({"subject": "Queja"}, True),
        ({"body": "Otra cosa."}, True),
        ({"from_address": "eva@correo.example"}, True),
        ({"attachment_count": 1}, True),
        ({"attachment_bytes": 7}, True),
        ({"sent_at": datetime(2026, 1, 5, 15, 0, tzinfo=UTC)}, False),
        ({"extra_fields": "{}"}, False),
    ],
)
def test_a_duplicate_says_the_same(inbox, change, is_another):
    """Sender, subject, body and attachments; a Date or a header written anew on the way makes no other mail of it."""
    lines = inbox.thread("1", "2026-01-05 09:00 | request\n2026-01-06 09:00 | again")
    lines[1] |= change
    found = inbox.silver(inbox.bronze(lines))
    assert (found.emails.num_rows, found.rejects.num_rows) == ((2, 0) if is_another else (1, 1))
    assert (found.tickets.num_rows, found.count_reused) == (1, int(is_another))
    assert found.emails["kind"].to_pylist() == ["request", "insistence"][: found.emails.num_rows]


def test_unknown_references_yield_to_a_known_radicado(inbox):
    """A helpdesk that threads by identifiers of its own does not lose its replies; nor does any cut of the days."""
    lines = inbox.thread("1", ANSWERED + "\n2026-01-21 10:00 | insistence")
    lines[2]["references"] = "<ticket-77@helpdesk.example> <other@helpdesk.example>"
    whole = inbox.bronze(lines, inbox.thread("2", PLAIN))
    for buckets in (1, 2, 4):
        for found in (
            inbox.silver(whole, buckets=buckets),
            inbox.piecewise(whole, whole["raw_day"].to_pylist(), buckets=[buckets]),
        ):
            assert found.tickets.sort_by("root_message_id")["count_emails"].to_pylist() == [4, 3]
            moved = [row for row in found.emails.to_pylist() if row["thread_rule"] == "radicado"]
            assert [(row["kind"], row["root_message_id"]) for row in moved] == [("answer", "<1.0@x.example>")]


def test_references_to_a_known_thread_count_for_more_than_a_radicado(inbox):
    """Whoever quotes the number of another request still answers this one; also before this one has its number."""
    other = inbox.thread("2", "2026-01-05 09:00 | request\n2026-01-06 10:00 | insistence")
    other[1]["subject"] = "Re: Acuse de recibo [Radicado 20261070000012]"
    found = inbox.silver(inbox.bronze(inbox.thread("1", ANSWERED), other))
    assert sorted(found.tickets["count_emails"].to_pylist()) == [2, 3]


def test_a_reply_to_the_acknowledgement_alone_finds_its_thread(inbox):
    """In-Reply-To names the acknowledgement, and there is nothing else: what a mail program of a phone sends."""
    lines = inbox.thread("1", ANSWERED + "\n2026-01-21 10:00 | reopening")
    lines[3] |= {"references": None, "in_reply_to": lines[1]["message_id"], "subject": "Re: Respuesta de fondo"}
    whole = inbox.bronze(lines)
    for found in (inbox.silver(whole), inbox.piecewise(whole, whole["raw_day"].to_pylist(), buckets=[2])):
        assert found.tickets["count_emails"].to_pylist() == [4]
        assert rows(found.emails.sort_by("received_at"), "kind", "thread_rule")[3] == ("reopening", "in_reply_to")


@pytest.mark.parametrize("subject", ["RE: Respuesta de fondo", "Re: RE: Respuesta de fondo", "RV: Respuesta de fondo"])
def test_what_the_entity_sends_as_a_reply_is_what_it_is(inbox, subject):
    """An official answers from within a mail program, which puts its own word before the subject."""
    lines = inbox.thread("1", ANSWERED)
    lines[2]["subject"] = f"{subject} [Radicado 20261070000012]"
    assert inbox.silver(inbox.bronze(lines)).tickets["status"].to_pylist() == ["answered"]


@pytest.mark.parametrize(
    "tag", ["[Radicado pendiente]", "[Radicado 2026107000001]", "[Radicado 202610700000123]", "[Radicado "]
)
def test_what_is_no_number_is_no_radicado(inbox, tag):
    """The tag may say that there is none yet."""
    lines = inbox.thread("1", PLAIN)
    for line in lines[1:]:
        line["subject"] = line["subject"].partition("[")[0] + tag
    found = inbox.silver(inbox.bronze(lines))
    assert found.emails["radicado"].to_pylist() == [None] * 3
    assert (found.tickets["radicado"].to_pylist(), found.tickets["status"].to_pylist()) == ([None], ["answered"])


def test_two_threads_under_one_radicado_are_told_and_kept(inbox):
    """The later one is named, in any cut; both have their ticket, and an orphan is some of theirs."""
    one, two = inbox.thread("1", ANSWERED), inbox.thread("2", ANSWERED.replace("2026-01-05", "2026-01-06"))
    for line in two[1:]:
        line["subject"] = line["subject"].replace("20261070000022", "20261070000012")
    whole = inbox.bronze(one, two)
    for found in (inbox.silver(whole), inbox.piecewise(whole, whole["raw_day"].to_pylist(), buckets=[2, 1])):
        assert found.tickets["status"].to_pylist() == ["answered", "answered"]
        assert rows(found.clashes, "radicado", "root") == [("20261070000012", "<2.0@x.example>")]
