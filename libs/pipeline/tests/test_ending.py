"""The last words of `pqr run`: each command and address in them leads to what it says."""

from __future__ import annotations

import re
from datetime import date

import pytest

from pqr_pipeline.telling.ending import next_steps, one_complaint, replaced

LATE = {
    "ticket_id": "ad3d126d77a4981f8266",
    "radicado": "20261020000032",
    "municipality": "Bucaramanga",
    "department": "Santander",
    "status": "answered",
    "received_on": date(2026, 1, 5),
    "effective_due_on": date(2026, 1, 27),
    "closed_on": date(2026, 1, 30),
    "is_late": True,
}
OPEN = {"status": "in_progress", "closed_on": None, "is_late": False}


def test_next_steps_are_commands_of_the_stack_where_that_was_asked():
    """The same words before each, and its dashboard's address."""
    assert "\n  pqr verify r1 --deep  " in next_steps("r1", "pqr")
    told = next_steps("r1", "pqr --stack", is_stack=True)
    assert "\n  pqr --stack verify r1 --deep  " in told
    assert "\n  http://127.0.0.1:8501 " in told


def test_a_run_that_postgres_does_not_show_is_looked_at_in_the_lake():
    """Or published first."""
    told = next_steps("r1", ".venv/bin/pqr", is_published=False)
    assert "\n  .venv/bin/pqr publish r1  " in told
    assert "psql" not in told
    assert "dashboard" not in told
    assert "http" not in one_complaint(LATE, "r1", "pqr", is_published=False)


def test_what_stands_beside_the_steps_is_aligned():
    """Whatever they are called by."""
    _, *lines = next_steps("a-run", "uv run pqr").splitlines()
    assert len({re.match(r"  \S.*?\s{2,}", line).end() for line in lines}) == 1


def test_who_is_shown_no_longer_can_be_shown_again():
    """By the command that it says."""
    assert "`uv run pqr publish r0`" in replaced("r0", "uv run pqr")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "was answered on 2026-01-30, too late: its term ended on 2026-01-27."),
        (
            {"closed_on": date(2026, 1, 27), "is_late": False},
            "was answered on 2026-01-27, in time: its term ended on 2026-01-27.",
        ),
        ({"status": "archived"}, "was archived on 2026-01-30, too late: its term ended on 2026-01-27."),
        (OPEN, "is still open: its term ends on 2026-01-27."),
        (OPEN | {"is_late": True}, "is still open, too late: its term ended on 2026-01-27."),
        (OPEN | {"effective_due_on": None}, "is still open, without a term."),
    ],
)
def test_the_fate_of_a_complaint_is_told(changes, said):
    """In one sentence, with what follows it."""
    title, trace, page = one_complaint(LATE | changes, "r1", "pqr").splitlines()
    start = "Complaint 20261020000032 from Bucaramanga, Santander: it came on 2026-01-05 and "
    assert title == start + said
    assert trace.startswith("  pqr trace 20261020000032 r1 ")
    assert page.startswith("  http://127.0.0.1:8501/solicitudes?solicitud=ad3d126d77a4981f8266 ")
