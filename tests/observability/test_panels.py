"""Every panel's query on a real Prometheus that reads real services, workers, servers and exporters after a run.

What the run leaves is asked for as Grafana asks, variables filled in. `make panels` prints each panel with its value.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from pqr_common.catalogue import PQRS_TYPES
from pqr_common.discovery import ORDER
from pqr_common.exposition import METRICS_FOLDER, exposition
from pqr_common.lake import open_lake
from pqr_common.parameters import Parameters
from pqr_common.runs import RunRecords
from pqr_common.settings import Settings
from pqr_pipeline import embedded
from pqr_pipeline.serve import PIPELINE

from .conftest import PROMETHEUS, ROOT, metrics_of

pytestmark = pytest.mark.integration

SCRAPE_SECONDS = 2
PATIENCE_SECONDS = 60.0  # a process may have to import half of the platform on a busy machine
SMALL = Parameters.create(window_to=date(2026, 1, 31), tickets_per_business_day=40)
FILLED_IN = {"$__rate_interval": f"{8 * SCRAPE_SECONDS}s", "$__range": "5m"}
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
from pqr_common.discovery import stage_named
from pqr_common.executor import dask_executor
from pqr_common.lake import open_lake
from pqr_common.runner import run_stage
from pqr_common.settings import Settings
settings = Settings.read()
with dask_executor(settings) as executor:
    run_stage(stage_named(sys.argv[1]), sys.argv[2], lake=open_lake(settings), settings=settings, executor=executor)
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _get(url: str, **parameters: object) -> str:
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
        answer = json.loads(_get(f"{self.url}/api/v1/{path}", **parameters))
        return answer["data"]["result"] if "result" in answer["data"] else answer["data"]

    def value(self, expr: str) -> float:
        (found,) = self.ask("query", query=expr)
        return float(found["value"][1])


@pytest.fixture(scope="module")
def watched(platform, tmp_path_factory, program) -> Iterator[Watched]:
    """A run through all stages, one attempt of which failed, and everything that can be watched of it here."""
    programs = {name: program(name) for name in ("prometheus", "prometheus-postgres-exporter")}
    home = tmp_path_factory.mktemp("watched")
    database = platform.dsn.replace("/postgres?", "/watched?")
    with psycopg.connect(platform.dsn, autocommit=True) as opened:
        opened.execute("create database watched")
    scheduler = platform.executor.client.scheduler.address
    settings = Settings.read(home=home, lake_url=(home / "lake").as_uri(), postgres_dsn=database, scheduler=scheduler)
    with contextlib.ExitStack() as running:
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
        yield parts


def _services(parts: Watched) -> None:
    """Each with `/metrics` of its own folder, and the zeros that a service begins with."""
    for name in (*ORDER, PIPELINE, "dashboard"):
        (parts.home / name).mkdir()
        served = exposition(parts.home / name, lambda: None, host="127.0.0.1", port=0)
        parts.targets["service", name] = [parts.running.enter_context(served).removeprefix("http://")]
    first = [
        subprocess.Popen(
            [sys.executable, "-m", "pqr_pipeline.first_metrics", stage],
            env=os.environ | parts.of_stage(stage, PQR_POSTGRES_DSN=""),
        )
        for stage in ORDER
    ]
    assert [child.wait(PATIENCE_SECONDS) for child in first] == [0] * len(ORDER)


def _dask(parts: Watched, client) -> None:
    workers = client.scheduler_info()["workers"].values()
    parts.targets["dask", "dask-scheduler"] = [f"127.0.0.1:{client.cluster.scheduler.http_server.port}"]
    parts.targets["dask", "dask-worker"] = [f"{worker['host']}:{worker['services']['dashboard']}" for worker in workers]


def _prefect(parts: Watched) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFECT_SERVER_METRICS_ENABLED", "true")
        url = parts.running.enter_context(embedded.prefect_server(Settings.read(home=parts.home / "prefect-home")))
    parts.targets["prefect", "prefect-server"] = [urllib.parse.urlsplit(url).netloc]


def _postgres(parts: Watched, exporter: str) -> None:
    address = f"127.0.0.1:{_free_port()}"
    dsn = parts.settings.postgres_dsn.get_secret_value()
    parts.start([exporter, f"--web.listen-address={address}"], DATA_SOURCE_NAME=dsn)
    parts.targets["postgres", "db"] = [address]


def _auth(parts: Watched) -> None:
    """The stand-in, asked for its health and for a token with a wrong password."""
    api, metrics = _free_port(), _free_port()
    changes = {
        "GOTRUE_API_PORT": str(api),
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(metrics),
        "GOTRUE_DB_DATABASE_URL": parts.settings.postgres_dsn.get_secret_value(),
    }
    parts.start([sys.executable, str(ROOT / "deploy/standins/auth/server.py")], **AUTH, **changes)
    _until(lambda: _get(f"http://127.0.0.1:{api}/health"), "the stand-in of Auth does not answer")
    body = json.dumps({"email": "nobody@entidad.example", "password": "wrong"}).encode()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{api}/token?grant_type=password", body, timeout=10)
    parts.targets["auth", "auth"] = [f"127.0.0.1:{metrics}"]


def _prometheus(parts: Watched, program: str) -> None:
    """The stack's own configuration and rules; only where to find whom, and how often, is of here."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"}
    config["rule_files"] = [str(PROMETHEUS / "rules/*.yml")]
    address = f"127.0.0.1:{_free_port()}"
    parts.targets["prometheus", "prometheus"] = [address]
    for job in config["scrape_configs"]:
        for name in ("dns_sd_configs", "relabel_configs", "static_configs"):
            job.pop(name, None)
        mine = [(service, where) for (name, service), where in parts.targets.items() if name == job["job_name"]]
        job["static_configs"] = [{"targets": where, "labels": {"service": service}} for service, where in mine]
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
    RunRecords(open_lake(parts.settings), "watched").declare(SMALL)
    time.sleep(SCRAPE_SECONDS)  # the zeros have been seen
    for stage in ORDER[:-1]:
        assert parts.run(stage, "watched") == 0, stage
    assert parts.run("loader", "watched", PQR_POSTGRES_DSN="postgresql://127.0.0.1:1/none") != 0
    assert parts.run("loader", "watched") == 0
    _until(lambda: parts.ask("query", query="pqr:published_breach_ratio"), "the published figures did not arrive")
    _until(lambda: parts.ask("query", query='ALERTS{alertstate="firing"}'), "the failed attempt raised no alert")


@dataclass(frozen=True)
class Answer:
    """What one query gave, variables filled in: its newest values, and the highest where it is asked over time."""

    name: str
    expr: str
    series: int
    value: str


def _filled_in(asked) -> Iterator[tuple[str, str]]:
    """The query for each value of the variable, with the panel's name."""
    for name, value in FILLED_IN.items():
        asked = type(asked)(asked.board, asked.row, asked.panel, asked.expr.replace(name, value), asked.is_instant)
    if "$stage" not in asked.expr:
        yield asked.name, asked.expr
        return
    for stage in ORDER:
        yield asked.name.replace("$stage", stage), asked.expr.replace("$stage", stage)


def _answers(parts: Watched, asked) -> Iterator[Answer]:
    now = time.time()
    for name, expr in _filled_in(asked):
        if asked.is_instant:
            found = [(s["metric"], [s["value"]]) for s in parts.ask("query", query=expr, time=now)]
        else:
            span = {"start": now - 120, "end": now, "step": SCRAPE_SECONDS}
            found = [(s["metric"], s["values"]) for s in parts.ask("query_range", query=expr, **span)]
        known = [(labels, [float(v) for _, v in values if not math.isnan(float(v))]) for labels, values in found]
        known = [(labels, values) for labels, values in known if values]
        shown = ", ".join(_shown(labels, values) for labels, values in known[:3])
        yield Answer(name, expr, len(known), shown)


def _shown(labels: dict[str, str], values: list[float]) -> str:
    told = [value for name, value in labels.items() if name not in ("__name__", "job", "instance")]
    highest = f" (up to {max(values):.4g})" if max(values) > values[-1] else ""
    return " ".join([*told, f"{values[-1]:.4g}{highest}"])


def _print_table(answers: list[Answer], untold: dict[str, str]) -> None:
    print("\n")
    for answer in answers:
        print(f"{answer.name:<75} {answer.series:>3} series  {answer.value or 'nothing'}")
    for name, reason in untold.items():
        print(f"{name:<75} not asked: {reason}")


def test_every_panel_has_data_after_a_run(watched, asked, of_others):
    """Each query, for each value of its variable, gives at least one number; what cannot run here is named with why."""
    unproved = {name: told["unproved"] for told in of_others.values() if "unproved" in told for name in told["names"]}
    untold = {a.name: unproved[name] for a in asked for name in sorted(metrics_of(a.expr) & set(unproved))}
    answers = [answer for each in asked if each.name not in untold for answer in _answers(watched, each)]
    _print_table(answers, untold)
    assert [answer for answer in answers if not answer.series] == []
    for each in asked:
        if each.name in untold:  # at least a query that Prometheus understands
            assert list(itertools.islice(_answers(watched, each), 1))


def test_alerts_of_grafana_can_be_asked(watched, grafana_rules):
    """Their queries are understood; the breach ratio has its value by type."""
    for rule in grafana_rules:
        found = watched.ask("query", query=rule["data"][0]["model"]["expr"])
        assert isinstance(found, list)
    assert watched.ask("query", query="pqr:published_breach_ratio")


def test_a_failed_attempt_is_seen_and_raises_its_alert(watched):
    """Also the first one of a service that never failed before."""
    failed = 'sum(increase(pqr_stage_runs_total{stage="loader",status="failed"}[5m]))'
    assert watched.value(f"round({failed})") == 1
    assert watched.value('sum(pqr_retries_total{stage="loader",reason="WarehouseUnavailable"})') == 1
    firing = watched.ask("query", query='ALERTS{alertstate="firing"}')
    assert {(alert["metric"]["alertname"], alert["metric"].get("stage")) for alert in firing} == {
        ("StageFailed", "loader")
    }


@pytest.mark.parametrize("counter", ["pqr_rows_total", "pqr_partitions_total", "pqr_stage_duration_seconds_sum"])
def test_the_first_run_of_a_service_is_an_increase(watched, counter):
    """Counters begin at zero with the service, so that its first run shows in rates and not only its second."""
    rising = watched.ask("query", query=f"sum by (stage) (increase({counter}[5m])) > 0")
    assert {each["metric"]["stage"] for each in rising} == set(ORDER)


def test_a_restarted_loader_shows_the_published_run_again(watched, tmp_path):
    """Its metrics begin anew; Postgres tells them which run readers see, before any run comes by."""
    environment = os.environ | watched.of_stage("loader") | {METRICS_FOLDER: str(tmp_path)}
    subprocess.run([sys.executable, "-m", "pqr_pipeline.first_metrics", "loader"], env=environment, check=True)
    with exposition(tmp_path, lambda: None, host="127.0.0.1", port=0) as url:
        lines = _get(f"{url}/metrics").splitlines()
    shown = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}
    assert shown["pqr_published_timestamp_seconds"] == watched.value("pqr:published_timestamp_seconds")
    assert shown['pqr_breach_ratio{pqrs_type="all"}'] == watched.value('pqr:published_breach_ratio{pqrs_type="all"}')


def test_the_operation_s_figures_are_those_of_gold(watched):
    """One definition of a figure: what Grafana shows is what the marts hold, overall and by type."""
    with psycopg.connect(watched.settings.postgres_dsn.get_secret_value(), row_factory=dict_row) as opened:
        headline = opened.execute("select * from gold.kpi_executive").fetchone()
        terms = opened.execute(
            "select pqrs_type, sum(breached)::float8 / sum(due)::float8 as ratio from gold.kpi_sla group by pqrs_type"
        ).fetchall()
        (waiting,) = opened.execute("select sum(tickets)::int as open from gold.kpi_backlog_age").fetchall()
    assert watched.value('pqr:backlog_tickets{state="open"}') == headline["open"] == waiting["open"]
    assert watched.value('pqr:backlog_tickets{state="overdue"}') == headline["overdue"]
    overall = watched.value('pqr:published_breach_ratio{pqrs_type="all"}')
    assert overall == pytest.approx(headline["breached"] / headline["due"])
    assert round(overall, 4) == pytest.approx(float(headline["breach_rate"]), abs=1e-4)
    shown = watched.ask("query", query='pqr:published_breach_ratio{pqrs_type!="all"}')
    by_type = {each["metric"]["pqrs_type"]: float(each["value"][1]) for each in shown}
    assert by_type == pytest.approx({row["pqrs_type"]: row["ratio"] for row in terms})
    assert len(watched.ask("query", query='pqr:published_backlog_tickets{state="open"}')) == len(PQRS_TYPES)


def test_a_variable_offers_every_stage_that_tells(watched, boards):
    """The rows of the services are those that Prometheus knows."""
    told = {each["metric"]["stage"] for each in watched.ask("query", query="group by (stage) (pqr_stage_runs_total)")}
    variable = boards["services.json"]["templating"]["list"][0]
    assert told == set(re.split(",", variable["query"]))
