"""`make audit` with a service that knows something, one that knows nothing, and none: a double of OSV's two calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADVISORY = {"id": "TEST-2026-1", "modified": "2026-01-01T00:00:00Z", "summary": "for this test"}


class Service(BaseHTTPRequestHandler):
    """Knows one advisory, about `affected`; asks nobody."""

    affected, status = "", 200

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        self.server.asked = {query["package"]["name"]: query["version"] for query in asked}
        known = [{"vulns": [ADVISORY]} if query["package"]["name"] == self.affected else {} for query in asked]
        self._send({"results": known})

    def do_GET(self):
        package = {"ecosystem": "PyPI", "name": self.affected}
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]
        self._send(ADVISORY | {"affected": [{"package": package, "ranges": ranges}]})

    def _send(self, answer):
        body = json.dumps(answer).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    """Start such a service."""
    servers = []

    def start(**traits):
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Service,), traits)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def audited(port):
    command = ["tools/audit.sh", Path(sys.executable).with_name("uv"), "--service-url", f"http://127.0.0.1:{port}/"]
    environment = os.environ | {"UV_HTTP_RETRIES": "0", "NO_PROXY": "127.0.0.1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)


def test_what_is_known_is_said_and_ends_with_1(service):
    """Every package of the lock is asked about, also one that only developers have; the lock names no index."""
    server = service(affected="starlette")
    done = audited(server.server_port)
    assert done.returncode == 1
    assert "TEST-2026-1: for this test" in done.stdout
    assert {"starlette", "polars", "pytest"} <= set(server.asked)


def test_nothing_known_ends_well(service):
    """And says how many it asked about."""
    done = audited(service().server_port)
    assert done.returncode == 0, done.stderr
    assert "no known vulnerabilities" in done.stderr


@pytest.mark.parametrize("status", [0, 403], ids=["nobody answers", "refused"])
def test_no_service_is_a_sentence_and_no_failure(service, status):
    """What could not be asked was not found."""
    done = audited(service(status=status).server_port if status else 9)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("audit: advisories must come from OSV, found no answer (")
    assert done.stderr.count("\n") == 1


def test_a_broken_call_is_none_of_these():
    """It is told as it is, and fails."""
    command = ["tools/audit.sh", Path(sys.executable).with_name("uv"), "--no-such-option"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--no-such-option" in done.stderr
