"""The tables that mirror a run, as its manifests describe them: names, columns, types and keys. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from pqr_common import Contract, Dataset, Manifest, Partition
from pqr_common.errors import UpstreamBroken
from pqr_common.manifest.values import schema_fields

__all__ = ["Table", "mirrored"]

PARTITIONED = "core"  # mirrors rows by the million, part by part; tables elsewhere are small and replaced whole
ARCHIVE = "archive"
# An Arrow type as manifests word it: the type itself, and the one of Postgres as its catalogue words it.
TYPES = {
    "string": (pa.string(), "text"),
    "bool": (pa.bool_(), "boolean"),
    "int16": (pa.int16(), "smallint"),
    "int32": (pa.int32(), "integer"),
    "int64": (pa.int64(), "bigint"),
    "date32[day]": (pa.date32(), "date"),
    "timestamp[us, tz=UTC]": (pa.timestamp("us", tz="UTC"), "timestamp with time zone"),
}
DECIMAL = re.compile(r"decimal128\((\d+), (\d+)\)")


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is schema-qualified, `source` the dataset it mirrors (`layer/dataset`), empty for the packaged law:
    where `is_first`, as the first runs were told it.

    `columns` are `name: type` lines; `key` names the columns that identify a row, `required` those that are never null.
    """

    name: str
    source: str
    grain: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]
    is_partitioned: bool = False
    is_first: bool = False

    @classmethod
    def of(cls, dataset: Dataset, layer: str) -> Table:
        """The table for a dataset of a layer."""
        required = tuple(line.split(":")[0] for line in dataset.schema if line.endswith(" not null"))
        return cls(
            name=f"{dataset.warehouse}.{dataset.name}",
            source=f"{layer}/{dataset.name}",
            grain=dataset.grain,
            columns=tuple(line.removesuffix(" not null") for line in dataset.schema),
            key=dataset.key,
            required=required,
            is_partitioned=dataset.warehouse == PARTITIONED,
        )

    @classmethod
    def reference(cls, contract: Contract, *, is_first: bool) -> Table:
        """The table for a dataset of the loader's own."""
        columns = schema_fields(contract.schema)
        return cls(contract.dataset, "", contract.grain, columns, contract.key, contract.key, is_first=is_first)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(name, self._type(kind)[0]) for name, kind in self._pairs])

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Its key, or nothing where a column of that may be null."""
        return self.key if set(self.key) <= set(self.required) else ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self._pairs)

    @property
    def types(self) -> dict[str, str]:
        """The type of Postgres of each column."""
        return {name: self._type(kind)[1] for name, kind in self._pairs}

    @property
    def archive(self) -> str | None:
        """The table that keeps its rows of every run, if any does."""
        return f"{ARCHIVE}.{self.name.split('.')[1]}" if self.source and not self.is_partitioned else None

    @property
    def _pairs(self) -> list[tuple[str, str]]:
        return [(name, kind) for name, _, kind in (line.partition(": ") for line in self.columns)]

    def _type(self, kind: str) -> tuple[pa.DataType, str]:
        if (found := DECIMAL.fullmatch(kind)) is not None:
            digits, decimals = map(int, found.groups())
            return pa.decimal128(digits, decimals), f"numeric({digits},{decimals})"
        if kind not in TYPES:
            raise UpstreamBroken(
                f"Columns that Postgres mirrors must be of one of the types {', '.join(TYPES)} or decimal128, found "
                f"{kind} in {self.source}: give the column another type, or teach the loader this one."
            )
        return TYPES[kind]


def mirrored(manifests: Mapping[str, Manifest]) -> dict[Table, tuple[Partition, ...]]:
    """The tables that mirror datasets of these layers, each with the partitions it mirrors, in their order."""
    sources = [
        (Table.of(dataset, layer), tuple(sorted(dataset.partitions, key=lambda part: (part.key, part.sign))))
        for layer, manifest in manifests.items()
        for dataset in manifest.datasets
        if dataset.warehouse is not None
    ]
    counted = Counter(table.name for table, _ in sources)
    twice = [table.source for table, _ in sources if counted[table.name] > 1]
    if twice:
        raise UpstreamBroken(
            f"A table must mirror one dataset, found {' and '.join(twice)} for tables of one name: rename one of them."
        )
    return dict(sources)
