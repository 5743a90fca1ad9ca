"""The clock of one ticket day by day: what counts, what does not, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pqr_dashboard.figures import wording
from pqrs.terms import THREAD_DAYS
from pqrs.walk import Day, walked

__all__ = ["COUNTED", "KINDS", "days", "said"]

TERM, EXTENSION, BEYOND, UNUSED = "Término", "Prórroga", "Fuera de término", "Sin usar"
RECEPTION, SUSPENSION, WEEKEND, HOLIDAY = "Recepción", "Suspensión", "Fin de semana", "Festivo"
KINDS = (RECEPTION, TERM, EXTENSION, BEYOND, UNUSED, SUSPENSION, WEEKEND, HOLIDAY)
COUNTED = (TERM, EXTENSION, BEYOND)  # the business days that went by
OF_WALK = {"received": RECEPTION, "suspended": SUSPENSION, "weekend": WEEKEND, "holiday": HOLIDAY}


def days(ticket: Mapping[Any, Any]) -> pd.DataFrame:
    """From its reception on: day, kind (of KINDS), name of the holiday, counted; empty where there is no term.

    It runs to the end of the term or to the closing, whichever is later; what is overdue runs on to the end of the
    window, or of its thread. Days of the term after the closing are not used.
    """
    dates = ("received_on", "due_on", "effective_due_on", "closed_on", "as_of_day", "suspended_from", "suspended_to")
    known = {name: _date(ticket.get(name)) for name in dates}
    received, due = known["received_on"], known["effective_due_on"]
    if received is None or due is None:
        return pd.DataFrame(columns=["day", "kind", "name", "counted"])
    open_until = min(known["as_of_day"] or due, received + timedelta(days=THREAD_DAYS))
    rows = [
        {"day": pd.Timestamp(day.day), "kind": _kind(day, ticket, known), "name": day.name, "counted": day.counted}
        for day in walked(known, max(due, known["closed_on"] or open_until))
    ]
    return pd.DataFrame(rows)


def said(clock: pd.DataFrame) -> str:
    """The same in a sentence."""
    count = clock["kind"].value_counts()
    ran = [
        f"{kind}: {wording.count(count[kind])} {'día hábil' if count[kind] == 1 else 'días hábiles'}"
        for kind in (*COUNTED, UNUSED, SUSPENSION)
        if kind in count
    ]
    names = list(clock.loc[clock["kind"] == HOLIDAY, "name"])
    weekends = wording.several(int(count.get(WEEKEND, 0)), "día") + " de fin de semana"
    rest = f"{weekends} y {wording.several(len(names), 'festivo')} ({', '.join(names)})" if names else weekends
    return f"{'; '.join(ran)}. No cuentan {rest}."


def _kind(day: Day, ticket: Mapping[Any, Any], known: Mapping[str, date | None]) -> str:
    if day.kind in OF_WALK:
        return OF_WALK[day.kind]
    closed, due = known["closed_on"], known["effective_due_on"]
    if closed is not None and day.day > closed:
        return UNUSED
    if due is not None and day.day > due:
        return BEYOND
    term = ticket["term_days"]
    return TERM if wording.is_missing(term) or day.counted <= int(term) else EXTENSION


def _date(value: Any) -> date | None:
    return None if wording.is_missing(value) else pd.Timestamp(value).date()
