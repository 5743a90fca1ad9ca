"""What a dataset promises: columns, grain, key and rules; and which promises a table breaks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import polars
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common.manifest.values import Dataset, schema_fields
from pqr_common.tables.sql import query

__all__ = ["Contract", "Rule", "conform", "optional", "required", "unmet", "violations"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence every row must satisfy; `holds` is an SQL expression over one row (null counts as holding)."""

    name: str
    dimension: str
    holds: str


@dataclass(frozen=True, slots=True)
class Contract:
    """`schema` says types and, by nullability, what is required; `key` is unique within a partition.

    `made_from` names the datasets (`layer/dataset`) its rows come from, `warehouse` the schema of Postgres that mirrors
    it, if any does. A private dataset is for its own stage and for checks. `event_time` is the timestamp column that
    bounds a partition in its manifest; `plain` names columns of short, nearly distinct values, for which neither a
    dictionary nor compression is worth its time.
    """

    dataset: str
    grain: str
    schema: pa.Schema
    key: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    event_time: str | None = None
    plain: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()
    warehouse: str | None = None
    is_private: bool = False

    def subset(self, *columns: str) -> Contract:
        """The part of this contract that a reader depends on."""
        return Contract(self.dataset, self.grain, pa.schema([self.schema.field(name) for name in columns]))


def required(**kinds: pa.DataType) -> list[pa.Field]:
    """Columns that are never null, by name."""
    return [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]


def optional(**kinds: pa.DataType) -> list[pa.Field]:
    """Columns that may be null, by name."""
    return [pa.field(name, kind) for name, kind in kinds.items()]


def conform(table: pa.Table, contract: Contract) -> pa.Table:
    """The table with exactly the contract's columns and types, in its order, as one chunk per column."""
    columns = [_cast(table.column(field.name), field.type) for field in contract.schema]
    return pa.Table.from_arrays(columns, schema=contract.schema).combine_chunks()


def violations(table: pa.Table, contract: Contract) -> list[str]:
    """One part of a sentence per broken promise: required columns, the key, then the rules; empty when all hold."""
    found = [
        f"column {field.name!r} must not be null and is in {nulls} rows"
        for field in contract.schema
        if not field.nullable and (nulls := table.column(field.name).null_count)
    ]
    if table.num_rows:
        found += _repeated_keys(table, contract) + _broken_rules(table, contract)
    return found


def unmet(required: Contract, offered: Dataset) -> list[str]:
    """The columns a reader needs that the dataset's schema does not offer with that type."""
    there = set(offered.schema) | {line.removesuffix(" not null") for line in offered.schema}
    return [line for line in schema_fields(required.schema) if line not in there]


def _cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    return column if column.type == wanted else pc.cast(column, wanted)


def _repeated_keys(table: pa.Table, contract: Contract) -> list[str]:
    if not contract.key:
        return []
    keys = polars.DataFrame(polars.from_arrow(table.select(list(contract.key))))
    if keys.hash_rows().n_unique() == table.num_rows:  # as many hashes as rows prove it, at less than half the cost
        return []
    repeated = table.num_rows - keys.n_unique()
    return [f"key ({', '.join(contract.key)}) must be unique and repeats in {repeated} rows"] if repeated else []


def _broken_rules(table: pa.Table, contract: Contract) -> list[str]:
    if not contract.rules:
        return []
    counts = ", ".join(f"count(*) filter (where not ({rule.holds}))" for rule in contract.rules)
    row = query(f"select {counts} from checked", checked=table)
    broken = zip(contract.rules, (column[0].as_py() for column in row.columns), strict=True)
    return [f"rule {rule.name!r} ({rule.holds}) is broken by {count} rows" for rule, count in broken if count]
