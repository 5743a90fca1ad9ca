"""Deduplication: the first delivery of every message."""

from __future__ import annotations

from pqr_pipeline.lab.grading import same_rows
from pqr_pipeline.lab.work import Work
from pqrs.lines import PLACE

__all__ = ["check"]


def check(work: Work) -> str:
    emails = work.inbox.rows("bronze/emails", "message_id", "received_at", "direction", "subject", "body", *PLACE)
    kept = work.inbox.rows("silver/emails", "message_id", *PLACE)
    same_rows("The messages", work.rows("answer.sql", emails=emails), kept, key=("message_id",))
    return f"{emails.num_rows:,} deliveries are {kept.num_rows:,} messages."
