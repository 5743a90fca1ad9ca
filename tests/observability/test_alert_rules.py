"""Alerts: Prometheus' about the platform, Grafana's about the inbox, each fired once by promtool."""

from __future__ import annotations

import copy
import subprocess
from collections import Counter

import yaml

from .conftest import PROMETHEUS


def test_no_alert_is_defined_twice(rules, grafana_rules):
    """Prometheus alerts about the platform, Grafana about the inbox."""
    names = [rule["alert"] for rule in rules if "alert" in rule] + [rule["title"] for rule in grafana_rules]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_prometheus_files_are_valid(program):
    """Configuration, rules and the rules' own tests, by promtool."""
    for command in (
        ["check", "config", PROMETHEUS / "prometheus.yml"],
        ["test", "rules", PROMETHEUS / "tests/pqr.yml"],
    ):
        ended = subprocess.run([program("promtool"), *command], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_of_prometheus_has_a_test(rules):
    """One that fires, at least."""
    text = yaml.safe_load((PROMETHEUS / "tests/pqr.yml").read_text(encoding="utf-8"))
    fired = {t["alertname"] for test in text["tests"] for t in test.get("alert_rule_test", []) if t.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in rules if "alert" in rule}


def _as_prometheus_would(rule):
    """Grafana's query and threshold as one alert of Prometheus, so that promtool can be asked."""
    data = {query["refId"]: query["model"] for query in rule["data"]}
    condition = data[rule["condition"]]
    evaluator = condition["conditions"][0]["evaluator"]
    expr = f"({data[condition['expression']]['expr']}) {({'gt': '>', 'lt': '<'})[evaluator['type']]} {evaluator['params'][0]}"
    return {"alert": rule["title"], "expr": expr, "for": rule["for"], "labels": rule["labels"]}


PUBLISHED = "pqr_published_timestamp_seconds{instance='a'}"
GRAFANA_TESTS = [
    {
        "interval": "1m",
        "input_series": [
            {"series": PUBLISHED, "values": "1x10"},
            {"series": "pqr_breach_ratio{instance='a',pqrs_type='QUEJA'}", "values": "0.12x4 0.125x6"},
            {"series": "pqr_breach_ratio{instance='a',pqrs_type='RECLAMO'}", "values": "0.12x10"},
        ],
        "alert_rule_test": [
            {"eval_time": "4m", "alertname": "BreachRatioHigh"},
            {
                "eval_time": "7m",
                "alertname": "BreachRatioHigh",
                "exp_alerts": [{"exp_labels": {"severity": "ticket", "pqrs_type": "QUEJA"}}],
            },
        ],
    },
    {
        "interval": "1m",
        "input_series": [
            {"series": PUBLISHED, "values": "1x2040"},
            {
                "series": "pqr_backlog_tickets{instance='a',pqrs_type='QUEJA',state='overdue'}",
                "values": "100x1440 120x60 121x540",
            },
        ],
        "alert_rule_test": [
            {"eval_time": "20h", "alertname": "BacklogGrowing"},
            {"eval_time": "24h30m", "alertname": "BacklogGrowing"},
            {
                "eval_time": "27h",
                "alertname": "BacklogGrowing",
                "exp_alerts": [{"exp_labels": {"severity": "ticket", "state": "overdue"}}],
            },
        ],
    },
]


def test_alerts_of_grafana_fire_when_they_should(grafana_rules, program, tmp_path):
    """Their query and threshold, carried out by promtool: above the limit and not at it. Grafana itself is not asked."""
    rules = [_as_prometheus_would(rule) for rule in grafana_rules]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "grafana", "rules": rules}]}))
    tests = {
        "rule_files": [str(PROMETHEUS / "rules/pqr.yml"), "rules.yml"],
        "evaluation_interval": "1m",
        "group_eval_order": ["pqr-figures", "grafana"],
        "tests": copy.deepcopy(GRAFANA_TESTS),
    }
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(tests))
    command = [program("promtool"), "test", "rules", str(tmp_path / "tests.yml")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    fired = {t["alertname"] for test in GRAFANA_TESTS for t in test["alert_rule_test"] if "exp_alerts" in t}
    assert fired == {rule["title"] for rule in grafana_rules}
