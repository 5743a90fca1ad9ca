"""The loader stage: shape tables, stage every partition on the workers, show them all in one transaction at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict

import pyarrow as pa
from pydantic import SecretStr

from pqr_common import (
    Check,
    Contract,
    Dataset,
    ExchangeRef,
    Manifest,
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
    content_digest,
    open_lake,
    sha256_hex,
)
from pqr_common.errors import InvalidSettings
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.stage.driver import inputs_of
from pqr_loader.mirror.changes import Rows, Slot
from pqr_loader.mirror.reference import CALENDAR, REFERENCE, SLA_POLICIES
from pqr_loader.mirror.tables import Table, mirrored
from pqr_loader.postgres.archive import unlike
from pqr_loader.postgres.connection import connection, migrate
from pqr_loader.postgres.publishing import Published, published, state, swap
from pqr_loader.postgres.recording import record
from pqr_loader.postgres.shape import ensure
from pqr_loader.postgres.staging import reader, seen, staged
from pqrs.parameters import Parameters

__all__ = ["STAGE", "expected", "inputs_for", "tables_of"]

REJECTS = Contract("rejects", "what a layer did not take, and by which rule", pa.schema([("rule", pa.string())]))
LAW = tuple(Table.reference(contract) for contract in (SLA_POLICIES, CALENDAR))


def dsn_of(secret: SecretStr | None) -> str:
    if secret is None:
        raise InvalidSettings(
            "PQR_POSTGRES_DSN must say where Postgres is, found none: set it, or use `pqr run`, which starts one."
        )
    return secret.get_secret_value()


def inputs_for(records: RunRecords) -> StageInputs:
    """What the loader reads of a run: every layer but its own."""
    return inputs_of(STAGE, records)


def tables_of(manifests: Mapping[str, Manifest]) -> dict[str, Table]:
    """Every table that shows something of the run, by name."""
    return {table.name: table for table in (*mirrored(manifests), *LAW)}


def expected(manifests: Mapping[str, Manifest]) -> dict[Rows, tuple[Partition, ...]]:
    """What every slot of Postgres must hold, and the partitions of the lake it comes from."""
    wanted: dict[Rows, tuple[Partition, ...]] = {}
    for table, partitions in mirrored(manifests).items():
        for part, partition in enumerate(partitions):
            wanted[Rows(Slot(table.name, part), partition.rows, partition.content_digest)] = (partition,)
    for name, make in REFERENCE.items():
        made = make()
        wanted[Rows(Slot(name), made.num_rows, content_digest(made))] = ()
    return wanted


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


def plan_copies(inputs: StageInputs) -> list[Task]:
    """One task per part with its tickets and events; what is small is dealt out: connecting costs more than a mart."""
    slots, tables = expected(inputs.manifests), tables_of(inputs.manifests)
    small = [rows for rows in slots if not tables[rows.slot.table].is_partitioned]
    large = [rows for rows in slots if tables[rows.slot.table].is_partitioned]
    parts = sorted({rows.slot.part for rows in large}) or [0]
    tasks = []
    for turn, part in enumerate(parts):
        chosen = [rows for rows in large if rows.slot.part == part] + small[turn :: len(parts)]
        described = [asdict(rows) | {"table": asdict(tables[rows.slot.table])} for rows in chosen]
        partitions = tuple(partition for rows in chosen for partition in slots[rows])
        tasks.append(Task(f"part-{part:05d}", partitions, {"slots": described}))
    return tasks


def work_copy(task: Task, context: TaskContext) -> Iterable[Partition]:
    sources = iter(task.inputs)
    given = [
        (Table(**each["table"]), Rows(Slot(**each["slot"]), each["rows"], each["content_digest"]))
        for each in task.arguments["slots"]
    ]
    with reader(dsn_of(context.settings["postgres_dsn"])) as cursor:
        for table, rows in given:
            staged(cursor, table, rows, read=_reading(table, sources, context))
        cursor.connection.commit()
    return [_loaded(rows) for _, rows in given]


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
        if {rows.slot for rows in loaded} != {rows.slot for rows in wanted} or unlike(opened, run_id, tables.values()):
            return False
    with reader(dsn) as cursor:
        return all(
            content_digest(seen(cursor, tables[rows.slot.table], rows.slot.part)) == rows.content_digest
            for rows in wanted
        )


def _reading(table: Table, sources: Iterator[Partition | ExchangeRef], context: TaskContext) -> Callable[[], pa.Table]:
    """How to get the rows of a table: from its partition in the lake, or from the packaged law."""
    if not table.source:
        return REFERENCE[table.name]
    source = next(sources)
    return lambda: context.read(source)  # type: ignore[arg-type]  # the plan gives partitions


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
    phases=(Phase("copy", plan_copies, work_copy, resumable=False),),
    mirrors=mirrors,
    prepare=prepare,
    commit=show,
    stands=stands,
)
