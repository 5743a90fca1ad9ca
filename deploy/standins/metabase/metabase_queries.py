"""How the stand-in asks the warehouse: the real Postgres, as the role it was given; MBQL 4 in so far as it is used.

Clauses: source-table, aggregation (count, sum, / of two, aggregation-options), breakout and order-by of fields by id,
limit. Anything else is refused, as a real Metabase refuses what is no MBQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from metabase_schemas import Refused
from psycopg import sql

CONNECT_SECONDS = 10
COLUMNS = """
select table_schema, table_name, column_name, data_type
from information_schema.columns
where table_schema = any(%s)
order by table_schema, table_name, ordinal_position
"""


def connected(details: Mapping[str, Any]) -> psycopg.Connection:
    """A connection by the details of a database; Refused with 400 when there is none to be had."""
    names = {"host": "host", "port": "port", "dbname": "dbname", "user": "user", "password": "password"}
    given = {theirs: details[ours] for ours, theirs in names.items() if details.get(ours)}
    try:
        return psycopg.connect(**given, connect_timeout=CONNECT_SECONDS)
    except psycopg.Error:
        raise Refused(400, {"message": "Looks like the username or password is incorrect.", "valid": False}) from None


def columns(details: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Schema, table, column and type of all that the role may see and the filter lets in."""
    schemas = [name.strip() for name in details.get("schema-filters-patterns", "public").split(",")]
    with connected(details) as opened:
        return opened.execute(COLUMNS, [schemas]).fetchall()


def answer(details: Mapping[str, Any], text: str | sql.Composed) -> dict[str, Any]:
    """What `POST /api/card/:id/query` says: rows, or how it failed; both with status 202."""
    try:
        with connected(details) as opened:
            found = opened.execute(text.encode() if isinstance(text, str) else text)
            rows = [[_plain(value) for value in row] for row in found.fetchall()]
            names = [{"name": column.name, "display_name": column.name} for column in found.description or ()]
    except psycopg.Error as error:
        return {"status": "failed", "error": str(error), "row_count": 0, "data": {"rows": [], "cols": []}}
    return {"status": "completed", "row_count": len(rows), "data": {"rows": rows, "cols": names}}


def compiled(query: Mapping[str, Any], tables: Mapping[int, Any], fields: Mapping[int, Any]) -> sql.Composed:
    """SQL of an MBQL 4 query; Refused when it holds a clause, table or field that there is not."""
    unknown = query.keys() - {"source-table", "aggregation", "breakout", "order-by", "limit"}
    table = tables.get(query.get("source-table", 0))
    if unknown or table is None or not query.get("aggregation"):
        raise Refused(400, {"errors": {"dataset_query": f"invalid query: {sorted(unknown)}"}})
    made = [_aggregation(clause, fields) for clause in query["aggregation"]]
    groups = [_field(clause, fields) for clause in query.get("breakout", ())]
    shown = [*groups, *(sql.SQL("{} as {}").format(clause, sql.Identifier(name)) for clause, name in made)]
    text = sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(shown), sql.Identifier(table["schema"], table["name"])
    )
    orders = [_order(clause, fields, made) for clause in query.get("order-by", ())] or groups
    if groups:
        text += sql.SQL(" group by {}").format(sql.SQL(", ").join(groups))
        text += sql.SQL(" order by {}").format(sql.SQL(", ").join(orders))
    return text + (sql.SQL(" limit {}").format(query["limit"]) if "limit" in query else sql.SQL(""))


def _field(clause: Any, fields: Mapping[int, Any]) -> sql.Identifier:
    if clause[0] != "field" or clause[1] not in fields or clause[2:] != [None]:
        raise Refused(400, {"errors": {"dataset_query": f"invalid field: {clause}"}})
    return sql.Identifier(fields[clause[1]]["name"])


def _aggregation(clause: Any, fields: Mapping[int, Any]) -> tuple[sql.Composable, str]:
    if clause[0] == "aggregation-options":
        return _aggregation(clause[1], fields)[0], clause[2]["name"]
    if clause == ["count"]:
        return sql.SQL("count(*)"), "count"
    if clause[0] == "sum":
        return sql.SQL("sum({})").format(_field(clause[1], fields)), "sum"
    if clause[0] == "/":
        upper, lower = (_aggregation(part, fields)[0] for part in clause[1:])
        return sql.SQL("({})::float8 / nullif({}, 0)").format(upper, lower), "expression"
    raise Refused(400, {"errors": {"dataset_query": f"invalid aggregation: {clause}"}})


def _order(clause: Any, fields: Mapping[int, Any], made: list[tuple[sql.Composable, str]]) -> sql.Composed:
    direction, what = clause
    ordered = made[what[1]][0] if what[0] == "aggregation" else _field(what, fields)
    return sql.SQL("{} " + {"asc": "asc", "desc": "desc"}[direction]).format(ordered)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
