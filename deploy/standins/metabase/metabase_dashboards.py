"""Dashboards as the double of Metabase keeps them: the list of dashcards that is sent replaces all there were."""

from __future__ import annotations

from typing import Any

import metabase_schemas as schemas
from metabase_cards import READ_ONLY, Cards
from metabase_schemas import Refused

DASHCARD_DEFAULTS: dict[str, Any] = {
    "card_id": None, "action_id": None, "dashboard_tab_id": None, "parameter_mappings": [],
    "visualization_settings": {}, "inline_parameters": [], "series": [],
}  # fmt: skip


class Dashboards(Cards):
    """The part of the API that is about dashboards, and what stands on them."""

    def add_dashboard(self, *, body: Any, **_: Any) -> Any:
        given = schemas.DASHBOARD.take(body)
        return self.dashboard(self._put("dashboard", {"archived": False, "tabs": []} | given)["id"])

    def dashboard(self, number: int, **_: Any) -> Any:
        row = self._row("dashboard", number)
        cards = [self._shown_dashcard(d) for d in self.rows["dashcard"].values() if d["dashboard_id"] == number]
        return row | {"dashcards": cards, "creator": {}, "param_fields": {}} | READ_ONLY

    def change_dashboard(self, number: int, *, body: Any, **_: Any) -> Any:
        row, given = self._row("dashboard", number), schemas.DASHBOARD_UPDATE.take(body)
        if given.get("dashcards") is not None:
            sent = [schemas.DASHCARD.take(card) for card in given["dashcards"]]
            tabs = [schemas.TAB.take(tab) for tab in given.get("tabs") or ()]
            self._replace(row, sent, tabs)
        row.update({key: value for key, value in given.items() if key not in ("dashcards", "tabs")})
        return self.dashboard(number)

    def _replace(self, board: dict[str, Any], sent: list[dict[str, Any]], tabs: list[dict[str, Any]]) -> None:
        """What do-update-dashcards! does with the whole list."""
        there = {n: d for n, d in self.rows["dashcard"].items() if d["dashboard_id"] == board["id"]}
        if len({card["id"] for card in sent}) < len(sent):
            raise Refused(400, {"errors": {"dashcards": "value must be seq of maps in which ids are unique"}})
        if tabs and any(card.get("dashboard_tab_id") is None for card in sent) and len(tabs) > 1:
            raise Refused(400, "This dashboard has tab, makes sure every card has a tab")
        for card in sent:
            for shown in [card.get("card_id"), *(one["id"] for one in card.get("series") or ())]:
                self._row("card", shown) if shown else None
            if card["id"] > 0:
                self._row("dashcard", card["id"])
        real = {tab["id"]: tab["id"] if tab["id"] > 0 else next(self.numbers) for tab in tabs}
        board["tabs"] = [tab | {"id": real[tab["id"]]} for tab in tabs]
        for gone in there.keys() - {card["id"] for card in sent}:
            del self.rows["dashcard"][gone]
        for card in sent:
            number = card["id"] if card["id"] in there else next(self.numbers)
            kept = DASHCARD_DEFAULTS | there.get(number, {}) | card
            tab = real.get(kept["dashboard_tab_id"])
            ours = {"id": number, "dashboard_id": board["id"], "dashboard_tab_id": tab}
            self.rows["dashcard"][number] = kept | ours

    def _shown_dashcard(self, dashcard: dict[str, Any]) -> dict[str, Any]:
        number = dashcard["card_id"]
        return dashcard | {"card": self._shown(self._row("card", number)) if number else None} | READ_ONLY
