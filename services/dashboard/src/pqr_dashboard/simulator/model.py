"""What would have become of the same arrivals with other terms or another capacity to answer. Pure.

Tickets are never looked at one by one: a row of kpi_cohorts stands for all that came, fell due and ended on the same
days. The entity works a queue: each day it answers as many as it can, first those it answered first in fact, or first
those that fall due first. With its own terms, capacity and order that queue gives back what happened, to the ticket.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pqr_dashboard.simulator.cohorts import ANSWERED, OPEN, Cohorts
from pqr_dashboard.simulator.outcome import COUNTS, Outcome
from pqr_dashboard.simulator.queue import BY_DUE_DATE, OWN_ORDER, Variation, worked_off
from pqrs import terms

__all__ = ["BY_DUE_DATE", "COUNTS", "OWN_ORDER", "Outcome", "Variation", "answers_per_business_day", "simulated"]


def simulated(rows: pd.DataFrame, window: tuple[date, date], variation: Variation) -> Outcome:
    """The figures of the window, first and last day, if `variation` had been so; `rows` are those of kpi_cohorts.

    The queue decides over what was answered or waits; what was archived or transferred stays as it was.
    """
    first, last = window
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    cohorts = Cohorts.of(rows, variation.terms)
    is_queued = np.isin(cohorts.ending, (ANSWERED, OPEN))
    worked = worked_off(cohorts.take(np.flatnonzero(is_queued)), days, variation)
    return Outcome.of(cohorts.take(np.flatnonzero(~is_queued)).joined(worked), days)


def answers_per_business_day(rows: pd.DataFrame, window: tuple[date, date]) -> int:
    """How many answers a business day of the window saw, rounded."""
    first, last = window
    business_days = int(np.busday_count(first, np.datetime64(last, "D") + 1, busdaycal=terms.CALENDAR))
    answered = rows.loc[rows["fate"] == ANSWERED, "tickets"].sum()
    return round(int(answered) / business_days) if business_days else 0
