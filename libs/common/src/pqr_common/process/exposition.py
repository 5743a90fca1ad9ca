"""What a service shows of itself over HTTP: `/metrics`, summed over all its processes, and `/health`.

Runs execute in child processes that come and go. Each writes its metrics to files of its own in one shared folder;
what the dead left is folded into one file a kind, so that a service may live for years.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from pqr_common.errors import InvalidSettings
from pqr_common.process.resources import ServiceResources

__all__ = ["METRICS_FOLDER", "Health", "exposition", "share_metrics"]

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
RETIRED = "0"  # no process has this number
LIVE_KINDS = "gauge_live"  # what was true of a process only while it lived

Health = Callable[[], "str | None"]  # what is wrong, or nothing


def share_metrics(folder: Path) -> None:
    """Make this process's children write their metrics to the folder; what an earlier service left there is dropped."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.db"):
        stale.unlink()
    os.environ[METRICS_FOLDER] = str(folder)


@contextlib.contextmanager
def exposition(folder: Path, health: Health, *, host: str, port: int) -> Iterator[str]:
    """Serve `/metrics` of the folder and `/health` (200, or 503 with what is wrong) for the while; gives the URL."""
    metrics = SharedMetrics(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = _answer(self.path.partition("?")[0], metrics, health)
            with contextlib.suppress(ConnectionError):  # who asked did not wait
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
            """A probe every few seconds is no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise InvalidSettings(
            f"PQR_METRICS_PORT must be a free port, found {error.strerror!r} at {host}:{port}: set another one."
        ) from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{host}:{server.server_address[1]}"
        server.shutdown()


@dataclass(frozen=True, slots=True)
class Answer:
    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


def _answer(path: str, metrics: SharedMetrics, health: Health) -> Answer:
    if path == "/metrics":
        return Answer(HTTPStatus.OK, metrics.text(), CONTENT_TYPE_LATEST)
    if path == "/health":
        trouble = health()
        status = HTTPStatus.SERVICE_UNAVAILABLE if trouble else HTTPStatus.OK
        return Answer(status, f"{trouble or 'ok'}\n".encode())
    return Answer(HTTPStatus.NOT_FOUND, b"Here are /metrics and /health.\n")


class SharedMetrics:
    """The metrics files of a folder; only one reader may fold them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def text(self) -> bytes:
        """The sum over all processes, living and dead, in the Prometheus text format."""
        with self._lock:
            self._retire()
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=str(self.folder))  # type: ignore[no-untyped-call]
            registry.register(ServiceResources())
            return generate_latest(registry)

    def _retire(self) -> None:
        for path in self.folder.glob("*.db"):
            kind, _, pid = path.stem.rpartition("_")
            if pid == RETIRED or _is_alive(int(pid)):
                continue
            if not kind.startswith(LIVE_KINDS):
                _fold(path, self.folder / f"{kind}_{RETIRED}.db", kind)
            path.unlink()


def _fold(path: Path, into: Path, kind: str) -> None:
    """Add a dead process's values to those of the dead before it, as its kind is added."""
    retired = MmapedDict(str(into))  # type: ignore[no-untyped-call]
    try:
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]
            before, before_at = retired.read_value(key)  # type: ignore[no-untyped-call]
            if kind == "gauge_max":
                value = max(value, before)  # noqa: PLW2901
            elif kind == "gauge_mostrecent":
                value, timestamp = max((timestamp, value), (before_at, before))[::-1]  # noqa: PLW2901
            else:
                value += before  # noqa: PLW2901
            retired.write_value(key, value, timestamp)  # type: ignore[no-untyped-call]
    finally:
        retired.close()  # type: ignore[no-untyped-call]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
