"""The door to Neo4j: one statement at a time by its Query API, `POST /db/{name}/query/v2` of Neo4j 5.19 and newer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from pqr_common.errors import InvalidSettings, PqrError, Transient
from pqr_common.process.settings import Settings
from pqr_common.tables.sql import sql_of

__all__ = ["Neo4j"]

DATABASE = "neo4j"
USER = "neo4j"
TIMEOUT_SECONDS = 60
BATCH_ROWS = 500
UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Neo4j:
    """A database and who asks it."""

    url: str
    client: httpx.Client

    @classmethod
    def of(cls, settings: Settings) -> Neo4j:
        """By PQR_NEO4J_URL and PQR_NEO4J_PASSWORD; raises InvalidSettings when there is no URL."""
        if not settings.neo4j_url:
            raise InvalidSettings("PQR_NEO4J_URL must be http://host:7474 of a Neo4j, found nothing: set it.")
        password = settings.neo4j_password.get_secret_value() if settings.neo4j_password else ""
        auth = (USER, password) if password else None
        return cls(settings.neo4j_url, httpx.Client(base_url=settings.neo4j_url, auth=auth, timeout=TIMEOUT_SECONDS))

    def run(self, name: str) -> list[dict[str, Any]]:
        """The rows that cypher/<name>.cypher returns."""
        return self.ask(sql_of("pqr_pipeline", f"cypher/{name}.cypher"))

    def send(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        """Run cypher/<name>.cypher on the rows, some hundred at a time, each batch whole or not at all."""
        text = sql_of("pqr_pipeline", f"cypher/{name}.cypher")
        for start in range(0, len(rows), BATCH_ROWS):
            self.ask(text, rows=list(rows[start : start + BATCH_ROWS]))

    def constrain(self) -> None:
        """What makes an identity unique; there already is fine."""
        for statement in sql_of("pqr_pipeline", "cypher/constraints.cypher").split(";"):
            if statement.strip():
                self.ask(statement)

    def ask(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of the answer; Transient when there is none, PqrError with Neo4j's own words when it refuses."""
        path = f"/db/{DATABASE}/query/v2"
        try:
            answer = self.client.post(path, json={"statement": statement, "parameters": parameters})
            found = answer.json() if answer.content else {}
        except (httpx.TransportError, ValueError) as error:
            raise Transient(
                f"Neo4j must answer, found {type(error).__name__} at {self.url}: see that it runs, then try again."
            ) from error
        if answer.status_code == UNAUTHORIZED:
            raise InvalidSettings(
                f"PQR_NEO4J_PASSWORD must be that of the user {USER}, found it refused at {self.url}: correct it."
            )
        if answer.is_error or found.get("errors"):
            raise self._refused(answer.status_code, found)
        return list(_records(found.get("data") or {}))

    def _refused(self, status: int, found: dict[str, Any]) -> PqrError:
        errors = found.get("errors") or [{"code": str(status), "message": "no reason"}]
        code, message = errors[0].get("code", ""), errors[0].get("message", "")
        kind = Transient if ".TransientError." in code else PqrError
        return kind(f"Neo4j must take what is exported, found {code} ({message}) at {self.url}: see its log.")


def _records(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for values in data.get("values", ()):
        yield dict(zip(data["fields"], values, strict=True))
