"""What a service shows of itself, read over HTTP while real child processes come, work and die."""

from __future__ import annotations

import math
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import psutil
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.process.exposition import METRICS_FOLDER, SharedMetrics, exposition, share_metrics
from pqr_common.process.resources import ServiceResources

CHILD = """
import sys
from pqr_common.process.metrics import StageMetrics
metrics = StageMetrics("bronze")
metrics.started()
metrics.rows("emails", accepted=int(sys.argv[1]), rejected=1)
if sys.argv[2] == "ends":
    metrics.ended(status="completed", seconds=1.5, now=float(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


class Service:
    """The served folder and its trouble."""

    def __init__(self, url):
        self.url = url
        self.trouble = None

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def values(self):
        lines = [line for line in self.get("/metrics")[1].splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def counted(self):
        return {name: value for name, value in self.values().items() if not name.startswith("pqr_service_")}


@pytest.fixture
def service(tmp_path, monkeypatch):
    monkeypatch.setenv(METRICS_FOLDER, "")
    (tmp_path / "counter_1.db").write_bytes(b"stale")
    share_metrics(tmp_path)
    shown = Service("")
    with exposition(tmp_path, lambda: shown.trouble, host="127.0.0.1", port=0) as url:
        shown.url = url
        yield shown


def _child(rows, how="ends"):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(rows), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    return child


ACCEPTED = 'pqr_rows_total{dataset="emails",outcome="accepted",stage="bronze"}'
RUNNING = 'pqr_stage_in_progress{stage="bronze"}'
LAST_SUCCESS = 'pqr_last_success_timestamp_seconds{stage="bronze"}'
DURATIONS = 'pqr_stage_duration_seconds_count{stage="bronze"}'


def test_what_children_count_is_summed_and_outlives_them(service, tmp_path):
    """Living and dead count alike, a killed one's run is no longer in progress, and files do not pile up."""
    first, second, killed = _child(10), _child(200), _child(3000, "hangs")
    alive = service.values()
    assert (alive[ACCEPTED], alive[RUNNING], alive[LAST_SUCCESS], alive[DURATIONS]) == (3210, 1, 200, 2)
    killed.send_signal(signal.SIGKILL)
    for child in (first, second, killed):
        child.communicate()
    dead = service.values()
    assert (dead[ACCEPTED], dead[LAST_SUCCESS], dead[DURATIONS]) == (3210, 200, 2)
    assert dead.get(RUNNING, 0) == 0
    _child(40000).communicate()
    assert service.values()[ACCEPTED] == 43210
    assert service.counted() == service.counted()
    assert sorted(path.name for path in tmp_path.glob("*.db")) == [
        "counter_0.db", "gauge_max_0.db", "histogram_0.db",
    ]  # fmt: skip


def test_health_is_200_or_503_with_what_is_wrong(service):
    """A probe sees the code, a person the sentence; other paths say what there is."""
    assert service.get("/health") == (200, "ok\n")
    service.trouble = "The worker must poll, found no poll for 90 s."
    assert service.get("/health") == (503, f"{service.trouble}\n")
    assert service.get("/")[0] == 404


def test_who_does_not_wait_for_the_answer_is_no_trouble(service, monkeypatch, capsys):
    """A scrape that timed out leaves no traceback in the service's log, and the next one is answered."""
    port = int(service.url.rpartition(":")[2])
    asked, go_on = threading.Event(), threading.Event()
    service.trouble = "slow"
    monkeypatch.setattr(SharedMetrics, "text", lambda _self: (asked.set(), go_on.wait(5), b"x" * 10_000_000)[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert asked.wait(5)
    go_on.set()
    assert service.get("/health")[0] == 503
    assert "Traceback" not in capsys.readouterr().err


def test_a_taken_port_is_a_setting_to_mend(service, tmp_path):
    """The sentence names the setting."""
    with (
        pytest.raises(InvalidSettings, match="PQR_METRICS_PORT"),
        exposition(tmp_path, lambda: None, host="127.0.0.1", port=int(service.url.rpartition(":")[2])),
    ):
        pass


def test_children_inherit_the_folder(service, tmp_path):
    """The environment carries it."""
    assert os.environ[METRICS_FOLDER] == str(tmp_path)


def test_what_the_service_takes_includes_its_runs(service):
    """Memory of the processes it started counts while they live; their time does, also when they are gone."""
    alone = service.values()
    child = _child(1)
    assert service.values()["pqr_service_memory_bytes"] > alone["pqr_service_memory_bytes"] + 10_000_000
    child.communicate()
    after = service.values()
    assert after["pqr_service_cpu_seconds_total"] > alone["pqr_service_cpu_seconds_total"]


LAST_DAY = """
import math, sys
from pqr_common.process.metrics import latest
day = float(sys.argv[1])
waiting = latest("pqr_waiting", "what waits", "kind")
waiting("old", 1 if day == 7 else math.nan)
waiting("all", day)
"""


def test_a_latest_figure_is_the_one_set_last(service):
    """Over processes that are gone: what the later run has not is no figure of the earlier one."""
    for tickets in (7, 3):
        subprocess.run([sys.executable, "-c", LAST_DAY, str(tickets)], check=True)
        shown = service.values()
    assert shown['pqr_waiting{kind="all"}'] == 3
    assert math.isnan(shown['pqr_waiting{kind="old"}'])


def test_a_process_that_ends_while_we_look_is_skipped(monkeypatch):
    """It is listed, and gone when its turn comes: the others still count."""
    child = subprocess.Popen(["true"])
    gone = psutil.Process(child.pid)
    child.wait()
    monkeypatch.setattr(psutil.Process, "children", lambda _self, recursive: [gone])
    cpu, memory = (family.samples[0].value for family in ServiceResources().collect())
    assert cpu > 0
    assert memory > 10_000_000
