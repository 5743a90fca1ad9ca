"""What `pqr run` says last: what Postgres shows no longer, what to type next, and one complaint to follow. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["DASHBOARD_PORT", "next_steps", "one_complaint", "replaced"]

DASHBOARD_PORT = 8501
DASHBOARD = f"http://127.0.0.1:{DASHBOARD_PORT}"
TICKET = "solicitudes?solicitud="  # the page of a ticket there
CLOSED = {"answered": "answered", "archived": "archived", "transferred": "transferred", "annulled": "annulled"}


def replaced(before: str, pqr: str) -> str:
    """Of a run that was shown up to now."""
    return f"Postgres no longer shows run {before}: `{pqr} publish {before}` makes it do so again."


def next_steps(run_id: str, pqr: str, *, is_stack: bool = False, is_published: bool = True) -> str:
    """What to look at now; `pqr` is how the command is called."""
    shown = {
        DASHBOARD if is_stack else f"{pqr} dashboard": "the figures as executives see them",
        f"{pqr} psql -- -c 'select * from gold.kpi_executive'": "the figures in Postgres",
    }
    steps = shown if is_published else {f"{pqr} publish {run_id}": "make Postgres show it"}
    return _aligned(
        "Next:",
        steps
        | {
            f"{pqr} show {run_id}": "datasets, checks, attempts",
            f"{pqr} verify {run_id} --deep": "prove it, to the last row",
            f"{pqr} explain breach_rate {run_id}": "what it counts, down to the mails",
        },
    )


def one_complaint(ticket: Mapping[str, Any], run_id: str, pqr: str, *, is_published: bool = True) -> str:
    """What became of it, and what follows it."""
    steps = {f"{pqr} trace {ticket['radicado']} {run_id}": "its life, from the raw bytes to the figures"}
    page = {f"{DASHBOARD}/{TICKET}{ticket['ticket_id']}": "the same on the dashboard"}
    place = ", ".join(name for name in (ticket["municipality"], ticket["department"]) if name)
    about = f"Complaint {ticket['radicado']}{f' from {place}' if place else ''}"
    title = f"{about}: it came on {ticket['received_on']} and {_fate(ticket)}."
    return _aligned(title, steps | (page if is_published else {}))


def _fate(ticket: Mapping[str, Any]) -> str:
    closed, due = ticket["closed_on"], ticket["effective_due_on"]
    fate = f"was {CLOSED.get(ticket['status'], 'closed')} on {closed}" if closed else "is still open"
    if due is None:
        return f"{fate}, without a term"
    if ticket["is_late"]:
        return f"{fate}, too late: its term ended on {due}"
    return f"{fate}, in time: its term ended on {due}" if closed else f"{fate}: its term ends on {due}"


def _aligned(title: str, steps: Mapping[str, str]) -> str:
    width = max(map(len, steps))
    return "\n".join([title, *(f"  {step:<{width}}  {words}" for step, words in steps.items())])
