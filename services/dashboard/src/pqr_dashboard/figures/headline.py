"""The six cards of Resumen: of a month beside the month before it, or of the whole run beside nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from pqr_dashboard.figures import cards, judging, months, wording
from pqr_dashboard.figures.cards import Card
from pqr_dashboard.figures.counted import span
from pqr_dashboard.figures.standing import Standing

__all__ = ["counted", "of_month", "of_run"]

Figures = Mapping[str, Any]
NOTES = ("received", "answered", "breach_rate", "backlog", "overdue", "mean_business_days")


def of_run(run: Figures, *, survival_median: Any = None) -> list[Card]:
    """No change, since no mart has what came before; rates name what they are of, the mean what it leaves out."""
    late = wording.share(run["overdue"], run["backlog"])
    notes = {
        "breach_rate": f"{wording.count(run['breached'])} de {wording.count(run['due'])} que vencían",
        "overdue": f"{wording.percent(late)} de las pendientes",
    }
    if not wording.is_missing(survival_median):
        notes["mean_business_days"] = f"mediana {wording.count(survival_median)} si se cuentan las que esperan"
    return _cards(run, {}, {}, notes=notes)


def of_month(by_start: Mapping[pd.Timestamp, Figures], month: pd.Timestamp, standing: Standing) -> list[Card]:
    """With the change since the month before, where both are whole and neither is warm-up."""
    now = by_start[month]
    why = standing.why_alone(month)
    if why:
        return _cards(now, {}, {}, notes=dict.fromkeys(NOTES, why))
    start = month - pd.DateOffset(months=1)
    before = by_start[start]
    notes = dict.fromkeys(NOTES, f"{wording.MONTHS[month.month - 1]} frente a {wording.MONTHS[start.month - 1]}")
    if not _is_final(now) or not _is_final(before):
        waiting = now["waiting"] if not _is_final(now) else before["waiting"]
        notes["mean_business_days"] = f"provisional, {wording.count(waiting)} sin responder: no se compara"
    return _cards(now, now, before, notes=notes)


def counted(month: pd.Timestamp | None, window: tuple[date, date]) -> list[tuple[str, dict[str, Any]]]:
    """What each card counts, as a figure and the names of its row: of a rate what broke its term, of a mean all."""
    if month is None:
        columns = ("received", "answered", "breached", "open", "overdue", "closed_with_term")
        return [(f"kpi_territory.{column}", {}) for column in columns]
    first, last = months.within(month, window)
    days, end, due = {"day": span(first, last)}, {"day": last}, {"month": month}
    return [
        ("kpi_daily.received", days), ("kpi_daily.answered", days), ("kpi_sla.breached", due),
        ("kpi_daily.backlog", end), ("kpi_daily.overdue", end), ("kpi_sla.mean_business_days", due),
    ]  # fmt: skip


def _is_final(month: Figures) -> bool:
    """Whether none of those that the mean is of still waits."""
    return not wording.is_missing(month["waiting"]) and not month["waiting"]


def _cards(shown: Figures, now: Figures, before: Figures, *, notes: Mapping[str, str]) -> list[Card]:
    def moved(name: str) -> cards.Change | None:
        change = cards.relative(now.get(name), before.get(name))
        return change and replace(change, is_sure=judging.counts_differ(now[name], before[name]))

    rate = cards.points(now.get("breach_rate"), before.get("breach_rate"))
    if rate is not None:
        pairs = [(month["breached"], month["due"]) for month in (now, before)]
        rate = replace(rate, is_sure=judging.shares_differ(*pairs))
    mean = None
    if now and _is_final(now) and _is_final(before):
        mean = cards.difference(now["mean_business_days"], before["mean_business_days"], "días")
        mean = mean and replace(mean, is_sure=False)  # how much a mean varies is in no mart
    worded = {"breach_rate": wording.percent, "mean_business_days": wording.decimal}
    kinds = [
        ("Recibidas", "received", moved("received"), 0),
        ("Respondidas", "answered", moved("answered"), 1),
        ("Incumplimiento", "breach_rate", rate, -1),
        ("Pendientes al cierre", "backlog", moved("backlog"), -1),
        ("Vencidas sin respuesta", "overdue", moved("overdue"), -1),
        ("Respuesta media, días hábiles", "mean_business_days", mean, -1),
    ]
    return [
        Card(label, worded.get(name, wording.count)(shown[name]), change, notes.get(name, ""), better=better)
        for label, name, change, better in kinds
    ]
