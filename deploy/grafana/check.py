"""What is wrong with the files Grafana is provisioned from, also where Grafana would only show an empty panel.

Its own tests call it, and so does the stand-in before it starts. Standard library and PyYAML only.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

UID = re.compile(r"[a-zA-Z0-9_-]{1,40}")
COLUMNS = 24
SCHEMA_VERSION = 41
HOME = "/etc/grafana/"
EXPRESSIONS = "__expr__"  # Grafana's own source of alert expressions
STATES = {"noDataState": {"NoData", "OK", "Alerting"}, "execErrState": {"Error", "OK", "Alerting"}}
GLOBALS = {"__rate_interval", "__range", "__interval", "__auto"}
KINDS = {"row", "stat", "gauge", "bargauge", "timeseries", "state-timeline", "alertlist", "table", "logs"}

Json = dict[str, Any]


def faults(home: Path) -> list[str]:
    """One sentence per fault, with its file; none when all is well. `home` is what Grafana has as /etc/grafana."""
    try:
        found = _read(home)
    except (OSError, ValueError, yaml.YAMLError) as error:
        return [f"every file must be readable YAML or JSON: {error}"]
    sources, boards, rules = found.source_uids, found.boards, found.rules
    kinds = {"datasource": found.sources, "dashboard": [b for _, b in boards], "alert rule": [r for _, r in rules]}
    said = [fault for kind, things in kinds.items() for fault in _uids(kind, [thing.get("uid") for thing in things])]
    kinds["provider of dashboards"] = found.providers
    said += [f"at least one {kind} must be there, found none" for kind, things in kinds.items() if not things]
    said += [f"titles must differ, found {title!r} twice" for title in _twice(b.get("title") for _, b in boards)]
    said += [f"{name}: {fault}" for name, board in boards for fault in _board(board, sources)]
    linked = {board.get("uid"): {str(panel.get("id")) for panel in panels(board)} for _, board in boards}
    folders = {provider.get("folder") for provider in found.providers}
    said += [f"a folder of alerts must not be one of dashboards, found {f!r}" for f in found.alert_folders & folders]
    return said + [f"{n}: {rule.get('title')}: {fault}" for n, rule in rules for fault in _rule(rule, sources, linked)]


@dataclass(frozen=True)
class Found:
    """What the files hold; boards and rules with the name of their file."""

    sources: list[Json]
    providers: list[Json]
    boards: list[tuple[str, Json]]
    rules: list[tuple[str, Json]]
    alert_folders: set[Any]

    @property
    def source_uids(self) -> set[Any]:
        return {source.get("uid") for source in self.sources}


def _read(home: Path) -> Found:
    places = home / "provisioning"
    groups = [(name, group) for name, file in _yaml(places / "alerting") for group in file.get("groups", [])]
    providers = [provider for _, file in _yaml(places / "dashboards") for provider in file.get("providers", [])]
    return Found(
        [source for _, file in _yaml(places / "datasources") for source in file.get("datasources", [])],
        providers,
        [board for provider in providers for board in _boards(home, provider["options"]["path"])],
        [(name, rule) for name, group in groups for rule in group.get("rules", [])],
        {group.get("folder") for _, group in groups},
    )


def _boards(home: Path, path: str) -> list[tuple[str, Json]]:
    """The dashboards of a provider, whose path is one of Grafana's container."""
    files = sorted(home.glob(f"{path.removeprefix(HOME)}/*.json")) if path.startswith(HOME) else []
    if not files:
        raise ValueError(f"a provider's path must be a folder of {HOME} with dashboards, found {path}")
    return [(file.name, json.loads(file.read_text(encoding="utf-8"))) for file in files]


def panels(board: Json) -> Iterator[Json]:
    """Every panel of a dashboard, also those inside collapsed rows."""
    for panel in board.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def _yaml(folder: Path) -> Iterator[tuple[str, Json]]:
    for path in sorted(folder.glob("*.y*ml")):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or found.get("apiVersion") != 1:
            raise ValueError(f"{path.name} must be a mapping of apiVersion 1")
        yield path.name, found


def _uids(kind: str, uids: list[Any]) -> Iterator[str]:
    for uid in uids:
        if not isinstance(uid, str) or not UID.fullmatch(uid):
            yield f"a {kind} must have a uid of 1 to 40 letters, digits, - and _, found {uid!r}"
    yield from (f"a {kind}'s uid must be its own, found {uid!r} twice" for uid in _twice(uids))


def _twice(values: Iterable[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]


def _board(board: Json, sources: set[Any]) -> Iterator[str]:
    if board.get("id", "absent") is not None or board.get("schemaVersion") != SCHEMA_VERSION:
        yield f"id must be null and schemaVersion {SCHEMA_VERSION}"
    if not board.get("title") or not board.get("description"):
        yield "a dashboard must have a title and a description"
    there = list(panels(board))
    yield from (f"panel ids must differ, found {n} twice" for n in _twice(panel.get("id") for panel in there))
    chosen = board.get("templating", {}).get("list", [])
    for choice in chosen:
        if re.fullmatch(choice.get("allValue", ".+"), ""):
            yield f"all of a choice must not match nothing, found {choice['allValue']!r} in {choice['name']}"
    variables = {choice["name"] for choice in chosen} | GLOBALS
    for panel in there:
        yield from (f"panel {panel.get('title')!r}: {fault}" for fault in _panel(panel, sources, variables))
    for one, other in itertools.combinations(board.get("panels", []), 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"panels must not overlap, found {one['title']!r} on {other['title']!r}"


def _panel(panel: Json, sources: set[Any], variables: set[str]) -> Iterator[str]:
    place, kind = panel["gridPos"], panel.get("type")
    if place["x"] < 0 or place["w"] < 1 or place["h"] < 1 or place["x"] + place["w"] > COLUMNS:
        yield f"its place must lie on {COLUMNS} columns, found {place}"
    if kind not in KINDS:
        yield f"its type must be one of {', '.join(sorted(KINDS))}, found {kind!r}"
    if panel.get("repeat", next(iter(variables))) not in variables:
        yield f"it repeats by a variable that is not there, {panel['repeat']!r}"
    if kind == "row":
        return
    if not panel.get("title") or not panel.get("description"):
        yield "it must have a title and a description"
    if kind != "alertlist":
        yield from _queries(panel, sources, variables)


def _queries(panel: Json, sources: set[Any], variables: set[str]) -> Iterator[str]:
    targets = panel.get("targets", [])
    if not targets:
        yield "it must ask something"
    yield from (f"refIds must differ, found {r} twice" for r in _twice(target.get("refId") for target in targets))
    for asked in [panel, *targets]:
        if asked.get("datasource", {}).get("uid") not in sources:
            yield f"its data source must be provisioned, found {asked.get('datasource')}"
    for target in targets:
        unknown = set(re.findall(r"\$\{?(\w+)", target.get("expr", ""))) - variables
        if not target.get("expr", "").strip() or unknown:
            yield f"a query must be there and know its variables, found {target.get('expr')!r}"
    steps = panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])
    values = [step["value"] for step in steps[1:]]
    if steps and (steps[0]["value"] is not None or None in values or values != sorted(values)):
        yield "its first threshold must be open below and the others rise"


def _overlap(one: Json, other: Json) -> bool:
    return bool(
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def _rule(rule: Json, sources: set[Any], boards: dict[Any, set[str]]) -> Iterator[str]:
    data = {query.get("refId"): query for query in rule.get("data", [])}
    if not rule.get("title") or rule.get("condition") not in data:
        yield "it must have a title, and its condition be one of its queries"
    for state, allowed in STATES.items():
        if rule.get(state) not in allowed:
            yield f"{state} must be one of {', '.join(sorted(allowed))}, found {rule.get(state)!r}"
    if not re.fullmatch(r"\d+[smh]", str(rule.get("for"))):
        yield f"for must be a duration, found {rule.get('for')!r}"
    for name, query in data.items():
        model, source = query.get("model", {}), query.get("datasourceUid")
        if source not in {*sources, EXPRESSIONS} or model.get("refId") != name or "relativeTimeRange" not in query:
            yield f"query {name} must name its data source, itself and its time range"
        if source == EXPRESSIONS and model.get("expression") not in data:
            yield f"expression {name} must stand on another query, found {model.get('expression')!r}"
    board, panel = (rule.get("annotations", {}).get(f"__{name}__") for name in ("dashboardUid", "panelId"))
    if (board, panel) != (None, None) and panel not in boards.get(board, ()):  # Grafana ends at one without the other
        yield f"it must link a panel that is there, both as text, or none; found panel {panel!r} of {board!r}"
    if not {"summary", "what_to_do"} <= set(rule.get("annotations", {})):
        yield "it must say what is wrong and what to do"


if __name__ == "__main__":
    found = faults(Path(sys.argv[1]))
    sys.stderr.writelines(f"grafana: {fault}\n" for fault in found)
    raise SystemExit(1 if found else 0)
