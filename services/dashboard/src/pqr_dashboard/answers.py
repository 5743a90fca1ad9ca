"""How long answers take and how old is what waits, made ready to draw. Pure: counts are summed and divided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pqr_dashboard import figures
from pqr_dashboard.names import EVERY_TYPE, Types

__all__ = ["EVERY_TYPE", "Summary", "by_age", "by_day", "report_total", "stacked", "summary", "terms", "with_totals"]

KEPT, LATE = "En término", "Fuera de término"
WAITING, OVERDUE = "En término", "Vencida"


@dataclass(frozen=True, slots=True)
class Summary:
    """Closed tickets, the share of late ones, and discrete percentiles of their business days."""

    closed: int
    late_share: float
    median: int
    ninety: int


def with_totals(sla: pd.DataFrame, types: Types) -> pd.DataFrame:
    """The rows of a month and type, and one a month over all types, whose code is missing."""
    counts = sla[["month", "pqrs_type", "due", "breached"]]
    total = counts.groupby("month", as_index=False)[["due", "breached"]].sum().assign(pqrs_type=None)
    cells = pd.concat([total, counts], ignore_index=True)
    return cells.assign(
        breach_rate=cells["breached"] / cells["due"],
        name=[EVERY_TYPE if figures.is_missing(code) else types.short.get(code, code) for code in cells["pqrs_type"]],
    )


def by_day(days: pd.DataFrame) -> pd.DataFrame:
    """Types summed: a row a number of business days, with the share closed until then."""
    summed = days.groupby("business_days", as_index=False)[["tickets", "late"]].sum().sort_values("business_days")
    return summed.assign(cumulative_share=summed["tickets"].cumsum() / summed["tickets"].sum())


def summary(days: pd.DataFrame) -> Summary:
    summed = by_day(days)
    closed = int(summed["tickets"].sum())

    def percentile(hundredths: int) -> int:
        running = 100 * summed["tickets"].cumsum()
        return int(summed.loc[running >= hundredths * closed, "business_days"].iloc[0])

    return Summary(closed, float(summed["late"].sum()) / closed, percentile(50), percentile(90))


def stacked(days: pd.DataFrame) -> pd.DataFrame:
    """A row a piece of a bar: business_days, kind, tickets, and where the piece begins and ends."""
    summed = by_day(days)
    kept = summed["tickets"] - summed["late"]
    lower = summed.assign(kind=KEPT, tickets=kept, base=0, top=kept)
    upper = summed.assign(kind=LATE, tickets=summed["late"], base=kept, top=summed["tickets"])
    pieces: pd.DataFrame = pd.concat([lower, upper], ignore_index=True)
    return pieces[pieces["tickets"] > 0]


def terms(types: Types, chosen: str | None) -> pd.DataFrame:
    """The legal terms to mark: the chosen type's, or each that a type has."""
    days = sorted({term for code, term in types.terms.items() if chosen in (None, code)})
    return pd.DataFrame({"at": [float(day) for day in days], "text": [f"{day} días" for day in days]})


def by_age(ages: pd.DataFrame) -> pd.DataFrame:
    """Types summed: a row an age band and whether its term has run out."""
    keys = ["age_band_order", "age_band", "is_overdue"]
    bands = ages.groupby(keys, as_index=False)[["tickets"]].sum()
    return bands.assign(kind=[OVERDUE if is_overdue else WAITING for is_overdue in bands["is_overdue"]])


def report_total(report: pd.DataFrame) -> list[str]:
    """The last row of the report: sums, and rates of sums; the mean weighs its months, percentiles do not add up."""
    total = report[["received", "transferred", "answered", "access_denied"]].sum()
    days = (report["mean_business_days"] * report["answered"]).sum()
    return [
        "Total", "", figures.count(total["received"]), figures.count(total["transferred"]),
        figures.percent(figures.share(total["transferred"], total["received"])), figures.count(total["answered"]),
        figures.decimal(figures.share(days, total["answered"])), figures.NOTHING, figures.NOTHING,
        figures.count(report["max_business_days"].max()), figures.count(total["access_denied"]),
        figures.percent(figures.share(total["access_denied"], total["received"])),
    ]  # fmt: skip
