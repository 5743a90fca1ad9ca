"""The operation's figures of the published run as metrics, counted where gold counted them."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from pqr_common import log, metrics
from pqr_common.calculator import sql_of
from pqr_common.errors import PqrError
from pqr_loader.postgres import connection

__all__ = ["Figures", "figures", "show_figures"]

ALL = "all"


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
    """One a type, and one for all types; empty when nothing is published."""
    with connection(dsn) as opened, opened.cursor(row_factory=class_row(Figures)) as cursor:
        return cursor.execute(sql_of("pqr_loader", "sql/figures.sql").encode()).fetchall()


def show_figures(dsn: str) -> bool:
    """Set the metrics of the published run; False when Postgres does not tell, which is no reason to fail anything."""
    try:
        found = figures(dsn)
    except PqrError as error:
        log.get().warning("figures not shown in metrics", error=str(error))
        return False
    if found:
        by_type = [each for each in found if each.pqrs_type != ALL]
        backlog = {(each.pqrs_type, "open"): each.open for each in by_type}
        backlog |= {(each.pqrs_type, "overdue"): each.overdue for each in by_type}
        ratios = {each.pqrs_type: each.breached / each.due for each in found if each.due}
        metrics.published(backlog, ratios, at=found[0].published_at)
    return True
