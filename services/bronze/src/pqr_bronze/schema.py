"""What bronze requires of a raw line and what it promises: typed e-mails, and every line it could not read."""

from __future__ import annotations

import pyarrow as pa

from pqr_common import Contract, Rule, optional, required

__all__ = ["EMAILS", "PRODUCES", "RAW_LINES", "REJECTS", "SINCE"]

UTC_TIMESTAMP = pa.timestamp("us", tz="UTC")
TEXT = pa.string()

SINCE = {"content_type": "2"}  # the version of a line that brought a field; all others are of the first
ADDRESS = pa.struct([("name", TEXT), ("address", TEXT)])
FILE = pa.struct([("filename", TEXT), ("media_type", TEXT), ("bytes", pa.int64())])

RAW_LINES = Contract(
    dataset="emails",
    grain="one delivered line",
    schema=pa.schema(
        [
            *required(schema_version=TEXT, message_id=TEXT),
            *optional(in_reply_to=TEXT),
            *required(references=pa.list_(TEXT), direction=TEXT, received_at=TEXT, date=TEXT),
            *required(**{"from": ADDRESS}, to=pa.list_(TEXT)),
            *required(subject=TEXT, content_type=TEXT),  # text/plain or text/html; in lines of version 2 alone
            *required(body=TEXT, auto_submitted=TEXT, attachments=pa.list_(FILE)),
        ]
    ),
)

# Where a row came from: the raw object (day and part), its line (from 0) and that line's byte offset.
PROVENANCE = required(raw_day=pa.date32(), raw_part=pa.int32(), raw_line=pa.int32(), raw_offset=pa.int64())

EMAILS = Contract(
    dataset="emails",
    grain="one valid delivered line; a redelivered e-mail is a line of its own",
    schema=pa.schema(
        [
            *required(message_id=TEXT),
            *optional(in_reply_to=TEXT),
            *optional(references=TEXT),  # as in the header: separated by spaces, oldest first
            *required(direction=TEXT, received_at=UTC_TIMESTAMP),
            *required(sent_at=UTC_TIMESTAMP),  # the Date header
            *required(from_name=TEXT, from_address=TEXT),
            *required(to_addresses=TEXT),  # separated by commas
            *required(subject=TEXT, body=TEXT),  # of HTML, the text that a person reads in it
            *required(auto_submitted=TEXT),
            *required(attachment_count=pa.int32(), attachment_bytes=pa.int64()),
            *optional(extra_fields=TEXT),  # JSON object of the fields the contract does not know
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
            *required(object=TEXT),  # the raw object by its day and part: day=…/part-….jsonl
            *PROVENANCE,
            *required(rule=TEXT, reason=TEXT),
            *required(raw_text=TEXT),  # undecodable bytes as \xNN
        ]
    ),
    key=("raw_day", "raw_part", "raw_line"),
    made_from=("raw/emails",),
)

PRODUCES = (EMAILS, REJECTS)
