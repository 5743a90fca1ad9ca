"""A real Postgres with a small run in it, and the dashboard's pages as Streamlit runs them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import streamlit as st
from pydantic import SecretStr
from streamlit import config
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import pqr_dashboard
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named, warehouse
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.warehouse import Warehouse
from pqr_pipeline.embedded.postgres import postgres
from pqrs.parameters import Parameters

APP = Path(pqr_dashboard.__file__).with_name("app.py")
RUN_ID = "dos-meses"
NOBODY = "postgresql://pqr_dashboard@127.0.0.1:9/postgres"  # the port that discards


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An embedded platform whose Postgres shows a run of two whole months, a few tickets per day."""
    settings = Settings.read(home=tmp_path_factory.mktemp("dashboard"))
    with postgres(settings) as dsn:
        ready = settings.with_(postgres_dsn=SecretStr(dsn))
        _run(ready, RUN_ID, Parameters.create(window_to=date(2026, 2, 28), tickets_per_business_day=25))
        yield ready


def _run(settings: Settings, run_id: str, parameters: Parameters) -> None:
    lake = open_lake(settings.lake)
    declare(lake, run_id, parameters)
    for name in installed_graph().stages:
        run_stage(stage_named(name), run_id, lake=lake, settings=settings, executor=Inline())


@pytest.fixture(scope="session")
def loaded(server: Settings) -> str:
    """The DSN of a database with a published run."""
    return server.postgres_dsn.get_secret_value()


@pytest.fixture(scope="session")
def migrated(loaded: str) -> str:
    """The DSN of a database with every table and no run."""
    dsn = _database(loaded, "migrated")
    warehouse().migrate(dsn)
    return dsn


@pytest.fixture(scope="session")
def quiet(server: Settings, loaded: str) -> str:
    """The DSN of a database whose run is one holiday, on which nobody wrote."""
    dsn = _database(loaded, "quiet")
    warehouse().migrate(dsn)
    parameters = Parameters.create(window_to=date(2026, 1, 1), tickets_per_business_day=1)
    _run(server.with_(postgres_dsn=SecretStr(dsn)), "un-festivo", parameters)
    return dsn


@pytest.fixture(scope="session")
def again(server: Settings, loaded: str) -> tuple[str, Callable[[int], None]]:
    """The DSN of an empty database, and what publishes a run of so many days in it, whatever is published."""
    dsn = _database(loaded, "again")
    warehouse().migrate(dsn)

    def publish(days: int) -> None:
        parameters = Parameters.create(window_to=date(2026, 1, days), tickets_per_business_day=2)
        _run(server.with_(postgres_dsn=SecretStr(dsn)), f"dia-{days}", parameters)
        warehouse().record(open_lake(server.lake), f"dia-{days}", dsn)  # as a flow does at its end

    return dsn, publish


@pytest.fixture(scope="session")
def bare(loaded: str) -> str:
    """The DSN of a database nobody ever migrated."""
    return _database(loaded, "bare")


def _database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as opened:
        opened.execute(f"create database {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def reading() -> Iterator[Callable[[str], Warehouse]]:
    """Open doors to databases, closed at the end of the test."""
    opened: list[Warehouse] = []

    def open_(dsn: str) -> Warehouse:
        opened.append(Warehouse(dsn))
        return opened[-1]

    yield open_
    for door in opened:
        door.close()


@pytest.fixture(scope="session")
def _looked_through_once() -> Iterator[None]:
    """For each visitor Streamlit's AppTest looks for components in all installed packages; they stay as they are."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture
def visit(
    _looked_through_once: None, server: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., AppTest]]:
    """Open a page of the whole app on a database, as a visitor of this machine; `address` holds query parameters."""
    monkeypatch.delenv("PQR_AUTH_URL", raising=False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # AppTest puts a script there that goes
    script = tmp_path / "app.py"  # beside no folder pages/, whose files AppTest would take for the pages
    script.write_text(f"import runpy; runpy.run_path({str(APP)!r})")
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")

    monkeypatch.setenv("PQR_LAKE_URL", server.lake_url)

    def open_(module: str, dsn: str, **address: str) -> AppTest:
        monkeypatch.setenv("PQR_DASHBOARD_DSN", dsn)
        _forget()
        visitor = AppTest.from_file(str(script), default_timeout=60)
        for name, value in address.items():
            visitor.query_params[name] = value
        entry = next(entry for entry in PAGES if entry.module == module)
        visitor._page_hash = calc_hash(entry.path)  # switch_page knows files only
        return visitor.run()

    yield open_
    config.set_option("server.address", before)
    _forget()


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def nobody() -> str:
    """The DSN of a Postgres that does not answer."""
    return NOBODY
