"""What Metabase's API takes: the closed maps of its newest source, and how it says no to anything else.

Source, in metabase/metabase: session/api.clj and setup_rest/api.clj (open maps: more keys are ignored),
warehouses_rest/api.clj (POST and PUT /api/database, closed), collections_rest/api.clj (open),
queries_rest/api/card.clj (CardCreateSchema and CardUpdateSchema, closed), dashboards_rest/api.clj (POST, DashUpdates,
UpdatedDashboardCard and UpdatedDashboardTab, closed; dashcards and tabs have unique ids).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PASSWORD = re.compile(r"(?=.*\d).{6,}")  # metabase/util/password.clj: complexity "normal"


class Refused(Exception):
    """An answer that is an error: status, and a body that is text or a map."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_positive(value: Any) -> bool:
    return is_number(value) and value > 0


def is_natural(value: Any) -> bool:
    return is_number(value) and value >= 0


def is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def is_map(value: Any) -> bool:
    return isinstance(value, dict)


def is_list(value: Any) -> bool:
    return isinstance(value, list)


def is_any_text(value: Any) -> bool:
    return isinstance(value, str)


def is_email(value: Any) -> bool:
    return is_text(value) and re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None


def is_password(value: Any) -> bool:
    return is_text(value) and PASSWORD.fullmatch(value) is not None


def is_series(value: Any) -> bool:
    return is_list(value) and all(is_map(v) and set(v) == {"id"} and is_positive(v["id"]) for v in value)


Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Schema:
    """Keys that must be there, keys that may be (also as null), and whether others are refused."""

    must: dict[str, Check]
    may: dict[str, Check]
    is_closed: bool = True

    def take(self, body: Any) -> dict[str, Any]:
        """The body; raises Refused with 400 and what is wrong key by key, in the form of Metabase's own errors."""
        if not is_map(body):
            raise Refused(400, {"errors": {"_error": "value must be a map."}})
        wrong = {key: "missing required key" for key in self.must if key not in body}
        wrong |= {
            key: "value is not as required" for key, check in self.must.items() if key in body and not check(body[key])
        }
        known = self.must.keys() | self.may.keys()
        wrong |= {
            key: "value is not as required"
            for key, check in self.may.items()
            if body.get(key) is not None and not check(body[key])
        }
        if self.is_closed:
            wrong |= dict.fromkeys(body.keys() - known, "disallowed key")
        if wrong:
            # Metabase repeats what it received, passwords too
            specific = {key: [f"{why}, received: {body.get(key)!r}"] for key, why in wrong.items()}
            raise Refused(400, {"errors": wrong, "specific-errors": specific})
        return dict(body)


SETUP = Schema({"token": is_text, "user": is_map, "prefs": is_map}, {"database": is_map}, is_closed=False)
USER = Schema({"email": is_email, "password": is_password}, {"first_name": is_text, "last_name": is_text}, False)
PREFS = Schema({"site_name": is_text}, {"site_locale": is_text}, is_closed=False)
SESSION = Schema({"username": is_text, "password": is_text}, {}, is_closed=False)

DATABASE = Schema(
    {"name": is_text, "engine": is_text, "details": is_map},
    {
        "is_full_sync": is_flag, "is_on_demand": is_flag, "schedules": is_map, "auto_run_queries": is_flag,
        "cache_ttl": is_positive, "connection_source": is_text, "provider_name": is_any_text, "is_stub": is_flag,
    },
)  # fmt: skip
DATABASE_UPDATE = Schema(
    {},
    {
        "name": is_text, "engine": is_text, "refingerprint": is_flag, "details": is_map, "write_data_details": is_map,
        "schedules": is_map, "is_full_sync": is_flag, "is_on_demand": is_flag, "description": is_any_text,
        "caveats": is_any_text, "points_of_interest": is_any_text, "auto_run_queries": is_flag,
        "cache_ttl": is_positive, "provider_name": is_any_text, "settings": is_map, "is_stub": is_flag,
    },
)  # fmt: skip
COLLECTION = Schema(
    {"name": is_text},
    {"description": is_text, "parent_id": is_positive, "namespace": is_text, "authority_level": is_text},
    is_closed=False,
)

CARD = Schema(
    {"name": is_text, "dataset_query": is_map, "display": is_text, "visualization_settings": is_map},
    {
        "type": lambda v: v in ("question", "model", "metric"), "entity_id": is_text, "parameters": is_list,
        "parameter_mappings": is_list, "description": is_text, "collection_id": is_positive,
        "collection_position": is_positive, "result_metadata": is_list, "cache_ttl": is_positive,
        "dashboard_id": is_positive, "dashboard_tab_id": is_positive, "size": is_map, "source_card_id": is_positive,
    },
)  # fmt: skip
CARD_UPDATE = Schema(
    {},
    {
        "name": is_text, "parameters": is_list, "parameter_mappings": is_list, "dataset_query": is_map,
        "type": lambda v: v in ("question", "model", "metric"), "display": is_text, "description": is_any_text,
        "visualization_settings": is_map, "archived": is_flag, "enable_embedding": is_flag,
        "embedding_type": is_any_text, "embedding_params": is_map, "collection_id": is_positive,
        "collection_position": is_positive, "result_metadata": is_list, "cache_ttl": is_positive,
        "collection_preview": is_flag, "dashboard_id": is_positive, "dashboard_tab_id": is_positive,
    },
)  # fmt: skip

DASHBOARD = Schema(
    {"name": is_text},
    {
        "parameters": is_list, "description": is_any_text, "cache_ttl": is_positive, "collection_id": is_positive,
        "collection_position": is_positive,
    },
)  # fmt: skip
DASHBOARD_UPDATE = Schema(
    {},
    {
        "name": is_text, "description": is_any_text, "caveats": is_any_text, "points_of_interest": is_any_text,
        "show_in_getting_started": is_flag, "enable_embedding": is_flag, "embedding_type": is_any_text,
        "embedding_params": is_map, "parameters": is_list, "position": is_positive,
        "width": lambda v: v in ("fixed", "full"), "archived": is_flag, "auto_apply_filters": is_flag,
        "collection_id": is_positive, "collection_position": is_positive, "cache_ttl": is_positive,
        "dashcards": is_list, "tabs": is_list,
    },
)  # fmt: skip
DASHCARD = Schema(
    {"id": is_number, "size_x": is_positive, "size_y": is_positive, "row": is_natural, "col": is_natural},
    {
        "card_id": is_positive, "action_id": is_positive, "dashboard_tab_id": is_number, "parameter_mappings": is_list,
        "visualization_settings": is_map, "inline_parameters": is_list, "series": is_series,
    },
)  # fmt: skip
TAB = Schema({"id": is_number, "name": is_text}, {"position": is_natural})
