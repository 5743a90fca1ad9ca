"""The operation of the inbox: what waits for an answer and how legal terms are kept, as the published run has it."""

from __future__ import annotations

from boards.vocabulary import LIMIT, Board, Limits, Panel, Query, Row

from pqrs.catalogue import PQRS_TYPES
from pqrs.terms import POLICIES

NAMES = {policy.pqrs_type: policy.name for policy in POLICIES if policy.pqrs_type in PQRS_TYPES}
BREACH = Limits(warning=0.1, bad=LIMIT)
OPEN, OVERDUE = (f'pqr:published_backlog_tickets{{state="{state}"}}' for state in ("open", "overdue"))

HEADLINE = Row(
    "The published run",
    (
        Panel(
            "gauge", "Breach ratio", "Breached over due: tickets whose term ended in the window, and of them those not answered in time. "
            "The limit is 12 %.",
            (Query('pqr:published_breach_ratio{pqrs_type="all"}'),), unit="percentunit", decimals=1, highest=0.2,
            limits=BREACH, width=6, height=6,
        ),
        Panel(
            "stat", "Open tickets", "Waiting for an answer at the end of the window, overdue ones included.",
            (Query('pqr:backlog_tickets{state="open"}'),), width=5, height=6,
        ),
        Panel(
            "stat", "Overdue tickets", "Waiting beyond the end of their legal term, extensions and suspensions counted.",
            (Query('pqr:backlog_tickets{state="overdue"}'),), limits=Limits(warning=1), width=5, height=6,
        ),
        Panel(
            "stat", "Overdue share of the open", "How much of what waits should have been answered already.",
            (Query('sum(pqr:backlog_tickets{state="overdue"}) / sum(pqr:backlog_tickets{state="open"})'),),
            unit="percentunit", decimals=1, limits=Limits(warning=0.25, bad=0.5), width=4, height=6,
        ),
        Panel(
            "stat", "Published", "When the run that these figures, Streamlit and Metabase show was put there.",
            (Query("pqr:published_timestamp_seconds * 1000"),), unit="dateTimeFromNow", width=4, height=6,
        ),
    ),
)  # fmt: skip

BY_TYPE = Row(
    "By type",
    (
        Panel(
            "bargauge", "Breach ratio by type", "Red from the limit of 12 % on. A type of which nothing was due has no ratio and no bar.",
            (Query('sort_desc(pqr:published_breach_ratio{pqrs_type!="all"})', "{{pqrs_type}}"),),
            unit="percentunit", decimals=1, highest=0.2, limits=BREACH, height=11, names=NAMES,
        ),
        Panel(
            "bargauge", "Open tickets by type", "Overdue ones included.",
            (Query(f"sort_desc({OPEN})", "{{pqrs_type}}"),), height=11, names=NAMES,
        ),
        Panel(
            "bargauge", "Overdue tickets by type", "The part of the open tickets whose term has run out.",
            (Query(f"sort_desc({OVERDUE})", "{{pqrs_type}}"),), limits=Limits(warning=1), height=11, names=NAMES,
        ),
    ),
)  # fmt: skip

OVER_TIME = Row(
    "From run to run",
    (
        Panel(
            "timeseries", "Breach ratio over time", "A step is a newly published run. The dashed line is the limit of 12 %.",
            (Query("pqr:published_breach_ratio", "{{pqrs_type}}"),), unit="percentunit", decimals=1, limits=BREACH,
            shows_limit=True, width=12, height=10, names=NAMES | {"all": "All types"},
        ),
        Panel(
            "timeseries", "Backlog over time", "A step is a newly published run.",
            (Query("pqr:backlog_tickets", "{{state}}"),), width=12, height=10,
        ),
    ),
)  # fmt: skip

BOARD = Board(
    "pqr-operation",
    "PQRS operation",
    "What waits for an answer and how legal terms are kept, counted by gold and shown for the published run.",
    (HEADLINE, BY_TYPE, OVER_TIME),
)
