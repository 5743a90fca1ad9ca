"""The job that brings Metabase about, and a served double of Metabase's API that asks the real Postgres."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).parents[2]
FILES = ROOT / "deploy/metabase"
EMAIL, PASSWORD = "analitica@pqr.example", "una-clave-larga-7"


def _module(path: str) -> ModuleType:
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(f"of_{file.parent.name}_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@dataclass
class Running:
    """A Metabase that is served, and the job's way to it."""

    metabase: Any
    url: str
    job: ModuleType
    connection: dict[str, Any]
    calls: list[tuple[str, str]] = field(default_factory=list)

    @property
    def target(self) -> Any:
        return self.job.Target(self.url, EMAIL, PASSWORD, self.connection, start_seconds=5, poll_seconds=0.02)

    def bring(self, files: Any = None, **changes: Any) -> dict[str, int]:
        """Run the job; how many things it made, changed and left."""
        return self.job.bring(replace(self.target, **changes), files or self.job.read(FILES))

    @contextmanager
    def api(self) -> Iterator[Any]:
        """The API as a person who is signed in uses it."""
        with self.job.Metabase(self.url, ()) as api:
            api.sign_in(EMAIL, PASSWORD, "PQRS")
            yield api

    def named(self, kind: str, name: str) -> dict[str, Any]:
        (row,) = [row for row in self.metabase.rows[kind].values() if row["name"] == name]
        return row

    def answers(self, title: str) -> list[list[Any]]:
        """The rows of a question."""
        with self.api() as api:
            found = api.call("POST", f"/card/{self.named('card', title)['id']}/query")
        assert found["status"] == "completed", found
        return found["data"]["rows"]

    def count(self) -> dict[str, int]:
        return {kind: len(rows) for kind, rows in self.metabase.rows.items()}


@pytest.fixture(scope="session")
def modules() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The job, and the stand-in's server."""
    before = list(sys.path)
    job, double = _module("deploy/bootstrap/metabase.py"), _module("deploy/standins/metabase/metabase_server.py")
    double.Handler.disable_nagle_algorithm = True  # or each answer waits 40 ms for the client's word on its head
    yield job, double
    sys.path[:] = before


@pytest.fixture(scope="session")
def serving(modules, platform) -> Callable[[], AbstractContextManager[Callable[..., Running]]]:
    """For a while, a function that serves an empty Metabase beside the warehouse."""
    job, double = modules
    given = conninfo_to_dict(platform.dsn)
    connection = {"host": given["host"], "dbname": given["dbname"], "user": "pqr_metabase", "password": "warehouse-1"}

    @contextmanager
    def for_a_while() -> Iterator[Callable[..., Running]]:
        servers = []

        def start(**behaviour: int) -> Running:
            server = double.Server(("127.0.0.1", 0), double.Metabase(**behaviour))
            servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            return Running(server.metabase, f"http://127.0.0.1:{server.server_port}", job, connection)

        yield start
        for server in servers:
            server.shutdown()
            server.server_close()

    return for_a_while


@pytest.fixture
def started(finished, serving) -> Iterator[Callable[..., Running]]:
    """A function that serves an empty Metabase beside the warehouse, in which a run was loaded."""
    with serving() as start:
        yield start


@pytest.fixture
def metabase(started) -> Running:
    """An empty Metabase."""
    return started()
