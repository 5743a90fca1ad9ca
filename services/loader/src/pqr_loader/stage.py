"""The loader stage: migrate, stage every partition on the workers, show them all in one transaction at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from pqr_common.errors import InvalidSettings, UpstreamBroken
from pqr_common.lake.location import open_lake
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition
from pqr_common.manifest.values import schema_fields as lines_of
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.values import ExchangeRef, StageInputs, StageOutcome, Task, TaskContext
from pqr_common.tables.digest import content_digest
from pqr_loader.archive import unlike
from pqr_loader.plan import Rows, Slot
from pqr_loader.postgres import connection, migrate
from pqr_loader.publishing import Published, published, state, swap
from pqr_loader.recording import record
from pqr_loader.reference import REFERENCE
from pqr_loader.schema import MIRRORED, PARTITIONED, PRODUCES, REQUIRES, TABLES
from pqr_loader.staging import read_back, readable, reader, staged
from pqrs.parameters import Parameters

__all__ = ["STAGE", "expected"]


def dsn_of(settings: Settings) -> str:
    if settings.postgres_dsn is None:
        raise InvalidSettings(
            "PQR_POSTGRES_DSN must say where Postgres is, found none: set it, or use `pqr run`, which starts one."
        )
    return settings.postgres_dsn.get_secret_value()


def expected(manifests: Mapping[str, Manifest]) -> dict[Rows, tuple[Partition, ...]]:
    """What every slot of Postgres must hold, and the partitions of silver or gold it comes from."""
    wanted: dict[Rows, tuple[Partition, ...]] = {}
    for table, (layer, name) in MIRRORED.items():
        dataset = manifests[layer].dataset(name)
        for part, partition in enumerate(sorted(dataset.partitions, key=lambda item: item.key)):
            wanted[Rows(Slot(table, part), partition.rows, partition.content_digest)] = (partition,)
    for table, make in REFERENCE.items():
        made = make()
        wanted[Rows(Slot(table), made.num_rows, content_digest(made))] = ()
    return wanted


def _shown_by(inputs: StageInputs) -> Published:
    silver, gold = inputs.manifests["silver"], inputs.manifests["gold"]
    return Published(inputs.run_id, Parameters.of(inputs.parameters).as_of_day, silver.digest, gold.digest)


def prepare(inputs: StageInputs, settings: Settings) -> None:
    """Refuse datasets the tables cannot mirror, then bring the schema up to date."""
    for table, (layer, name) in MIRRORED.items():
        _refuse_unknown_columns(table, layer, inputs.manifests[layer].dataset(name))
    migrate(dsn_of(settings))


def plan_copies(inputs: StageInputs) -> list[Task]:
    """One task a part with its tickets and events; what is small is dealt out: connecting costs more than a mart."""
    slots = expected(inputs.manifests)
    small = [rows for rows in slots if rows.slot.table not in PARTITIONED]
    parts = sorted({rows.slot.part for rows in slots if rows.slot.table in PARTITIONED}) or [0]
    tasks = []
    for turn, part in enumerate(parts):
        large = [rows for rows in slots if rows.slot.table in PARTITIONED and rows.slot.part == part]
        tasks.append(_task(f"part-{part:05d}", large + small[turn :: len(parts)], slots))
    return tasks


def work_copy(task: Task, bench: TaskContext) -> Iterable[Partition]:
    sources = iter(task.inputs)
    slots = [Rows(Slot(s["table"], s["part"]), s["rows"], s["content_digest"]) for s in task.arguments["slots"]]
    with reader(dsn_of(bench.settings)) as cursor:
        for rows in slots:
            staged(cursor, rows, _reading(rows.slot.table, sources, bench))
        cursor.connection.commit()
    return [_loaded(rows) for rows in slots]


def show(outcome: StageOutcome, settings: Settings) -> list[Check]:
    """The one moment readers notice; afterwards meta tells the run's story so far."""
    dsn, inputs = dsn_of(settings), outcome.inputs
    plan = swap(dsn, expected(inputs.manifests), _shown_by(inputs))
    record(open_lake(settings.lake), inputs.run_id, dsn)
    there = [*plan.kept, *(arrival.rows for arrival in plan.arrivals)]
    return reconciliation(there, inputs.manifests)


def stands(run_id: str, settings: Settings) -> bool:
    """Whether Postgres still shows the run, to the last row: all are read again, so a changed one is loaded anew."""
    dsn = dsn_of(settings)
    shown = published(dsn)
    if shown is None or shown.run_id != run_id:
        return False
    with connection(dsn) as opened:
        loaded, _ = state(opened)
        if unlike(opened, run_id):
            return False
    with reader(dsn) as cursor:
        return all(
            content_digest(read_back(cursor, readable(rows.slot), TABLES[rows.slot.table])) == rows.content_digest
            for rows in loaded
        )


def reconciliation(there: Iterable[Rows], manifests: Mapping[str, Manifest]) -> list[Check]:
    """Rows and digests as read back from Postgres, against those of silver and gold."""
    loaded = list(there)
    checks: list[Check] = []
    for table, (layer, name) in MIRRORED.items():
        mine = [rows for rows in loaded if rows.slot.table == table]
        found = Dataset(name, "", (), tuple(Partition(name, "", "", r.rows, 0, "", r.content_digest) for r in mine))
        source = manifests[layer].dataset(name)
        checks.append(Check.equal(f"rows_{table}_is_{layer}", found.rows, source.rows))
        checks.append(Check.equal(f"digest_{table}_is_{layer}", found.content_digest, source.content_digest))
    return checks


def _refuse_unknown_columns(table: str, layer: str, dataset: Dataset) -> None:
    theirs = [line.removesuffix(" not null") for line in dataset.schema]
    if theirs != list(lines_of(TABLES[table].schema)):
        differing = sorted(set(theirs) ^ set(lines_of(TABLES[table].schema))) or ["another order"]
        raise UpstreamBroken(
            f"The table {table} must have the columns of {layer}/{dataset.name}, found {', '.join(differing)} in one "
            f"of them: run stages of one version, or add a migration to the loader."
        )


def _task(key: str, chosen: list[Rows], slots: Mapping[Rows, tuple[Partition, ...]]) -> Task:
    partitions = tuple(partition for rows in chosen for partition in slots[rows])
    described = [
        {"table": rows.slot.table, "part": rows.slot.part, "rows": rows.rows, "content_digest": rows.content_digest}
        for rows in chosen
    ]
    return Task(key, partitions, {"slots": described})


def _reading(table: str, sources: Iterator[Partition | ExchangeRef], bench: TaskContext) -> Callable[[], pa.Table]:
    """How to get the rows of a table: from its partition in the lake, or from the packaged law."""
    if table in REFERENCE:
        return REFERENCE[table]
    source = next(sources)
    return lambda: bench.read(source)  # type: ignore[arg-type]  # the plan gives partitions


def _loaded(rows: Rows) -> Partition:
    """The slot as a partition of the load manifest; it lies in Postgres, and its bytes are Postgres' own affair."""
    key = f"part-{rows.slot.part:05d}"
    return Partition(rows.slot.table, key, f"postgres:{rows.slot.table}/{key}", rows.rows, 0, "", rows.content_digest)


STAGE = Stage(
    name="loader",
    writes="load",
    package="pqr_loader",
    reads=("silver", "gold"),
    requires=REQUIRES,
    produces=PRODUCES,
    # Not resumable by receipts: Postgres itself knows best what is staged and what is loaded.
    phases=(Phase("copy", plan_copies, work_copy, resumable=False),),
    prepare=prepare,
    commit=show,
    stands=stands,
)
