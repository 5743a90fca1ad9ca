"""What was read back from Postgres, held to what the manifests say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pqr_common import Check
from pqr_loader.mirror.changes import Rows, total
from pqr_loader.mirror.tables import Table

__all__ = ["reconciled"]


def reconciled(must: Collection[Rows], found: Collection[Rows], tables: Iterable[Table]) -> list[Check]:
    """Rows and digest of each table, as read back and as its source has them."""
    checks: list[Check] = []
    for table in tables:
        origin = table.source.split("/")[0] or "the_law"
        read, wanted = ([rows for rows in side if rows.slot.table == table.name] for side in (found, must))
        checks += [
            Check.equal(f"rows_{table.name}_is_{origin}", _rows(read), _rows(wanted)),
            Check.equal(f"digest_{table.name}_is_{origin}", total(read), total(wanted)),
        ]
    return checks


def _rows(held: Iterable[Rows]) -> int:
    return sum(rows.rows for rows in held)
