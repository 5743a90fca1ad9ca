"""Runs of other times on one Postgres: older databases, older manifests, marts and columns that came later."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from statements import change, query

from pqr_common.canonical import sha256_hex
from pqr_common.errors import ContractBroken, ManifestConflict, UpstreamBroken
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_common.tables.contract import optional, required
from pqr_gold.marts import MARTS
from pqr_loader.mirror.reference import REFERENCE, SLA_POLICIES, sla_policies
from pqr_loader.stage import STAGE
from pqr_loader.warehouse import WAREHOUSE

pytestmark = pytest.mark.integration

GOLD = {name: mart.contract for name, mart in MARTS.items()}
BEFORE = sorted(Path(__file__).with_name("before").glob("*.sql"))
FIRST_LAKE = Path(__file__).parents[3] / "tests/golden/lake_v1.zip"


def _publish(runs, run_id, stage=STAGE):
    return run_stage(stage, run_id, lake=runs.lake, settings=runs.settings, executor=Inline())


def _warnings(checks):
    return {check.name: check.observed for check in checks if check.status == "failed"}


def _with(contract, *fields):
    return {**GOLD, contract.dataset: replace(contract, schema=pa.schema([*contract.schema, *fields]))}


def test_a_run_made_before_a_mart_existed_is_published(runs):
    """What it lacks is emptied and named, in the checks and in meta; nothing else keeps it from being shown."""
    older = runs.make(1, marts={name: contract for name, contract in GOLD.items() if name != "kpi_peaks"})
    newer = runs.make(2)
    _publish(runs, newer)
    assert query(runs.dsn, "select count(*) from gold.kpi_peaks") == [(5,)]
    manifest = _publish(runs, older)
    assert WAREHOUSE.published(runs.dsn) == older
    assert query(runs.dsn, "select count(*) from gold.kpi_peaks") == [(0,)]
    assert _warnings(manifest.checks) == {"lacking_gold.kpi_peaks": "no dataset"}
    assert STAGE.stands(older, runs.settings)
    assert WAREHOUSE.differences(runs.lake, older, runs.dsn) == []
    WAREHOUSE.record(runs.lake, older, runs.dsn)
    told = query(runs.dsn, "select run_id, name, severity from meta.quality_checks where status = 'failed'")
    assert told == [(older, "lacking_gold.kpi_peaks", "warning")]
    change(
        runs.dsn,
        "insert into gold.kpi_peaks select day, received, expected, ratio, dispersion, is_peak from archive.kpi_peaks",
    )
    assert WAREHOUSE.differences(runs.lake, older, runs.dsn) == [
        f"gold.kpi_peaks must be empty, since run {older} was made without it, found rows: run `pqr publish {older}`."
    ]


def test_a_run_made_before_a_column_existed_shows_null_there(runs):
    """The table grows with the first run that has the column, in gold and in the archive; older runs have none."""
    older = runs.make(1)
    newer = runs.make(2, marts=_with(GOLD["kpi_sla"], *required(mood=pa.string()), *optional(heat=pa.decimal128(9, 4))))
    assert _warnings(_publish(runs, older).checks) == {}
    assert _warnings(_publish(runs, newer).checks) == {}
    assert query(runs.dsn, "select count(*), count(mood), count(heat) from gold.kpi_sla") == [(5, 5, 4)]
    runs.load(older)
    assert _warnings(runs.checks) == {
        "lacking_gold.kpi_sla.heat": "no column",
        "lacking_gold.kpi_sla.mood": "no column",
    }
    assert query(runs.dsn, "select count(*), count(mood) from gold.kpi_sla") == [(4, 0)]
    kept = query(runs.dsn, "select run_id, count(*), count(mood) from archive.kpi_sla group by 1")
    assert sorted(kept) == sorted([(older, 4, 0), (newer, 5, 5)])
    assert WAREHOUSE.differences(runs.lake, older, runs.dsn) == []


def test_a_ticket_s_new_column_reaches_the_views(runs, monkeypatch):
    """core.tickets grows as marts do, with the partitions that are attached, and so do the views of what waits."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    inputs = runs.inputs(newer)
    silver = inputs.manifests["silver"]
    tickets = silver.dataset("tickets")
    wider = replace(silver, datasets=(replace(tickets, schema=(*tickets.schema, "mood: string")), *silver.datasets[1:]))
    STAGE.prepare(replace(inputs, manifests={**inputs.manifests, "silver": wider}), runs.settings)
    assert query(runs.dsn, "select count(*), count(mood) from core.tickets") == [(12, 0)]
    assert query(runs.dsn, "select overdue.mood, backlog.mood from core.overdue, core.backlog limit 0") == []
    assert WAREHOUSE.published(runs.dsn) == older
    runs.load(newer)
    assert set(_warnings(runs.checks)) == {"lacking_core.tickets.mood"}


def test_rows_that_were_staged_for_a_narrower_table_are_staged_again(runs):
    """A load that was killed leaves tables as wide as the one of its time; they are not brought into a wider one."""
    run_id = runs.make(1)
    inputs = runs.inputs(run_id)
    STAGE.prepare(inputs, runs.settings)
    with pytest.raises(KeyboardInterrupt):
        runs.load(run_id, copies=_killed_after_all(runs, inputs))
    wider = runs.make(2, marts=_with(GOLD["kpi_sla"], *required(mood=pa.string())))
    STAGE.prepare(runs.inputs(wider), runs.settings)
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def _killed_after_all(runs, inputs):
    def copies(tasks):
        yield from tasks
        raise KeyboardInterrupt

    return copies


def test_a_column_of_another_type_is_refused(runs):
    """A table cannot mirror two types: the load stops before anything is written, and names table and column."""
    older = runs.make(1)
    runs.load(older)
    fields = [replace_type(field) if field.name == "due" else field for field in GOLD["kpi_sla"].schema]
    newer = runs.make(2, marts={**GOLD, "kpi_sla": replace(GOLD["kpi_sla"], schema=pa.schema(fields))})
    with pytest.raises(UpstreamBroken, match=r"gold\.kpi_sla must be of the types of gold/kpi_sla, found due bigint"):
        _publish(runs, newer)
    assert WAREHOUSE.published(runs.dsn) == older


def replace_type(field):
    return pa.field(field.name, pa.int32(), nullable=False)


def test_a_type_that_postgres_does_not_mirror_is_refused(runs):
    """Before anything is written, with the type and the dataset."""
    run_id = runs.make(1, marts=_with(GOLD["kpi_sla"], *required(odd=pa.int8())))
    with pytest.raises(UpstreamBroken, match="found int8 in gold/kpi_sla"):
        _publish(runs, run_id)


@pytest.fixture
def older_database(runs, empty):
    """Postgres as the code before wrote it: its migrations, each recorded, and a run that it says it shows."""
    with psycopg.connect(empty) as opened:
        texts = resources_of_ours() | {path.stem: path.read_text(encoding="utf-8") for path in BEFORE}
        for name, text in sorted(texts.items()):
            opened.execute("reset role")
            opened.execute(text)
            opened.execute(
                "insert into meta.migrations (number, name, sha256) values (%s, %s, %s)",
                [int(name[:3]), name, sha256_hex(text.encode())],
            )
        opened.execute(
            "insert into meta.published (run_id, as_of_day, silver_digest, gold_digest) values ('old', now(), 'a', 'b')"
        )
    runs.settings = runs.settings.with_(postgres_dsn=type(runs.settings.postgres_dsn)(empty))
    return runs


def resources_of_ours():
    folder = files("pqr_loader").joinpath("sql/migrations")
    return {f"{name}": folder.joinpath(f"{name}.sql").read_text() for name in ("001_roles_and_schemas", "002_meta")}


def test_an_older_database_goes_on_working(older_database):
    """What 001 to 007 made stays and is filled; what is new comes beside it; columns outside keys may be null now."""
    runs = older_database
    before = query(
        runs.dsn,
        "select oid, relname from pg_class where relkind in ('r', 'p') and oid > 16384 and relname <> 'kpi_cohorts'",
    )
    assert len(before) > 30
    assert WAREHOUSE.migrate(runs.dsn) == [
        "008_tables_from_manifests",
        "009_tickets_as_of",
        "010_differences",
        "011_terms_in_hours",
        "012_partitions_once",
        "013_lapsed_tickets",
        "014_cohorts_by_difference",
        "015_readings",
    ]
    assert WAREHOUSE.published(runs.dsn) == "old"
    run_id = runs.make(1, marts=_with(GOLD["kpi_sla"], *required(mood=pa.string())))
    _publish(runs, run_id)
    assert set(before) <= set(query(runs.dsn, "select oid, relname from pg_class"))
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []
    assert WAREHOUSE.examine(runs.dsn, now=query(runs.dsn, "select clock_timestamp()")[0][0]) == []
    assert query(runs.dsn, "select count(*) from archive.kpi_sla where run_id = %s", run_id) == [(4,)]
    required_outside_keys = query(
        runs.dsn,
        "select attrelid::regclass, attname from pg_attribute join pg_class on pg_class.oid = attrelid "
        "where relnamespace in ('gold'::regnamespace, 'archive'::regnamespace) and relkind = 'r' and attnum > 0 "
        "and attnotnull and attname <> 'run_id' and not exists (select from pg_index where indrelid = attrelid "
        "and indisprimary and attnum = any (indkey))",
    )
    assert required_outside_keys == []
    older = runs.make(2)
    _publish(runs, older)
    assert WAREHOUSE.differences(runs.lake, older, runs.dsn) == []


def test_partitions_of_each_run_become_partitions_written_once(runs, empty):
    """What 011 kept by run is told by run as before, and what two runs share lies there once; no run loses any."""
    columns = "run_id, layer, dataset, key, path, rows, rejected, bytes, sha256, content_digest, min_at, max_at, sign"
    texts = files("pqr_loader").joinpath("sql/migrations")
    with psycopg.connect(empty) as opened:
        for path in sorted(texts.iterdir(), key=lambda path: path.name):
            if path.name < "012":
                opened.execute("reset role")
                opened.execute(path.read_text(encoding="utf-8"))
                opened.execute(
                    "insert into meta.migrations (number, name, sha256) values (%s, %s, %s)",
                    [int(path.name[:3]), path.name.removesuffix(".sql"), sha256_hex(path.read_bytes())],
                )
        for run, days in (("a", 2), ("b", 3)):
            opened.execute(
                "insert into meta.runs (run_id, parameters, parameters_digest, seed, scenario, window_from, window_to, "
                "as_of, state) values (%s, '{}', '', 1, '', now(), now(), now(), 'completed')",
                [run],
            )
            opened.execute(
                "insert into meta.manifests (run_id, layer, stage, digest, inputs) values (%s, 'raw', '', '', '[]')",
                [run],
            )
            opened.execute(
                "insert into meta.datasets values (%s, 'raw', 'emails', '', '[]', '', 1, 1, 0, 1, '')", [run]
            )
            opened.execute(
                f"insert into meta.partitions ({columns}) select %s, 'raw', 'emails', day::text, 'p', 1, 0, 1, 's', 'c', "
                "case when day > 1 then timestamptz '2026-01-01' + day * interval '1 day' end, null, 1 "
                "from generate_series(1, %s) as day",
                [run, days],
            )
    before = query(empty, f"select {columns} from meta.partitions order by run_id, key")
    newer = ["012_partitions_once", "013_lapsed_tickets", "014_cohorts_by_difference", "015_readings"]
    assert WAREHOUSE.migrate(empty) == newer
    assert query(empty, f"select {columns} from meta.run_partitions order by run_id, key") == before
    assert query(empty, "select count(*) from meta.partitions") == [(3,)]


def test_a_run_of_the_first_manifests_is_published(empty, tmp_path):
    """A lake of version 1, its load committed: a fresh Postgres shows it, and no manifest conflicts."""
    with zipfile.ZipFile(FIRST_LAKE) as archive:
        archive.extractall(tmp_path / "lake")
    lake = FolderLake(tmp_path / "lake")
    settings = Settings.read(home=tmp_path, lake_url=lake.url, postgres_dsn=empty)
    before = RunRecords(lake, "golden-v1").manifest("load")
    manifest = run_stage(STAGE, "golden-v1", lake=lake, settings=settings, executor=Inline())
    assert (manifest, manifest.version) == (before, 1)
    assert WAREHOUSE.published(empty) == "golden-v1"
    assert WAREHOUSE.differences(lake, "golden-v1", empty) == []
    assert WAREHOUSE.kpis(empty)["received"] == query(empty, "select count(*) from core.tickets")[0][0] > 0
    WAREHOUSE.record(lake, "golden-v1", empty)
    assert query(empty, "select stage from meta.stages order by position") == [
        ("generator",), ("bronze",), ("silver",), ("gold",), ("loader",),
    ]  # fmt: skip
    edges = query(empty, "select dataset, input_layer, input_dataset from meta.lineage where layer = 'load'")
    assert ("core.tickets", "silver", "tickets") in edges
    assert query(empty, "select state from meta.runs") == [("completed",)]


def test_defect_2_a_reworded_grain_keeps_no_run_from_being_published(runs, content):
    """Prose is no data: the run is shown again, and its manifest stays as it was committed."""
    older, newer = runs.make(1), runs.make(2)
    before = _publish(runs, older)
    shown = content(runs.dsn)
    _publish(runs, newer)
    reworded = replace(SLA_POLICIES, grain="one term, said in other words")
    again = _publish(runs, older, replace(STAGE, produces=(reworded, *STAGE.produces[1:])))
    assert again == before
    assert (WAREHOUSE.published(runs.dsn), content(runs.dsn)) == (older, shown)


def test_defect_2_other_data_is_refused_before_postgres_changes(runs, content, monkeypatch):
    """A run that would be loaded with other rows than those it was committed with: what is shown stays as it was."""
    older, newer = runs.make(1), runs.make(2)
    _publish(runs, older)
    _publish(runs, newer)
    shown = content(runs.dsn)
    monkeypatch.setitem(REFERENCE, "core.sla_policies", lambda: sla_policies().slice(1))
    with pytest.raises(ManifestConflict, match="nothing was overwritten"):
        _publish(runs, older)
    assert (WAREHOUSE.published(runs.dsn), content(runs.dsn)) == (newer, shown)


@pytest.mark.parametrize("table", ["gold.kpi_sla", "core.sla_policies"])
def test_defect_6_a_row_that_changes_on_its_way_into_a_table_fails_the_load(runs, content, table):
    """Checks compare what is in the tables once all is there, so what a trigger alters is found and never shown."""
    older, newer = runs.make(1), runs.make(2)
    _publish(runs, older)
    column = {"gold.kpi_sla": "due", "core.sla_policies": "term_days"}[table]
    change(
        runs.dsn,
        f"create function altered() returns trigger language plpgsql as $$ begin new.{column} := 7; return new; end $$;"
        f"create trigger altered before insert on {table} for each row execute function altered();"
        f"delete from {table}",
    )
    shown = content(runs.dsn)
    with pytest.raises(ContractBroken, match=rf"digest_{table}_is_\w+ must be \S+ and is"):
        _publish(runs, newer)
    assert (WAREHOUSE.published(runs.dsn), content(runs.dsn)) == (older, shown)
    (attempt,) = RunRecords(runs.lake, newer).attempts("loader")
    failed = [check["name"] for check in attempt.checks if check["status"] == "failed"]
    assert failed == [f"digest_{table}_is_{'gold' if table.startswith('gold') else 'the_law'}"]


def test_defect_6_checks_tell_what_was_read_back(runs):
    """Rows and digest of each table, large ones as they were read when they were staged."""
    manifest = _publish(runs, runs.make(1))
    told = {check.name: check.observed for check in manifest.checks}
    assert {
        f"{kind}_{mart.contract.warehouse}.{name}_is_gold"
        for kind in ("rows", "digest")
        for name, mart in MARTS.items()
    } <= set(told)
    assert told["rows_core.tickets_is_silver"] == 12
    assert told["rows_core.calendar_is_the_law"] == query(runs.dsn, "select count(*) from core.calendar")[0][0]
