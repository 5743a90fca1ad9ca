"""Threading: which request each message belongs to."""

from __future__ import annotations

from pqr_common.tables.sql import query
from pqr_pipeline.lab.grading import same_rows
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

MESSAGES = """
select bronze.message_id, in_reply_to, "references", bronze.direction, bronze.received_at, subject
from bronze join silver using (raw_day, raw_part, raw_line)
"""
ROOTS = "select message_id, root_message_id as root from silver"
THREADS = "select count(distinct root) as n from roots"


def check(work: Work) -> str:
    bronze, silver = work.inbox.rows("bronze/emails"), work.inbox.rows("silver/emails")
    roots = query(ROOTS, silver=silver)
    found = work.rows("answer.sql", emails=query(MESSAGES, bronze=bronze, silver=silver))
    same_rows("The threads", found, roots, key=("message_id",))
    threads = query(THREADS, roots=roots)["n"][0].as_py()
    return f"{found.num_rows:,} messages lie in {threads:,} threads."
