"""How long answers take and how old is what waits, made ready to draw. Pure: counts are summed and divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pqr_dashboard.figures import sums, wording
from pqr_dashboard.figures.pqrs_types import EVERY_TYPE, Types
from pqr_dashboard.figures.standing import Standing

__all__ = [
    "EVERY_TYPE",
    "LATE",
    "UNFINISHED",
    "Summary",
    "by_age",
    "by_day",
    "report_total",
    "shares",
    "stacked",
    "summary",
    "terms",
    "with_standing",
    "with_totals",
]

KEPT, LATE = "En término", "Fuera de término"
UNFINISHED = (
    "Mientras haya solicitudes sin responder, la media y los percentiles las dejan fuera y se ven mejor de lo que "
    "serán. La mediana estimada (Kaplan-Meier) las cuenta por lo que llevan esperando."
)
WAITING, OVERDUE = "En término", "Vencida"


@dataclass(frozen=True, slots=True)
class Summary:
    """Closed tickets, the share of late ones, and discrete percentiles of their business days."""

    closed: int
    late_share: float
    median: int
    ninety: int


def with_totals(sla: pd.DataFrame, types: Types) -> pd.DataFrame:
    """The rows per month and type, and one more per month over all types, whose code is missing."""
    counts = sla[["month", "pqrs_type", "due", "breached"]]
    total = sums.summed(counts, "month").assign(pqrs_type=None)
    cells = pd.concat([total, counts], ignore_index=True)
    return cells.assign(
        breach_rate=cells["breached"] / cells["due"],
        name=[EVERY_TYPE if wording.is_missing(code) else types.short.get(code, code) for code in cells["pqrs_type"]],
    )


def with_standing(cohorts: pd.DataFrame, standing: Standing, closed: Sequence[str]) -> pd.DataFrame:
    """The same rows with those `closed`, the sum of these columns, and in words whether their means are final."""
    told = cohorts.reindex(columns=cohorts.columns.union(["waiting", "survival_median"], sort=False))
    return told.assign(
        closed=told[[*closed]].sum(axis=1, min_count=len(closed)),
        stands=[standing.of_cohort(*pair) for pair in zip(told["month"], told["waiting"], strict=True)],
    )


def shares(frame: pd.DataFrame, part: str, whole: str) -> pd.Series:
    """A count divided by another, row by row."""
    pairs = zip(frame[part], frame[whole], strict=True)
    return pd.Series([wording.share(*pair) for pair in pairs], frame.index, dtype=float)


def by_day(days: pd.DataFrame) -> pd.DataFrame:
    """Types summed: one row per number of business days, with the share closed until then."""
    summed = sums.summed(days, "business_days").sort_values("business_days")
    return summed.assign(cumulative_share=summed["tickets"].cumsum() / summed["tickets"].sum())


def summary(days: pd.DataFrame) -> Summary:
    summed = by_day(days)
    closed = int(summed["tickets"].sum())

    def percentile(hundredths: int) -> int:
        running = 100 * summed["tickets"].cumsum()
        return int(summed.loc[running >= hundredths * closed, "business_days"].iloc[0])

    return Summary(closed, float(summed["late"].sum()) / closed, percentile(50), percentile(90))


def stacked(days: pd.DataFrame) -> pd.DataFrame:
    """One row per piece of a bar: business_days, kind, tickets, and where the piece begins and ends."""
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
    """Types summed: one row per age band and whether its term has run out."""
    keys = ["age_band_order", "age_band", "is_overdue", "days_from", "days_to"]
    # the oldest band has no end
    bands = ages.groupby(keys, dropna=False)["tickets"].sum().reset_index()
    return bands.assign(kind=[OVERDUE if is_overdue else WAITING for is_overdue in bands["is_overdue"]])


def report_total(report: pd.DataFrame) -> list[str]:
    """The last row of the report: sums, and rates of sums; the mean weighs its months, percentiles do not add up."""
    total = sums.total(report)
    days = (report["mean_business_days"] * report["answered"]).sum(min_count=1)
    return [
        "Total", "", wording.count(total["received"]), wording.count(total["transferred"]),
        wording.percent(wording.share(total["transferred"], total["received"])), wording.count(total["answered"]),
        wording.percent(wording.share(total["answered"], total["received"] - total["transferred"])),
        wording.decimal(wording.mean(days, total["answered"])), wording.NOTHING, wording.NOTHING,
        wording.count(report["max_business_days"].max()), wording.NOTHING, "", wording.count(total["access_denied"]),
        wording.percent(wording.share(total["access_denied"], total["received"])),
    ]  # fmt: skip
