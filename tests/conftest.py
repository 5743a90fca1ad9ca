"""Real parts, started once for all tests that cross rooms: Postgres, a Dask cluster, a served S3 API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.values import Manifest
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import DaskExecutor, dask_executor
from pqr_pipeline.embedded.postgres import postgres
from pqrs.parameters import Parameters

ROOT = Path(__file__).parents[1]
TOGETHER = (
    "tests/browser/",
    "services/dashboard/tests/test_dashboard_",
)  # files whose servers are costly to start twice
FIRST = (
    "tests/integration/test_faults.py",
    "tests/browser/",
    "tests/lab/test_lab_course.py",
    "tests/integration/test_determinism.py",
    "tests/docs/test_docs_commands.py",
    "tests/integration/test_dashboard_command.py",
    "services/dashboard/tests/test_dashboard_",
    "tests/logs/test_log_collection.py",
    "services/loader/tests/test_loader_postgres.py",
)  # what takes longest, so that no worker is left with it at the end
AUTH_SECRET = "signs-the-tokens-of-the-tests-and-nothing-else"
AUTH_LIFETIME_SECONDS = 900


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `--dist loadfile`, one worker for the files that share servers, and the longest files first."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((name for name in TOGETHER if nodeid.startswith(name)), super()._split_scope(nodeid))

    config.option.loadscopereorder = False  # by the number of tests; a file with few may take long
    return Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The order in which workers take files."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: next((n for n, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST))
        )


@dataclass(frozen=True)
class Platform:
    """A lake, a cluster and a Postgres, and the means to run stages on them."""

    settings: Settings
    executor: DaskExecutor

    @property
    def lake(self) -> Lake:
        return open_lake(self.settings.lake)

    @property
    def dsn(self) -> str:
        assert self.settings.postgres_dsn is not None
        return self.settings.postgres_dsn.get_secret_value()

    def in_lake(self, url: str, **changes: object) -> Platform:
        """The same cluster and Postgres on another lake."""
        return replace(self, settings=self.settings.with_(lake_url=url, **changes))

    def run(self, run_id: str, parameters: Parameters, *stages: str) -> dict[str, Manifest]:
        """Declare the run and bring these stages (all, if none is named) to their manifests."""
        declare(self.lake, run_id, parameters)
        done = {}
        for name in stages or installed_graph().stages:
            manifest = run_stage(
                stage_named(name), run_id, lake=self.lake, settings=self.settings, executor=self.executor
            )
            done[manifest.layer] = manifest
        return done


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("PQR_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One platform for the session; a test that changes things takes a lake of its own."""
    home = tmp_path_factory.mktemp("platform")
    settings = Settings.read(home=home, workers=2)
    with postgres(settings) as dsn, dask_executor(settings) as executor:
        yield Platform(settings.with_(postgres_dsn=SecretStr(dsn)), executor)


@pytest.fixture(scope="session")
def january() -> Parameters:
    """The first month of a small inbox: about 2,400 tickets."""
    return Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 31), tickets_per_business_day=120)


@pytest.fixture(scope="session")
def finished(platform: Platform, january: Parameters) -> dict[str, Manifest]:
    """The run `january`, brought through all stages once; tests only look at it."""
    return platform.run("january", january)


@pytest.fixture
def published(platform: Platform, january: Parameters, finished: dict[str, Manifest]) -> dict[str, Manifest]:
    """The same run, and Postgres shows it, whatever other tests loaded there before."""
    platform.run("january", january, "loader")
    return finished


@pytest.fixture
def own_lake(platform: Platform, tmp_path: Path) -> Platform:
    """The platform on an empty folder lake."""
    return platform.in_lake((tmp_path / "lake").as_uri())


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A served S3 API; its state is gone with it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class AuthServer:
    """The stand-in for Supabase Auth as a process of its own; it can be stopped, and started at the same address."""

    dsn: str = ""
    lifetime: int = AUTH_LIFETIME_SECONDS
    secret: str = AUTH_SECRET
    limited_by: str = ""
    attempts: int = 30  # in five minutes, beyond the first thirty
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> AuthServer:
        environment = os.environ | {
            "GOTRUE_API_PORT": str(self.port),
            "GOTRUE_JWT_SECRET": self.secret,
            "GOTRUE_JWT_EXP": str(self.lifetime),
            "GOTRUE_JWT_ISSUER": "http://auth.test",
            "GOTRUE_RATE_LIMIT_HEADER": self.limited_by,
            "GOTRUE_RATE_LIMIT_TOKEN_REFRESH": str(self.attempts),
            "GOTRUE_DB_DATABASE_URL": self.dsn,
        }
        command = [sys.executable, "deploy/standins/auth/server.py"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(" ", 1)[1])
        return self

    def stop(self) -> None:
        """Stopped twice is stopped."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def seed(self, email: str, password: str, **metadata: object) -> dict:
        """A confirmed user with this metadata, made by the admin API."""
        body = {"email": email, "password": password, "email_confirm": True, **metadata}
        answer = httpx.post(f"{self.url}/admin/users", json=body, headers=self.admin())
        return answer.raise_for_status().json()

    def admin(self) -> dict[str, str]:
        import jwt

        claims = {"role": "service_role", "iss": "supabase", "exp": 4_000_000_000}
        return {"Authorization": f"Bearer {jwt.encode(claims, self.secret, algorithm='HS256')}"}


@pytest.fixture(scope="session")
def auth_server() -> Iterator[AuthServer]:
    """Auth, with nobody in it but whom tests put there."""
    server = AuthServer().start()
    yield server
    server.stop()


@pytest.fixture
def auth_with() -> Iterator[Callable[..., AuthServer]]:
    """More servers of Auth, each as the test says; gone with it."""
    started: list[AuthServer] = []

    def start(**changes: object) -> AuthServer:
        started.append(AuthServer(**changes).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()
