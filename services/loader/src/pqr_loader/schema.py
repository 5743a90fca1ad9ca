"""What the loader requires of silver and gold, and the tables of Postgres it makes equal to them. Pure.

A table mirrors its dataset column by column: a column more in silver or gold needs a migration and a line here.
"""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.contract import Contract

__all__ = ["CALENDAR", "MARTS", "MIRRORED", "PARTITIONED", "PRODUCES", "REQUIRES", "SLA_POLICIES", "TABLES"]

TEXT, FLAG, DAY, INSTANT = pa.string(), pa.bool_(), pa.date32(), pa.timestamp("us", tz="UTC")
SMALL, COUNT, BIG = pa.int16(), pa.int32(), pa.int64()
SHARE, MEAN = pa.decimal128(9, 4), pa.decimal128(12, 2)


def _table(name: str, grain: str, key: tuple[str, ...], /, **columns: pa.DataType) -> Contract:
    """A dataset as it is read: nothing is known here about nulls, the layer that made it promises those."""
    return Contract(name, grain, pa.schema(list(columns.items())), key)


TICKETS = _table(
    "tickets", "one thread = one PQRS", ("ticket_id",),
    ticket_id=TEXT, root_message_id=TEXT, radicado=TEXT, pqrs_type=TEXT, topic=TEXT, department=TEXT,
    municipality=TEXT, dependency=TEXT, priority=TEXT, citizen_key=TEXT, status=TEXT, opened_at=INSTANT,
    received_on=DAY, term_days=SMALL, due_on=DAY, effective_due_on=DAY, extension_days=SMALL, suspended_days=SMALL,
    acknowledged_at=INSTANT, first_response_at=INSTANT, answered_at=INSTANT, closed_at=INSTANT, answered_on=DAY,
    closed_on=DAY, business_days=COUNT, has_term=FLAG, is_due=FLAG, is_breached=FLAG, is_overdue=FLAG,
    is_extended=FLAG, is_suspended=FLAG, is_transferred=FLAG, is_access_denied=FLAG, is_reopened=FLAG,
    is_archived=FLAG, count_emails=COUNT, count_insistences=COUNT, raw_day=DAY, raw_part=COUNT, raw_line=COUNT,
)  # fmt: skip
TICKET_EVENTS = _table(
    "ticket_events", "one step in the life of a ticket", ("ticket_id", "seq"),
    event_id=TEXT, ticket_id=TEXT, seq=COUNT, event_type=TEXT, occurred_at=INSTANT, actor=TEXT, message_id=TEXT,
    from_status=TEXT, to_status=TEXT, is_effective=FLAG, pqrs_type=TEXT, extension_days=SMALL,
)  # fmt: skip

KPI_EXECUTIVE = _table(
    "kpi_executive", "one row a run", ("window_from", "window_to"),
    window_from=DAY, window_to=DAY, received=BIG, answered=BIG, archived=BIG, transferred=BIG, no_term=BIG, open=BIG,
    overdue=BIG, due=BIG, in_term=BIG, late=BIG, breached=BIG, breach_rate=SHARE, breach_rate_closed_only=SHARE,
    mean_business_days=MEAN, p50_business_days=COUNT, p90_business_days=COUNT, extended=BIG, suspended=BIG,
    reopened=BIG, access_denied=BIG, emails=BIG, insistences=BIG,
)  # fmt: skip
KPI_DAILY = _table(
    "kpi_daily", "day x pqrs_type", ("day", "pqrs_type"),
    day=DAY, pqrs_type=TEXT, received=BIG, answered=BIG, archived=BIG, transferred=BIG, due=BIG, breached=BIG,
    backlog=BIG, overdue=BIG,
)  # fmt: skip
KPI_SLA = _table(
    "kpi_sla", "month the term ends in x pqrs_type", ("month", "pqrs_type"),
    month=DAY, pqrs_type=TEXT, due=BIG, in_term=BIG, late=BIG, open_overdue=BIG, breached=BIG, breach_rate=SHARE,
    mean_business_days=MEAN, p50_business_days=COUNT, p90_business_days=COUNT, p95_business_days=COUNT,
)  # fmt: skip
KPI_BACKLOG_AGE = _table(
    "kpi_backlog_age", "pqrs_type x age band x is_overdue", ("pqrs_type", "age_band_order", "is_overdue"),
    pqrs_type=TEXT, age_band_order=SMALL, age_band=TEXT, days_from=COUNT, days_to=COUNT, is_overdue=FLAG, tickets=BIG,
)  # fmt: skip


def _grouped(name: str, column: str) -> Contract:
    return _table(
        name, f"{column} x pqrs_type", (column, "pqrs_type"),
        **{column: TEXT}, pqrs_type=TEXT, received=BIG, answered=BIG, archived=BIG, transferred=BIG, open=BIG,
        overdue=BIG, due=BIG, breached=BIG, closed_with_term=BIG, total_business_days=BIG, breach_rate=SHARE,
        mean_business_days=MEAN,
    )  # fmt: skip


KPI_TERRITORY = _grouped("kpi_territory", "department")
KPI_TOPIC = _grouped("kpi_topic", "topic")
KPI_ARRIVALS = _table(
    "kpi_arrivals", "weekday x hour", ("weekday", "hour"),
    weekday=SMALL, hour=SMALL, received=BIG, days=BIG, per_day=MEAN,
)  # fmt: skip
KPI_PEAKS = _table(
    "kpi_peaks", "day", ("day",), day=DAY, received=BIG, expected=BIG, ratio=SHARE, is_peak=FLAG
)  # fmt: skip
KPI_RESPONSE_TIME = _table(
    "kpi_response_time", "pqrs_type x business days", ("pqrs_type", "business_days"),
    pqrs_type=TEXT, business_days=COUNT, tickets=BIG, late=BIG, cumulative_share=SHARE,
)  # fmt: skip
KPI_COHORTS = _table(
    "kpi_cohorts", "days a ticket came, falls due and ended x pqrs_type x fate",
    ("opened_on", "received_on", "pqrs_type", "term_days", "effective_due_on", "closed_on", "fate"),
    opened_on=DAY, received_on=DAY, pqrs_type=TEXT, term_days=SMALL, effective_due_on=DAY, closed_on=DAY, fate=TEXT,
    tickets=BIG,
)  # fmt: skip
REPORT_ACCESS_TO_INFORMATION = _table(
    "report_access_to_information", "month received x pqrs_type", ("month", "pqrs_type"),
    month=DAY, pqrs_type=TEXT, received=BIG, transferred=BIG, transferred_rate=SHARE, answered=BIG,
    mean_business_days=MEAN, p50_business_days=COUNT, p90_business_days=COUNT, max_business_days=COUNT,
    access_denied=BIG, access_denied_rate=SHARE,
)  # fmt: skip

SLA_POLICIES = _table(
    "core.sla_policies", "one term of a type while it was in force", ("pqrs_type", "valid_from"),
    pqrs_type=TEXT, name=TEXT, term_days=SMALL, unit=TEXT, max_extension_days=SMALL, silence_effect=TEXT,
    valid_from=DAY, valid_to=DAY, legal_basis=TEXT,
)  # fmt: skip
CALENDAR = _table(
    "core.calendar", "one day", ("day",), day=DAY, is_holiday=FLAG, is_business_day=FLAG, business_number=COUNT
)  # fmt: skip

_SILVER = (TICKETS, TICKET_EVENTS)
_GOLD = (
    KPI_EXECUTIVE, KPI_DAILY, KPI_SLA, KPI_BACKLOG_AGE, KPI_TERRITORY, KPI_TOPIC, KPI_ARRIVALS, KPI_PEAKS,
    KPI_RESPONSE_TIME, KPI_COHORTS, REPORT_ACCESS_TO_INFORMATION,
)  # fmt: skip


def _as_table(contract: Contract, schema: str) -> Contract:
    return Contract(f"{schema}.{contract.dataset}", contract.grain, contract.schema, contract.key)


REQUIRES = (*_SILVER, *_GOLD)
# Layer and dataset that each table mirrors, row by row.
MIRRORED: dict[str, tuple[str, str]] = {
    **{f"core.{contract.dataset}": ("silver", contract.dataset) for contract in _SILVER},
    **{f"gold.{contract.dataset}": ("gold", contract.dataset) for contract in _GOLD},
}
MARTS = tuple(contract.dataset for contract in _GOLD)
PARTITIONED = ("core.tickets", "core.ticket_events")
PRODUCES = (
    *(_as_table(contract, "core") for contract in _SILVER),
    *(_as_table(contract, "gold") for contract in _GOLD),
    SLA_POLICIES,
    CALENDAR,
)
TABLES = {contract.dataset: contract for contract in PRODUCES}
