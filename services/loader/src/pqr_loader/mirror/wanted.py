"""What Postgres must hold of a run: its tables, and the rows of every slot. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pqr_common import Manifest, Partition, content_digest
from pqr_loader.mirror.changes import Rows, Slot
from pqr_loader.mirror.parts import parts_of, total_of
from pqr_loader.mirror.reference import CALENDAR, FIRST, REFERENCE, SLA_POLICIES
from pqr_loader.mirror.tables import Table, mirrored

__all__ = ["expected", "law", "tables_of"]

IN_HOURS = "term_hours"  # the column of tickets since which the law has terms in hours


def tables_of(manifests: Mapping[str, Manifest]) -> dict[str, Table]:
    """Every table that shows something of the run, by name."""
    return {table.name: table for table in (*mirrored(manifests), *_laws(manifests))}


def law(table: Table) -> pa.Table:
    """The rows of a table of the packaged law."""
    return (FIRST if table.is_first else REFERENCE)[table.name]()


def _laws(manifests: Mapping[str, Manifest]) -> list[Table]:
    """The law as it was told when the tickets of these runs were made."""
    tickets = [dataset for manifest in manifests.values() for dataset in manifest.datasets if dataset.name == "tickets"]
    is_first = any(not any(line.startswith(IN_HOURS) for line in dataset.schema) for dataset in tickets)
    return [Table.reference(contract, is_first=is_first) for contract in (SLA_POLICIES, CALENDAR)]


def expected(manifests: Mapping[str, Manifest]) -> dict[Rows, tuple[Partition, ...]]:
    """What every slot of Postgres must hold when all is loaded, and the partitions of the lake it comes from."""
    wanted: dict[Rows, tuple[Partition, ...]] = {}
    for table, partitions in mirrored(manifests).items():
        for part, made_of in enumerate(parts_of(partitions) if table.is_partitioned else [partitions]):
            wanted[Rows(Slot(table.name, part), *total_of(made_of))] = made_of
    for table in _laws(manifests):
        made = law(table)
        wanted[Rows(Slot(table.name), made.num_rows, content_digest(made))] = ()
    return wanted
