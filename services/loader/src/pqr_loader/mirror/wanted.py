"""What Postgres must hold of a run: its tables, and the rows of every slot. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pqr_common import Manifest, Partition, content_digest
from pqr_loader.mirror.changes import Rows, Slot
from pqr_loader.mirror.parts import parts_of, total_of
from pqr_loader.mirror.reference import CALENDAR, REFERENCE, SLA_POLICIES
from pqr_loader.mirror.tables import Table, mirrored

__all__ = ["expected", "tables_of"]

LAW = tuple(Table.reference(contract) for contract in (SLA_POLICIES, CALENDAR))


def tables_of(manifests: Mapping[str, Manifest]) -> dict[str, Table]:
    """Every table that shows something of the run, by name."""
    return {table.name: table for table in (*mirrored(manifests), *LAW)}


def expected(manifests: Mapping[str, Manifest]) -> dict[Rows, tuple[Partition, ...]]:
    """What every slot of Postgres must hold when all is loaded, and the partitions of the lake it comes from."""
    wanted: dict[Rows, tuple[Partition, ...]] = {}
    for table, partitions in mirrored(manifests).items():
        for part, made_of in enumerate(parts_of(partitions) if table.is_partitioned else [partitions]):
            wanted[Rows(Slot(table.name, part), *total_of(made_of))] = made_of
    for name, make in REFERENCE.items():
        made = make()
        wanted[Rows(Slot(name), made.num_rows, content_digest(made))] = ()
    return wanted
