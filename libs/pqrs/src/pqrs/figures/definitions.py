"""What each column of a mart says: a sentence, which tickets it counts, and what is made of these. Pure.

They stand in `<mart>.toml` beside this module; a mart of another package brings its own. `row` is the condition under
which a ticket belongs to a row of the mart, and `where` the one under which a column of that row counts it; `value` is
what is made of those it counts. All of it is SQL. Conditions are about `standing` (gold's sql/standing.sql), `value` is
over the relation `counted`, in which `tickets` says how many tickets are alike; `given` are subqueries for both, `then`
for `value` alone. `$` stands before what names the row, `window_from`, `window_to` and `opens_on`; `given` is the same
for every row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent, indent

__all__ = ["NOBODY", "Definition", "definitions"]

NOBODY = "false"  # the tickets that a name of a row counts
STANDING = "tickets at the end of the window: pqr_gold/sql/standing.sql"
HOW_MANY = "select coalesce(sum(tickets), 0)\nfrom counted"


@dataclass(frozen=True, slots=True)
class Definition:
    """Of one column: `condition` says which tickets it counts, `value` is a select over them. A name counts none.

    `dice` is what it says in Spanish; a name, and a mart of another package, may have none.
    """

    says: str
    dice: str = ""
    condition: str = NOBODY
    value: str = ""
    given: str = ""
    then: str = ""

    @property
    def is_name(self) -> bool:
        """Whether it says of which row the others are."""
        return not self.value

    @property
    def is_count(self) -> bool:
        """Whether the value is how many tickets there are."""
        return self.value == HOW_MANY

    @property
    def sql(self) -> str:
        """As one statement for a person to read, over tickets as `standing` tells them."""
        if self.is_name:
            return ""
        chosen = f"select *, 1 as tickets\nfrom standing  -- {STANDING}\nwhere {self.condition}"
        steps = [self.given, f"counted as (\n{indent(chosen, '    ')}\n)", self.then]
        return f"with\n{_joined(steps)}\n{self.value}"

    def of_tickets(self, columns: str, *, source: str = "standing") -> str:
        """The statement that finds these columns of the tickets it counts."""
        return f"{_with(self.given)}select {columns} from {source} where {self.condition}"

    def of_counted(self) -> str:
        """The statement that makes the value of those it counts."""
        return f"{_with(_joined([self.given, self.then]))}{self.value}"

    @property
    def computed(self) -> str:
        """All that is made of the counted tickets, as text: it names the columns it needs of them."""
        return f"{self.then} {self.value}"


def definitions(text: str) -> Mapping[str, Definition]:
    """Those of one mart by column, from its TOML."""
    told = tomllib.loads(text)
    given, then = (dedent(told.get(name, "")).strip() for name in ("given", "then"))
    return {name: Definition(says) for name, says in told["names"].items()} | {
        name: Definition(
            column["says"], column.get("dice", ""), _condition(told.get("row"), column), _value(column), given, then
        )
        for name, column in told["columns"].items()
    }


def _condition(row: str | None, column: Mapping[str, str]) -> str:
    both = [condition.strip() for condition in (row, column.get("where")) if condition]
    return "\nand ".join(f"({condition})" if " or " in condition else condition for condition in both)


def _value(column: Mapping[str, str]) -> str:
    value = column.get("value", HOW_MANY).strip()
    return value if value.startswith("select") else f"select {value}\nfrom counted"


def _joined(steps: list[str]) -> str:
    return ",\n".join(step for step in steps if step)


def _with(steps: str) -> str:
    return f"with {steps} " if steps else ""
