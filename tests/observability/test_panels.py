"""Every panel's query on a real Prometheus that reads real services, workers, servers and exporters after a run.

What the run leaves is asked for as Grafana asks, variables filled in. `make panels` prints each panel with its value.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.rows import dict_row

from pqr_common.process.exposition import METRICS_FOLDER, exposition
from pqr_common.stage.discovery import installed_stages
from pqrs.catalogue import PQRS_TYPES

from .conftest import metrics_of
from .watched import SCRAPE_SECONDS, Watched, get, started

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]  # the first test waits for all that is started

FILLED_IN = {"$__rate_interval": f"{8 * SCRAPE_SECONDS}s", "$__range": "5m"}


@pytest.fixture(scope="module")
def watched(platform, tmp_path_factory, program) -> Iterator[Watched]:
    """A run through all stages, one attempt of which failed, and everything that can be watched of it here."""
    programs = {name: program(name) for name in ("prometheus", "prometheus-postgres-exporter")}
    with contextlib.ExitStack() as running:
        yield started(running, platform, tmp_path_factory.mktemp("watched"), programs)


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
    for stage in installed_stages():
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
    assert {each["metric"]["stage"] for each in rising} == set(installed_stages())


def test_a_restarted_loader_shows_the_published_run_again(watched, tmp_path):
    """Its metrics begin anew; Postgres tells them which run readers see, before any run comes by."""
    environment = os.environ | watched.of_stage("loader") | {METRICS_FOLDER: str(tmp_path)}
    subprocess.run(
        [sys.executable, "-m", "pqr_pipeline.containers.first_metrics", "loader"], env=environment, check=True
    )
    with exposition(tmp_path, lambda: None, host="127.0.0.1", port=0) as url:
        lines = get(f"{url}/metrics").splitlines()
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
