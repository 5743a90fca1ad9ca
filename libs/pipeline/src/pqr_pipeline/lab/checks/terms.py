"""Business days and the law: when a request counts as received, and the last day to answer it."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.sql import query
from pqr_pipeline.lab.grading import Differs, same_rows
from pqr_pipeline.lab.work import Work
from pqrs.calendar import HOLIDAY_NAMES

__all__ = ["check"]

TICKETS = """
select ticket_id, opened_at, term_days, extension_days, received_on, effective_due_on
from tickets
where term_days is not null and not is_suspended
"""


def check(work: Work) -> str:
    due = work.function("due")
    tickets = query(TICKETS, tickets=work.inbox.rows("silver/tickets"))
    rows = []
    for each in tickets.to_pylist():
        days = due(each["opened_at"], each["term_days"], each["extension_days"], set(HOLIDAY_NAMES))
        if not isinstance(days, tuple) or len(days) != 2:  # noqa: PLR2004  the day of reception and the last day
            raise Differs(f"due must return two days, found {days!r} for the ticket {each['ticket_id']}.")
        rows.append({"ticket_id": each["ticket_id"], "received_on": days[0], "effective_due_on": days[1]})
    expected = tickets.select(["ticket_id", "received_on", "effective_due_on"])
    same_rows("The days", pa.Table.from_pylist(rows), expected, key=("ticket_id",))
    return f"{len(rows):,} terms end on the day that the law says."
