"""What came and what became of it, so that it adds up: nothing is in no column. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pqr_dashboard.figures import wording
from pqrs.terms import POLICIES

__all__ = ["Balance"]

NO_TERM = {policy.pqrs_type for policy in POLICIES if policy.term_days is None}
ENDED = ("answered", "archived", "transferred", "lapsed")


@dataclass(frozen=True, slots=True)
class Balance:
    """`before` + `received` = `answered` + `archived` + `transferred` + `lapsed` + `no_term` + `open`."""

    before: int
    received: int
    answered: int
    archived: int
    transferred: int
    lapsed: int
    no_term: int
    open: int

    @classmethod
    def of(cls, daily: pd.DataFrame) -> Balance | None:
        """From rows of kpi_daily, of every day of a stretch; nothing where the run lacks a column.

        What waited before is what the first day left, less what came and more what ended in it. Of a type without a
        term nothing waits: what came of it and did not end needs no answer.
        """
        columns = ["received", *ENDED, "backlog"]
        if daily.empty or daily.reindex(columns=columns).isna().any(axis=None):
            return None
        is_termed = ~daily["pqrs_type"].isin(NO_TERM)
        first = daily[is_termed & (daily["day"] == daily["day"].min())][columns].sum()
        last = daily[daily["day"] == daily["day"].max()]["backlog"].sum()
        total, praise = daily[columns].sum(), daily[~is_termed][columns].sum()
        before = first["backlog"] - first["received"] + first[[*ENDED]].sum()
        no_term = praise["received"] - praise[[*ENDED]].sum()
        counts = (before, total["received"], *(total[name] for name in ENDED), no_term, last)
        return cls(*(int(count) for count in counts))

    @property
    def adds_up(self) -> bool:
        ended = (self.answered, self.archived, self.transferred, self.lapsed, self.no_term)
        return self.before + self.received == sum(ended) + self.open

    def said(self) -> str:
        """As one sentence."""
        ends = [
            (self.answered, "se respondieron"), (self.archived, "se archivaron"), (self.transferred, "se trasladaron"),
            (self.lapsed, "nadie respondió en 140 días"), (self.no_term, "no tienen término (felicitaciones)"),
            (self.open, "siguen pendientes"),
        ]  # fmt: skip
        ended = ", ".join(f"{wording.count(number)} {what}" for number, what in ends[:-1])
        left, what = ends[-1]
        return (
            f"La cuenta completa: {wording.count(self.before)} esperaban y llegaron {wording.count(self.received)}; "
            f"de ellas {ended} y {wording.count(left)} {what}."
        )
