"""Single statements, each over a connection of its own."""

from __future__ import annotations

from typing import Any

import psycopg

__all__ = ["change", "query"]


def query(dsn: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    with psycopg.connect(dsn) as opened:
        return opened.execute(statement, parameters).fetchall()


def change(dsn: str, statement: str) -> None:
    """Carry out statements, and commit."""
    with psycopg.connect(dsn) as opened:
        opened.execute(statement)
