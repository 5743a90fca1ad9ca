"""The double of Metabase's API, as far as deploy/bootstrap/metabase.py uses it.

It refuses what Metabase's newest source refuses (metabase_schemas.py says where that stands), and keeps to these facts:
- setup_rest/api.clj: `setup-token` is in `GET /api/session/properties` until there is a user, then null; a token that
  does not match is 400; `prefs.allow_tracking` and `database` are taken and ignored; the answer is a session.
- session/api.clj: a wrong password is 401 with `errors.password`. Without a session everything else is 401.
- warehouses_rest/api.clj: a database that cannot be reached is refused with 400 (POST, and PUT of `details`); answers
  mask the password; the schema is read later, in Metabase's own time; PUT merges details.
- queries_rest/api/card.clj: legacy MBQL is taken, `GET /api/card/:id` answers in MBQL 5 stages and with many keys that
  may not be sent back; running a card is 202 whether it worked or not.
- dashboards_rest/api.clj: the list of dashcards replaces all; negative ids create; without `tabs` all tabs are deleted
  with their cards; every card must have a tab where there are several; `POST /:id/cards` is gone since 0.50.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from typing import Any

import metabase_queries as queries
import metabase_schemas as schemas
from metabase_dashboards import Dashboards
from metabase_schemas import Refused

MASKED = "**MetabasePass**"


class Metabase(Dashboards):
    """Everything it knows, in memory; `starting` and `lag` are how many looks its start and a look at a schema take."""

    def __init__(self, *, starting: int = 0, lag: int = 0) -> None:
        super().__init__()
        self.sessions: set[str] = set()
        self.token = secrets.token_hex(16)
        self.starting, self.lag = starting, lag
        self.unseen: dict[int, int] = {}  # database: looks until its schema is read
        self.calls: list[tuple[str, str]] = []

    def handle(self, method: str, path: str, *, query: dict[str, str], body: Any, session: str) -> tuple[int, Any]:
        """Status and body of one request; the path begins behind /api."""
        self.calls.append((method, path))
        for known, pattern, action, is_open in ROUTES:
            match = re.fullmatch(pattern, path)
            if known != method or not match:
                continue
            if not is_open and session not in self.sessions:
                raise Refused(401, "Unauthenticated")
            found = action(self, *map(int, match.groups()), query=query, body=body)
            return (202, found) if path.endswith("/query") else (200, found)
        raise Refused(404, "API endpoint does not exist.")

    # ---- start, set-up, sessions ----
    def health(self, **_: Any) -> Any:
        self.starting -= 1
        if self.starting >= 0:
            raise Refused(503, {"status": "initializing", "progress": 0.5})
        return {"status": "ok"}

    def properties(self, **_: Any) -> Any:
        return {"has-user-setup": bool(self.rows["user"]), "setup-token": None if self.rows["user"] else self.token}

    def set_up(self, *, body: Any, **_: Any) -> Any:
        given = schemas.SETUP.take(body)
        if self.rows["user"] or given["token"] != self.token:
            raise Refused(400, {"errors": {"token": "Token does not match the setup token."}})
        user = schemas.USER.take(given["user"])
        schemas.PREFS.take(given["prefs"])
        salt = secrets.token_hex(8)
        self._put("user", {"email": user["email"], "salt": salt, "hash": hashed(salt, user["password"])})
        return self._session()

    def sign_in(self, *, body: Any, **_: Any) -> Any:
        given = schemas.SESSION.take(body)
        for user in self.rows["user"].values():
            if user["email"] == given["username"] and user["hash"] == hashed(user["salt"], given["password"]):
                return self._session()
        raise Refused(401, {"errors": {"password": "did not match stored password"}})

    def _session(self) -> dict[str, str]:
        session = secrets.token_hex(16)
        self.sessions.add(session)
        return {"id": session}

    # ---- databases ----
    def databases(self, **_: Any) -> Any:
        found = [masked(row) for row in self.rows["database"].values()]
        return {"data": found, "total": len(found)}

    def add_database(self, *, body: Any, **_: Any) -> Any:
        given = schemas.DATABASE.take(body)
        queries.connected(given["details"]).close()
        row = self._put("database", given)
        self.unseen[row["id"]] = self.lag
        return masked(row)

    def change_database(self, number: int, *, body: Any, **_: Any) -> Any:
        row, given = self._row("database", number), schemas.DATABASE_UPDATE.take(body)
        details = {k: v for k, v in (given.get("details") or {}).items() if v != MASKED}
        merged = row["details"] | details
        queries.connected(merged).close()
        row.update(given, details=merged)
        return masked(row)

    def sync_schema(self, number: int, **_: Any) -> Any:
        self._row("database", number)
        self.unseen[number] = self.lag
        return {"status": "ok"}

    def metadata(self, number: int, **_: Any) -> Any:
        row = self._row("database", number)
        if self.unseen.get(number, 0) == 0:
            self._look(row)
        self.unseen[number] = max(0, self.unseen.get(number, 0) - 1)
        fields = list(self.rows["field"].values())
        tables = [t for t in self.rows["table"].values() if t["db_id"] == number]
        return masked(row) | {
            "tables": [t | {"fields": [f for f in fields if f["table_id"] == t["id"]]} for t in tables]
        }

    def _look(self, database: dict[str, Any]) -> None:
        tables = {(t["db_id"], t["schema"], t["name"]): t["id"] for t in self.rows["table"].values()}
        fields = {(f["table_id"], f["name"]) for f in self.rows["field"].values()}
        for schema, table, column, kind in queries.columns(database["details"]):
            key = (database["id"], schema, table)
            if key not in tables:
                named = {"db_id": database["id"], "schema": schema, "name": table, "active": True}
                tables[key] = self._put("table", named)["id"]
            if (tables[key], column) not in fields:
                self._put("field", {"table_id": tables[key], "name": column, "database_type": kind})

    # ---- collections ----
    def collections(self, **_: Any) -> Any:
        root = {"id": "root", "name": "Our analytics", "can_write": True}
        return [root, *self.rows["collection"].values()]

    def add_collection(self, *, body: Any, **_: Any) -> Any:
        given = schemas.COLLECTION.take(body)
        parent = given.get("parent_id")
        location = f"{self._row('collection', parent)['location']}{parent}/" if parent else "/"
        known = {key: given.get(key) for key in ("name", "description", "namespace")}
        return self._put("collection", known | {"location": location, "archived": False, "personal_owner_id": None})

    def items(self, number: int, *, query: dict[str, str], **_: Any) -> Any:
        self._row("collection", number)
        kinds = [query["models"]] if query.get("models") else ["card", "dashboard"]
        found = [
            {"id": row["id"], "name": row["name"], "model": kind, "description": row.get("description")}
            for kind in kinds
            for row in self.rows[kind].values()
            if row.get("collection_id") == number and not row.get("archived")
        ]
        return {"total": len(found), "data": found, "models": kinds, "limit": None, "offset": None}

    def state(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        return {"rows": self.rows, "token": self.token, "sessions": sorted(self.sessions)}

    def restore(self, state: dict[str, Any]) -> None:
        self.rows = {kind: {int(n): row for n, row in rows.items()} for kind, rows in state["rows"].items()}
        self.token, self.sessions = state["token"], set(state["sessions"])
        self.numbers = itertools.count(1 + max((n for rows in self.rows.values() for n in rows), default=0))


# method, path, action, whether it needs no session
ROUTES: list[tuple[str, str, Callable[..., Any], bool]] = [
    ("GET", "/health", Metabase.health, True),
    ("GET", "/session/properties", Metabase.properties, True),
    ("POST", "/setup", Metabase.set_up, True),
    ("POST", "/session", Metabase.sign_in, True),
    ("GET", "/database", Metabase.databases, False),
    ("POST", "/database", Metabase.add_database, False),
    ("PUT", r"/database/(\d+)", Metabase.change_database, False),
    ("POST", r"/database/(\d+)/sync_schema", Metabase.sync_schema, False),
    ("GET", r"/database/(\d+)/metadata", Metabase.metadata, False),
    ("GET", "/collection", Metabase.collections, False),
    ("POST", "/collection", Metabase.add_collection, False),
    ("GET", r"/collection/(\d+)/items", Metabase.items, False),
    ("POST", "/card", Metabase.add_card, False),
    ("GET", r"/card/(\d+)", Metabase.card, False),
    ("PUT", r"/card/(\d+)", Metabase.change_card, False),
    ("POST", r"/card/(\d+)/query", Metabase.run_card, False),
    ("POST", "/dashboard", Metabase.add_dashboard, False),
    ("GET", r"/dashboard/(\d+)", Metabase.dashboard, False),
    ("PUT", r"/dashboard/(\d+)", Metabase.change_dashboard, False),
]


def masked(database: dict[str, Any]) -> dict[str, Any]:
    return database | {"details": database["details"] | {"password": MASKED}}


def hashed(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
