"""What the generator promises: raw lines as an inbox would deliver them, and the answer key to them."""

from __future__ import annotations

import pyarrow as pa

from pqr_common import Contract, optional, required

__all__ = ["ANSWERS", "EMAILS", "HTML_VERSION", "PART_LINES", "PLAIN_VERSION", "PRODUCES"]

PART_LINES = 65_536  # a day with more lines is split into parts of this many
PLAIN_VERSION, HTML_VERSION = "1", "2"  # of a line; the second states a content type before its body

TEXT, DAY, FLAG = pa.string(), pa.date32(), pa.bool_()


ADDRESS = pa.struct([("name", TEXT), ("address", TEXT)])
FILE = pa.struct([("filename", TEXT), ("media_type", TEXT), ("bytes", pa.int64())])

# The fields of a line, in the order in which they are written. Lines are objects, not a table.
EMAILS = Contract(
    dataset="emails",
    grain="one e-mail as delivered; a redelivery is a line of its own",
    schema=pa.schema(
        [
            *required(schema_version=TEXT, message_id=TEXT),
            *optional(in_reply_to=TEXT),
            *required(references=pa.list_(TEXT), direction=TEXT, received_at=TEXT, date=TEXT),
            *required(**{"from": ADDRESS}, to=pa.list_(TEXT)),
            *required(subject=TEXT, content_type=TEXT),  # text/html; in lines of version 2 alone
            *required(body=TEXT, auto_submitted=TEXT, attachments=pa.list_(FILE)),
        ]
    ),
)

ANSWERS = Contract(
    dataset="answers",
    grain="one planned ticket (at its request's line), or one line that is dirty on purpose",
    schema=pa.schema(
        [
            *required(record=TEXT),  # ticket or dirt
            *required(day=DAY),  # arrival day, which for tickets is the opening day
            *required(part=pa.int32(), line=pa.int32()),  # line: from 0, within the part
            *required(message_id=TEXT, ticket_index=pa.int64(), radicado=TEXT),
            *optional(pqrs_type=TEXT, topic=TEXT, department=TEXT, municipality=TEXT, dependency=TEXT),
            *optional(sender=TEXT),  # person, attorney, company or anonymous; of whom no home is known
            *optional(campaign=pa.int64()),  # which letter of many; null: its own
            *optional(stated_type=TEXT),  # in the subject, by the citizen; without one it states no topic either
            *optional(municipality_code=TEXT, copied_to=TEXT),  # DIVIPOLA; a control body
            *optional(received_on=DAY, due_on=DAY, effective_due_on=DAY),
            *optional(is_eligible=FLAG),  # has a term and is not transferred: the quota's denominator
            *optional(is_breached=FLAG, fate=TEXT),
            *optional(answered_on=DAY),  # the first answer, also when it lies after the window
            *optional(
                is_reiterative=FLAG, is_approved_by_silence=FLAG, sued_on=DAY
            ),  # by the answer; by a court's mail
            *optional(dirt=TEXT),
            *optional(lost=TEXT),  # the letter that this line was, where it is damaged and came in no other
        ]
    ),
    key=("record", "part", "line"),
    is_private=True,
)

PRODUCES = (EMAILS, ANSWERS)
