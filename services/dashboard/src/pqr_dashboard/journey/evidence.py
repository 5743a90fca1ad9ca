"""The door to the lake: the mails of a ticket and the lines they were. It reads nothing else of it.

Partitions are chosen by the instants in their manifest, so that a thread of six mails reads six objects of a day. Each
is read whole, to be held to its hash, as everybody reads the lake; of its columns only those that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from pqr_common import Lake, Partition, RunRecords, parquet_table
from pqrs.lines import Line, Place, line_at

__all__ = ["Evidence", "Mail", "Message"]

Message: TypeAlias = tuple[str, datetime]  # its Message-ID, which two mails of a thread may share, and its arrival
Mail: TypeAlias = dict[str, Any]
IDENTITY = ["message_id", "received_at"]
SHOWN = [
    *IDENTITY, "direction", "from_name", "from_address", "to_addresses", "subject", "body", "attachment_count",
    "raw_day", "raw_part", "raw_line",
]  # fmt: skip


class Evidence:
    """What a lake holds of mails; safe to share between threads. A method raises a PqrError where it cannot read."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def mails(self, run_id: str, wanted: Mapping[str, Message]) -> dict[str, Mail]:
        """Of each step the mail that it was, as bronze typed it, by the names of `wanted`; those there are."""
        emails = RunRecords(self._lake, run_id).upstream("bronze").dataset("emails")
        found: dict[str, Mail] = {}
        for part in emails.partitions:
            near = {step: message for step, message in wanted.items() if step not in found and _may_hold(part, message)}
            if near:
                found |= self._in_object(part, near)
        return found

    def line(self, run_id: str, place: Place) -> Line:
        """The line at a place, with its bytes and what bronze made of it."""
        return line_at(self._lake, RunRecords(self._lake, run_id), place)

    def _in_object(self, part: Partition, near: Mapping[str, Message]) -> dict[str, Mail]:
        data = self._lake.read(part)
        rows = list(enumerate(parquet_table(data, IDENTITY).to_pylist()))
        # of two deliveries at once the first
        numbers = {(row["message_id"], row["received_at"]): number for number, row in reversed(rows)}
        hits = {step: numbers[message] for step, message in near.items() if message in numbers}
        mails = parquet_table(data, SHOWN).take(list(hits.values())).to_pylist() if hits else []
        return dict(zip(hits, mails, strict=True))


def _may_hold(part: Partition, message: Message) -> bool:
    """Whether a message may be in a partition; bounds are text in UTC, to the second."""
    if part.min_at is None or part.max_at is None:
        return part.rows > 0
    _, at = message
    instant = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return part.min_at[:19] <= instant <= part.max_at[:19]
