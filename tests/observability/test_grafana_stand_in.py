"""What stands in for Grafana where its image cannot be pulled, as a process: it checks, and says what it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from pqr_pipeline.embedded.process import free_port

from .conftest import GRAFANA, ROOT


@pytest.fixture
def unused_port():
    return free_port()


def test_compose_mounts_what_is_provisioned():
    """Every folder a provider reads is mounted, and the home page is one of its files."""
    services = yaml.safe_load((ROOT / "compose.observability.yaml").read_text(encoding="utf-8"))["services"]
    mounts = dict(volume.removesuffix(":ro").split(":") for volume in services["grafana"]["volumes"])
    files = GRAFANA.glob("provisioning/dashboards/*.yml")
    read = {p["options"]["path"] for file in files for p in yaml.safe_load(file.read_text())["providers"]}
    assert {place for ours, place in mounts.items() if ours.startswith(".")} == read | {"/etc/grafana/provisioning"}
    assert all((ROOT / ours).name == Path(place).name for ours, place in mounts.items() if ours.startswith("."))
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (GRAFANA / home.removeprefix("/etc/grafana/")).is_file()


def _stand_in(files, **changes):
    """The stand-in of Grafana started on these files; its end, or its answer to a health check."""
    (files / "app").mkdir()
    for path in (ROOT / "deploy/standins/grafana/server.py", GRAFANA / "check.py"):
        shutil.copy(path, files / "app")
    environment = {
        "PATH": os.environ["PATH"],
        "STANDIN_HOME": str(files),
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": "/etc/grafana/dashboards/overview.json",
        "GF_SECURITY_ADMIN_PASSWORD": "not-the-one-everybody-knows",
    } | changes
    command = [sys.executable, str(files / "app/server.py")]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def test_the_stand_in_of_grafana_says_what_it_is(files, unused_port):
    """It answers Grafana's health check, and its page says that it is not Grafana."""
    process = _stand_in(files, GF_SERVER_HTTP_PORT=str(unused_port))
    try:
        assert "stand-in for Grafana" in process.stderr.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/api/health") as answer:
            assert json.load(answer) == {"database": "ok", "version": "stand-in"}
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_port}/") as answer:
            page = answer.read().decode()
        assert "This is not Grafana" in page
        assert "PQRS operation" in page
    finally:
        process.terminate()
        process.communicate()


def test_the_stand_in_of_grafana_refuses_what_does_not_fit(files):
    """A fault ends it with the fault's sentence, so that a stack with broken files does not come up."""
    path = files / "dashboards/postgres.json"
    path.write_text(path.read_text().replace('"uid": "prometheus"', '"uid": "prom"'))
    process = _stand_in(files, GF_SECURITY_ADMIN_PASSWORD="")
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert "data source must be provisioned" in said
    assert "GF_SECURITY_ADMIN_PASSWORD must be set" in said
