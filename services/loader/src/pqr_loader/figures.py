"""The operation's figures of the published run as metrics, counted where gold counted them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from psycopg.rows import class_row

from pqr_common import logger, sql_of
from pqr_common.errors import PqrError
from pqr_common.process.metrics import latest
from pqr_loader.postgres.connection import connection, table_exists
from pqrs.catalogue import PQRS_TYPES

__all__ = ["Figures", "figures", "show_figures"]

ALL = "all"

_backlog = latest(
    "pqr_backlog_tickets",
    "Tickets of the published run that wait for an answer: all open ones, and the overdue among them",
    "pqrs_type",
    "state",
)
_breach_ratio = latest(
    "pqr_breach_ratio", "Breached over due tickets of the published run; NaN where none was due", "pqrs_type"
)
_published_at = latest("pqr_published_timestamp_seconds", "Unix time at which the run that readers see was published")


@dataclass(frozen=True, slots=True)
class Figures:
    """Tickets of a type, or of all: waiting at the end of the window, and those whose term ended in it."""

    pqrs_type: str
    open: int
    overdue: int
    due: int
    breached: int
    published_at: float  # Unix time


def figures(dsn: str) -> list[Figures]:
    """One per type, and one for all types; empty when nothing is published."""
    with connection(dsn) as opened, opened.cursor(row_factory=class_row(Figures)) as cursor:
        if not table_exists(opened, "gold.kpi_daily"):
            return []
        return cursor.execute(sql_of("pqr_loader", "sql/figures.sql").encode()).fetchall()


def show_figures(dsn: str) -> bool:
    """Set the metrics of the published run; False when Postgres does not tell, which is no reason to fail anything."""
    try:
        found = figures(dsn)
    except PqrError as error:
        logger().warning("figures not shown in metrics", error=str(error))
        return False
    if found:
        _show(found)
    return True


def _show(found: list[Figures]) -> None:
    """What an earlier run had and this one has not is none: no process can take back what another one said."""
    waiting = {each.pqrs_type: each for each in found if each.pqrs_type != ALL}
    for pqrs_type in PQRS_TYPES:
        each = waiting.get(pqrs_type)
        _backlog(pqrs_type, "open", each.open if each else 0)
        _backlog(pqrs_type, "overdue", each.overdue if each else 0)
    ratios = {each.pqrs_type: each.breached / each.due for each in found if each.due}
    for pqrs_type in {*PQRS_TYPES, *ratios}:
        _breach_ratio(pqrs_type, ratios.get(pqrs_type, math.nan))
    _published_at(found[0].published_at)
