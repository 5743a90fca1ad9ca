"""What the double of Metabase remembers: rows by kind and number. All kinds are numbered by one count."""

from __future__ import annotations

import itertools
from typing import Any

from metabase_schemas import Refused

KINDS = ("user", "database", "table", "field", "collection", "card", "dashboard", "dashcard")


class Rows:
    """Everything it knows, in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.numbers = itertools.count(1)

    def _put(self, kind: str, row: dict[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        self.rows[kind][number] = row | {"id": number}
        return self.rows[kind][number]

    def _row(self, kind: str, number: Any) -> dict[str, Any]:
        if number not in self.rows[kind]:
            raise Refused(404, "Not found.")
        return self.rows[kind][number]
