"""What Grafana would ask, asked of the Prometheus of the stack: services by their own names, found by DNS."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
import tomllib
from pathlib import Path

import yaml
from stack_containers import until

from pqr_common.stage.discovery import installed_stages

ROOT = Path(__file__).parents[2]
GRAFANA = ROOT / "deploy/grafana"
FILLED_IN = {"$__rate_interval": "1m", "$__range": "1h"}


def _reader():
    """How dashboards are read, said once beside their own tests."""
    spec = importlib.util.spec_from_file_location("observability_conftest", ROOT / "tests/observability/conftest.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _queries():
    """Panel and query, variables filled in, without those whose source cannot be here or has not worked yet."""
    reader = _reader()
    told = tomllib.loads((GRAFANA / "metrics.toml").read_text(encoding="utf-8")).values()
    unproved = {name for source in told if "unproved" in source for name in source["names"]}
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for path in sorted(GRAFANA.glob("*/*.json")):
        for asked in reader.asked_by(json.loads(path.read_text(encoding="utf-8"))):
            row = asked.row.split()[0] if asked.row else ""
            if reader.metrics_of(asked.expr) & unproved or (row == "dashboard" and "dashboard" not in services):
                continue
            for stage in (
                list(installed_stages())[1:] if "$stage" in asked.expr else ("",)
            ):  # a job made the first raw layer
                expr = asked.expr.replace("$stage", stage)
                for name, value in FILLED_IN.items():
                    expr = expr.replace(name, value)
                yield f"{asked.name.replace('$stage', stage)}: {expr}", expr


def _is_answered(stack, expr):
    return any(not math.isnan(float(sample["value"][1])) for sample in stack.prometheus(expr))


def test_every_panel_has_data_in_containers(stack):
    """After the first run, with the labels that Compose and DNS give; RustFS' own figures need the real images."""
    until(lambda: stack.prometheus("pqr:published_breach_ratio"), "the published figures did not arrive")
    queries = dict(_queries())
    assert len(queries) > 100
    empty = [name for name, expr in queries.items() if not _is_answered(stack, expr)]
    until(lambda: not [n for n in empty if not _is_answered(stack, queries[n])], f"panels without data: {empty}")
