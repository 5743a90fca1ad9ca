"""The dashboard of Metabase: our part of its cards as the file says, the part of people as they left it.

Metabase takes the whole list of cards at once and deletes what is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metabase_api import Metabase
from metabase_files import FILE_KEY, VERSION_KEY, Files, Place, digest, mark

# What a dashcard and a tab may hold when they are sent; answers hold more, which is refused.
DASHCARD_KEYS = (
    "id", "size_x", "size_y", "row", "col", "card_id", "action_id", "dashboard_tab_id", "parameter_mappings",
    "visualization_settings", "inline_parameters", "series",
)  # fmt: skip
TAB_KEYS = ("id", "name")


def bring_board(api: Metabase, files: Files, *, cards: Mapping[str, int], collection: int) -> str:
    """Our cards and headings where the file says, beside what people put there: made, changed or left."""
    named = [item for item in api.items(collection, "dashboard") if item["name"] == files.title]
    if named:
        board = api.call("GET", f"/dashboard/{named[0]['id']}")
    else:
        body = {"name": files.title, "description": files.description, "collection_id": collection}
        board = api.call("POST", "/dashboard", body)
    version = digest([files.description, [_placed(place, cards, "") for place in files.places]])
    ours = {mark(dashcard, FILE_KEY): dashcard for dashcard in board["dashcards"] if mark(dashcard, FILE_KEY)}
    is_same = {place.name for place in files.places} == set(ours) and all(
        mark(dashcard, VERSION_KEY) == version for dashcard in ours.values()
    )
    if not is_same:
        api.call("PUT", f"/dashboard/{board['id']}", _board(board, files, cards=cards, version=version, ours=ours))
    return "made" if not named else "left" if is_same else "changed"


def _board(
    board: Mapping[str, Any], files: Files, *, cards: Mapping[str, int], version: str, ours: Mapping[str | None, Any]
) -> dict[str, Any]:
    """The body of `PUT /api/dashboard/:id`; a negative id asks for a new card, an absent one is a deleted card."""
    tabs = [{key: tab[key] for key in TAB_KEYS} for tab in board.get("tabs") or ()]
    theirs = [dashcard for dashcard in board["dashcards"] if not mark(dashcard, FILE_KEY)]
    sent = [_sendable(dashcard) for dashcard in theirs]
    for number, place in enumerate(files.places, start=1):
        there = ours.get(place.name) or {}
        tab = {"dashboard_tab_id": there.get("dashboard_tab_id") or tabs[0]["id"]} if tabs else {}
        sent.append(_placed(place, cards, version) | {"id": there.get("id", -number)} | tab)
    body = {"name": files.title, "description": files.description, "dashcards": sent}
    return body | ({"tabs": tabs} if tabs else {})


def _sendable(dashcard: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: dashcard[key] for key in DASHCARD_KEYS if key in dashcard}
    return kept | {"series": [{"id": card["id"]} for card in dashcard.get("series") or ()]}


def _placed(place: Place, cards: Mapping[str, int], version: str) -> dict[str, Any]:
    settings: dict[str, Any] = {FILE_KEY: place.name, VERSION_KEY: version}
    if place.heading:
        virtual: dict[str, Any] = {
            "name": None,
            "display": "heading",
            "visualization_settings": {},
            "dataset_query": {},
        }
        settings |= {"text": place.heading, "virtual_card": virtual | {"archived": False}}
    return {
        "card_id": None if place.heading else cards[place.name],
        "row": place.row,
        "col": place.col,
        "size_x": place.width,
        "size_y": place.height,
        "parameter_mappings": [],
        "series": [],
        "visualization_settings": settings,
    }
