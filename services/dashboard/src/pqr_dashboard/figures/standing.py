"""Which days are warm-up and which months are unfinished, so that nothing is compared that cannot be. Pure.

Warm-up: until a thread's whole life after the inbox opened, requests are missing that would have been waiting by then,
so less is answered, waits and falls due than in the same inbox later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pqr_dashboard.figures import wording
from pqrs.terms import THREAD_DAYS

__all__ = ["WARM_UP", "Standing"]

WARM_UP = "Arranque de la bandeja"
FINAL, UNFINISHED_MONTH, PROVISIONAL = "definitiva", "provisional, mes sin terminar", "provisional, {} sin responder"


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a run: the days of its window, and the first on which nothing is missing (none: the run does not say)."""

    first: date
    last: date
    warm_from: date | None

    @classmethod
    def of(cls, window: tuple[date, date], parameters: Mapping[str, Any]) -> Standing:
        opened = parameters.get("opens_on")
        return cls(*window, date.fromisoformat(opened) + timedelta(days=THREAD_DAYS) if opened else None)

    @property
    def warm_up(self) -> pd.DataFrame:
        """The days of the window that are warm-up as one band: name, start, and the day after its last; or no row."""
        end = min(self.warm_from or self.first, self.last + timedelta(days=1))
        rows = [(WARM_UP, pd.Timestamp(self.first), pd.Timestamp(end))] if end > self.first else []
        return pd.DataFrame(rows, columns=["name", "start", "end"])

    def is_warm_up(self, month: pd.Timestamp) -> bool:
        """Whether a month has such days: also one before the window, of which nothing is known."""
        return self.warm_from is not None and month.date() < self.warm_from

    def is_whole(self, month: pd.Timestamp) -> bool:
        """Whether every day of a month lies in the window."""
        return self.first <= month.date() and (month + pd.offsets.MonthEnd(0)).date() <= self.last

    def why_alone(self, month: pd.Timestamp) -> str:
        """Why a month is not compared with the one before it; nothing where it is."""
        before = month - pd.DateOffset(months=1)
        if not (self.is_whole(month) and self.is_whole(before)):
            return "sin mes anterior completo"
        return f"{WARM_UP.lower()}: no se compara" if self.is_warm_up(before) else ""

    def of_cohort(self, month: pd.Timestamp, waiting: Any) -> str:
        """Whether the mean of a month's requests is final, of which so many still wait; runs of before do not say."""
        if self.is_warm_up(month):
            return WARM_UP.lower()
        if wording.is_missing(waiting):
            return wording.NOTHING
        if waiting:
            return PROVISIONAL.format(wording.count(waiting))
        return FINAL if (month + pd.offsets.MonthEnd(0)).date() <= self.last else UNFINISHED_MONTH

    def of_month(self, month: pd.Timestamp) -> str:
        """What there is to say of a month's counts, if anything."""
        if self.is_warm_up(month):
            return "arranque"
        return "" if self.is_whole(month) else "incompleto"

    def said(self) -> str:
        """Of the whole window, if any of it is warm-up."""
        if self.warm_up.empty:
            return ""
        end = self.warm_up["end"].iloc[0] - pd.Timedelta(days=1)
        return (
            f"{WARM_UP}: del {wording.day(self.first)} al {wording.day(end)} faltan solicitudes de antes de abrirse, "
            "así que se responde, vence y espera menos de lo habitual; esos días van rayados y no se comparan."
        )
