"""Stand-in for metabase/metabase: the double of its API, keeping what it knows in the database that MB_DB_* name.

It shows no page. It proves that the job's calls are right as far as the source tells, that the role and the database
are there, and that every question runs; of Metabase itself it proves nothing.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from metabase_double import Metabase
from metabase_schemas import Refused

PORT = 3000
LEAST_KEY = 16  # characters of MB_ENCRYPTION_SECRET_KEY, or Metabase does not start


class Server(ThreadingHTTPServer):
    """The API over HTTP; `saved` is called after every request that may have changed something."""

    def __init__(self, address: tuple[str, int], metabase: Metabase, saved: Callable[[], None] = lambda: None) -> None:
        super().__init__(address, Handler)
        self.metabase, self.saved, self.lock = metabase, saved, threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = parts.path.removeprefix("/api") if parts.path.startswith("/api/") else "/none"
        session = self.headers.get("X-Metabase-Session", "")
        try:
            body = json.loads(data) if data else None
            with self.server.lock:
                status, value = self.server.metabase.handle(
                    self.command, path, query=dict(parse_qsl(parts.query)), body=body, session=session
                )
                if self.command != "GET":
                    self.server.saved()
        except Refused as refused:
            status, value = refused.status, refused.body
        text = (value if isinstance(value, str) else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(value, str) else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Kept:
    """The state as one row of JSON in Metabase's own database."""

    def __init__(self, variables: dict[str, str]) -> None:
        names = {"host": "HOST", "port": "PORT", "dbname": "DBNAME", "user": "USER", "password": "PASS"}
        where = make_conninfo(**{ours: variables[f"MB_DB_{theirs}"] for ours, theirs in names.items()})
        self._opened = psycopg.connect(where, autocommit=True)
        self._opened.execute("create table if not exists standin (one boolean primary key default true, state jsonb)")

    def close(self) -> None:
        self._opened.close()

    def load(self) -> dict[str, Any] | None:
        found = self._opened.execute("select state from standin").fetchone()
        return found[0] if found else None

    def save(self, state: dict[str, Any]) -> None:
        statement = "insert into standin (state) values (%s) on conflict (one) do update set state = excluded.state"
        self._opened.execute(statement, [json.dumps(state)])


def main() -> None:
    """Serve until stopped; a state from before is taken up."""
    if len(os.environ.get("MB_ENCRYPTION_SECRET_KEY", "")) < LEAST_KEY:
        raise SystemExit(f"MB_ENCRYPTION_SECRET_KEY must have {LEAST_KEY} characters at least.")
    metabase, kept = Metabase(starting=1, lag=2), Kept(dict(os.environ))
    before = kept.load()
    if before:
        metabase.restore(before)
    Server(("0.0.0.0", PORT), metabase, lambda: kept.save(metabase.state())).serve_forever()  # noqa: S104


if __name__ == "__main__":
    main()
