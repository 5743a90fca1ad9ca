"""A mart: how terms were kept, by the month they ended in."""

from __future__ import annotations

from pqr_pipeline.lab.grading import same_rows
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

KEY = ("month", "pqrs_type")
FIGURES = ("due", "in_term", "late", "open_overdue", "breach_rate")
TICKET = ("ticket_id", "pqrs_type", "opened_at", "has_term", "due_on", "effective_due_on", "due_at", "closed_at")


def check(work: Work) -> str:
    mart = work.inbox.rows("gold/kpi_sla", *KEY, *FIGURES)
    tickets, as_of = work.inbox.rows("silver/tickets", *TICKET), work.inbox.parameters.as_of_day
    same_rows("The mart", work.rows("answer.sql", {"as_of": as_of}, tickets=tickets), mart, key=KEY)
    return f"{mart.num_rows} rows are those of gold/kpi_sla."
