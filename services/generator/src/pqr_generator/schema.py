"""What the generator promises: raw lines as an inbox would deliver them, and the answer key to them."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.contract import Contract

__all__ = ["ANSWERS", "EMAILS", "PART_LINES", "PRODUCES", "SCHEMA_VERSION"]

PART_LINES = 65_536  # a day with more lines is split into parts of this many
SCHEMA_VERSION = "1"


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


# The fields of a line, in the order in which they are written. Lines are objects, not a table.
EMAILS = Contract(
    dataset="emails",
    grain="one e-mail as delivered; a redelivery is a line of its own",
    schema=pa.schema(
        [
            _required("schema_version", pa.string()),
            _required("message_id", pa.string()),
            pa.field("in_reply_to", pa.string()),
            _required("references", pa.list_(pa.string())),
            _required("direction", pa.string()),
            _required("received_at", pa.string()),
            _required("date", pa.string()),
            _required("from", pa.struct([("name", pa.string()), ("address", pa.string())])),
            _required("to", pa.list_(pa.string())),
            _required("subject", pa.string()),
            _required("body", pa.string()),
            _required("auto_submitted", pa.string()),
            _required(
                "attachments",
                pa.list_(pa.struct([("filename", pa.string()), ("media_type", pa.string()), ("bytes", pa.int64())])),
            ),
        ]
    ),
)

ANSWERS = Contract(
    dataset="answers",
    grain="one planned ticket (at its request's line), or one line that is dirty on purpose",
    schema=pa.schema(
        [
            _required("record", pa.string()),  # ticket or dirt
            _required("day", pa.date32()),  # arrival day, which for tickets is the opening day
            _required("part", pa.int32()),
            _required("line", pa.int32()),  # from 0, within the part
            _required("message_id", pa.string()),
            _required("ticket_index", pa.int64()),
            _required("radicado", pa.string()),
            pa.field("pqrs_type", pa.string()),
            pa.field("topic", pa.string()),
            pa.field("department", pa.string()),
            pa.field("municipality", pa.string()),
            pa.field("dependency", pa.string()),
            pa.field("received_on", pa.date32()),
            pa.field("due_on", pa.date32()),
            pa.field("effective_due_on", pa.date32()),
            pa.field("is_eligible", pa.bool_()),  # has a term and is not transferred: the quota's denominator
            pa.field("is_breached", pa.bool_()),
            pa.field("fate", pa.string()),
            pa.field("answered_on", pa.date32()),  # the first answer, also when it lies after the window
            pa.field("dirt", pa.string()),
        ]
    ),
    key=("record", "part", "line"),
    is_private=True,
)

PRODUCES = (EMAILS, ANSWERS)
