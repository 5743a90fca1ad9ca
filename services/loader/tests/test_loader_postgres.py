"""The loader on a real Postgres: exactly once, all or nothing, least privilege."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from statements import change, query

from pqr_common.errors import InvalidSettings, UpstreamBroken, VerificationFailed, WarehouseUnavailable
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Source
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_gold.marts import MARTS
from pqr_loader.mirror.wanted import tables_of
from pqr_loader.postgres import publishing, recording, staging
from pqr_loader.stage import STAGE
from pqr_loader.warehouse import WAREHOUSE

pytestmark = pytest.mark.integration

KEPT = [name for name, mart in MARTS.items() if mart.contract.warehouse == "gold"]  # for every run ever shown


def _as(role, dsn):
    return dsn.replace("//postgres:@", f"//{role}:@")


def _writes(dsn):
    """What any write would change: which files hold the tables, and the transaction that made each row."""
    tables = query(dsn, "select format('%%s.%%s', schemaname, tablename) from pg_tables where schemaname = any(%s)",
                    ["core", "gold", "archive", "meta"])  # fmt: skip
    files = query(dsn, "select relname, relfilenode from pg_class where relkind in ('r', 'p') order by relname")
    return files, {
        table: sorted(query(dsn, f"select xmin::text::bigint, ctid::text from {table}")) for (table,) in tables
    }


def _crash(runs, run_id, monkeypatch, name, crashing):
    """Load with one function of the swap replaced by one that ends as a killed process does."""
    with monkeypatch.context() as patched:
        patched.setattr(publishing, name, crashing)
        with pytest.raises(KeyboardInterrupt):
            runs.load(run_id)


def _killed(*_):
    raise KeyboardInterrupt


def test_rows_come_back_as_they_were(runs, content):
    """Instants keep their microseconds, days, decimals, nulls and accents theirs."""
    run_id = runs.make()
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []
    seen = content(runs.dsn)
    assert (len(seen["core.tickets"]), len(seen["core.ticket_events"])) == (12, 12)
    opened_at = query(runs.dsn, "select opened_at from core.tickets where ticket_id = %s", "ñandú 7")
    assert opened_at == [(datetime(2026, 1, 5, 13, 7, 0, 123456, tzinfo=UTC),)]


def _columns(dsn, name):
    found = query(
        dsn,
        "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = to_regclass(%s) "
        "and attnum > 0 and not attisdropped order by attnum",
        name,
    )
    return dict(found)


def _tables(runs, run_id):
    return tables_of(runs.inputs(run_id).manifests)


def test_tables_mirror_the_datasets_of_the_run(runs):
    """Each table has the columns its manifest names, in order; partitioned ones a part, the archive the run's id."""
    run_id = runs.make()
    runs.load(run_id)
    tables = _tables(runs, run_id)
    assert set(tables) == {*(f"gold.{mart}" for mart in KEPT), "core.kpi_cohorts", "core.tickets", "core.ticket_events",
                           "core.sla_policies", "core.calendar"}  # fmt: skip
    for name, table in tables.items():
        assert _columns(runs.dsn, name) == table.types | ({"part": "smallint"} if table.is_partitioned else {}), name
        if table.archive:
            assert _columns(runs.dsn, table.archive) == {"run_id": "text"} | table.types
    keys = dict(query(runs.dsn, "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
                                 "where contype = 'p' and connamespace <> 'meta'::regnamespace"))  # fmt: skip
    assert keys["core.ticket_events"] == "PRIMARY KEY (ticket_id, seq, part)"
    assert keys["archive.kpi_sla"] == "PRIMARY KEY (run_id, month, pqrs_type)"
    assert keys["core.kpi_cohorts"] == "PRIMARY KEY (cohort_id, part)"


def test_loading_twice_changes_nothing(runs):
    """The same run again writes no row and makes no table."""
    run_id = runs.make()
    first = runs.load(run_id)
    before = _writes(runs.dsn)
    second = runs.load(run_id)
    assert _writes(runs.dsn) == before
    assert first.partitions == second.partitions


def test_another_run_replaces_and_shares(runs, content):
    """Only what differs moves: an equal partition stays, one that is gone goes, marts are replaced."""
    older = runs.make(1, (range(5), range(5, 12), range(12, 15)))
    newer = runs.make(2, (range(5), range(30, 33)))
    runs.load(older)
    shared = query(
        runs.dsn, "select relation from meta.loaded_partitions where table_name = 'core.tickets' and part = 0"
    )
    runs.load(newer)
    assert WAREHOUSE.published(runs.dsn) == newer
    assert WAREHOUSE.differences(runs.lake, newer, runs.dsn) == []
    assert WAREHOUSE.differences(runs.lake, older, runs.dsn) == [
        f"Postgres must show run {older}, found {newer}: run `pqr publish {older}`."
    ]
    parts = query(runs.dsn, "select part, relation from meta.loaded_partitions where table_name = 'core.tickets'")
    assert min(parts)[1:] == shared[0]
    assert [part for part, _ in sorted(parts)] == [0, 1]


def test_publishing_an_older_run_is_loading_it(runs, content):
    """There and back again leaves the first run's rows, and nothing of the second."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    before = content(runs.dsn)
    runs.load(newer)
    assert content(runs.dsn) != before
    assert not STAGE.stands(older, runs.settings)
    runs.load(older)
    assert content(runs.dsn) == before
    assert STAGE.stands(older, runs.settings)
    relations = query(runs.dsn, "select count(*) from pg_class where relname ~ '_p[0-9]{5}_[0-9a-f]{12}(_r)?$'")
    assert relations == [(5,)]


def test_a_crash_before_the_swap_leaves_the_old_run(runs, content, monkeypatch):
    """All staged, nothing shown: readers see the old run, and a retry copies nothing again."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    before = content(runs.dsn)

    _crash(runs, newer, monkeypatch, "_carry_out", _killed)
    assert content(runs.dsn) == before
    assert WAREHOUSE.published(runs.dsn) == older
    staged = query(runs.dsn, "select relation, staged_at from meta.staged order by 1")
    assert len(staged) == 2 + 10  # the reference tables and kpi_executive are the same in both runs
    monkeypatch.setattr("pqr_loader.postgres.staging._fill", _refuse_to_fill)
    runs.load(newer)
    assert WAREHOUSE.differences(runs.lake, newer, runs.dsn) == []


def _refuse_to_fill(*_, **__):
    raise AssertionError("what is staged must not be copied again")


def test_a_crash_in_the_swap_leaves_the_old_run(runs, content, monkeypatch):
    """The swap is one transaction: killed half-way, it never happened."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    before = content(runs.dsn)
    bring, calls = publishing._bring, []

    def crash_late(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return bring(*arguments)

    _crash(runs, newer, monkeypatch, "_bring", crash_late)
    assert content(runs.dsn) == before
    runs.load(newer)
    assert WAREHOUSE.differences(runs.lake, newer, runs.dsn) == []


def test_leftovers_are_swept(runs, monkeypatch):
    """What a load staged and nobody finished is dropped by the next one."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    _crash(runs, newer, monkeypatch, "_carry_out", _killed)
    runs.load(older)
    assert query(runs.dsn, "select count(*) from meta.staged") == [(0,)]
    assert query(runs.dsn, "select count(*) from pg_tables where schemaname = 'staging'") == [(0,)]


def test_a_part_that_was_never_staged_stops_the_swap(runs, content):
    """Nothing is shown unless all of it is there; the error may be retried."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    before = content(runs.dsn)
    with pytest.raises(WarehouseUnavailable, match=r"found 12 partitions gone, first core\.kpi_cohorts part 0"):
        runs.load(newer, copies=lambda tasks: [task for task in tasks if task.key != "part-00000"])
    assert content(runs.dsn) == before


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("update core.tickets set status = 'x' where ticket_id = 'ñandú 7'",
         "core.tickets part 1 must hold ticket_id ñandú 7 as silver has it, found another status"),
        ("delete from core.ticket_events where ticket_id = 'ñandú 2'",
         "core.ticket_events part 0 must hold ticket_id ñandú 2, seq 2 as silver has it, found no such row"),
        ("update gold.kpi_sla set due = due + 1 where pqrs_type = 'ñandú 0'",
         "gold.kpi_sla part 0 must hold month 2026-01-05, pqrs_type ñandú 0 as gold has it, found another due"),
        ("delete from core.calendar where day = '2026-01-01'",
         "core.calendar part 0 must hold day 2026-01-01 as the packaged law has it, found no such row"),
    ],
)  # fmt: skip
def test_a_changed_row_is_named_and_mended(runs, statement, named):
    """Verification names table, part and key of a row somebody changed; loading the run again mends it."""
    run_id = runs.make()
    runs.load(run_id)
    change(runs.dsn, statement)
    (sentence,) = WAREHOUSE.differences(runs.lake, run_id, runs.dsn)
    assert sentence.startswith(named)
    assert not STAGE.stands(run_id, runs.settings)
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def test_damage_in_the_same_place_twice(runs):
    """A partition can be mended again and again: the fresh copy never takes the name of the damaged one."""
    run_id = runs.make()
    for status in ("x", "y", "z"):
        runs.load(run_id)
        change(runs.dsn, f"update core.tickets set status = '{status}'")
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def test_a_lake_object_that_changed_is_not_loaded(runs, content):
    """A worker reads verified bytes only; the error names the object and the old run stays."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    before = content(runs.dsn)
    path = f"silver/tickets/run={newer}/part-00000.parquet"
    data = bytearray(runs.lake.get(path))
    data[200] ^= 1
    runs.lake.put(path, bytes(data))
    with pytest.raises(UpstreamBroken, match=path):
        runs.load(newer)
    assert content(runs.dsn) == before


def test_what_postgres_gives_back_must_be_what_was_given(runs, monkeypatch):
    """A table that lost a row on its way is never recorded as staged."""
    run_id = runs.make()
    monkeypatch.setattr("pqr_loader.postgres.staging._index", _instead("delete from {} where ctid = '(0,1)'"))
    with pytest.raises(VerificationFailed, match="nothing was loaded"):
        runs.load(run_id)
    assert query(runs.dsn, "select count(*) from meta.staged") == [(0,)]
    assert query(runs.dsn, "select count(*) from pg_tables where schemaname = 'staging'") == [(0,)]


def test_postgres_may_give_rows_back_in_another_order(runs, monkeypatch):
    """A table has no order of its own: rows that moved are the same rows."""
    run_id = runs.make()
    moved, index = _instead("update {} set part = part where ctid = '(0,1)'"), staging._index
    monkeypatch.setattr("pqr_loader.postgres.staging._index", lambda *given: (moved(*given), index(*given)))
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def _instead(statement):
    return lambda cursor, relation, parent: cursor.execute(statement.format(relation))


def test_two_workers_with_the_same_partition(runs):
    """A partition given to two workers at once is copied once."""
    run_id = runs.make()

    def twice(tasks):
        inputs = runs.inputs(run_id)
        errors = []

        def copy(task):
            from pqr_common.stage.worker import LakeContext

            seen = {"postgres_dsn": runs.settings.postgres_dsn}
            try:
                list(STAGE.phases[1].work(task, LakeContext(runs.lake, run_id, inputs.parameters, seen)))
            except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
                errors.append(error)

        both = [threading.Thread(target=copy, args=(tasks[0],)) for _ in range(4)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert errors == []
        return tasks

    runs.load(run_id, copies=twice)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def test_readers_of_several_tables_see_one_run(runs):
    """A reader that holds meta.published sees the old run in every statement; the swap waits for it."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    loading = threading.Thread(target=runs.load, args=(newer,))
    with psycopg.connect(_as("pqr_dashboard", runs.dsn)) as reader:
        reader.execute("lock table meta.published in access share mode")
        tickets = reader.execute("select count(*) from core.tickets").fetchone()
        loading.start()
        loading.join(1.5)
        assert loading.is_alive()
        assert reader.execute("select count(*) from core.tickets").fetchone() == tickets == (12,)
        assert reader.execute("select run_id from meta.published").fetchone() == (older,)
    loading.join(20)
    assert not loading.is_alive()
    assert WAREHOUSE.published(runs.dsn) == newer


@pytest.mark.parametrize("role", ["pqr_dashboard", "pqr_metabase"])
def test_reading_roles_only_read(runs, role):
    """Reading roles read core, gold, archive and meta, write nowhere and never look into staging."""
    run_id = runs.make()
    runs.load(run_id)
    archived = [f"archive.{mart}" for mart in KEPT]
    with psycopg.connect(_as(role, runs.dsn), autocommit=True) as opened:
        meta = [f"meta.{name}" for name in ("runs", "stages", "published", "quality_checks", "rejects")]
        for table in (*_tables(runs, run_id), *archived, *meta, "core.tickets_as_of", "core.backlog", "core.overdue"):
            opened.execute(f"select * from {table} limit 1")
        for statement in (
            "delete from core.tickets", "delete from archive.kpi_sla", "update gold.kpi_sla set due = 0", "delete from meta.runs",
            "truncate core.calendar", "create table core.mine (a int)", "create table gold.mine (a int)",
            "create table public.mine (a int)", "drop table core.tickets", "set role pqr_loader",
            "select * from staging.anything", "insert into meta.published (run_id) values ('x')",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                opened.execute(statement)


def test_who_read_which_mail_is_written_by_the_dashboard_and_never_changed(runs):
    """By one function, with the time of Postgres; not by Metabase nor the loader, and nobody takes a row back."""
    call = "select meta.record_readings('ana@entidad.example', 'operator', 'r', 't', array['<1@x>', '<2@x>'])"
    WAREHOUSE.migrate(runs.dsn)
    with psycopg.connect(_as("pqr_dashboard", runs.dsn), autocommit=True) as opened:
        opened.execute(call)
        rows = opened.execute("select person, ticket_id, message_id, now() - read_at < '1 min' from meta.readings")
        assert rows.fetchall() == [("ana@entidad.example", "t", f"<{n}@x>", True) for n in (1, 2)]
        for statement in (
            "insert into meta.readings (person) values ('x')", "update meta.readings set person = 'x'",
            "delete from meta.readings", "truncate meta.readings",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                opened.execute(statement)
        with pytest.raises(psycopg.errors.CheckViolation):
            opened.execute(call.replace("operator", "executive"))
        with pytest.raises(psycopg.errors.RaiseException, match="at most 100"):
            opened.execute("select meta.record_readings('a', 'local', 'r', 't', array_fill('x'::text, array[101]))")
    for role in ("pqr_metabase", "pqr_loader"):
        with psycopg.connect(_as(role, runs.dsn), autocommit=True) as opened:
            for statement in (call, "select * from meta.readings"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    opened.execute(statement)


def test_the_loading_role_cannot_change_the_schema(runs):
    """The loader writes rows and partitions; marts, views and roles are the owner's."""
    runs.load(runs.make())
    with psycopg.connect(_as("pqr_loader", runs.dsn), autocommit=True) as opened:
        for statement in (
            "drop table gold.kpi_sla", "alter table meta.runs add a int", "create role mine", "drop view core.backlog",
            "delete from meta.migrations", "delete from meta.runs", "set role pqr_owner",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                opened.execute(statement)


def test_the_loading_role_alone_can_load(runs, empty):
    """Once migrated, a DSN of pqr_loader itself is enough to load, and not enough to migrate."""
    run_id = runs.make()
    dsn = runs.settings.postgres_dsn
    runs.settings = runs.settings.model_copy(update={"postgres_dsn": type(dsn)(_as("pqr_loader", runs.dsn))})
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []
    with pytest.raises(InvalidSettings, match="grant it"):
        WAREHOUSE.migrate(_as("pqr_loader", empty))


@pytest.mark.parametrize(
    ("schema", "kind"), [("meta", "text"), ("public", "text"), ("gold", "text); drop table meta.runs; --")]
)
def test_the_owner_s_hand_makes_tables_and_nothing_else(runs, schema, kind):
    """The function by which the loader makes tables of the owner's refuses other schemas, and types that are none."""
    columns = f'[{{"name": "a", "type": "{kind}"}}]'
    make = "select meta.shape_as_owner(%s, 'mine', %s, '{}', '')"
    for given in (columns, "[]") if schema != "gold" else (columns,):
        with (
            psycopg.connect(_as("pqr_loader", runs.dsn)) as opened,
            pytest.raises(psycopg.errors.RaiseException, match="known types"),
        ):
            opened.execute(make, [schema, given])
    with (
        psycopg.connect(_as("pqr_dashboard", runs.dsn)) as opened,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        opened.execute(make, ["gold", "[]"])


def test_migrations_twice(empty):
    """Applied migrations are recorded and not applied again; their text applied again changes nothing either."""
    assert len(WAREHOUSE.migrate(empty)) == 10
    assert WAREHOUSE.migrate(empty) == []
    change(empty, "delete from meta.migrations")
    assert len(WAREHOUSE.migrate(empty)) == 10


def test_a_changed_migration_is_refused(runs):
    """History cannot be rewritten: another text under an applied number is an error that names it."""
    change(runs.dsn, "update meta.migrations set sha256 = 'x' where number = 2")
    with pytest.raises(InvalidSettings, match="002_meta"):
        WAREHOUSE.migrate(runs.dsn)


def test_a_failed_run_is_recorded(runs):
    """A run that stopped at its first stage is told in meta: its state, stage, reason and attempts."""
    records = runs.declare()
    for state, error in (("failed", "The object raw/x must exist."), ("failed", "Still not there.")):
        attempt = records.claim("generator", started_at="2026-04-01T00:00:00.000Z", host="here")
        check = {"name": "rows", "dimension": "consistency", "status": "failed", "severity": "error"}
        records.close(
            attempt, state=state, finished_at="2026-04-01T00:00:05.000Z", seconds="5.000", error=error,
            error_type="UpstreamBroken", checks=(check | {"observed": 1, "expected": 2},),
        )  # fmt: skip
    WAREHOUSE.record(runs.lake, records.run_id, runs.dsn)
    assert query(runs.dsn, "select state, failed_stage, reason from meta.runs") == [
        ("failed", "generator", "Still not there.")
    ]
    assert query(runs.dsn, "select attempt, state, seconds::text from meta.attempts order by 1") == [
        (1, "failed", "5.000"),
        (2, "failed", "5.000"),
    ]
    checks = query(runs.dsn, "select attempt, name, status, observed, expected from meta.quality_checks order by 1")
    assert checks == [(1, "rows", "failed", "1", "2"), (2, "rows", "failed", "1", "2")]


def test_recording_twice_changes_nothing(runs):
    """The same records again write no row; history of other runs stays."""
    first, second = runs.make(1), runs.make(2)
    runs.load(first)
    runs.load(second)
    tables = (
        "runs",
        "stages",
        "attempts",
        "manifests",
        "datasets",
        "partitions",
        "lineage",
        "rejects",
        "quality_checks",
    )
    before = [query(runs.dsn, f"select xmin::text, t.* from meta.{table} t order by 2, 3, 4") for table in tables]
    WAREHOUSE.record(runs.lake, first, runs.dsn)
    after = [query(runs.dsn, f"select xmin::text, t.* from meta.{table} t order by 2, 3, 4") for table in tables]
    assert before == after
    assert query(runs.dsn, "select count(*) from meta.runs") == [(2,)]


def _archived(dsn, run_id):
    return {
        mart: sorted(
            (row[1:] for row in query(dsn, f"select * from archive.{mart} where run_id = %s", run_id)), key=repr
        )
        for mart in KEPT
    }


def _gold(dsn):
    return {mart: sorted(query(dsn, f"select * from gold.{mart}"), key=repr) for mart in KEPT}


def test_every_run_that_was_shown_is_kept(runs):
    """The archive holds the marts of each run, the older ones untouched, while gold shows one."""
    older, newer = runs.make(1), runs.make(2, (range(40, 44),))
    runs.load(older)
    first = _gold(runs.dsn)
    runs.load(newer)
    assert _archived(runs.dsn, older) == first
    assert _archived(runs.dsn, newer) == _gold(runs.dsn)
    before = [query(runs.dsn, f"select xmin::text, t.* from archive.{mart} t order by 2, 3, 4") for mart in KEPT]
    runs.load(older)
    assert _gold(runs.dsn) == first
    after = [query(runs.dsn, f"select xmin::text, t.* from archive.{mart} t order by 2, 3, 4") for mart in KEPT]
    assert before == after


@pytest.mark.parametrize("statement", ["update archive.kpi_sla set due = due + 1", "delete from archive.kpi_topic"])
def test_an_archive_that_differs_is_named_and_mended(runs, statement):
    """Verification names the archived mart that is not what gold shows; loading the run again mends it."""
    run_id = runs.make()
    runs.load(run_id)
    change(runs.dsn, statement)
    (sentence,) = WAREHOUSE.differences(runs.lake, run_id, runs.dsn)
    mart = statement.split(".")[1].split()[0]
    assert sentence.startswith(f"archive.{mart} must hold run {run_id} as gold.{mart} has it")
    assert not STAGE.stands(run_id, runs.settings)
    runs.load(run_id)
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []


def test_rejects_are_told_by_rule(runs):
    """Meta counts each layer's rejected lines by rule; a layer whose objects are damaged is left out."""
    run_id = runs.make(rejected=["truncated_json", "wrong_type", "truncated_json"])
    WAREHOUSE.record(runs.lake, run_id, runs.dsn)
    told = query(runs.dsn, "select layer, rule, rejected from meta.rejects order by 1, 2")
    assert told == [("bronze", "truncated_json", 2), ("bronze", "wrong_type", 1)]
    change(runs.dsn, "delete from meta.rejects")
    runs.lake.put(f"bronze/rejects/run={run_id}/part-00000.parquet", b"damaged")
    WAREHOUSE.record(runs.lake, run_id, runs.dsn)
    assert query(runs.dsn, "select * from meta.rejects") == []


def test_a_partition_of_two_runs_is_written_once(runs):
    """A run writes the partitions that no run had; each run is told with all of its own, objects and parts of tables."""
    numbers = range(5), range(5, 12)
    first, second = runs.make(1, numbers), runs.make(2, (*numbers, range(12, 15)))
    told = {}
    for run_id in (first, second):
        run_stage(STAGE, run_id, lake=runs.lake, settings=runs.settings, executor=Inline())
        WAREHOUSE.record(runs.lake, run_id, runs.dsn)
        told[run_id] = query(runs.dsn, "select xmin::text, partition_id from meta.partitions order by 2")
    assert set(told[first]) < set(told[second])
    for run_id in (first, second):
        manifests = RunRecords(runs.lake, run_id).manifests().values()
        named = sorted(
            (part.path, part.content_digest, part.sign) for manifest in manifests for part in manifest.partitions
        )
        seen = query(runs.dsn, "select path, content_digest, sign from meta.run_partitions where run_id = %s", run_id)
        assert sorted(seen) == named
    shared = "select count(*) from meta.run_partitions where layer = 'load'"
    once = "select count(*) from meta.partitions where layer = 'load'"
    assert query(runs.dsn, once)[0][0] < query(runs.dsn, shared)[0][0]


def test_rejects_of_a_run_that_continues_are_counted_on(runs, monkeypatch):
    """Objects that the run before had are not read again, unless what it counted is not known."""
    before = runs.make(1, rejected=["wrong_type", "wrong_type"])
    WAREHOUSE.record(runs.lake, before, runs.dsn)
    after = runs.make(2, rejected=["wrong_type", "wrong_type"])
    manifests = RunRecords(runs.lake, after).manifests()
    bronze = manifests["bronze"]
    (rejects,) = bronze.datasets
    added = replace(rejects.partitions[0], key="part-00001", content_digest=f"1-{'0' * 32}", rows=1)
    grown = replace(rejects, partitions=(*rejects.partitions, added))
    manifests["bronze"] = replace(bronze, datasets=(grown,), continues=Source(before, "x"))
    read = []

    def rules(_, part):
        read.append(part.key)
        return {"wrong_type": part.rows}

    monkeypatch.setattr(recording, "_rules", rules)
    assert recording._rejects(runs.lake, manifests, runs.dsn)["bronze"] == {"wrong_type": 3}
    assert read == ["part-00001"]
    change(runs.dsn, "delete from meta.rejects")
    assert recording._rejects(runs.lake, manifests, runs.dsn)["bronze"] == {"wrong_type": 3}
    assert read[1:] == ["part-00000", "part-00001"]


def test_views_show_what_waits(runs):
    """core.backlog holds open tickets with a term and their age; core.overdue those past their date."""
    runs.load(runs.make())
    change(runs.dsn, "update core.tickets set closed_on = null, term_days = 15, has_term = (ticket_id = 'ñandú 3'), "
                      "received_on = '2026-03-27', effective_due_on = '2026-03-26' where ticket_id in ('ñandú 3', 'ñandú 4')")  # fmt: skip
    waiting = query(runs.dsn, "select ticket_id, age_business_days, business_days_left from core.backlog "
                               "where received_on = '2026-03-27' order by 1")  # fmt: skip
    assert waiting == [("ñandú 3", 2, -3), ("ñandú 4", 2, -3)]
    assert query(runs.dsn, "select ticket_id from core.overdue where received_on = '2026-03-27'") == [("ñandú 3",)]


@pytest.mark.parametrize(
    ("has_term", "effective_due_on", "closed_on", "flags"),
    [
        (True, "2026-03-30", None, (True, True, True)),
        (True, "2026-03-31", None, (True, True, True)),  # the window ends with its last day, and so does the term
        (True, "2026-04-01", None, (False, False, False)),
        (True, "2026-03-30", "2026-03-30", (True, False, False)),
        (True, "2026-03-30", "2026-03-31", (True, True, False)),
        (True, "2026-04-06", "2026-03-02", (False, False, False)),
        (False, "2026-03-30", None, (False, False, False)),
        (False, "2026-03-30", "2026-03-31", (False, False, False)),
        (True, None, None, (False, False, False)),
        (False, None, "2026-03-31", (False, False, False)),
        (None, "2026-03-30", None, (False, False, False)),
    ],
)
def test_what_is_due_breached_and_overdue(runs, has_term, effective_due_on, closed_on, flags):
    """As of 2026-03-31, the last day of the published run; what is not known is not so. Days decide without instants."""
    runs.load(runs.make())
    with psycopg.connect(runs.dsn) as opened:
        opened.execute("alter table core.tickets alter has_term drop not null")
        changed = opened.execute(
            "update core.tickets set has_term = %s, effective_due_on = %s, closed_on = %s, due_at = null "
            "where ticket_id = 'ñandú 3'",
            [has_term, effective_due_on, closed_on],
        )
        assert changed.rowcount == 1
    asked = "select is_due, is_breached, is_overdue from core.tickets_as_of where ticket_id = 'ñandú 3'"
    assert query(runs.dsn, asked) == [flags]


@pytest.mark.parametrize(("closed_at", "is_breached"), [("2026-03-30 09:29-05", False), ("2026-03-30 09:30-05", True)])
def test_a_term_in_hours_is_broken_by_the_minute(runs, closed_at, is_breached):
    """Closed on the day it was due, before or after the instant its term ended."""
    runs.load(runs.make())
    change(
        runs.dsn,
        "update core.tickets set has_term = true, effective_due_on = '2026-03-30', closed_on = '2026-03-30', "
        f"due_at = '2026-03-30 09:30-05', closed_at = '{closed_at}' where ticket_id = 'ñandú 3'",
    )
    asked = "select is_due, is_breached, is_overdue from core.tickets_as_of where ticket_id = 'ñandú 3'"
    assert query(runs.dsn, asked) == [(True, is_breached, False)]


def test_kpis_are_those_of_the_published_run(runs):
    """The headline is the row of kpi_executive with the run it is of; nothing before the first load."""
    assert WAREHOUSE.kpis(runs.dsn) == {}
    run_id = runs.make()
    runs.load(run_id)
    kpis = WAREHOUSE.kpis(runs.dsn)
    assert (kpis["run_id"], kpis["received"]) == (run_id, 0)


def test_openlineage_events_of_a_run(runs):
    """Events come out of Postgres as they come out of the records."""
    run_id = runs.make()
    records = RunRecords(runs.lake, run_id)
    attempt = records.claim("silver", started_at="2026-04-01T00:00:00.000Z", host="here")
    records.close(attempt, state="completed", finished_at="2026-04-01T00:00:05.000Z", seconds="5.000")
    runs.load(run_id)
    start, complete = WAREHOUSE.openlineage(run_id, runs.dsn)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert complete["eventTime"] == "2026-04-01T00:00:05Z"
    assert {output["name"] for output in complete["outputs"]} == {"silver/tickets", "silver/ticket_events"}


def test_doctor_finds_a_role_that_may_too_much(runs, empty):
    """Doctor reads a healthy database as such, and names a reading role that may write."""
    now = datetime.now(UTC)
    assert "001_roles_and_schemas pending" in WAREHOUSE.examine(empty, now=now)[0]
    assert WAREHOUSE.examine(runs.dsn, now=now) == []
    runs.load(runs.make())
    assert WAREHOUSE.examine(runs.dsn, now=now) == []
    change(runs.dsn, "grant update on gold.kpi_sla to pqr_metabase")
    assert "pqr_metabase may write gold.kpi_sla" in WAREHOUSE.examine(runs.dsn, now=now)[0]
    change(runs.dsn, "revoke update on gold.kpi_sla from pqr_metabase")
    change(runs.dsn, "grant select on meta.readings to pqr_metabase")
    change(runs.dsn, "grant execute on function meta.make_ticket_views() to pqr_dashboard")
    found = WAREHOUSE.examine(runs.dsn, now=now)
    assert ["may execute meta.make_ticket_views" in found[0], "may look into meta.readings" in found[1]] == [True] * 2
    assert "agree on the time" in WAREHOUSE.examine(runs.dsn, now=now.replace(year=2020))[0]


def test_a_reader_leaves_no_connection_behind(runs):
    """What the driver knows of the catalogue is kept; the connection, its settings and its transaction are not."""
    backends = []
    for _ in range(2):
        with staging.reader(runs.dsn) as cursor:
            cursor.execute("select current_role::text, pg_backend_pid()")
            role, backend = cursor.fetchone()
            cursor.execute("set role postgres")
        assert role == "pqr_loader"
        backends.append(backend)
    assert backends[0] != backends[1]
    deadline = time.monotonic() + 10
    while query(runs.dsn, "select from pg_stat_activity where pid = any(%s)", backends):
        assert time.monotonic() < deadline, "a session outlives its reader"
        time.sleep(0.05)


def test_postgres_away(runs):
    """No server: one retryable sentence without the password."""
    dsn = "postgresql://someone:secret@127.0.0.1:1/pqr"
    for ask in (WAREHOUSE.published, WAREHOUSE.migrate, WAREHOUSE.kpis):
        with pytest.raises(WarehouseUnavailable) as raised:
            ask(dsn)
        assert "secret" not in str(raised.value)
        assert "127.0.0.1/pqr" in str(raised.value)


def _opens(dsn):
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_refused_password(runs):
    """Another .env over old data: what to put back, and no word of trying again."""
    with psycopg.connect(runs.dsn, autocommit=True) as opened:
        opened.execute("create role locked login password 'first'")
        (found,) = opened.execute("show hba_file").fetchone()
        hba, refused = Path(found), runs.dsn.replace("//postgres:@", "//locked:second@")
        before = hba.read_text(encoding="utf-8")
        try:
            hba.write_text(f"local all locked scram-sha-256\n{before}", encoding="utf-8")
            opened.execute("select pg_reload_conf()")
            deadline = time.monotonic() + 10
            while _opens(refused):
                assert time.monotonic() < deadline, "the server does not ask for the password"
            with pytest.raises(InvalidSettings, match=r"put back the \.env that its data was made with"):
                WAREHOUSE.migrate(refused)
        finally:
            hba.write_text(before, encoding="utf-8")
            opened.execute("select pg_reload_conf()")
            opened.execute("drop role locked")
