"""Stand-in for Grafana: reads what Grafana would be provisioned from, refuses to start on a fault, and shows no figure.

It proves that the files are mounted where Grafana looks and that they fit each other by this project's own checks
(check.py). Of Grafana it proves nothing: not that it takes the files, nor that a panel or an alert works.
"""

from __future__ import annotations

import html
import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import check

FACE = """<!doctype html><meta charset="utf-8"><title>Stand-in for Grafana</title>
<h1>This is not Grafana</h1>
<p>It is a stand-in for a machine that cannot pull its image. It has read these dashboards and found no fault in them.
Whether Grafana shows them, it cannot say. Their queries are asked of a real Prometheus by <code>make panels</code>.</p>
<ul>{}</ul>
"""


def titles(home: Path) -> list[str]:
    return sorted(json.loads(path.read_text(encoding="utf-8"))["title"] for path in home.glob("*/*.json"))


class Handler(BaseHTTPRequestHandler):
    """Health as Grafana words it, and a page that says what this is."""

    face = ""

    def log_message(self, *_: object) -> None:
        """A probe every few seconds is no news."""

    def do_GET(self) -> None:
        if self.path == "/api/health":
            self._send(200, "application/json", json.dumps({"database": "ok", "version": "stand-in"}))
        elif self.path == "/":
            self._send(200, "text/html; charset=utf-8", self.face)
        else:
            self._send(404, "text/plain; charset=utf-8", "This is a stand-in for Grafana and has no such page.\n")

    def _send(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    """Check, then serve until SIGTERM; 1 and the faults on stderr if there are any."""
    home = Path(os.environ.get("STANDIN_HOME", check.HOME))
    found = check.faults(home)
    if not os.environ.get("GF_SECURITY_ADMIN_PASSWORD"):
        found.append(
            "GF_SECURITY_ADMIN_PASSWORD must be set, or the administrator's password is the one everybody knows"
        )
    first = os.environ.get("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", "").replace(check.HOME, f"{home}/")
    if not Path(first).is_file():
        found.append(f"the home dashboard must be there, found no {first!r}")
    sys.stderr.writelines(f"stand-in for Grafana: {fault}\n" for fault in found)
    if found:
        return 1
    names = titles(home)
    Handler.face = FACE.format("".join(f"<li>{html.escape(name)}</li>" for name in names))
    server = ThreadingHTTPServer(("", int(os.environ.get("GF_SERVER_HTTP_PORT", "3000"))), Handler)
    server.daemon_threads = True
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stderr.write(f"This is a stand-in for Grafana. {len(names)} dashboards are well-formed; none is shown.\n")
    stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
