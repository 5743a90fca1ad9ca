"""Rows of a dataset in two runs: which came, which went, and which have the same key and other values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from pqr_common.tables.signed import net
from pqr_common.tables.sql import query

__all__ = ["RowDiff", "row_diff"]


@dataclass(frozen=True, slots=True)
class RowDiff:
    """The rows that only one side has, each as often as it has it more often than the other; `key` tells rows apart.

    Without a key no row is the other's with other values.
    """

    before: pa.Table
    after: pa.Table
    key: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        return self._count("after anti join before") if self.key else self.after.num_rows

    @property
    def removed(self) -> int:
        return self._count("before anti join after") if self.key else self.before.num_rows

    @property
    def changed(self) -> int:
        """The rows of the later side whose key the earlier side has with other values."""
        return self._count("after semi join before") if self.key else 0

    def listed(self, names: Sequence[str]) -> list[dict[str, object]]:
        """Every difference with these columns, how it differs, and which columns do; needs a key."""
        shown = ", ".join(f"coalesce(after.{_quoted(n)}, before.{_quoted(n)}) as {_quoted(n)}" for n in names)
        others = [name for name in self.after.column_names if name not in self.key]
        cases = [
            f"case when before.{_quoted(n)} is distinct from after.{_quoted(n)} then {_text(n)} end" for n in others
        ]
        there, here = f"before.{_quoted(self.key[0])} is not null", f"after.{_quoted(self.key[0])} is not null"
        found = query(
            f"select {shown}, case when not ({there}) then 'added' when not ({here}) then 'removed' else 'changed' "
            f"end as difference, case when {there} and {here} then [name for name in [{', '.join(cases)}] if name is "
            f"not null] else [] end as columns from before full join after on {self._same_key()} order by all",
            before=self.before,
            after=self.after,
        )
        differences: list[dict[str, object]] = found.to_pylist()
        return differences

    def _count(self, joined: str) -> int:
        counted = query(
            f"select count(*) as n from {joined} on {self._same_key()}", before=self.before, after=self.after
        )
        number: int = counted.column("n")[0].as_py()
        return number

    def _same_key(self) -> str:
        return " and ".join(f"before.{_quoted(name)} is not distinct from after.{_quoted(name)}" for name in self.key)


def row_diff(before: tuple[pa.Table, pa.Table], after: tuple[pa.Table, pa.Table], key: tuple[str, ...]) -> RowDiff:
    """Of two datasets, each given as the rows it adds and those it takes back; all of the same columns."""
    arriving, departing = _together(after[0], before[1]), _together(before[0], after[1])
    return RowDiff(net(departing, arriving), net(arriving, departing), key)


def _together(one: pa.Table, other: pa.Table) -> pa.Table:
    return pa.concat_tables([one, other], promote_options="permissive")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
