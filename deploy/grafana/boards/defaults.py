"""What every board and panel of a kind has in Grafana's model, whatever it shows."""

from __future__ import annotations

from typing import Any

__all__ = ["ACCENT", "ALERT_LIST", "BAD", "FRAME", "GOOD", "LINES", "UP_OR_DOWN", "WARNING", "Json"]

SCHEMA_VERSION = 41
GOOD, WARNING, BAD, ACCENT = "#2E7D4F", "#B26A00", "#B3261E", "#0F5C6E"

Json = dict[str, Any]

LINES: Json = {
    "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "showPoints": "auto", "pointSize": 4,
    "spanNulls": 120_000, "axisSoftMin": 0,
}  # fmt: skip
UP_OR_DOWN = [{"type": "value", "options": {"1": {"text": "up", "color": GOOD}, "0": {"text": "down", "color": BAD}}}]
ALERT_LIST: Json = {
    "viewMode": "list", "groupMode": "default", "groupBy": [], "maxItems": 20, "sortOrder": 3, "alertName": "",
    "dashboardAlerts": False, "showInstances": False,
    "stateFilter": {"firing": True, "pending": True, "error": True, "noData": False, "normal": False},
}  # fmt: skip
FRAME: Json = {
    "id": None,
    "schemaVersion": SCHEMA_VERSION,
    "version": 1,
    "tags": ["pqr"],
    "editable": False,
    "graphTooltip": 1,
    "refresh": "30s",
    "time": {"from": "now-6h", "to": "now"},
    "timezone": "browser",
    "fiscalYearStartMonth": 0,
    "annotations": {"list": []},
    "links": [
        {
            "type": "dashboards", "title": "PQR dashboards", "tags": ["pqr"], "asDropdown": True, "icon": "external link",
            "keepTime": True, "includeVars": False, "targetBlank": False, "tooltip": "", "url": "",
        }
    ],
}  # fmt: skip
