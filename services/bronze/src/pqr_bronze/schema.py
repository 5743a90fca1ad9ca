"""What bronze requires of a raw line and what it promises: typed e-mails, and every line it could not read."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.contract import Contract, Rule

__all__ = ["EMAILS", "PRODUCES", "REJECTS"]

UTC_TIMESTAMP = pa.timestamp("us", tz="UTC")


def _column(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


# Where a row came from: the raw object (day and part), its line (from 0) and that line's byte offset.
PROVENANCE = [
    _column("raw_day", pa.date32()),
    _column("raw_part", pa.int32()),
    _column("raw_line", pa.int32()),
    _column("raw_offset", pa.int64()),
]

EMAILS = Contract(
    dataset="emails",
    grain="one valid delivered line; a redelivered e-mail is a line of its own",
    schema=pa.schema(
        [
            _column("message_id", pa.string()),
            pa.field("in_reply_to", pa.string()),
            pa.field("references", pa.string()),  # as in the header: separated by spaces, oldest first
            _column("direction", pa.string()),
            _column("received_at", UTC_TIMESTAMP),
            _column("sent_at", UTC_TIMESTAMP),  # the Date header
            _column("from_name", pa.string()),
            _column("from_address", pa.string()),
            _column("to_addresses", pa.string()),  # separated by commas
            _column("subject", pa.string()),
            _column("body", pa.string()),
            _column("auto_submitted", pa.string()),
            _column("attachment_count", pa.int32()),
            _column("attachment_bytes", pa.int64()),
            pa.field("extra_fields", pa.string()),  # JSON object of the fields the contract does not know
            *PROVENANCE,
        ]
    ),
    key=("raw_day", "raw_part", "raw_line"),
    rules=(
        Rule("known_direction", "validity", "direction in ('inbound', 'outbound')"),
        Rule("message_id_not_empty", "completeness", "message_id <> ''"),
        Rule("attachments_not_negative", "validity", "attachment_count >= 0 and attachment_bytes >= 0"),
    ),
    event_time="received_at",
    made_from=("raw/emails",),
    plain=(
        "message_id",
        "in_reply_to",
        "references",
        "received_at",
        "sent_at",
        "from_name",
        "from_address",
        "to_addresses",
        "subject",
        "raw_line",
        "raw_offset",
    ),
)

REJECTS = Contract(
    dataset="rejects",
    grain="one raw line that could not be read",
    schema=pa.schema(
        [
            _column("object", pa.string()),  # key of the raw object below its run: day=…/part-….jsonl
            *PROVENANCE,
            _column("rule", pa.string()),
            _column("reason", pa.string()),
            _column("raw_text", pa.string()),  # undecodable bytes as \xNN
        ]
    ),
    key=("raw_day", "raw_part", "raw_line"),
    made_from=("raw/emails",),
)

PRODUCES = (EMAILS, REJECTS)
