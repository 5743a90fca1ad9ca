"""The words in which marts are declared, and what gold requires of silver. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from pqr_common import Contract, Rule, canonical_json, sha256_hex, sql_of
from pqr_common.manifest.values import schema_fields

__all__ = ["COUNT", "DAY", "DAYS", "FLAG", "MEAN", "SHARE", "SMALL", "TEXT", "TICKETS", "Mart", "Partial", "declared"]

DAY, COUNT, DAYS, SMALL, TEXT, FLAG = pa.date32(), pa.int64(), pa.int32(), pa.int16(), pa.string(), pa.bool_()
SHARE = pa.decimal128(9, 4)
MEAN = pa.decimal128(12, 2)

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
            ("closed_on", DAY),
            ("business_days", DAYS),
            ("has_term", FLAG),
            ("is_due", FLAG),
            ("is_breached", FLAG),
            ("is_extended", FLAG),
            ("is_suspended", FLAG),
            ("is_transferred", FLAG),
            ("is_access_denied", FLAG),
            ("is_reopened", FLAG),
            ("is_archived", FLAG),
            ("count_emails", DAYS),
            ("count_insistences", DAYS),
        ]
    ),
)


@dataclass(frozen=True, slots=True)
class Partial:
    """Counts of one partition of tickets: SQL over the relation `facts`, in whole numbers that can be added up."""

    name: str
    sql: str

    @classmethod
    def packaged(cls, name: str) -> Partial:
        """The one of that name in partials/."""
        return cls(name, sql_of("pqr_gold", f"partials/{name}.sql"))

    @classmethod
    def by_column(cls, name: str, column: str) -> Partial:
        """Tickets by a column of the facts, and how they ended."""
        return cls(name, sql_of("pqr_gold", "partials/by_column.sql").format(column=column))


@dataclass(frozen=True, slots=True)
class Mart:
    """A figure: what it promises, the partials it adds up, and the SQL that does.

    The relations of the SQL are its partials, each of all partitions together, and `run`, `calendar` and `types`; its
    macros are those of sql/macros.sql.
    """

    contract: Contract
    needs: tuple[Partial, ...]
    sql: str

    @property
    def name(self) -> str:
        return self.contract.dataset

    @property
    def digest(self) -> str:
        """Of all that this mart says, so that one that another package brings is made anew when it changes."""
        said = [self.sql, *(partial.sql for partial in self.needs), *schema_fields(self.contract.schema)]
        return sha256_hex(canonical_json(said))


def declared(
    name: str,
    *needs: Partial,
    grain: str,
    columns: Sequence[pa.Field],
    key: tuple[str, ...],
    rules: tuple[Rule, ...] = (),
    sql: str | None = None,
) -> Mart:
    """A mart of tickets that Postgres mirrors; its SQL is marts/<name>.sql unless it is given."""
    contract = Contract(
        dataset=name,
        grain=grain,
        schema=pa.schema(columns),
        key=key,
        rules=rules,
        made_from=("silver/tickets",),
        warehouse="gold",
    )
    return Mart(contract, needs, sql or sql_of("pqr_gold", f"marts/{name}.sql"))
