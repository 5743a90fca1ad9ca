"""An idempotent load: one part of a table of Postgres becomes what a batch says, however often it comes."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.sql import query
from pqr_pipeline.lab.database import Database, database
from pqr_pipeline.lab.grading import must, same_rows
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

SCRIPT = "load.sql"
TABLES = """
create table tickets (part date not null, ticket_id text primary key, pqrs_type text not null, status text not null);
create table batch (part date, ticket_id text, pqrs_type text, status text)
"""
BATCHES = """
select raw_day as part, ticket_id, pqrs_type, status
from tickets where raw_day in (date '2026-01-13', date '2026-01-14')
"""
CORRECTED = """
select part, ticket_id, pqrs_type, case when number = 2 then 'annulled' else status end as status
from (select *, row_number() over (order by ticket_id) as number from batch) where number > 1
union all select min(part), 'late-comer', 'QUEJA', 'received' from batch
"""
BROKEN = """
select part, ticket_id, pqrs_type, case when ticket_id < max(ticket_id) over () then status end as status from batch
"""


def check(work: Work) -> str:
    rows = query(BATCHES, tickets=work.inbox.rows("silver/tickets"))
    first, second = (query(f"select * from t where part = date '2026-01-{day}'", t=rows) for day in (13, 14))
    corrected = query(CORRECTED, batch=first)
    work.text(SCRIPT)
    with database(work.inbox.settings) as server:
        server.run(TABLES)
        for what, batch, expected in (
            ("the first part was loaded", first, first),
            ("it was loaded once more", first, first),
            ("the second part was loaded", second, pa.concat_tables([first, second])),
            ("the first part came corrected", corrected, pa.concat_tables([corrected, second])),
            ("the first part came as it had been", first, pa.concat_tables([first, second])),
        ):
            _load(work, server, batch)
            same_rows(f"The table, when {what},", server.rows("tickets", rows.schema), expected, key=("ticket_id",))
        _refuses_a_broken_batch(work, server, first, expected=rows)
        _load(work, server, first.slice(0, 0))
        left = server.rows("tickets", rows.schema)
        same_rows("The table, when the first part came empty,", left, second, key=("ticket_id",))
    return "Seven loads leave what the last batch of each part said."


def _load(work: Work, server: Database, batch: pa.Table) -> None:
    server.fill("batch", batch)
    said = server.script(work.folder / SCRIPT, part="2026-01-13" if _is_first(batch) else "2026-01-14")
    must(not said, f"{SCRIPT} must run, found {said}: mend it.")


def _is_first(batch: pa.Table) -> bool:
    return not batch.num_rows or batch["part"][0].as_py().day == 13  # noqa: PLR2004  the day of the first part


def _refuses_a_broken_batch(work: Work, server: Database, first: pa.Table, *, expected: pa.Table) -> None:
    server.fill("batch", query(BROKEN, batch=first))
    said = server.script(work.folder / SCRIPT, part="2026-01-13")
    must(said, f"{SCRIPT} must fail for a batch with a null status, found that it ran: do not hide the error.")
    left = server.rows("tickets", expected.schema)
    same_rows("The table, when a batch had failed,", left, expected, key=("ticket_id",))
