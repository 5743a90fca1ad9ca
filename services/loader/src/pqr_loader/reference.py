"""The reference tables of `core`, from the packaged law and calendar. Pure."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from pqr_loader.schema import CALENDAR, SLA_POLICIES
from pqrs.calendar import BUSINESS_DAYS, FIRST_DAY, HOLIDAYS, LAST_DAY, business_days_between
from pqrs.terms import POLICIES

__all__ = ["REFERENCE", "calendar", "sla_policies"]


def sla_policies() -> pa.Table:
    """Every term the law has set, with the days it was in force."""
    return pa.Table.from_pylist([asdict(policy) for policy in POLICIES], schema=SLA_POLICIES.schema)


def calendar() -> pa.Table:
    """Every day whose holidays are known."""
    first = np.datetime64(FIRST_DAY, "D")
    days = np.arange(first, np.datetime64(LAST_DAY, "D") + 1)
    columns = {
        "day": days,
        "is_holiday": np.isin(days, HOLIDAYS),
        "is_business_day": np.is_busday(days, busdaycal=BUSINESS_DAYS),
        "business_number": business_days_between(first - 1, days).astype(np.int32),
    }
    return pa.table(columns).cast(CALENDAR.schema)


REFERENCE = {"core.sla_policies": sla_policies, "core.calendar": calendar}
