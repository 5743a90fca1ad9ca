"""The reference tables of `core`, from the packaged law and calendar. Pure."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from pqr_common import Contract
from pqrs.calendar import BUSINESS_DAYS, FIRST_DAY, HOLIDAYS, LAST_DAY, business_days_between
from pqrs.terms import POLICIES, first_policies

__all__ = ["CALENDAR", "FIRST", "REFERENCE", "SLA_POLICIES", "calendar", "sla_policies"]

TEXT, DAY, SMALL, COUNT, FLAG = pa.string(), pa.date32(), pa.int16(), pa.int32(), pa.bool_()

SLA_POLICIES = Contract(
    dataset="core.sla_policies",
    grain="one term of a type while it was in force, both days included",
    schema=pa.schema({
        "pqrs_type": TEXT, "name": TEXT, "term_days": SMALL, "unit": TEXT, "max_extension_days": SMALL,
        "silence_effect": TEXT, "valid_from": DAY, "valid_to": DAY, "legal_basis": TEXT,
    }),
    key=("pqrs_type", "valid_from"),
)  # fmt: skip
CALENDAR = Contract(
    dataset="core.calendar",
    grain="one day; business_number counts business days, so those in (a, b] are the difference of two of them",
    schema=pa.schema({"day": DAY, "is_holiday": FLAG, "is_business_day": FLAG, "business_number": COUNT}),
    key=("day",),
)


def sla_policies() -> pa.Table:
    """Every term the law has set, with the days it was in force."""
    return pa.Table.from_pylist([asdict(policy) for policy in POLICIES], schema=SLA_POLICIES.schema)


def first_sla_policies() -> pa.Table:
    """Those that the first runs were loaded with: with other rows a run would not be what it was committed as."""
    return pa.Table.from_pylist([asdict(policy) for policy in first_policies()], schema=SLA_POLICIES.schema)


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
FIRST = {"core.sla_policies": first_sla_policies, "core.calendar": calendar}
