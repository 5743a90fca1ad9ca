"""Runs that were made before there was a mart, a column or a record of stages: pages say so, and nothing breaks."""

from __future__ import annotations

import contextlib
import html
import json
import re

import psycopg
import pytest

from pqr_common.stage.discovery import stage_named

pytestmark = pytest.mark.integration

LEAKS = re.compile(r"Traceback|psycopg|\bError\b|\bnan\b|\bNaT\b|\bNone\b")
READ_BY = {
    "kpi_daily": ("resumen", "simulador"),
    "kpi_sla": ("resumen", "terminos"),
    "kpi_territory": ("resumen", "territorio"),
    "kpi_topic": ("territorio",),
    "kpi_response_time": ("terminos",),
    "kpi_backlog_age": ("terminos",),
    "report_access_to_information": ("terminos",),
    "kpi_cohorts": ("simulador",),
    "kpi_peaks": ("resumen",),
    "kpi_executive": ("simulador", "operacion"),
}


def _seen(visitor) -> str:
    said = [*(e.body for e in visitor.main.get("html")), *(e.value for e in visitor.markdown)]
    said += [e.value for e in (*visitor.title, *visitor.caption, *visitor.success, *visitor.error)]
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", "\n".join(said), flags=re.DOTALL))


def _lies(mart: str) -> str:
    """Its table: too large a mart is not kept for every run."""
    return f"core.{mart}" if mart == "kpi_cohorts" else f"archive.{mart}"


@contextlib.contextmanager
def _changed(dsn: str, table: str, *statements: str):
    """Statements on a table, undone afterwards; no foreign key is asked."""
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute("set session_replication_role = replica")
        opened.execute(f"create temp table kept as select * from {table}")
        try:
            for statement in statements:
                opened.execute(statement)
            yield
        finally:
            opened.execute(f"delete from {table}")
            opened.execute(f"insert into {table} select * from kept")


def _not_null(dsn: str, mart: str) -> list[str]:
    query = (
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and attnotnull and attname not in "
        "(select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) "
        "where i.indrelid = %s::regclass and i.indisprimary)"
    )
    with psycopg.connect(dsn) as opened:
        return [name for (name,) in opened.execute(query, [_lies(mart)] * 2).fetchall()]


@contextlib.contextmanager
def _lacking(dsn: str, mart: str, lack: str):
    """The run did not make that mart; either another run did, or none, and then there is not even a table."""
    with _changed(dsn, "meta.datasets", f"delete from meta.datasets where dataset = '{mart}'"):
        if lack == "rows":
            with _changed(dsn, _lies(mart), f"delete from {_lies(mart)}"):
                yield
            return
        with psycopg.connect(dsn, autocommit=True) as opened:
            opened.execute(f"alter table {_lies(mart)} rename to hidden")
            try:
                yield
            finally:
                opened.execute(f"alter table {_lies(mart).split('.')[0]}.hidden rename to {mart}")


@pytest.mark.parametrize("lack", ["rows", "table"])
@pytest.mark.parametrize("mart", sorted(set(READ_BY) - {"kpi_peaks", "kpi_executive"}))
def test_a_run_older_than_a_mart_says_that_it_lacks_it(visit, loaded, mart, lack):
    """A sentence where the figures would be."""
    with _lacking(loaded, mart, lack):
        for module in READ_BY[mart]:
            visitor = visit(module, loaded)
            assert not visitor.exception, module
            assert "Esta corrida no trae" in _seen(visitor), module
            assert not LEAKS.search(_seen(visitor)), module


@pytest.mark.parametrize("lack", ["rows", "table"])
def test_a_run_older_than_the_mart_of_peaks_has_days_without_peaks(visit, loaded, lack):
    """Peaks are a mark on the days, and without marks there are days still."""
    with _lacking(loaded, "kpi_peaks", lack):
        visitor = visit("resumen", loaded)
        assert not visitor.exception
        assert "Esta corrida no trae" not in _seen(visitor)


def test_a_mart_that_came_out_empty_is_not_lacking(visit, loaded):
    """Its run made it: nothing fell due, which is another sentence."""
    with _changed(loaded, "archive.kpi_sla", "delete from archive.kpi_sla"):
        said = _seen(visit("terminos", loaded))
        assert "Ningún término ha vencido todavía" in said
        assert "Esta corrida no trae" not in said


@pytest.mark.parametrize("mart", sorted(READ_BY))
def test_a_run_older_than_a_column_has_gaps_there(visit, loaded, mart):
    """One column after another null, as a column that was added later is: a dash or a gap, and never a traceback."""
    contract = stage_named("gold").contract(mart)
    optional = [name for name in contract.schema.names if name not in contract.key]
    required = _not_null(loaded, mart)
    with psycopg.connect(loaded, autocommit=True) as opened:
        for name in required:
            opened.execute(f"alter table {_lies(mart)} alter {name} drop not null")
    try:
        for name in optional:
            with _changed(loaded, _lies(mart), f"update {_lies(mart)} set {name} = null"):
                for module in READ_BY[mart]:
                    visitor = visit(module, loaded)
                    assert not visitor.exception, (module, name)
                    assert not LEAKS.search(_seen(visitor)), (module, name)
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            for name in required:
                opened.execute(f"alter table {_lies(mart)} alter {name} set not null")


def test_a_gap_is_a_dash_and_no_nought(visit, loaded):
    """A count that the run never had is not a count of zero."""
    required = "alter table archive.kpi_territory alter received {} not null"
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute(required.format("drop"))
    try:
        with _changed(loaded, "archive.kpi_territory", "update archive.kpi_territory set received = null"):
            body = next(e.body for e in visit("resumen", loaded).main.get("html") if "pqr-cards" in e.body)
            values = re.findall(r'class="pqr-value">(?:<a [^>]*>)?([^<]*)<', body)
            assert (values[0], "–" in values[1:]) == ("–", False)
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            opened.execute(required.format("set"))


# --- Stages


def _stages(dsn, visit) -> list[str]:
    """The stages of Operación's chart from above, as the last of its charts' specifications sorts them."""
    visitor = visit("operacion", dsn)
    assert not visitor.exception
    spec = next(
        chart.proto.spec for chart in visitor.get("arrow_vega_lite_chart") or visitor.get("vega_lite_chart")
        if "Segundos desde el comienzo" in chart.proto.spec
    )  # fmt: skip
    return json.loads(spec)["encoding"]["y"]["sort"]


def test_stages_stand_in_the_order_that_the_run_recorded(visit, loaded):
    """Whatever a pipeline is made of: a stage that this page never heard of has its place, under its own name."""
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute("create schema if not exists toy; create table toy.kept as table meta.stages")
        opened.execute("update meta.stages set position = position + 1 where stage in ('gold', 'loader')")
        opened.execute(
            "insert into meta.stages (run_id, position, stage, layer) select run_id, position - 1, 'thesaurus', 'words'"
            " from meta.stages where stage = 'gold'"
        )
    try:
        assert _stages(loaded, visit) == ["Generador", "Bronce", "Plata", "thesaurus", "Oro", "Cargador"]
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            opened.execute(
                "truncate meta.stages; insert into meta.stages select * from toy.kept; drop schema toy cascade"
            )


@pytest.mark.parametrize("statement", ["delete from meta.stages", "alter table meta.stages rename to stages_hidden"])
def test_stages_that_nobody_recorded_stand_as_they_began(visit, loaded, statement):
    """A run, or a whole database, from before stages were recorded."""
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute("create table toy_kept as table meta.stages")
        opened.execute(statement)
    try:
        assert _stages(loaded, visit) == ["Generador", "Bronce", "Plata", "Oro", "Cargador"]
    finally:
        with psycopg.connect(loaded, autocommit=True) as opened:
            if "rename" in statement:
                opened.execute("alter table meta.stages_hidden rename to stages")
            opened.execute("truncate meta.stages; insert into meta.stages select * from toy_kept; drop table toy_kept")
