"""The profile `logs`: what Alloy is told to look for is what our lines hold, and what it may ask of the engine.

Neither Alloy nor Loki runs here: no package registry carries them. The lines are those of a real run; their configuration
is held to the rules that matter, not executed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
import yaml

from pqr_pipeline.embedded.process import free_port

ROOT = Path(__file__).parents[2]
ALLOY = (ROOT / "deploy/logs/config.alloy").read_text(encoding="utf-8")
LOKI = yaml.safe_load((ROOT / "deploy/logs/loki.yaml").read_text(encoding="utf-8"))
DOOR = ROOT / "deploy/logs/haproxy.cfg"
BOARD = json.loads((ROOT / "deploy/grafana/logs/logs.json").read_text(encoding="utf-8"))


def _block(name):
    """The pairs of a stage of the pipeline: what it makes, and of what."""
    body = re.search(rf"stage\.{name} {{(.*?)\n  }}", ALLOY, re.DOTALL)[1]
    return dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', body))


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """What a small run says, as the services are told to say it."""
    home = tmp_path_factory.mktemp("home")
    settings = {"PQR_HOME": str(home), "PQR_LOG_LEVEL": "info", "PQR_LOG_FORMAT": "json"}
    command = [
        sys.executable,
        "-m",
        "pqr_pipeline",
        "run",
        "--quiet",
        "--opens-on",
        "2026-01-01",
        "--to",
        "2026-01-09",
        "--volume",
        "20",
    ]
    ended = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr.splitlines()


@pytest.mark.integration
def test_every_line_of_a_run_is_what_the_pipeline_extracts(lines):
    """JSON with a time, a level and an event; the lines of stages name their run."""
    fields = _block("json")
    said = [json.loads(line) for line in lines]
    assert len(said) > 20
    for line in said:
        assert datetime.fromisoformat(line[fields["at"]]).utcoffset() is not None
        assert line[fields["level"]] in ("debug", "info", "warning", "error", "critical")
        assert line[fields["event"]]
    stages = [line for line in said if fields["stage"] in line]
    assert {line[fields["run_id"]] for line in stages} == {stages[0]["run_id"]}
    assert any(line.get(fields["attempt"]) == 1 for line in stages)


@pytest.mark.integration
def test_every_field_the_pipeline_extracts_is_said(lines):
    """None is looked for in vain: a renamed field would be lost without a word."""
    said = {name for line in lines for name in json.loads(line)}
    assert set(_block("json").values()) <= said


def test_labels_are_few():
    """Each combination of labels is a stream: a run id among them would make one of every run."""
    assert set(_block("labels")) == {"level"}
    assert set(_block("structured_metadata")) == {"event", "run_id", "stage", "attempt", "error"}
    assert re.findall(r'target_label\s*=\s*"(\w+)"', ALLOY) == ["service"]


def test_loki_keeps_structured_metadata_for_a_week():
    """It needs the schema that holds them, and a compactor that deletes."""
    assert LOKI["schema_config"]["configs"][-1]["schema"] == "v13"
    assert LOKI["limits_config"]["allow_structured_metadata"] is True
    assert LOKI["limits_config"]["retention_period"] == "168h"
    assert LOKI["compactor"]["retention_enabled"] is True
    assert LOKI["compactor"]["delete_request_store"] in LOKI["common"]["storage"]


def test_the_dashboard_asks_for_what_the_pipeline_makes():
    """Its own source, the labels there are, and the run id as a field."""
    sources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/loki.yml").read_text(encoding="utf-8"))
    (source,) = sources["datasources"]
    queries = [target for panel in BOARD["panels"] for target in panel["targets"]]
    asked = [target["expr"] for target in queries if target["datasource"]["uid"] == source["uid"]]
    assert len(asked) == 2
    assert all('{service=~"$service", level=~"$level"} | run_id=~' in query for query in asked)
    assert f'url = "{source["url"]}/loki/api/v1/push"' in ALLOY


class Engine(socketserver.ThreadingUnixStreamServer):
    """Answers 200 to everything, as an engine would to root."""

    daemon_threads = True


class Answer(BaseHTTPRequestHandler):
    def _say(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = _say  # noqa: N815

    def address_string(self):
        return "proxy"

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    """The URL of the door in front of such an engine."""
    if not (os.environ.get("PQR_REQUIRE_PROGRAMS") == "1" or shutil.which("haproxy")):
        pytest.skip("no HAProxy on this machine: run tools/programs.sh as root on Debian")
    folder = tmp_path_factory.mktemp("door")
    port = free_port()
    text = DOOR.read_text(encoding="utf-8").replace(":2375", f"127.0.0.1:{port}")
    config = folder / "haproxy.cfg"
    config.write_text(text.replace("/var/run/docker.sock", str(folder / "engine.sock")))
    engine = Engine(str(folder / "engine.sock"), Answer)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    proxy = subprocess.Popen(
        ["haproxy", "-db", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url
    finally:
        proxy.terminate()
        proxy.wait(10)
        engine.shutdown()
        engine.server_close()


def _wait(url):
    for _ in range(100):
        try:
            httpx.get(f"{url}/_ping")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"haproxy must answer at {url}")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_ping", 200),
        ("HEAD", "/_ping", 200),
        ("GET", "/v1.41/containers/json?all=1", 200),
        ("GET", "/v1.41/networks", 200),
        ("GET", "/containers/0a1b2c/json", 200),
        ("GET", "/v1.41/containers/0a1b2c/logs?follow=1", 200),
        ("POST", "/v1.41/containers/create", 403),
        ("POST", "/v1.41/containers/0a1b2c/exec", 403),
        ("POST", "/v1.41/containers/0a1b2c/json", 403),
        ("DELETE", "/v1.41/containers/0a1b2c", 403),
        ("GET", "/v1.41/containers/0a1b2c/archive?path=/etc", 403),
        ("GET", "/v1.41/containers/0a1b2c/export", 403),
        ("GET", "/v1.41/containers/json/../../images/json", 403),
        ("GET", "/v1.41/images/json", 403),
        ("GET", "/v1.41/secrets", 403),
        ("GET", "/v1.41/volumes", 403),
    ],
)
def test_the_door_lets_through_what_reading_logs_needs(door, method, path, status):
    """Nothing that changes anything, no file out of a container, nothing of images, volumes and secrets."""
    asked = httpx.URL(door).copy_with(raw_path=path.encode())
    assert httpx.request(method, asked).status_code == status
