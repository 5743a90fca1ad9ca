"""`python -m pqr_dashboard` as a process: health, metrics, signals, and whom it serves without a login."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

PATIENCE_SECONDS = 60
UNDER_A_PARENT = (
    sys.executable, "-c",
    ("import os, subprocess, sys; subprocess.Popen([sys.executable, '-m', 'pqr_dashboard', *sys.argv[1:], '--parent',"
    " str(os.getpid())]).wait()"),
)  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
    except OSError:
        return 0, ""


def _until(condition) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return met


@contextlib.contextmanager
def _server(*arguments: str, command=(sys.executable, "-m", "pqr_dashboard"), **settings: str):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PQR_")} | settings
    with subprocess.Popen(
        [*command, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_health_and_metrics_are_served_beside_the_pages_until_sigterm(nobody):
    """Well without Postgres too, since its pages say what is wrong; SIGTERM ends it with code 0."""
    pages, metrics = _free_port(), _free_port()
    settings = {"PQR_DASHBOARD_DSN": nobody, "PQR_METRICS_PORT": str(metrics)}
    with _server("--port", str(pages), **settings) as process:
        assert _until(lambda: _get(metrics, "/health") == (200, "ok\n"))
        assert _get(pages, "/_stcore/health")[0] == 200
        assert re.search(r"^pqr_service_memory_bytes [1-9]", _get(metrics, "/metrics")[1], re.MULTILINE)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "dashboard"])
def test_without_a_login_it_serves_this_machine_only(host):
    """Exit code 2 and a sentence, before anything listens."""
    with _server("--host", host, "--port", str(_free_port()), PQR_METRICS_PORT="0") as process:
        _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "PQR_AUTH_URL" in said
    assert said.count("\n") == 1


def test_it_ends_with_its_parent():
    """Also when that was killed, and nobody is left to send a signal."""
    port = _free_port()
    with _server("--port", str(port), command=UNDER_A_PARENT, PQR_METRICS_PORT="0") as parent:
        assert _until(lambda: _get(port, "/_stcore/health")[0] == 200)
        parent.kill()
        assert _until(lambda: _get(port, "/_stcore/health")[0] == 0)


@pytest.mark.parametrize("ended_by", ["SIGTERM", "SIGKILL", "a killed parent"])
def test_defect_13_nothing_is_left_in_the_temporary_directory(tmp_path, nobody, ended_by):
    """Neither while it serves, metrics too, nor afterwards, however it ended."""
    pages, metrics = _free_port(), _free_port()
    settings = {"PQR_DASHBOARD_DSN": nobody, "PQR_METRICS_PORT": str(metrics), "TMPDIR": str(tmp_path)}
    command = {"command": UNDER_A_PARENT} if ended_by == "a killed parent" else {}
    with _server("--port", str(pages), **command, **settings) as process:
        assert _until(lambda: _get(metrics, "/health") == (200, "ok\n"))
        assert _get(metrics, "/metrics")[0] == 200
        process.send_signal(signal.SIGTERM if ended_by == "SIGTERM" else signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
        assert _until(lambda: _get(pages, "/_stcore/health")[0] == 0)
    assert list(tmp_path.iterdir()) == []
