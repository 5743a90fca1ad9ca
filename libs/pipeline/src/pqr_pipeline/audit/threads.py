"""The e-mails of tickets, and the raw line that each of them was."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.audit.scan import of_threads, scanned
from pqrs.lines import PLACE, by_object

__all__ = ["emails_of"]

SHOWN = ("ticket_id", "message_id", "kind", "direction", "received_at", *PLACE)


def emails_of(lake: Lake, records: RunRecords, tickets: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """By ticket id, the e-mails of these tickets (columns: ticket_id, opened_at) in the order of arrival.

    Each has its raw object with the SHA-256 that the manifest gives it, and its line there, counted from 0.
    """
    found: dict[str, list[dict[str, Any]]] = {ticket: [] for ticket in tickets["ticket_id"].to_pylist()}
    if not found:
        return found
    opened = tickets["opened_at"].to_pylist()
    first, last = min(opened).date(), max(opened).date()
    silver = records.upstream("silver").dataset("emails")
    raw = by_object(records.upstream("raw").dataset("emails"))
    for _, rows in scanned(lake, of_threads(silver, first, last), SHOWN):
        mine = rows.filter(pc.is_in(rows["ticket_id"], value_set=tickets["ticket_id"].combine_chunks()))
        for mail in mine.to_pylist():
            place: tuple[date, int] = (mail.pop("raw_day"), mail.pop("raw_part"))
            part, line = raw[place], mail.pop("raw_line")
            found[mail.pop("ticket_id")].append(mail | {"object": part.path, "line": line, "sha256": part.sha256})
    for mails in found.values():
        mails.sort(key=lambda mail: (mail["received_at"], mail["object"], mail["line"]))
    return found
