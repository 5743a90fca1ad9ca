"""Lineage of a figure: the raw lines that the breached tickets of a cell were read from."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pqr_pipeline.audit.explain import Page, explained
from pqr_pipeline.lab.grading import must, same_rows
from pqr_pipeline.lab.inbox import RUN, Inbox
from pqr_pipeline.lab.work import Work
from pqrs.lines import by_object

__all__ = ["check"]

FIGURE, EVERY = "kpi_sla.breached", Page(size=10_000)
SCHEMA = pa.schema({
    **dict.fromkeys(("ticket_id", "message_id", "object"), pa.string()), "line": pa.int32(), "sha256": pa.string()
})  # fmt: skip
CELLS = 3  # without a breach, which have no evidence either


def check(work: Work) -> str:
    given = work.inbox
    relations = {
        "tickets": given.rows("silver/tickets"),
        "mails": given.rows("silver/emails"),
        "objects": _objects(given),
    }
    cells = sorted(given.rows("gold/kpi_sla").to_pylist(), key=lambda row: (-row["breached"], row["pqrs_type"]))
    with_breaches = len([row for row in cells if row["breached"]])
    lines = 0
    for cell in cells[: with_breaches + CELLS]:
        asked = {"month": cell["month"], "pqrs_type": cell["pqrs_type"], "as_of": given.parameters.as_of_day}
        found = work.rows("answer.sql", asked, **relations)
        what = f"The evidence of {cell['pqrs_type']} in {cell['month']:%Y-%m}"
        evidence = _evidence(given, cell)
        same_rows(what, found, evidence, key=("ticket_id", "object", "line"))
        tickets = len(set(found["ticket_id"].to_pylist()))
        must(tickets == cell["breached"], f"{what} must name {cell['breached']} tickets, found {tickets}.")
        lines += evidence.num_rows
    return f"The figures of {with_breaches + CELLS} cells rest on these {lines} raw lines."


def _objects(inbox: Inbox) -> pa.Table:
    found = by_object(inbox.manifests["raw"].dataset("emails"))
    rows = [
        {"raw_day": day, "raw_part": number, "path": part.path, "sha256": part.sha256}
        for (day, number), part in found.items()
    ]
    return pa.Table.from_pylist(rows)


def _evidence(inbox: Inbox, cell: dict[str, Any]) -> pa.Table:
    """What `pqr explain` says."""
    where = [f"{name}={cell[name]}" for name in ("month", "pqrs_type")]
    tickets = explained(inbox.lake, RUN, FIGURE, where=where, page=EVERY).tickets
    mails = [mail | {"ticket_id": ticket["ticket_id"]} for ticket in tickets for mail in ticket["emails"]]
    return pa.Table.from_pylist([{name: mail[name] for name in SCHEMA.names} for mail in mails], schema=SCHEMA)
