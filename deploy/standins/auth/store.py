"""What the stand-in for Auth remembers: records by kind and id, in memory and, when there is a database, in Postgres.

The table is its own, in GoTrue's schema `auth`: the real one finds nothing of this in its way.
"""

from __future__ import annotations

import json
import threading
from typing import Any

Record = dict[str, Any]
DEFINITION = (
    "create schema if not exists auth",
    "create table if not exists auth.standin (kind text, id text, value jsonb not null, primary key (kind, id))",
)
PUT = "insert into auth.standin values (%s, %s, %s) on conflict (kind, id) do update set value = excluded.value"


class Store:
    """Records, changed under one lock; the database first, so that nothing is answered for that it does not hold."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.lock = dsn, threading.RLock()
        self.records: dict[tuple[str, str], Record] = {}
        if dsn:
            self._run(*((statement, ()) for statement in DEFINITION))
            with self._connected() as opened:
                for kind, name, value in opened.execute("select kind, id, value from auth.standin").fetchall():
                    self.records[kind, name] = value

    def get(self, kind: str, name: str) -> Record | None:
        return self.records.get((kind, name))

    def all(self, kind: str) -> list[Record]:
        return [value for (found, _), value in list(self.records.items()) if found == kind]

    def put(self, kind: str, name: str, value: Record) -> None:
        self._run((PUT, (kind, name, json.dumps(value))))
        self.records[kind, name] = value

    def remove(self, kind: str, name: str) -> None:
        self._run(("delete from auth.standin where kind = %s and id = %s", (kind, name)))
        self.records.pop((kind, name), None)

    def _run(self, *statements: tuple[str, tuple[str, ...]]) -> None:
        if self.dsn:
            with self._connected() as opened:
                for statement, values in statements:
                    opened.execute(statement, values)

    def _connected(self) -> Any:
        import psycopg  # noqa: PLC0415  there only where there is a database

        return psycopg.connect(self.dsn, connect_timeout=5)
