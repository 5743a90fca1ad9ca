"""The words dashboards are written in: a board of rows of panels, each with its queries; `Board.to_json` is Grafana's model.

Panels flow from left to right over Grafana's 24 columns and get their place, number and data source here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from boards.defaults import ACCENT, ALERT_LIST, BAD, FRAME, GOOD, LINES, UP_OR_DOWN, WARNING, Json

from pqrs.parameters import BREACH_RATE_MAX

__all__ = ["BAD", "GOOD", "LIMIT", "PLAIN", "WARNING", "Board", "Limits", "Panel", "Query", "Row"]

COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "prometheus"}
LIMIT = float(BREACH_RATE_MAX)  # of the breach ratio: what the entity may not exceed


@dataclass(frozen=True, slots=True)
class Limits:
    """From which value on a figure is of concern, and from which it is bad; `None` is never."""

    warning: float | None = None
    bad: float | None = None
    low_is_bad: bool = False  # good from `warning` on

    def steps(self) -> list[Json]:
        if self.low_is_bad:
            return [{"color": BAD, "value": None}, {"color": GOOD, "value": self.warning}]
        marks = [(WARNING, self.warning), (BAD, self.bad)]
        first = GOOD if self.warning is not None or self.bad is not None else ACCENT
        return [{"color": first, "value": None}] + [{"color": c, "value": v} for c, v in marks if v is not None]


PLAIN = Limits()


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `kind` is stat, gauge, bargauge, timeseries, state-timeline or alertlist."""

    kind: str
    title: str
    description: str
    queries: tuple[Query, ...] = ()
    unit: str = "short"
    limits: Limits = PLAIN
    width: int = 8
    height: int = 8
    highest: float | None = None
    decimals: int | None = None
    is_stacked: bool = False
    shows_limit: bool = False
    names: dict[str, str] = field(default_factory=dict)  # of series, where the label is a code

    def to_json(self, number: int, x: int, y: int) -> Json:
        place = {"x": x, "y": y, "w": self.width, "h": self.height}
        base: Json = {"id": number, "type": self.kind, "title": self.title, "description": self.description}
        base["gridPos"] = place
        if self.kind == "alertlist":
            return base | {"options": ALERT_LIST}
        return base | {
            "datasource": SOURCE,
            "fieldConfig": {"defaults": self._defaults(), "overrides": list(self._overrides())},
            "options": self._options(),
            "targets": [self._target(number, query) for number, query in enumerate(self.queries)],
        }

    def _target(self, number: int, query: Query) -> Json:
        is_instant = self.kind in ("stat", "gauge", "bargauge")
        how: Json = {"instant": True, "range": False} if is_instant else {"instant": False, "range": True}
        name = {"refId": chr(ord("A") + number), "datasource": SOURCE, "editorMode": "code"}
        return name | how | {"expr": query.expr, "legendFormat": query.legend or "__auto"}

    def _defaults(self) -> Json:
        found: Json = {
            "unit": self.unit,
            "thresholds": {"mode": "absolute", "steps": self.limits.steps()},
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
        }
        if self.kind != "state-timeline" and self.unit not in ("dateTimeFromNow", "dtdurations"):
            found["min"] = 0
        if self.highest is not None:
            found["max"] = self.highest
        if self.decimals is not None:
            found["decimals"] = self.decimals
        if self.kind == "timeseries":
            found["custom"] = LINES | {
                "stacking": {"mode": "normal" if self.is_stacked else "none", "group": "A"},
                "fillOpacity": 40 if self.is_stacked else 8,
                "thresholdsStyle": {"mode": "dashed" if self.shows_limit else "off"},
            }
        if self.kind == "stat":
            found["noValue"] = "nothing yet"
        if self.kind == "state-timeline":
            found |= {"mappings": UP_OR_DOWN, "custom": {"fillOpacity": 80, "lineWidth": 0}}
        return found

    def _overrides(self) -> Iterator[Json]:
        for code, name in self.names.items():
            said = [{"id": "displayName", "value": name}]
            yield {"matcher": {"id": "byName", "options": code}, "properties": said}

    def _options(self) -> Json:
        last = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
        legend = {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]}
        options: dict[str, Json] = {
            "stat": last | {"colorMode": "value", "graphMode": "none", "textMode": "auto", "wideLayout": True},
            "gauge": last | {"showThresholdLabels": False, "showThresholdMarkers": True},
            "bargauge": last | {"displayMode": "basic", "orientation": "horizontal", "valueMode": "color"},
            "timeseries": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
            "state-timeline": {
                "mergeValues": True, "rowHeight": 0.8, "showValue": "never",
                "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
            },
        }  # fmt: skip
        return options[self.kind]


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a title, once or for each value of the board's variable."""

    title: str
    panels: tuple[Panel, ...]
    repeat: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. A variable has a name, a label and its values, all of which are chosen at first."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variable: tuple[str, str, tuple[str, ...]] | None = None

    def to_json(self) -> Json:
        return FRAME | {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "templating": {"list": [_variable(*self.variable)] if self.variable else []},
            "panels": list(self._panels()),
        }

    def _panels(self) -> Iterator[Json]:
        number, y = 1, 0
        for row in self.rows:
            yield _row(row, number, y)
            number, x, y, lowest = number + 1, 0, y + 1, y + 1
            for panel in row.panels:
                if x + panel.width > COLUMNS:
                    x, y = 0, lowest
                yield panel.to_json(number, x, y)
                number, x, lowest = number + 1, x + panel.width, max(lowest, y + panel.height)
            y = lowest


def _row(row: Row, number: int, y: int) -> Json:
    found: Json = {"id": number, "type": "row", "title": row.title, "collapsed": False, "panels": []}
    found["gridPos"] = {"x": 0, "y": y, "w": COLUMNS, "h": 1}
    return found | ({"repeat": row.repeat} if row.repeat else {})


def _variable(name: str, label: str, values: tuple[str, ...]) -> Json:
    options = [{"text": value, "value": value, "selected": False} for value in values]
    return {
        "name": name, "label": label, "type": "custom", "query": ",".join(values), "options": options,
        "includeAll": True, "multi": True, "hide": 0, "current": {"text": ["All"], "value": ["$__all"]},
    }  # fmt: skip
