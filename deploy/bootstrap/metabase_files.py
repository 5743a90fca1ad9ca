"""What Metabase shall show, read from deploy/metabase: questions and the dashboard, as the values its API takes.

Pure but for `read`: files in, values out. A question is a .sql file (native SQL, `-- key: value` lines at its top) or
a .toml file (the query builder's form, with names of tables and columns that become Metabase's ids here).
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pqr_common.errors import InvalidSettings

GRID_COLUMNS = 24
# Metabase keeps settings it does not know. These say which file a thing came from, and from what text.
FILE_KEY, VERSION_KEY = "pqr.file", "pqr.version"
HEADER = re.compile(r"-- ([a-z_.]+): (.+)")
TEXTS = ("title", "description", "display")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as Metabase knows it after it has looked at the database."""

    id: int
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """A saved question. `sql` or `builder` says what it asks; `file` is its name for good."""

    file: str
    title: str
    description: str
    display: str
    settings: Mapping[str, Any]
    sql: str | None = None
    builder: Mapping[str, Any] | None = None

    def card(self, database: int, tables: Mapping[str, Table], collection: int) -> dict[str, Any]:
        """The body of `POST /api/card`."""
        query = self._native(database) if self.sql else self._built(database, tables)
        body = {
            "name": self.title,
            "description": self.description,
            "display": self.display,
            "type": "question",
            "dataset_query": query,
            "collection_id": collection,
        }
        marks = {FILE_KEY: self.file, VERSION_KEY: digest([body, dict(self.settings)])}
        return body | {"visualization_settings": dict(self.settings) | marks}

    def _native(self, database: int) -> dict[str, Any]:
        return {"type": "native", "database": database, "native": {"query": self.sql, "template-tags": {}}}

    def _built(self, database: int, tables: Mapping[str, Table]) -> dict[str, Any]:
        """The query in MBQL 4, which is still taken, and whose clauses are lists."""
        asked = self.builder or {}
        table = tables[asked["table"]]
        fields = {name: ["field", number, None] for name, number in table.fields.items()}
        made = {a["name"]: ["aggregation", i] for i, a in enumerate(asked["aggregation"])}
        query = {
            "source-table": table.id,
            "aggregation": [_aggregation(a, fields) for a in asked["aggregation"]],
            "breakout": [fields[name] for name in asked["breakout"]],
        }
        if "order_by" in asked:
            name = asked["order_by"].removeprefix("-")
            direction = "desc" if asked["order_by"].startswith("-") else "asc"
            query["order-by"] = [[direction, made.get(name) or fields[name]]]
        if "limit" in asked:
            query["limit"] = asked["limit"]
        return {"type": "query", "database": database, "query": query}


@dataclass(frozen=True, slots=True)
class Place:
    """A card or a heading on the grid, in columns and rows."""

    name: str  # of the question's file, or of the heading
    row: int
    col: int
    width: int
    height: int
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """Everything below deploy/metabase."""

    questions: tuple[Question, ...]
    title: str
    description: str
    places: tuple[Place, ...]

    @property
    def needed(self) -> dict[str, set[str]]:
        """Tables and columns that the query builder's questions ask for."""
        found: dict[str, set[str]] = {}
        for asked in (question.builder for question in self.questions if question.builder):
            columns = [c for a in asked["aggregation"] for c in (*a.get("ratio", ()), a.get("sum")) if c]
            found.setdefault(asked["table"], set()).update(columns, asked["breakout"])
        return found


def read(folder: Path) -> Files:
    """All questions and the dashboard; raises InvalidSettings naming the file that is not as it must be."""
    paths = sorted([*folder.glob("questions/*.sql"), *folder.glob("questions/*.toml")])
    questions = tuple(_question(path) for path in paths)
    path = folder / "dashboard.toml"
    board = tomllib.loads(path.read_text(encoding="utf-8"))
    places = tuple(_places(board["row"], path))
    unknown = {place.name for place in places if not place.heading} - {question.file for question in questions}
    if unknown:
        raise _wrong(path, "cards must name files of questions", ", ".join(sorted(unknown)))
    return Files(questions, board["title"], board["description"], places)


def digest(value: Any) -> str:
    """16 hex digits that change when a definition does."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def mark(thing: Mapping[str, Any], key: str) -> str | None:
    """What we wrote on a card or a dashcard; nothing on one that a person made."""
    found: str | None = (thing.get("visualization_settings") or {}).get(key)
    return found


def _question(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        found = tomllib.loads(text)
        settings = found.pop("settings", {})
    else:
        lines = [line for line in text.splitlines() if line.startswith("--")]
        found = {match[1]: match[2] for line in lines if (match := HEADER.fullmatch(line))}
        settings = {name: json.loads(value) for name, value in found.items() if name not in TEXTS}
    missing = [name for name in TEXTS if name not in found]
    if missing:
        raise _wrong(path, f"a question must have {', '.join(TEXTS)}", f"no {', '.join(missing)}")
    texts = {name: found[name] for name in TEXTS}
    if path.suffix == ".toml":
        return Question(path.stem, **texts, settings=settings, builder=found)
    return Question(path.stem, **texts, settings=settings, sql=text)


def _aggregation(asked: Mapping[str, Any], fields: Mapping[str, list[Any]]) -> list[Any]:
    sums = [["sum", fields[name]] for name in asked.get("ratio", [asked.get("sum")])]
    clause = ["/", *sums] if "ratio" in asked else sums[0]
    return ["aggregation-options", clause, {"name": asked["name"], "display-name": asked["label"]}]


def _places(rows: list[dict[str, Any]], path: Path) -> list[Place]:
    places, top = [], 0
    for row in rows:
        if "heading" in row:
            places.append(Place(f"heading: {row['heading']}", top, 0, GRID_COLUMNS, 1, row["heading"]))
            top += 1
            continue
        left = 0
        for name, width in row["cards"]:
            places.append(Place(name, top, left, width, row["height"]))
            left += width
        if left > GRID_COLUMNS:
            raise _wrong(path, f"a row must be {GRID_COLUMNS} columns wide at most", f"{left} in {row['cards']}")
        top += row["height"]
    return places


def _wrong(path: Path, rule: str, found: str) -> InvalidSettings:
    return InvalidSettings(f"In {path.name} {rule}, found {found}: mend the file in deploy/metabase.")
