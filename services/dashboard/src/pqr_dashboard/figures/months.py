"""The headline figures of a run, whole and by month. Pure: counts are summed and divided, nothing is redefined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pqr_dashboard.figures import sums, wording
from pqrs.parameters import BREACH_RATE_MAX

__all__ = [
    "THRESHOLD",
    "band",
    "by_month",
    "by_start",
    "named_peaks",
    "of_month",
    "of_type",
    "weeks",
    "whole",
    "within",
]

DAYS_IN_A_WEEK = 7
THRESHOLD = float(BREACH_RATE_MAX)  # of tickets due; above it the alert rules speak too

Figures = Mapping[str, Any]


def of_type(frame: pd.DataFrame, pqrs_type: str | None) -> pd.DataFrame:
    """The rows of a type, or all rows."""
    return frame if pqrs_type is None else frame[frame["pqrs_type"] == pqrs_type]


def of_month(daily: pd.DataFrame, month: pd.Timestamp | None) -> pd.DataFrame:
    """The days of a month, or all days."""
    return daily if month is None else daily[daily["day"].dt.to_period("M").dt.to_timestamp() == month]


def band(month: pd.Timestamp | None) -> pd.DataFrame:
    """Its days as a band: name, start, and the day after its last; no row for no month."""
    rows = [] if month is None else [(wording.month(month), month, month + pd.DateOffset(months=1))]
    return pd.DataFrame(rows, columns=["name", "start", "end"])


def within(month: pd.Timestamp, window: tuple[date, date]) -> tuple[date, date]:
    """The first and the last of its days that the window has."""
    return max(month.date(), window[0]), min((month + pd.offsets.MonthEnd(0)).date(), window[1])


def by_month(daily: pd.DataFrame, sla: pd.DataFrame) -> pd.DataFrame:
    """One row per month of the window: what arrived, was answered and fell due in it, and what was left at its end.

    The mean weighs the means of its types with the tickets they were taken over; `waiting` are those that
    it leaves out so far, a gap where the run did not count them.
    """
    days = sums.summed(daily, "day")
    days["month"] = days["day"].dt.to_period("M").dt.to_timestamp()
    flow = sums.summed(days, "month").set_index("month")[["received", "answered"]]
    left = days.sort_values("day").groupby("month")[["backlog", "overdue"]].last()
    due = sla.assign(closed=sla["in_term"] + sla["late"])
    due["business_days"] = due["mean_business_days"].astype(float) * due["closed"]
    kept = sums.summed(due, "month").set_index("month")[["due", "breached", "closed", "business_days"]]
    months = flow.join(left).join(kept)
    months["waiting"] = sums.summed(sla, "month").set_index("month").reindex(columns=["waiting"])
    months["breach_rate"] = [wording.share(*pair) for pair in zip(months["breached"], months["due"], strict=True)]
    means = zip(months["business_days"], months["closed"], strict=True)
    months["mean_business_days"] = [wording.mean(*pair) for pair in means]
    return months.reset_index()


def by_start(months: pd.DataFrame) -> dict[pd.Timestamp, Figures]:
    """The rows of `by_month` by the first day of their month."""
    return {row["month"]: {str(name): value for name, value in row.items()} for row in months.to_dict("records")}


def whole(territory: pd.DataFrame) -> Figures:
    """The same figures of the whole window, as gold counted them."""
    total = sums.total(territory)
    return {
        "received": total["received"],
        "answered": total["answered"],
        "backlog": total["open"],
        "overdue": total["overdue"],
        "due": total["due"],
        "breached": total["breached"],
        "breach_rate": wording.share(total["breached"], total["due"]),
        "mean_business_days": wording.mean(total["total_business_days"], total["closed_with_term"]),
    }


def weeks(days: pd.DataFrame) -> pd.DataFrame:
    """Daily counts summed from Monday to Sunday; `is_partial` where the window cuts a week."""
    monday = days["day"] - pd.to_timedelta(days["day"].dt.weekday, unit="D")
    grouped = days.assign(day=monday, days=1).groupby("day", as_index=False)
    summed = grouped[["received", "answered", "days"]].sum()
    return summed.assign(is_partial=summed["days"] < DAYS_IN_A_WEEK, is_peak=False)


def named_peaks(parameters: Mapping[str, Any], first: date, last: date) -> pd.DataFrame:
    """The peaks the scenario names that touch the window: name, from, and the day after its last."""
    peaks = parameters.get("scenario", {}).get("peaks", [])
    rows = [
        (str(peak["name"]).replace("_", " ").capitalize(), date.fromisoformat(peak["from"]),
         date.fromisoformat(peak["to"]), int(peak["percent"]) - 100)
        for peak in peaks
    ]  # fmt: skip
    inside = [
        (name, max(start, first), min(end, last) + timedelta(days=1), percent)
        for name, start, end, percent in rows
        if start <= last and end >= first
    ]
    frame = pd.DataFrame(inside, columns=["name", "start", "end", "percent"])
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))
