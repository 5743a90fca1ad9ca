"""Questions as the double of Metabase keeps, runs and shows them."""

from __future__ import annotations

from typing import Any

import metabase_queries as queries
import metabase_schemas as schemas
from metabase_rows import Rows
from metabase_schemas import Refused

READ_ONLY = {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "entity_id": "x" * 21}


class Cards(Rows):
    """The part of the API that is about questions."""

    def add_card(self, *, body: Any, **_: Any) -> Any:
        given = schemas.CARD.take(body)
        self._text(given["dataset_query"])
        if given.get("collection_id"):
            self._row("collection", given["collection_id"])
        return self._shown(self._put("card", {"archived": False, "description": None} | given))

    def card(self, number: int, **_: Any) -> Any:
        return self._shown(self._row("card", number))

    def change_card(self, number: int, *, body: Any, **_: Any) -> Any:
        row, given = self._row("card", number), schemas.CARD_UPDATE.take(body)
        if given.get("dataset_query"):
            self._text(given["dataset_query"])
        row.update(given)
        return self._shown(row)

    def run_card(self, number: int, **_: Any) -> Any:
        query = self._row("card", number)["dataset_query"]
        return queries.answer(self._row("database", query["database"])["details"], self._text(query))

    def _text(self, query: dict[str, Any]) -> Any:
        """SQL of a legacy query, once it is known to be one: its database, table and fields are there."""
        self._row("database", query.get("database"))
        if query.get("type") == "native" and schemas.is_text(query.get("native", {}).get("query")):
            return query["native"]["query"]
        if query.get("type") == "query" and schemas.is_map(query.get("query")):
            return queries.compiled(query["query"], self.rows["table"], self.rows["field"])
        raise Refused(400, {"errors": {"dataset_query": "value must be a valid query."}})

    def _shown(self, card: dict[str, Any]) -> dict[str, Any]:
        query = card["dataset_query"]
        is_native = query["type"] == "native"
        stage = {"lib/type": f"mbql.stage/{'native' if is_native else 'mbql'}"}
        stage |= {"native": query["native"]["query"]} if is_native else {"source-table": query["query"]["source-table"]}
        shown = {"lib/type": "mbql/query", "database": query["database"], "stages": [stage]}
        more = {"creator": {}, "can_write": True, "dashboard_count": 0, "result_metadata": [], "last-edit-info": {}}
        return card | {"dataset_query": shown} | more | READ_ONLY
