"""What is said on a screen of a figure that is explained or followed, line by line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from pqr_pipeline.audit.explain import Definitions, Explanation
from pqr_pipeline.audit.lineage import Figure

__all__ = ["defined", "explained", "several", "summary", "worded"]

HASH_DIGITS = 12
WIDTH = 80
SUMMARY_ROWS = 5
DAY = re.compile(r"/day=(\d{4}-\d\d-\d\d)/")


def worded(value: Any) -> str:
    """A value as it is written in tables; nothing is `no value`."""
    if value is None:
        return "no value"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def defined(told: Definitions, pqr: str) -> Iterator[str]:
    """Each column of a mart with its sentence; `pqr` is how the command is called."""
    yield f"{told.mart}{_named(told.row)}, run {told.run_id}"
    for column in told.columns:
        value = f" = {worded(column['value'])}" if told.row else ""
        yield f"  {column['column']}{value}"
        yield f"      {column['says']}"
    yield f"Next: {pqr} explain {told.mart}.COLUMN{_conditions(told.row)} {told.run_id}"


def explained(told: Explanation, width: int = WIDTH) -> Iterator[str]:
    """The value, its definition, and a page of its tickets with their e-mails."""
    yield f"{told.mart}.{told.column}{_named(told.row)}, run {told.run_id}"
    yield f"  the mart says {worded(told.value)}"
    result = "equal" if told.is_equal else "DIFFERENT"
    if told.sql:
        yield f"  counted again from {several(told.total, 'ticket')} alone: {worded(told.recounted)}, {result}"
    yield ""
    yield told.says
    if told.sql:
        yield ""
        yield from (f"  {line}" for line in told.sql.splitlines())
        if told.parameters:
            yield "  " + "  ".join(f"${name} = {value}" for name, value in told.parameters.items())
    yield ""
    yield from _tickets(told)
    yield ""
    yield from tree(told.layers, width)


def _tickets(told: Explanation) -> Iterator[str]:
    if not told.total:
        yield "It counts no ticket."
        return
    yield f"{several(told.total, 'ticket')}, page {told.page} of {told.pages}"
    for ticket in told.tickets:
        yield f"{ticket['radicado'] or 'no radicado yet'}  ticket {ticket['ticket_id']}"
        for mail in ticket["emails"]:
            yield f"  {mail['received_at']:%Y-%m-%d %H:%M:%S} UTC  {mail['kind']}  {mail['message_id']}"
            yield f"      line {mail['line']} of {mail['object']}, SHA-256 {mail['sha256'][:HASH_DIGITS]}"
    if told.page < told.pages:
        yield f"Next: --page {told.page + 1}"


def summary(figure: Figure, width: int = WIDTH) -> Iterator[str]:
    """A figure and a line for each layer below it; fits a screen of 80 x 24."""
    name = f"{figure.mart}.{figure.column}" if figure.column else figure.mart
    yield f"{name}, run {figure.run_id}"
    if figure.column:
        for row in figure.rows[:SUMMARY_ROWS]:
            names = {name: value for name, value in row.items() if name != figure.column}
            yield f"  {worded(row[figure.column])}{_named(names)}"
    else:
        yield f"  {several(len(figure.rows), 'row')}"
    if figure.column and len(figure.rows) > SUMMARY_ROWS:
        yield f"  and {len(figure.rows) - SUMMARY_ROWS:,} rows more: see them with --full or --json"
    yield from tree(figure.layers, width)


def tree(layers: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """One line a layer, each below what was made from it: rows, objects, manifest, days; these below, if need be."""
    lines = [("Made from", "Rows", "Objects", "Manifest", "Days")]
    for depth, layer in enumerate(layers):
        name = f"{'   ' * (depth - 1)}{'└─ ' if depth else ''}{layer['layer']}/{layer['dataset']}"
        counts = f"{layer['rows']:,}", f"{len(layer['objects']):,}"
        lines.append((name, *counts, layer["digest"][:8], _days(layer["objects"])))
    names, rows, objects, manifests, days = (max(map(len, column)) for column in zip(*lines, strict=True))
    is_wide = names + rows + objects + manifests + days + 4 * 2 <= width
    for name, row, count, digest, covered in lines:
        line = f"{name:<{names}}  {row:>{rows}}  {count:>{objects}}  {digest:<{manifests}}"
        yield f"{line}  {covered}".rstrip() if is_wide else line.rstrip()
        if covered and not is_wide:
            yield f"{covered:>{names + rows + objects + manifests + 3 * 2}}"


def _days(objects: Sequence[Mapping[str, Any]]) -> str:
    days = sorted(found[1] for each in objects if (found := DAY.search(f"/{each['path']}")))
    return f"{days[0]}…{days[-1]}" if days else ""


def _named(row: Mapping[str, Any]) -> str:
    return "".join(f"  {name}={value}" for name, value in row.items())


def _conditions(row: Mapping[str, Any]) -> str:
    return "".join(f" --where {quote(f'{name}={value}')}" for name, value in row.items())


def several(number: int, what: str) -> str:
    """A number and what there is of it, in the plural unless it is one."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
