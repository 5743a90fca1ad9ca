"""What gold requires of silver and what each mart promises: columns, grain, rules. Pure."""

from __future__ import annotations

import pyarrow as pa

from pqr_common.tables.contract import Contract, Rule

__all__ = ["MARTS", "PRODUCES", "REQUIRES"]

DAY, COUNT, DAYS, TEXT, FLAG = pa.date32(), pa.int64(), pa.int32(), pa.string(), pa.bool_()
SHARE = pa.decimal128(9, 4)
MEAN = pa.decimal128(12, 2)


def _columns(**columns: pa.DataType) -> pa.Schema:
    """Columns that are always there; see `_with_gaps` for those a group may lack."""
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in columns.items()])


def _with_gaps(schema: pa.Schema, *names: str) -> pa.Schema:
    """The schema with these columns nullable: nothing to divide by, or no closed ticket to measure."""
    return pa.schema([field.with_nullable(field.name in names) for field in schema])


TICKETS = Contract(
    dataset="tickets",
    grain="one row a thread = one PQRS",
    schema=pa.schema(
        [
            ("pqrs_type", TEXT),
            ("department", TEXT),
            ("topic", TEXT),
            ("opened_at", pa.timestamp("us", tz="UTC")),
            ("received_on", DAY),
            ("term_days", pa.int16()),
            ("effective_due_on", DAY),
            ("closed_on", DAY),
            ("business_days", pa.int32()),
            ("has_term", FLAG),
            ("is_due", FLAG),
            ("is_breached", FLAG),
            ("is_extended", FLAG),
            ("is_suspended", FLAG),
            ("is_transferred", FLAG),
            ("is_access_denied", FLAG),
            ("is_reopened", FLAG),
            ("is_archived", FLAG),
            ("count_emails", pa.int32()),
            ("count_insistences", pa.int32()),
        ]
    ),
)

KPI_EXECUTIVE = Contract(
    dataset="kpi_executive",
    grain="one row a run",
    schema=_with_gaps(
        _columns(
            window_from=DAY, window_to=DAY, received=COUNT, answered=COUNT, archived=COUNT, transferred=COUNT,
            no_term=COUNT, open=COUNT, overdue=COUNT, due=COUNT, in_term=COUNT, late=COUNT, breached=COUNT,
            breach_rate=SHARE, breach_rate_closed_only=SHARE, mean_business_days=MEAN, p50_business_days=DAYS,
            p90_business_days=DAYS, extended=COUNT, suspended=COUNT, reopened=COUNT, access_denied=COUNT,
            emails=COUNT, insistences=COUNT,
        ),
        "breach_rate", "breach_rate_closed_only", "mean_business_days", "p50_business_days", "p90_business_days",
    ),
    key=("window_from", "window_to"),
    rules=(
        Rule("received_balances", "consistency", "received = answered + archived + transferred + no_term + open"),
        Rule("due_balances", "consistency", "due = in_term + breached and breached = late + overdue"),
    ),
)  # fmt: skip

KPI_DAILY = Contract(
    dataset="kpi_daily",
    grain="day x pqrs_type, every day of the window and every type",
    schema=_columns(
        day=DAY, pqrs_type=TEXT, received=COUNT, answered=COUNT, archived=COUNT, transferred=COUNT, due=COUNT,
        breached=COUNT, backlog=COUNT, overdue=COUNT,
    ),
    key=("day", "pqrs_type"),
    rules=(Rule("overdue_is_backlog", "consistency", "0 <= overdue and overdue <= backlog"),),
)  # fmt: skip

KPI_SLA = Contract(
    dataset="kpi_sla",
    grain="month the term ends in x pqrs_type with a ticket due",
    schema=_with_gaps(
        _columns(
            month=DAY, pqrs_type=TEXT, due=COUNT, in_term=COUNT, late=COUNT, open_overdue=COUNT, breached=COUNT,
            breach_rate=SHARE, mean_business_days=MEAN, p50_business_days=DAYS, p90_business_days=DAYS,
            p95_business_days=DAYS,
        ),
        "mean_business_days", "p50_business_days", "p90_business_days", "p95_business_days",
    ),
    key=("month", "pqrs_type"),
    rules=(
        Rule("due_balances", "consistency", "due = in_term + late + open_overdue and due > 0"),
        Rule("breach_rate_in_range", "validity", "breach_rate between 0 and 1"),
    ),
)  # fmt: skip

KPI_BACKLOG_AGE = Contract(
    dataset="kpi_backlog_age",
    grain="pqrs_type x age band in business days x is_overdue, every combination",
    schema=_with_gaps(
        _columns(
            pqrs_type=TEXT, age_band_order=pa.int16(), age_band=TEXT, days_from=DAYS, days_to=DAYS,
            is_overdue=FLAG, tickets=COUNT,
        ),
        "days_to",
    ),
    key=("pqrs_type", "age_band_order", "is_overdue"),
)  # fmt: skip


def _grouped(dataset: str, column: str) -> Contract:
    return Contract(
        dataset=dataset,
        grain=f"{column} x pqrs_type with a ticket",
        schema=_with_gaps(
            _columns(
                **{column: TEXT}, pqrs_type=TEXT, received=COUNT, answered=COUNT, archived=COUNT,
                transferred=COUNT, open=COUNT, overdue=COUNT, due=COUNT, breached=COUNT, closed_with_term=COUNT,
                total_business_days=COUNT, breach_rate=SHARE, mean_business_days=MEAN,
            ),
            "breach_rate", "mean_business_days",
        ),
        key=(column, "pqrs_type"),
        rules=(Rule("breached_is_due", "consistency", "breached <= due and overdue <= breached"),),
    )  # fmt: skip


KPI_TERRITORY = _grouped("kpi_territory", "department")
KPI_TOPIC = _grouped("kpi_topic", "topic")

KPI_ARRIVALS = Contract(
    dataset="kpi_arrivals",
    grain="weekday (1 = Monday) x hour of local time, all 168",
    schema=_with_gaps(
        _columns(weekday=pa.int16(), hour=pa.int16(), received=COUNT, days=COUNT, per_day=MEAN), "per_day"
    ),
    key=("weekday", "hour"),
    rules=(Rule("clock", "validity", "weekday between 1 and 7 and hour between 0 and 23"),),
)

KPI_PEAKS = Contract(
    dataset="kpi_peaks",
    grain="day, every day of the window",
    schema=_with_gaps(_columns(day=DAY, received=COUNT, expected=COUNT, ratio=SHARE, is_peak=FLAG), "ratio"),
    key=("day",),
)

KPI_RESPONSE_TIME = Contract(
    dataset="kpi_response_time",
    grain="pqrs_type x business days with a closed ticket",
    schema=_columns(pqrs_type=TEXT, business_days=DAYS, tickets=COUNT, late=COUNT, cumulative_share=SHARE),
    key=("pqrs_type", "business_days"),
    rules=(Rule("late_is_closed", "consistency", "late <= tickets and business_days >= 0"),),
)

KPI_COHORTS = Contract(
    dataset="kpi_cohorts",
    grain="opened_on x received_on x pqrs_type x term_days x effective_due_on x closed_on x fate, with a ticket",
    schema=_with_gaps(
        _columns(
            opened_on=DAY, received_on=DAY, pqrs_type=TEXT, term_days=pa.int16(), effective_due_on=DAY,
            closed_on=DAY, fate=TEXT, tickets=COUNT,
        ),
        "term_days", "effective_due_on", "closed_on",
    ),
    key=("opened_on", "received_on", "pqrs_type", "term_days", "effective_due_on", "closed_on", "fate"),
    rules=(
        Rule("fate", "validity", "fate in ('answered', 'archived', 'transferred', 'no_term', 'open')"),
        Rule("closed_has_a_day", "consistency", "(closed_on is null) = (fate in ('no_term', 'open'))"),
        Rule("term_has_an_end", "consistency", "(term_days is null) = (effective_due_on is null)"),
        Rule("dates_in_order", "validity", "opened_on <= received_on and received_on < effective_due_on"),
        Rule("rows_count_tickets", "validity", "tickets > 0"),
    ),
)  # fmt: skip

REPORT_ACCESS_TO_INFORMATION = Contract(
    dataset="report_access_to_information",
    grain="month received x pqrs_type (PET_INF, PET_DOC), every month of the window",
    schema=_with_gaps(
        _columns(
            month=DAY, pqrs_type=TEXT, received=COUNT, transferred=COUNT, transferred_rate=SHARE, answered=COUNT,
            mean_business_days=MEAN, p50_business_days=DAYS, p90_business_days=DAYS, max_business_days=DAYS,
            access_denied=COUNT, access_denied_rate=SHARE,
        ),
        "transferred_rate", "mean_business_days", "p50_business_days", "p90_business_days", "max_business_days",
        "access_denied_rate",
    ),
    key=("month", "pqrs_type"),
)  # fmt: skip

REQUIRES = (TICKETS,)
PRODUCES = (
    KPI_EXECUTIVE,
    KPI_DAILY,
    KPI_SLA,
    KPI_BACKLOG_AGE,
    KPI_TERRITORY,
    KPI_TOPIC,
    KPI_ARRIVALS,
    KPI_PEAKS,
    KPI_RESPONSE_TIME,
    KPI_COHORTS,
    REPORT_ACCESS_TO_INFORMATION,
)
MARTS = {contract.dataset: contract for contract in PRODUCES}
