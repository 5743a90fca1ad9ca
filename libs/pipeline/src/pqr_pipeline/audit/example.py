"""One complaint of a run, for whoever wants to see a life whole."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.tables.sql import query
from pqr_pipeline.audit.scan import holding, scanned
from pqrs.parameters import Parameters

__all__ = ["complaint"]

TOLD = ("ticket_id", "radicado", "municipality", "department", "status", "received_on", "effective_due_on", "closed_on")
CHOSEN = """
select * exclude (pqrs_type, opened_at), coalesce(coalesce(closed_on, $window_to) > effective_due_on, false) as is_late
from tickets
where pqrs_type = 'QUEJA' and radicado is not null and received_on between $window_from and $window_to
order by is_late desc, opened_at, ticket_id
"""


def complaint(lake: Lake, run_id: str) -> dict[str, Any] | None:
    """One of its window that breached its term, if there is one; looked for in no more objects than it takes."""
    records = RunRecords(lake, run_id)
    window_from, window_to = Parameters.of(records.parameters()).window
    columns = (*TOLD, "pqrs_type", "opened_at")
    tickets = holding(records.upstream("silver"), "tickets", columns)
    changed: list[pa.Array] = []
    other = None
    for sign, rows in scanned(lake, tickets.partitions, columns):
        mine = query(CHOSEN, {"window_from": window_from, "window_to": window_to}, tickets=rows)
        if sign < 0:  # an older state of a ticket, which has a newer one elsewhere
            changed.append(mine["ticket_id"])
            continue
        known = pa.chunked_array(changed, pa.string()).combine_chunks()
        for first in mine.filter(pc.invert(pc.is_in(mine["ticket_id"], known))).slice(0, 1).to_pylist():
            if first["is_late"]:
                return dict(first)
            other = other or first
    return other
