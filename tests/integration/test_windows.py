"""A window is a view of one inbox: its days, whole months and cohorts are the same from whichever window covers them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pqr_common import parquet_table
from pqr_common.lake.folder import FolderLake
from pqr_common.manifest.runs import RunRecords
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_graph, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import Inline
from pqrs.parameters import LEAD_DAYS, Parameters

pytestmark = pytest.mark.integration

PAIRS = int(os.environ.get("PQR_WINDOWS", "4"))  # how many a minute of `make test` holds
OPENS_ON = date(2025, 9, 1)
DAYS = 230
BY = {
    "kpi_daily": "day", "kpi_peaks": "day", "kpi_cohorts": "opened_on",
    "kpi_sla": "month", "report_access_to_information": "month",
}  # fmt: skip
INBOX = Parameters.create(
    seed=7, opens_on=OPENS_ON, window_from=OPENS_ON, window_to=OPENS_ON + timedelta(days=DAYS), tickets_per_business_day=15
)  # fmt: skip
days = st.integers(0, DAYS).map(lambda day: OPENS_ON + timedelta(days=day))
windows = st.tuples(days, days).map(lambda ends: tuple(sorted(ends)))


@pytest.fixture(scope="module")
def marts_of(tmp_path_factory):
    """The marts of a window of the inbox, made by all stages on one lake, which windows share."""
    home = tmp_path_factory.mktemp("windows")
    lake, settings = FolderLake(home / "lake"), Settings(lake_url=(home / "lake").as_uri(), home=home)

    def made(first: date, last: date) -> dict[str, pa.Table]:
        parameters = replace(INBOX, window_from=first, window_to=last)
        declare(lake, parameters.run_id, parameters)
        for name in installed_graph().stages[:4]:
            run_stage(stage_named(name), parameters.run_id, lake=lake, settings=settings, executor=Inline())
        gold = RunRecords(lake, parameters.run_id).manifests()["gold"]
        return {
            each.name: pa.concat_tables(parquet_table(lake.read(part)) for part in each.partitions)
            for each in gold.datasets
            if not each.name.startswith("total_")
        }

    return made


@examples(max_examples=PAIRS, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(one=windows, other=windows)
def test_random_windows_agree_on_the_days_they_share(marts_of, one, other):
    """Cell by cell, of every day that had ended a day before the earlier of their ends: a type may be assigned until then."""
    first, last = max(one[0], other[0]), min(one[1], other[1])
    sides = []
    for window in (one, other):
        made = marts_of(*window)
        sides.append(
            {name: _rows(made[name], "day", first, last - timedelta(days=1)) for name in ("kpi_daily", "kpi_peaks")}
        )
    assert sides[0] == sides[1]


@examples(max_examples=PAIRS, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
@given(window=windows, begins=days)
def test_windows_with_one_end_agree_in_every_mart(marts_of, window, begins):
    """Days, whole months and cohorts that both cover, and all that waits at their end."""
    first, last = window
    later = max(first, min(begins, last))
    wide, narrow = (_shared(marts_of(begin, last), later) for begin in (first, later))
    assert wide == narrow


def test_the_first_day_of_a_window_has_the_stock_of_a_long_one(marts_of):
    """What was 1,126 in the quarter was 109 in a window that began on the day; nobody waits longer than a thread lives."""
    day = date(2026, 2, 10)
    backlog = [
        sum(row["backlog"] for row in made["kpi_daily"].to_pylist() if row["day"] == day)
        for made in (marts_of(date(2026, 1, 1), date(2026, 2, 28)), marts_of(day, date(2026, 2, 28)))
    ]
    assert backlog[0] == backlog[1] > 100
    (executive,) = marts_of(day, date(2026, 2, 28))["kpi_executive"].to_pylist()
    assert executive["breach_rate"] is not None
    assert len(replace(INBOX, window_from=day, window_to=day).days_read) == LEAD_DAYS + 1


def _shared(marts: dict[str, pa.Table], first: date) -> dict[str, list[dict]]:
    month = first if first.day == 1 else (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    found = {name: _rows(marts[name], by, month if by == "month" else first, date.max) for name, by in BY.items()}
    (executive,) = marts["kpi_executive"].to_pylist()
    stock = [{name: executive[name] for name in ("open", "overdue")}]
    return found | {"kpi_backlog_age": marts["kpi_backlog_age"].to_pylist(), "stock": stock}


def _rows(table: pa.Table, by: str, first: date, last: date) -> list[dict]:
    return [row for row in table.to_pylist() if first <= row[by] <= last]
