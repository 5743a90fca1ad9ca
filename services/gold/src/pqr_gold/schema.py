"""The words in which marts and what they count are declared, and what gold requires of silver. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pqr_common import Contract, Rule, canonical_json, required, sha256_hex, sql_of
from pqr_common.manifest.values import schema_fields
from pqrs import figures
from pqrs.figures import Definition

__all__ = [
    "COUNT",
    "DAY",
    "DAYS",
    "FALLS_DUE_ON",
    "FLAG",
    "LAPSES_ON",
    "MEAN",
    "SHARE",
    "SMALL",
    "TEXT",
    "TICKETS",
    "Mart",
    "Partial",
    "declared",
]

DAY, COUNT, DAYS, SMALL, TEXT, FLAG = pa.date32(), pa.int64(), pa.int32(), pa.int16(), pa.string(), pa.bool_()
SHARE = pa.decimal128(9, 4)
MEAN = pa.decimal128(12, 2)
DIGITS = 16  # of a digest, enough to tell one partial from another
# The columns of a partial whose date counts until it has come.
FALLS_DUE_ON, LAPSES_ON = "falls_due_on", "lapses_on"

TICKETS = Contract(
    dataset="tickets",
    grain="one thread = one PQRS",
    schema=pa.schema(
        [
            ("pqrs_type", TEXT),
            ("department", TEXT),
            ("topic", TEXT),
            ("opened_at", pa.timestamp("us", tz="UTC")),
            ("received_on", DAY),
            ("term_days", SMALL),
            ("effective_due_on", DAY),
            ("due_at", pa.timestamp("us", tz="UTC")),
            ("closed_on", DAY),
            ("closed_at", pa.timestamp("us", tz="UTC")),
            ("business_days", DAYS),
            ("has_term", FLAG),
            ("is_extended", FLAG),
            ("is_suspended", FLAG),
            ("is_transferred", FLAG),
            ("is_access_denied", FLAG),
            ("is_reopened", FLAG),
            ("is_archived", FLAG),
            ("count_emails", DAYS),
            ("count_insistences", DAYS),
            ("raw_day", DAY),
        ]
    ),
)


@dataclass(frozen=True, slots=True)
class Partial:
    """Counts of one partition of tickets: SQL over the relation `facts`, in whole numbers that can be added up.

    `by` are the columns that it counts by, `counts` the names of what it counts. The SQL knows the first
    day of the window but no day that a run ends with; a date in `FALLS_DUE_ON` or `LAPSES_ON`, if `by` has one, counts
    until it has come. A large total is cut by
    the months of a date column, `cut`, so that a day changes only the months that its tickets count in; none with
    such a date is, where any day may change every row.
    """

    name: str
    sql: str
    by: Sequence[pa.Field]
    counts: tuple[str, ...] = ("tickets",)
    cut: str | None = None

    @property
    def total(self) -> Contract:
        """Of its sum over all tickets, as of the end of the run: the dataset that marts add up."""
        return Contract(
            dataset=f"total_{self.name}",
            grain=f"{' x '.join(field.name for field in self.by)} with a ticket",
            schema=pa.schema([*self.by, *required(**dict.fromkeys(self.counts, COUNT))]),
            key=tuple(field.name for field in self.by),
            rules=(Rule("none_was_taken_twice", "consistency", f"least({', '.join(self.counts)}) >= 0"),),
            made_from=("silver/tickets",),
            is_private=True,
        )

    @property
    def digest(self) -> str:
        """Of what is counted: only counts of one digest can be added up."""
        return sha256_hex(canonical_json([self.sql, *schema_fields(self.total.schema)]))[:DIGITS]


@dataclass(frozen=True, slots=True)
class Mart:
    """A figure: what it promises, the partials it adds up, and the SQL that does. Without SQL it is a partial's total.

    The relations of the SQL are the totals of its partials, by the names of these, and `run`, `calendar` and `types`;
    its macros are those of sql/macros.sql. `definitions` say what each column counts, to explain it and count it again.
    """

    contract: Contract
    needs: tuple[Partial, ...]
    sql: str | None
    definitions: Mapping[str, Definition] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.contract.dataset

    @property
    def digest(self) -> str:
        """Of all that this mart says, so that one that another package brings is made anew when it changes."""
        said = [self.sql, *(partial.sql for partial in self.needs), *schema_fields(self.contract.schema)]
        return sha256_hex(canonical_json(said))[:DIGITS]


def declared(
    name: str,
    *needs: Partial,
    grain: str,
    columns: Sequence[pa.Field],
    key: tuple[str, ...],
    rules: tuple[Rule, ...] = (),
    sql: str | None = None,
    defined: str | None = None,
    is_total: bool = False,
    warehouse: str = "gold",
) -> Mart:
    """A mart of tickets that Postgres mirrors; its SQL is marts/<name>.sql unless it is given, or it is a total.

    `defined` is the TOML of its definitions, of a mart of another package: those of this one are in `pqrs.figures`.
    """
    contract = Contract(
        dataset=name,
        grain=grain,
        schema=pa.schema(columns),
        key=key,
        rules=rules,
        made_from=("silver/tickets",),
        warehouse=warehouse,
    )
    if sql is None:
        sql = None if is_total else sql_of("pqr_gold", f"marts/{name}.sql")
    return Mart(contract, needs, sql, figures.definitions(defined) if defined else figures.of_mart(name))
