"""The marts that tell how tickets fare by one of their columns: one core, whatever the column."""

from pqr_common import Rule, optional, required, sql_of
from pqr_gold.schema import COUNT, MEAN, SHARE, TEXT, Mart, Partial, declared

__all__ = ["by_column"]


def by_column(name: str, partial: Partial) -> Mart:
    """Counts of tickets and of how they ended, by the first column of the partial and type."""
    column = partial.by[0].name
    return declared(
        name,
        partial,
        grain=f"{column} x pqrs_type with a ticket that the window saw",
        columns=[
            *required(**{column: TEXT}, pqrs_type=TEXT, received=COUNT, answered=COUNT, archived=COUNT),
            *required(transferred=COUNT, lapsed=COUNT, open=COUNT, overdue=COUNT, due=COUNT, breached=COUNT),
            *required(closed_with_term=COUNT, total_business_days=COUNT),
            *optional(breach_rate=SHARE, mean_business_days=MEAN),
        ],
        key=(column, "pqrs_type"),
        rules=(Rule("breached_is_due", "consistency", "breached <= due and overdue <= open"),),
        sql=sql_of("pqr_gold", "marts/by_column.sql").format(column=column, partial=partial.name),
    )
