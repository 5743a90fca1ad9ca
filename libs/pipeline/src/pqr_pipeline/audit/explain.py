"""One cell of a mart: what it says, how that is defined, and the tickets and e-mails that it was counted from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any

import pyarrow as pa

from pqr_common.errors import InvalidSettings
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Dataset
from pqr_common.tables.sql import query
from pqr_pipeline.audit.lineage import layers_of, resolved
from pqr_pipeline.audit.recount import figures, recount
from pqr_pipeline.audit.scan import holding, scanned, whole
from pqr_pipeline.audit.threads import emails_of
from pqrs.parameters import Parameters

__all__ = ["Definitions", "Explanation", "Page", "defined", "explained", "standing_of"]


@dataclass(frozen=True, slots=True)
class Page:
    """Which tickets of the list: the `number`-th `size` of them, from 1 on."""

    number: int = 1
    size: int = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """`value` is what the mart says, `recounted` what its tickets give; `tickets` are a page of these.

    `row` are the values of the mart's key, `parameters` all that stands for a `$` in `sql`. `layers` are the manifests
    from the mart down to the raw objects.
    """

    run_id: str
    mart: str
    column: str
    row: Mapping[str, Any]
    value: Any
    recounted: Any
    says: str
    sql: str
    parameters: Mapping[str, Any]
    total: int
    page: int
    pages: int
    tickets: tuple[dict[str, Any], ...]
    layers: tuple[dict[str, Any], ...]

    @property
    def is_equal(self) -> bool:
        return bool(self.value == self.recounted)


@dataclass(frozen=True, slots=True)
class Definitions:
    """What each column of a mart says, with its value where one row is meant."""

    run_id: str
    mart: str
    row: Mapping[str, Any]
    columns: tuple[dict[str, Any], ...]


def explained(lake: Lake, run_id: str, figure: str, *, where: Sequence[str] = (), page: Page) -> Explanation:
    """The cell of a figure (`mart.column`, or a column of the headline) in the row that `where` names.

    Raises InvalidSettings for what is no cell, and for a page that its list of tickets has not.
    """
    records = RunRecords(lake, run_id)
    parameters = Parameters.of(records.parameters())
    mart, column = resolved(records.upstream("gold"), figure)
    row = _row(lake, mart, where)
    if column is None:
        raise InvalidSettings(f"A figure must be a column of a mart, found {figure!r}: write {mart.name}.COLUMN.")
    cell = figures().cell(mart.name, column, row, window=parameters.window, opens_on=parameters.opens_on)
    counted = recount(cell, standing_of(lake, records), last=page.number * page.size)
    pages = max(1, -(-counted.tickets // page.size))
    if page.number > pages:
        raise InvalidSettings(
            f"--page must be one of the {pages} that {mart.name}.{column} has, found {page.number}: choose one of them."
        )
    listed = counted.listed.slice((page.number - 1) * page.size)
    mails = emails_of(lake, records, listed)
    return Explanation(
        run_id=run_id,
        mart=mart.name,
        column=column,
        row={name: row[name] for name in mart.key},
        value=row[column],
        recounted=counted.value,
        says=cell.definition.says,
        sql=cell.definition.sql,
        parameters={name: value for name, value in cell.given.items() if f"${name}" in cell.definition.sql},
        total=counted.tickets,
        page=page.number,
        pages=pages,
        tickets=tuple(ticket | {"emails": mails[ticket["ticket_id"]]} for ticket in listed.to_pylist()),
        layers=tuple(layers_of(records, mart)),
    )


def defined(lake: Lake, run_id: str, figure: str, *, where: Sequence[str] = ()) -> Definitions | None:
    """The columns of a mart that is named without one; None when the figure names a column."""
    records = RunRecords(lake, run_id)
    records.parameters()  # a run that is not there is said as such
    mart, column = resolved(records.upstream("gold"), figure)
    if column is not None:
        return None
    row = _row(lake, mart, where) if where or mart.rows == 1 else {}
    known = figures().definitions(mart.name)
    columns = tuple(
        {"column": name, "value": row.get(name), "says": known[name].says if name in known else "not defined here"}
        for name in mart.columns
    )
    return Definitions(run_id, mart.name, {name: row[name] for name in mart.key} if row else {}, columns)


def standing_of(lake: Lake, records: RunRecords) -> Iterator[tuple[int, pa.Table]]:
    """Sign and tickets of each partition of silver, as they stand at the end of the run's window."""
    window = Parameters.of(records.parameters()).window
    tickets = holding(records.upstream("silver"), "tickets", figures().reads)
    for sign, rows in scanned(lake, tickets.partitions, figures().reads):
        yield sign, figures().standing(rows, window)


def _row(lake: Lake, mart: Dataset, where: Sequence[str]) -> dict[str, Any]:
    """The one row in which every `column=value` holds, compared as text."""
    asked = dict(_condition(mart, text) for text in where)
    held = [f"coalesce(cast({name} as text), 'null') = ${name}" for name in asked]
    rows = query(f"select * from rows {'where ' + ' and '.join(held) if held else ''}", asked, rows=whole(lake, mart))
    if rows.num_rows == 1:
        (row,) = rows.to_pylist()
        return dict(row)
    raise _not_one(mart, rows if rows.num_rows else whole(lake, mart), f"{rows.num_rows:,} of {mart.rows:,}")


def _not_one(mart: Dataset, rows: pa.Table, found: str) -> InvalidSettings:
    example = rows.slice(0, 1).select(list(mart.key)).to_pylist()
    named = " ".join(f"--where {quote(f'{name}={value}')}" for row in example for name, value in row.items())
    return InvalidSettings(
        f"A cell must lie in one row of {mart.name}, found {found}: name the row, such as {named or 'in another run'}."
    )


def _condition(mart: Dataset, text: str) -> tuple[str, str]:
    name, is_there, value = text.partition("=")
    if not is_there or name not in mart.columns:
        raise InvalidSettings(
            f"--where must be column=value with a column of {mart.name}, found {text!r}: choose from "
            f"{', '.join(mart.columns)}."
        )
    return name, value
