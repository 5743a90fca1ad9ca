"""Which rows of Postgres can be held to which of the manifests: part by part, or table by table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pqr_loader.mirror.changes import Rows, Slot, total

__all__ = ["Piece", "pieces"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Slots whose rows together must be those of `wanted`."""

    name: str  # of the table and, where it is one, of the part
    slots: tuple[Slot, ...]
    wanted: tuple[Rows, ...]

    @property
    def table(self) -> str:
        return self.wanted[0].slot.table

    @property
    def rows(self) -> int:
        return sum(rows.rows for rows in self.wanted)

    @property
    def content_digest(self) -> str:
        return total(self.wanted)


def pieces(must: Collection[Rows], there: Collection[Rows]) -> Iterator[Piece]:
    """A piece per slot; one of a table whose parts are not as they were laid out, since rows moved one by one."""
    for table in sorted({rows.slot.table for rows in must}):
        wanted, held = ([rows for rows in side if rows.slot.table == table] for side in (must, there))
        laid_out, lie = ({(rows.slot, rows.content_digest) for rows in side} for side in (wanted, held))
        if held and lie != laid_out:
            yield Piece(table, tuple(rows.slot for rows in held), tuple(wanted))
        else:
            for rows in wanted:
                yield Piece(f"{table} part {rows.slot.part}", (rows.slot,), (rows,))
