"""Measures the dashboard on a million tickets in Postgres: `make bench-dashboard`.

First paints and filter changes are whole script runs of Streamlit with nothing remembered, Postgres included; ten
visitors come over websockets, as browsers do, to a server process of its own whose memory is read afterwards.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
from pydantic import SecretStr

from pqr_common.lake.location import open_lake
from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import dask_executor
from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.figures.counted import Counted
from pqr_dashboard.figures.tickets import Filters, page_after
from pqr_dashboard.warehouse import Warehouse
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.process import child_of_this, free_port, is_answering
from pqrs.parameters import Parameters
from pqrs.terms import THREAD_DAYS

RUN_ID = "million"
TICKETS_A_DAY = 15_300  # a business day of the default window, for a little over a million tickets
VISITORS = 10
FIRST_PAINT, FILTER_CHANGE, MEMORY = 2.0, 1.0, 600e6
START_SECONDS = 60
Row = tuple[str, float, float, str]  # what, at most, found, unit


def main() -> int:
    """Run everything; the exit code is the number of rows beyond their limit."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--volume", type=int, default=TICKETS_A_DAY, help="tickets per business day")
    arguments.add_argument("--keep", type=Path, help="work here and keep the files; a second time they are used again")
    options = arguments.parse_args()
    home = options.keep or Path(tempfile.mkdtemp(prefix="pqr-bench-dashboard-"))
    try:
        quiet()
        with postgres(Settings.read(home=home)) as dsn:
            load(Settings.read(home=home, workers=2).with_(postgres_dsn=SecretStr(dsn)), options.volume)
            return report(measured(dsn))
    finally:
        if options.keep is None:
            shutil.rmtree(home, ignore_errors=True)


def load(settings: Settings, volume: int) -> None:
    """A real run of that volume, from inbox to Postgres; what is there already is not made again."""
    lake = open_lake(settings.lake)
    given = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 3, 31), tickets_per_business_day=volume)
    declare(lake, RUN_ID, given)
    started = time.perf_counter()
    with dask_executor(settings) as executor:
        for name in installed_graph().stages:
            run_stage(stage_named(name), RUN_ID, lake=lake, settings=settings, executor=executor)
    say(f"loaded in {time.perf_counter() - started:.0f} s")


def measured(dsn: str) -> Iterator[Row]:
    os.environ["PQR_DASHBOARD_DSN"] = dsn
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute("vacuum analyze")  # what autovacuum does in the minutes after a load
        counts = opened.execute("select count(*), (select count(*) from core.kpi_cohorts) from core.tickets").fetchone()
    assert counts is not None
    say(f"{counts[0]:,} tickets, {counts[1]:,} rows for the simulator")
    yield from searches(dsn)
    yield from pages()
    yield from visitors()


# --- queries


def searches(dsn: str) -> Iterator[Row]:
    """The list of tickets, filter by filter, each asked once more than warm; the slowest of three counts."""
    warehouse = Warehouse(dsn)
    first = warehouse.tickets("tickets", "", **Filters().parameters(), **page_after(None))
    some = first.iloc[len(first) // 2]
    deep = datetime.fromisoformat("2026-01-20T12:00:00-05:00"), ""
    asked: dict[str, tuple[Filters, tuple[datetime, str] | None]] = {
        "newest": (Filters(), None),
        "a page far back": (Filters(), deep),
        "prefix of a radicado": (Filters(code=str(some["radicado"])[:9]), None),
        "whole radicado": (Filters(code=str(some["radicado"])), None),
        "ticket id": (Filters(code=str(some["ticket_id"])), None),
        "nothing found": (Filters(code="9999"), None),
        "type": (Filters(pqrs_type="RECLAMO"), None),
        "rare type and small department": (Filters(pqrs_type="DENUNCIA", department="Vaupés"), None),
        "status nobody has now": (Filters(status="received", department="Guainía", topic="RUIDO"), None),
        "topic in January": (Filters(topic="SISBEN", opened_to=date(2026, 1, 15)), None),
        "only overdue": (Filters(only_overdue=True), None),
        "overdue of a type and department": (Filters(pqrs_type="QUEJA", department="Meta", only_overdue=True), None),
        "prefix and type": (Filters(code="2026", pqrs_type="CONSULTA", department="Amazonas"), None),
    }
    for name, (filters, after) in asked.items():
        ask = partial(warehouse.tickets, "tickets", "", **filters.parameters(), **page_after(after))
        yield f"query: {name}", FILTER_CHANGE, slowest(ask), "s"
        count = partial(warehouse.tickets, "tickets_total", "", **filters.parameters())
        yield f"how many: {name}", FILTER_CHANGE, slowest(count), "s"
    yield from figures(warehouse)
    warehouse.close()


def figures(warehouse: Warehouse) -> Iterator[Row]:
    """The tickets that a figure counts: the first page of them, and how many there are."""
    window = date(2026, 1, 1), date(2026, 12, 31)
    asked = {
        "came on a day": {"cifra": ["kpi_daily.received"], "day": ["2026-02-10"]},
        "waited at the end of a day": {"cifra": ["kpi_daily.backlog"], "day": ["2026-02-10"]},
        "broke the term of a type in a month": {
            "cifra": ["kpi_sla.breached"], "month": ["2026-02-01"], "pqrs_type": ["QUEJA"],
        },
        "came from a department": {"cifra": ["kpi_territory.received"], "department": ["Antioquia"]},
        "have waited for so many days": {
            "cifra": ["kpi_backlog_age.tickets"], "is_overdue": ["False"], "days_from": ["6"], "days_to": ["10"],
        },
    }  # fmt: skip
    given = {"window_from": window[0], "window_to": window[1], "thread_days": THREAD_DAYS}
    for name, address in asked.items():
        counted = Counted.of(address)
        assert counted is not None
        told = Filters().parameters() | given | counted.parameters(window)
        page = partial(warehouse.tickets, "tickets", counted.condition, **told, **page_after(None))
        yield f"figure: {name}", FILTER_CHANGE, slowest(page), "s"
        total = partial(warehouse.tickets, "tickets_total", counted.condition, **told)
        yield f"figure, how many: {name}", FILTER_CHANGE, slowest(total), "s"


def slowest(work: Callable[[], object], times: int = 3) -> float:
    return max(took(work) for _ in range(times))


def took(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# --- pages, as Streamlit runs them


def pages() -> Iterator[Row]:
    """Each page with nothing remembered, then one change of a filter."""
    open_page(PAGES[0].path).run()  # imports are paid by the server's start
    for entry in PAGES:
        forget()
        page = open_page(entry.path)
        yield f"first paint: {entry.title}", FIRST_PAINT, took(page.run), "s"
        assert not page.exception, page.exception
        yield f"filter change: {entry.title}", FILTER_CHANGE, took(partial(CHANGES[entry.module], page)), "s"
        assert not page.exception, page.exception


CHANGES: dict[str, Callable[[Any], object]] = {
    "resumen": lambda page: page.selectbox(key="resumen-tipo").select_index(3).run(),
    "terminos": lambda page: page.main.selectbox[-1].select_index(2).run(),
    "territorio": lambda page: page.main.get("button_group")[0].set_value(["Incumplimiento"]).run(),
    "solicitudes": lambda page: page.selectbox(key="tickets-department").select_index(30).run(),
    "simulador": lambda page: page.radio(key="sim-order").set_value("due").run(),
    "operacion": lambda page: page.selectbox(key="operation-figure").select_index(2).run(),
}


def open_page(path: str) -> Any:
    from streamlit import config
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    import pqr_dashboard

    config.set_option("server.address", "127.0.0.1")
    script = (
        Path(tempfile.mkdtemp()) / "app.py"
    )  # beside no folder pages/, whose files AppTest would take for the pages
    script.write_text(f"import runpy; runpy.run_path({str(Path(pqr_dashboard.__file__).with_name('app.py'))!r})")
    page = AppTest.from_file(str(script), default_timeout=60)
    page._page_hash = calc_hash(path)  # noqa: SLF001  switch_page knows files only
    return page


def forget() -> None:
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


# --- visitors


def visitors() -> Iterator[Row]:
    """Ten sessions look at every page, all at once; then the server's memory."""
    port = free_port()
    with served(port, free_port()) as process:
        sessions = [Session(port) for _ in range(VISITORS)]
        slowest_page = 0.0
        for entry in PAGES:
            started = time.perf_counter()
            for session in sessions:
                session.ask(entry.path)
            for session in sessions:
                session.wait()
            slowest_page = max(slowest_page, time.perf_counter() - started)
        yield f"memory of the dashboard, {VISITORS} visitors", MEMORY / 1e6, memory(process) / 1e6, "MB"
        yield f"all {VISITORS} visitors at once, slowest page", 10 * FIRST_PAINT, slowest_page, "s"
        yield "one visitor among them, cached", FIRST_PAINT, took(lambda: sessions[0].visit(PAGES[0].path)), "s"
        for session in sessions:
            session.close()


@contextmanager
def served(port: int, metrics: int) -> Iterator[psutil.Process]:
    environment, log = os.environ | {"PQR_METRICS_PORT": str(metrics)}, Path(tempfile.gettempdir(), f"{port}.log")
    with child_of_this("pqr_dashboard", {"port": port}, environment=environment, log=log) as server:
        if not is_answering(f"http://127.0.0.1:{port}/_stcore/health", server, START_SECONDS):
            raise SystemExit(f"The dashboard must start within a minute, found that it did not: see {log}.")
        yield psutil.Process(server.pid)


def memory(process: psutil.Process) -> int:
    """Bytes of the server and its children that no other process shares, more or less: resident sets."""
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


class Session:
    """A browser without a screen: it speaks Streamlit's websocket protocol and keeps nothing it is shown."""

    def __init__(self, port: int) -> None:
        from websockets.sync.client import connect

        host = f"127.0.0.1:{port}"
        self._socket = connect(
            f"ws://{host}/_stcore/stream", subprotocols=["streamlit"], origin=f"http://{host}", max_size=None
        )  # type: ignore[arg-type]  # subprotocols and origins are plain text

    def visit(self, path: str) -> None:
        self.ask(path)
        self.wait()

    def ask(self, path: str) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.util import calc_hash

        message = BackMsg()
        message.rerun_script.page_script_hash = calc_hash(path)
        self._socket.send(message.SerializeToString())

    def wait(self) -> None:
        """Until the page is whole."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        kind = ""
        while kind != "script_finished":
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv())
            kind = message.WhichOneof("type")

    def close(self) -> None:
        self._socket.close()


def report(rows: Iterator[Row]) -> int:
    missed = 0
    say(f"\n{'what':<48} {'at most':>10} {'found':>10}")
    for what, limit, found, unit in rows:
        missed += found > limit
        shown = (f"{value:>7.{0 if unit == 'MB' else 3}f} {unit:<2}" for value in (limit, found))
        say(f"{what:<48} {' '.join(shown)}{'  MISSED' if found > limit else ''}")
    return missed


def quiet() -> None:
    """Only this script speaks: no log of stages, and nothing of Streamlit about running without a server."""
    logging.disable(logging.WARNING)
    log.configure(Settings.read(log_level="error"))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
