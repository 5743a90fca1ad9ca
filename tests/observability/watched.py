"""Real things to watch and a real Prometheus that watches them: services, Dask, Prefect, Postgres, Auth, and a run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml

from pqr_common.lake.location import open_lake
from pqr_common.process.exposition import METRICS_FOLDER, exposition
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_stages
from pqr_pipeline.containers.serve import PIPELINE
from pqr_pipeline.embedded.prefect import prefect_server
from pqr_pipeline.embedded.process import free_port
from pqrs.parameters import Parameters

from .conftest import PROMETHEUS, ROOT

SCRAPE_SECONDS = 2
PASSWORD = "watched"  # of Prefect's API
PATIENCE_SECONDS = 60.0  # a process may have to import half of the platform on a busy machine
SMALL = Parameters.create(opens_on=date(2026, 1, 1), window_to=date(2026, 1, 31), tickets_per_business_day=40)
AUTH = {
    "GOTRUE_JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "GOTRUE_DB_DRIVER": "postgres",
    "GOTRUE_API_HOST": "127.0.0.1",
    "GOTRUE_METRICS_ENABLED": "true",
    "OTEL_EXPORTER_PROMETHEUS_HOST": "127.0.0.1",
    "GOTRUE_SITE_URL": "http://127.0.0.1",
    "API_EXTERNAL_URL": "http://127.0.0.1",
}
ONE_STAGE = """
import sys
from pqr_common.stage.discovery import stage_named
from pqr_common.stage.executor import dask_executor
from pqr_common.lake.location import open_lake
from pqr_common.stage.driver import run_stage
from pqr_common.process.settings import Settings
settings = Settings.read()
with dask_executor(settings) as executor:
    run_stage(stage_named(sys.argv[1]), sys.argv[2], lake=open_lake(settings.lake), settings=settings, executor=executor)
"""


def get(url: str, **parameters: object) -> str:
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(url + query, timeout=10) as answer:
        return answer.read().decode()


def _until(true, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with contextlib.suppress(OSError):
            if found := true():
                return found
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@dataclass
class Watched:
    """The parts that are watched, by the job and service they are scraped as, and the Prometheus that does it."""

    running: contextlib.ExitStack
    home: Path
    settings: Settings
    targets: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    url: str = ""

    def start(self, command: list[str], **environment: str) -> subprocess.Popen[bytes]:
        log = self.running.enter_context((self.home / f"{Path(command[-1]).name}-{len(self.targets)}.log").open("wb"))
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
        self.running.callback(process.wait)
        self.running.callback(process.terminate)
        return process

    def of_stage(self, stage: str, **changes: str) -> dict[str, str]:
        """The environment of a service's children."""
        return {
            METRICS_FOLDER: str(self.home / stage),
            "PQR_HOME": str(self.home),
            "PQR_LAKE_URL": self.settings.lake_url,
            "PQR_SCHEDULER": self.settings.scheduler,
            "PQR_POSTGRES_DSN": self.settings.postgres_dsn.get_secret_value(),
        } | changes

    def run(self, stage: str, run_id: str, **changes: str) -> int:
        command = [sys.executable, "-c", ONE_STAGE, stage, run_id]
        environment = os.environ | self.of_stage(stage, **changes)
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    def ask(self, path: str, **parameters: object) -> list[dict]:
        answer = json.loads(get(f"{self.url}/api/v1/{path}", **parameters))
        return answer["data"]["result"] if "result" in answer["data"] else answer["data"]

    def value(self, expr: str) -> float:
        (found,) = self.ask("query", query=expr)
        return float(found["value"][1])


def started(running: contextlib.ExitStack, platform, home: Path, programs: dict[str, str]) -> Watched:
    """Everything, until `running` is left; the first run is done, and its figures have arrived."""
    database = platform.dsn.replace("/postgres?", "/watched?")
    with psycopg.connect(platform.dsn, autocommit=True) as opened:
        opened.execute("create database watched")
    scheduler = platform.executor.client.scheduler.address
    settings = Settings.read(home=home, lake_url=(home / "lake").as_uri(), postgres_dsn=database, scheduler=scheduler)
    parts = Watched(running, home, settings)
    with ThreadPoolExecutor(1) as starting:
        prefect = starting.submit(_prefect, parts)  # takes longest
        _services(parts)
        _dask(parts, platform.executor.client)
        _postgres(parts, programs["prometheus-postgres-exporter"])
        _auth(parts)
        prefect.result()
    _prometheus(parts, programs["prometheus"])
    _a_run(parts)
    return parts


def _services(parts: Watched) -> None:
    """Each with `/metrics` of its own folder, and the zeros that a service begins with."""
    for name in (*installed_stages(), PIPELINE, "dashboard"):
        (parts.home / name).mkdir()
        served = exposition(parts.home / name, lambda: None, host="127.0.0.1", port=0)
        parts.targets["service", name] = [parts.running.enter_context(served).removeprefix("http://")]
    first = [
        subprocess.Popen(
            [sys.executable, "-m", "pqr_pipeline.containers.first_metrics", stage],
            env=os.environ | parts.of_stage(stage, PQR_POSTGRES_DSN=""),
        )
        for stage in installed_stages()
    ]
    assert {child.wait(PATIENCE_SECONDS) for child in first} == {0}


def _dask(parts: Watched, client) -> None:
    workers = client.scheduler_info()["workers"].values()
    parts.targets["dask", "dask-scheduler"] = [f"127.0.0.1:{client.cluster.scheduler.http_server.port}"]
    parts.targets["dask", "dask-worker"] = [f"{worker['host']}:{worker['services']['dashboard']}" for worker in workers]


def _prefect(parts: Watched) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFECT_SERVER_METRICS_ENABLED", "true")
        patched.setenv("PREFECT_SERVER_API_AUTH_STRING", f"pqr:{PASSWORD}")
        url = parts.running.enter_context(prefect_server(Settings.read(home=parts.home / "prefect-home")))
    parts.targets["prefect", "prefect-server"] = [urllib.parse.urlsplit(url).netloc]


def _postgres(parts: Watched, exporter: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    dsn = parts.settings.postgres_dsn.get_secret_value()
    parts.start([exporter, f"--web.listen-address={address}"], DATA_SOURCE_NAME=dsn)
    parts.targets["postgres", "db"] = [address]


def _auth(parts: Watched) -> None:
    """The stand-in, asked for its health and for a token with a wrong password."""
    api, metrics = free_port(), free_port()
    changes = {
        "GOTRUE_API_PORT": str(api),
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(metrics),
        "GOTRUE_DB_DATABASE_URL": parts.settings.postgres_dsn.get_secret_value(),
    }
    parts.start([sys.executable, str(ROOT / "deploy/standins/auth/server.py")], **AUTH, **changes)
    _until(lambda: get(f"http://127.0.0.1:{api}/health"), "the stand-in of Auth does not answer")
    body = json.dumps({"email": "nobody@entidad.example", "password": "wrong"}).encode()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{api}/token?grant_type=password", body, timeout=10)
    parts.targets["auth", "auth"] = [f"127.0.0.1:{metrics}"]


def _prometheus(parts: Watched, program: str) -> None:
    """The stack's own configuration and rules; only where to find whom, and how often, is of here."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"}
    config["rule_files"] = [str(PROMETHEUS / "rules/*.yml")]
    address = f"127.0.0.1:{free_port()}"
    parts.targets["prometheus", "prometheus"] = [address]
    for job in config["scrape_configs"]:
        for name in ("dns_sd_configs", "relabel_configs", "static_configs"):
            job.pop(name, None)
        if "basic_auth" in job:
            job["basic_auth"]["password_file"] = str(parts.home / "password")
        mine = [(service, where) for (name, service), where in parts.targets.items() if name == job["job_name"]]
        job["static_configs"] = [{"targets": where, "labels": {"service": service}} for service, where in mine]
    (parts.home / "password").write_text(PASSWORD)
    (parts.home / "prometheus.yml").write_text(yaml.safe_dump(config))
    parts.start(
        [
            program,
            f"--config.file={parts.home}/prometheus.yml",
            f"--web.listen-address={address}",
            f"--storage.tsdb.path={parts.home}/prometheus-data",
        ]
    )
    parts.url = f"http://{address}"
    wanted = sum(map(len, parts.targets.values()))
    _until(lambda: len(parts.ask("query", query="up == 1")) == wanted, "not every target answers Prometheus")


def _a_run(parts: Watched) -> None:
    """All stages, each in a child of its service; the loader finds no Postgres at its first attempt."""
    declare(open_lake(parts.settings.lake), "watched", SMALL)
    time.sleep(SCRAPE_SECONDS)  # the zeros have been seen
    *stages, last = installed_stages()
    for stage in stages:
        assert parts.run(stage, "watched") == 0, stage
    assert parts.run(last, "watched", PQR_POSTGRES_DSN="postgresql://127.0.0.1:1/none") != 0
    assert parts.run(last, "watched") == 0
    _until(lambda: parts.ask("query", query="pqr:published_breach_ratio"), "the published figures did not arrive")
    _until(lambda: parts.ask("query", query='ALERTS{alertstate="firing"}'), "the failed attempt raised no alert")
