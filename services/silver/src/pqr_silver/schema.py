"""What silver requires of bronze, what it promises, to others and to itself of later days. Pure."""

from __future__ import annotations

import pyarrow as pa

from pqr_common import Contract, Rule, optional, required
from pqr_silver.machine import ACTORS, EVENT_TYPES, KINDS, OTHER_KINDS, STATUSES
from pqrs.catalogue import PQRS_TYPES

__all__ = ["CLASHES", "EMAILS", "PRODUCES", "RADICADOS", "REJECTS", "REQUIRES", "SEEN", "TICKETS", "TICKET_EVENTS"]

INSTANT = pa.timestamp("us", tz="UTC")
DAY, TEXT, FLAG, COUNT = pa.date32(), pa.string(), pa.bool_(), pa.int32()


def _one_of(column: str, *values: str) -> Rule:
    listed = ", ".join(f"'{value}'" for value in values)
    return Rule(f"known_{column}", "validity", f"{column} in ({listed})")


# Where a message came from: the raw object (day and part) and its line, counted from 0.
PROVENANCE = required(raw_day=DAY, raw_part=COUNT, raw_line=COUNT)
# Nearly distinct values: a dictionary of them costs time and bytes.
IDENTIFIERS = ("message_id", "root_message_id", "ticket_id", "event_id", "radicado", "citizen_key", "raw_line")

BRONZE_EMAILS = Contract(
    dataset="emails",
    grain="one valid delivered line",
    schema=pa.schema(
        [
            *required(message_id=TEXT),
            *optional(in_reply_to=TEXT, references=TEXT),
            *required(direction=TEXT, received_at=INSTANT, sent_at=INSTANT, from_address=TEXT, subject=TEXT),
            *required(body=TEXT, auto_submitted=TEXT, attachment_count=COUNT, attachment_bytes=pa.int64()),
            *optional(extra_fields=TEXT),
            *PROVENANCE,
        ]
    ),
)

EMAILS = Contract(
    dataset="emails",
    grain="one message of a thread, however often it was delivered",
    schema=pa.schema(
        [
            *required(message_id=TEXT),
            *optional(ticket_id=TEXT, root_message_id=TEXT),  # null: its request is not in the data; it is unknown
            *required(kind=TEXT, direction=TEXT, received_at=INSTANT, sent_at=INSTANT),
            *optional(radicado=TEXT),  # as the subject states it
            # is_id_reused: another message of its thread had its Message-ID, not long before
            *required(thread_rule=TEXT, is_id_reused=FLAG, is_continuation=FLAG, is_late=FLAG, is_automatic=FLAG),
            *required(has_extra_fields=FLAG),
            *required(attachment_count=COUNT, attachment_bytes=pa.int64(), body_chars=COUNT),
            *PROVENANCE,
        ]
    ),
    key=("raw_day", "raw_part", "raw_line"),  # not message_id: nothing keeps two threads from using the same
    rules=(
        _one_of("kind", *KINDS, *OTHER_KINDS),
        _one_of("thread_rule", "root", "references", "radicado", "in_reply_to", "none"),
        Rule(
            "request_has_ticket", "consistency", "kind <> 'request' or (ticket_id is not null and not is_continuation)"
        ),
    ),
    event_time="received_at",
    plain=(*IDENTIFIERS, "received_at", "sent_at", "body_chars"),
    made_from=("bronze/emails",),
)

REJECTS = Contract(
    dataset="rejects",
    grain="one delivered line that is not taken as a message, and why",
    schema=pa.schema([*required(message_id=TEXT, rule=TEXT, reason=TEXT, received_at=INSTANT), *PROVENANCE]),
    key=("raw_day", "raw_part", "raw_line"),
    rules=(_one_of("rule", "duplicate"),),
    event_time="received_at",
    made_from=("bronze/emails",),
)

_TICKETS = pa.schema(
    [
        *required(ticket_id=TEXT, root_message_id=TEXT),
        *optional(radicado=TEXT),  # until acknowledged
        *required(pqrs_type=TEXT),
        *optional(topic=TEXT, department=TEXT, municipality=TEXT, dependency=TEXT, priority=TEXT),
        *optional(municipality_code=TEXT),  # DIVIPOLA; null: the place is none that it knows
        *optional(copied_to=TEXT),  # the control body that got it too
        *required(citizen_key=TEXT, status=TEXT, opened_at=INSTANT, received_on=DAY),
        *optional(term_days=pa.int16(), due_on=DAY, effective_due_on=DAY),
        *optional(term_hours=pa.int16(), due_at=INSTANT),  # in place of term_days; effective end: late from then on
        *required(extension_days=pa.int16(), suspended_days=pa.int16()),  # business days
        *optional(acknowledged_at=INSTANT, first_response_at=INSTANT, answered_at=INSTANT, closed_at=INSTANT),
        *optional(answered_on=DAY, closed_on=DAY, business_days=COUNT),
        *required(has_term=FLAG, is_extended=FLAG, is_suspended=FLAG, is_transferred=FLAG),
        *required(is_access_denied=FLAG, is_reopened=FLAG, is_archived=FLAG),
        *required(is_reiterative=FLAG),  # its answer refers to an earlier one
        *required(count_emails=COUNT, count_insistences=COUNT, count_events=COUNT),
        # What else a life needs in order to go on from this row.
        *optional(suspended_from=DAY, suspended_to=DAY, last_answer_at=INSTANT),
        *required(is_waiting=FLAG, is_type_assigned=FLAG),  # for the citizen to complete; by an acknowledgement
        *PROVENANCE,
    ]
)
TICKETS = Contract(
    dataset="tickets",
    grain="one thread that began with a citizen's request = one PQRS, after the last mail of the window",
    schema=_TICKETS,
    key=("ticket_id",),
    rules=(
        _one_of("status", *dict.fromkeys(STATUSES[1:])),
        _one_of("pqrs_type", *PQRS_TYPES),
        Rule("due_after_reception", "validity", "due_on > received_on and effective_due_on >= due_on"),
        Rule("extension_at_most_doubles", "validity", "extension_days between 0 and coalesce(term_days, 0)"),
        Rule("one_unit", "consistency", "term_days is null or term_hours is null"),
        Rule("due_at", "consistency", "(due_at is null) = (term_days is null and term_hours is null)"),
        Rule(
            "has_term", "consistency", "has_term = (due_at is not null and not is_transferred and status <> 'annulled')"
        ),
        Rule("closed_one_way", "consistency", "not (is_transferred and is_archived)"),
        Rule("answered_is_closed", "consistency", "answered_at is null or closed_at <= answered_at"),
        Rule(
            "suspended_from_to",
            "consistency",
            "(suspended_from is not null) = is_suspended",
        ),
        Rule("waiting_is_in_progress", "consistency", "not is_waiting or status = 'in_progress'"),
    ),
    event_time="opened_at",
    plain=(
        *IDENTIFIERS,
        "opened_at",
        "acknowledged_at",
        "first_response_at",
        "answered_at",
        "closed_at",
        "last_answer_at",
        "due_at",
    ),
    made_from=("bronze/emails",),
    warehouse="core",
)

TICKET_EVENTS = Contract(
    dataset="ticket_events",
    grain="one step in the life of a ticket",
    schema=pa.schema(
        [
            *required(event_id=TEXT, ticket_id=TEXT, seq=COUNT, event_type=TEXT, occurred_at=INSTANT, actor=TEXT),
            *required(message_id=TEXT),
            *optional(from_status=TEXT),  # null for the first
            *required(to_status=TEXT, is_effective=FLAG),  # false: it did not move the legal clock
            *optional(pqrs_type=TEXT, extension_days=pa.int16()),  # assigned by it; granted by it
        ]
    ),
    key=("ticket_id", "seq"),  # event_id is both in one word
    rules=(
        _one_of("event_type", *EVENT_TYPES),
        _one_of("actor", *sorted(set(ACTORS))),
        Rule("first_is_reception", "consistency", "(seq = 1) = (event_type = 'received' and from_status is null)"),
        Rule("extension_has_days", "consistency", "(event_type = 'extended') = (extension_days is not null)"),
    ),
    event_time="occurred_at",
    plain=(*IDENTIFIERS, "occurred_at"),
    made_from=("bronze/emails",),
    warehouse="core",
)

# What later days must know of earlier ones, besides the tickets. Nothing in here is ever taken back.
SEEN = Contract(
    dataset="seen",
    grain="one message of `emails`: how a later delivery of it is told, by thread and Message-ID, and by what it says",
    schema=pa.schema([*required(fingerprint=pa.int64(), content=pa.int64(), received_at=INSTANT), *PROVENANCE]),
    event_time="received_at",
    plain=("fingerprint", "content", "received_at", "raw_line"),
    made_from=("bronze/emails",),
    is_private=True,
)

RADICADOS = Contract(
    dataset="radicados",
    grain="one name of a thread (a radicado, an acknowledgement's Message-ID), and a day on which it was told",
    schema=pa.schema(required(name=TEXT, root=TEXT, told_on=DAY)),
    event_time="told_on",
    plain=("name", "root"),
    made_from=("bronze/emails",),
    is_private=True,
)

CLASHES = Contract(
    dataset="clashes",
    grain="one radicado, told of a thread when it had been told of another; neither thread is the worse for it",
    schema=pa.schema(required(radicado=TEXT, root=TEXT, told_on=DAY)),
    key=("radicado", "root", "told_on"),
    event_time="told_on",
    made_from=("bronze/emails",),
)

REQUIRES = (BRONZE_EMAILS,)
PRODUCES = (EMAILS, TICKETS, TICKET_EVENTS, REJECTS, CLASHES, SEEN, RADICADOS)
