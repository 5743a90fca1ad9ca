"""The loader stage: shape tables, stage every partition on the workers, show them all in one transaction at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa
from pydantic import SecretStr

from pqr_common import (
    Check,
    Contract,
    Dataset,
    Exchange,
    Partition,
    Phase,
    RunRecords,
    Settings,
    Stage,
    StageInputs,
    StageOutcome,
    Task,
    TaskContext,
    canonical_json,
    open_lake,
    sha256_hex,
)
from pqr_common.errors import InvalidSettings
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.stage.driver import inputs_of
from pqr_loader.mirror.changes import Rows, Slot
from pqr_loader.mirror.pieces import pieces
from pqr_loader.mirror.reference import CALENDAR, SLA_POLICIES
from pqr_loader.mirror.tables import Table, mirrored
from pqr_loader.mirror.wanted import expected, tables_of
from pqr_loader.postgres.archive import unlike
from pqr_loader.postgres.connection import connection, migrate
from pqr_loader.postgres.differences import difference_staged
from pqr_loader.postgres.publishing import Published, published, state, swap
from pqr_loader.postgres.recording import record
from pqr_loader.postgres.shape import ensure
from pqr_loader.postgres.staging import reader, seen_digest, staged
from pqr_loader.sources import rows_of
from pqrs.parameters import Parameters

__all__ = ["STAGE", "inputs_for"]

REJECTS = Contract("rejects", "what a layer did not take, and by which rule", pa.schema([("rule", pa.string())]))


def dsn_of(secret: SecretStr | None) -> str:
    if secret is None:
        raise InvalidSettings(
            "PQR_POSTGRES_DSN must say where Postgres is, found none: set it, or use `pqr run`, which starts one."
        )
    return secret.get_secret_value()


def inputs_for(records: RunRecords) -> StageInputs:
    """What the loader reads of a run: every layer but its own."""
    return inputs_of(STAGE, records)


def mirrors(inputs: StageInputs) -> tuple[Dataset, ...]:
    """The tables as datasets of the load."""
    return tuple(
        Dataset(table.name, table.grain, table.columns, (), table.key, made_from=(table.source,))
        for table in mirrored(inputs.manifests)
    )


def prepare(inputs: StageInputs, settings: Settings) -> None:
    """Bring the schema up to date: what migrations say, then what this run's datasets say."""
    dsn = dsn_of(settings.postgres_dsn)
    migrate(dsn)
    ensure(dsn, tables_of(inputs.manifests).values())


def plan_comparisons(inputs: StageInputs) -> list[Task]:
    """A task for each large table."""
    slots = expected(inputs.manifests)
    tasks = []
    for table, partitions in mirrored(inputs.manifests).items():
        if table.is_partitioned and partitions:
            described = [asdict(rows) for rows in slots if rows.slot.table == table.name]
            tasks.append(Task(table.name, partitions, {"table": asdict(table), "slots": described}))
    return tasks


def work_compare(task: Task, context: TaskContext) -> Iterable[Partition | Exchange]:
    """What the table must hold, where its difference is enough for that; else its name, for the next phase."""
    table = Table(**task.arguments["table"])
    with reader(dsn_of(context.settings["postgres_dsn"])) as cursor:
        must: tuple[Partition, ...] = task.inputs  # type: ignore[assignment]  # the plan gives partitions
        is_enough = difference_staged(cursor, table, must, run_id=context.run_id, read=context.read)
        if is_enough:
            cursor.connection.commit()
    if not is_enough:
        return [Exchange(table.name, {}, pa.schema([]))]
    return [_loaded(_rows(each)) for each in task.arguments["slots"]]


def plan_copies(inputs: StageInputs) -> list[Task]:
    """One task per part with its tickets and events; what is small is dealt out: connecting costs more than a mart."""
    slots, tables = expected(inputs.manifests), tables_of(inputs.manifests)
    whole = {ref.name for ref in inputs.previous["compare"]}
    small = [rows for rows in slots if not tables[rows.slot.table].is_partitioned]
    large = [rows for rows in slots if rows.slot.table in whole]
    parts = sorted({rows.slot.part for rows in large}) or [0]
    tasks = []
    for turn, part in enumerate(parts):
        chosen = [rows for rows in large if rows.slot.part == part] + small[turn :: len(parts)]
        described = [
            asdict(rows) | {"table": asdict(tables[rows.slot.table]), "sources": len(slots[rows])} for rows in chosen
        ]
        partitions = tuple(partition for rows in chosen for partition in slots[rows])
        tasks.append(Task(f"part-{part:05d}", partitions, {"slots": described}))
    return tasks


def work_copy(task: Task, context: TaskContext) -> Iterable[Partition]:
    sources: Iterator[Partition] = iter(task.inputs)  # type: ignore[arg-type]  # the plan gives partitions
    given = [
        (Table(**each["table"]), _rows(each), tuple(islice(sources, each["sources"])))
        for each in task.arguments["slots"]
    ]
    with reader(dsn_of(context.settings["postgres_dsn"])) as cursor:
        for table, rows, made_of in given:
            staged(cursor, table, rows, read=partial(rows_of, table, made_of, context.read))
        cursor.connection.commit()
    return [_loaded(rows) for _, rows, _ in given]


def show(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """The one moment readers notice; afterwards meta tells the run's story so far."""
    dsn, inputs = dsn_of(settings.postgres_dsn), outcome.inputs
    upstream = {layer: manifest.digest for layer, manifest in inputs.manifests.items()}
    digest = sha256_hex(canonical_json(upstream))
    shown_as = Published(inputs.run_id, Parameters.of(inputs.parameters).as_of_day, digest)
    checks = swap(dsn, tables_of(inputs.manifests).values(), expected(inputs.manifests), shown_as=shown_as)
    record(open_lake(settings.lake), inputs.run_id, dsn)
    return checks


def stands(run_id: str, settings: Settings) -> bool:
    """Whether Postgres still shows the run, to the last row: all are read again, so a changed one is loaded anew."""
    dsn = dsn_of(settings.postgres_dsn)
    shown = published(dsn)
    if shown is None or shown.run_id != run_id:
        return False
    manifests = inputs_for(RunRecords(open_lake(settings.lake), run_id)).manifests
    tables, wanted = tables_of(manifests), expected(manifests)
    with connection(dsn) as opened:
        loaded, _ = state(opened)
        is_known = {rows.slot.table for rows in loaded} == {rows.slot.table for rows in wanted}
        if not is_known or unlike(opened, run_id, tables.values()):
            return False
    with reader(dsn) as cursor:
        return all(
            seen_digest(cursor, tables[each.table], each.slots) == each.content_digest
            for each in pieces(wanted, loaded)
        )


def _rows(described: Mapping[str, Any]) -> Rows:
    return Rows(Slot(**described["slot"]), described["rows"], described["content_digest"])


def _loaded(rows: Rows) -> Partition:
    """The slot as a partition of the load manifest; it lies in Postgres, and its bytes are Postgres' own affair."""
    key = f"part-{rows.slot.part:05d}"
    return Partition(rows.slot.table, key, f"postgres:{rows.slot.table}/{key}", rows.rows, 0, "", rows.content_digest)


STAGE = Stage(
    name="loader",
    writes="load",
    package="pqr_loader",
    requires={EVERY_LAYER: (REJECTS,)},
    produces=(SLA_POLICIES, CALENDAR),
    settings=("postgres_dsn",),
    # Not resumable by receipts: Postgres itself knows best what is staged and what is loaded.
    phases=(
        Phase("compare", plan_comparisons, work_compare, resumable=False),
        Phase("copy", plan_copies, work_copy, resumable=False),
    ),
    mirrors=mirrors,
    prepare=prepare,
    commit=show,
    stands=stands,
)
