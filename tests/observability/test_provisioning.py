"""What Grafana and Prometheus are provisioned from, without either running: files that fit each other."""

from __future__ import annotations

import json
import re
import sys

import pytest
import yaml

import pqr_loader.figures  # noqa: F401  declares the figures of the published run
from pqr_common.process import metrics
from pqr_common.process.resources import ServiceResources
from pqr_common.stage.discovery import installed_stages
from pqrs.terms import POLICIES

from .conftest import GRAFANA, ROOT, metrics_of, module

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


@pytest.fixture(scope="module")
def ours() -> set[str]:
    """Every series of ours by the name it is scraped under."""
    families = [family for metric in metrics.METRICS for family in metric.describe()]
    families += list(ServiceResources().collect())
    return {family.name + suffix for family in families for suffix in SUFFIXES[family.type]}


def test_what_grafana_loads_fits_together(check):
    """Own uids, sources and variables that exist, panels that say what they show and do not lie on each other."""
    assert check.faults(GRAFANA) == []


def _break_board(folder, change):
    path = folder / "dashboards/postgres.json"
    board = json.loads(path.read_text())
    change(board)
    path.write_text(json.dumps(board))


BROKEN = {
    "a dashboard's uid": lambda b: b.update(uid="pqr-dask"),
    "uid of 1 to 40": lambda b: b.update(uid="x" * 41),
    "id must be null": lambda b: b.update(id=3),
    "titles must differ": lambda b: b.update(title="PQR Dask"),
    "panel ids must differ": lambda b: b["panels"][1].update(id=1),
    "must not overlap": lambda b: b["panels"][2]["gridPos"].update(x=0),
    "24 columns": lambda b: b["panels"][2]["gridPos"].update(w=25),
    "a title and a description": lambda b: b["panels"][1].update(description=""),
    "data source must be provisioned": lambda b: b["panels"][1]["targets"][0]["datasource"].update(uid="prom"),
    "know its variables": lambda b: b["panels"][1]["targets"][0].update(expr="up{service='$stage'}"),
    "must ask something": lambda b: b["panels"][1].update(targets=[]),
    "refIds must differ": lambda b: b["panels"][1].update(targets=b["panels"][1]["targets"] * 2),
    "its type must be": lambda b: b["panels"][1].update(type="piechart3d"),
    "repeats by a variable": lambda b: b["panels"][0].update(repeat="server"),
    "the others rise": lambda b: b["panels"][2]["fieldConfig"]["defaults"]["thresholds"]["steps"].reverse(),
}


@pytest.mark.parametrize("sentence", BROKEN)
def test_a_broken_dashboard_is_named(check, files, sentence):
    """Each fault is found and said."""
    _break_board(files, BROKEN[sentence])
    assert sentence in "\n".join(check.faults(files))


BROKEN_RULE = {
    "its condition": lambda r: r.update(condition="B"),
    "noDataState": lambda r: r.update(noDataState="Fine"),
    "for must be": lambda r: r.update({"for": "soon"}),
    "data source": lambda r: r["data"][0].update(datasourceUid="prom"),
    "stand on another query": lambda r: r["data"][1]["model"].update(expression="Z"),
    "of 'gone'": lambda r: r["annotations"].update(__dashboardUid__="gone"),
    "found panel None": lambda r: r["annotations"].pop("__panelId__"),
    "found panel 8 of": lambda r: r["annotations"].update(__panelId__=8),
    "found panel '99'": lambda r: r["annotations"].update(__panelId__="99"),
    "what to do": lambda r: r["annotations"].pop("what_to_do"),
}


@pytest.mark.parametrize("sentence", BROKEN_RULE)
def test_a_broken_alert_is_named(check, files, sentence):
    """A rule that Grafana would take and that could never fire is found too."""
    path = files / "provisioning/alerting/operation.yml"
    found = yaml.safe_load(path.read_text())
    BROKEN_RULE[sentence](found["groups"][0]["rules"][0])
    path.write_text(yaml.safe_dump(found))
    assert sentence in "\n".join(check.faults(files))


def test_a_folder_of_alerts_that_dashboards_have_too_is_named(check, files):
    """Grafana finds the one by title and the other by uid, and would make two."""
    path = files / "provisioning/alerting/operation.yml"
    path.write_text(path.read_text().replace("folder: PQR alerts", "folder: PQR"))
    (fault,) = check.faults(files)
    assert "found 'PQR'" in fault


def test_a_choice_of_all_that_matches_nothing_is_named(check, files):
    """Loki refuses a selector that matches the empty string."""
    path = files / "logs/logs.json"
    path.write_text(path.read_text().replace('"allValue": ".+"', '"allValue": ".*"', 1))
    (fault,) = check.faults(files)
    assert "found '.*' in service" in fault


def test_a_file_that_is_no_json_is_named(check, files):
    """One sentence, no traceback."""
    (files / "dashboards/postgres.json").write_text("{")
    (fault,) = check.faults(files)
    assert "readable YAML or JSON" in fault


def test_dashboards_are_what_their_boards_say(monkeypatch):
    """Nobody edits the JSON by hand: `python deploy/grafana/build.py` writes it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    texts = module(GRAFANA / "build.py").texts()
    assert {path.name: path.read_text(encoding="utf-8") for path in GRAFANA.glob("dashboards/*.json")} == texts


def test_every_metric_that_is_asked_for_is_declared(asked, rules, grafana_rules, ours, of_others):
    """By us in the registry, by others in deploy/grafana/metrics.toml, or recorded by a rule."""
    exprs = [each.expr for each in asked] + [rule["expr"] for rule in rules]
    exprs += [query["model"]["expr"] for rule in grafana_rules for query in rule["data"] if "expr" in query["model"]]
    known = ours | {name for told in of_others.values() for name in told["names"]}
    known |= {rule["record"] for rule in rules if "record" in rule}
    assert {name for expr in exprs for name in metrics_of(expr)} - known == set()


def test_every_declared_metric_is_shown(asked, rules, ours, of_others):
    """In a panel, or in a rule whose record is in a panel; nothing is measured for nobody."""
    recorded = {rule["record"]: metrics_of(rule["expr"]) for rule in rules if "record" in rule}
    shown = {name for each in asked for name in metrics_of(each.expr)}
    while through := {name for record in shown & set(recorded) for name in recorded[record]} - shown:
        shown |= through
    assert {
        family.removesuffix("_bucket") for family in ours - shown if not family.endswith(("_sum", "_count"))
    } == set()
    assert {name for told in of_others.values() for name in told["names"]} - shown == set()


def test_every_record_is_used(asked, rules, grafana_rules):
    """A recording rule is for a panel, an alert or another rule."""
    text = "\n".join([a.expr for a in asked] + [rule["expr"] for rule in rules] + [json.dumps(grafana_rules)])
    assert [
        r["record"] for r in rules if "record" in r and r["record"] not in metrics_of(text) | set(text.split())
    ] == []


def test_metrics_are_found_in_promql():
    """The reader of queries that these tests stand on."""
    expr = 'sum by (le, job) (rate(a_total{x="up{b}",y!~"c"}[$__range] offset 1d)) > 2 * time() and on (i) topk(1, b:c)'
    assert metrics_of(expr) == {"a_total", "b:c"}


def test_every_service_has_its_row(boards):
    """One row per stage, in the pipeline's order, and one for each service that is no stage."""
    variable = boards["services.json"]["templating"]["list"][0]
    assert variable["query"].split(",") == list(installed_stages())
    rows = [panel for panel in boards["services.json"]["panels"] if panel["type"] == "row"]
    assert rows[0]["repeat"] == variable["name"]
    assert [row["title"].split()[0] for row in rows[1:]] == ["pipeline", "dashboard"]


def test_logs_of_every_stage_can_be_chosen(boards):
    """The list of services above the logs names each declared stage."""
    (variable,) = [v for v in boards["logs.json"]["templating"]["list"] if v["name"] == "service"]
    assert {*installed_stages(), "pipeline", "dashboard"} <= set(variable["query"].split(","))


def test_logs_are_asked_by_labels_that_they_have(boards):
    """What a query for logs names is what Alloy gives each line."""
    alloy = (ROOT / "deploy/logs/config.alloy").read_text(encoding="utf-8")
    targets = [t for board in boards.values() for panel in board["panels"] for t in panel.get("targets", [])]
    asked = [target["expr"] for target in targets if target["datasource"]["uid"] == "loki"]
    assert asked
    assert {name for expr in asked for name in re.findall(r"(\w+)=~", expr)} <= set(re.findall(r"\w+", alloy))


def test_types_have_the_names_people_know(boards):
    """The codes of metrics are shown as the law calls them."""
    (panel,) = [p for p in boards["operation.json"]["panels"] if p["title"] == "Breach ratio by type"]
    shown = {o["matcher"]["options"]: o["properties"][0]["value"] for o in panel["fieldConfig"]["overrides"]}
    assert shown == {policy.pqrs_type: policy.name for policy in POLICIES}
