"""Every cell of every mart of a run is counted again from the tickets that its definition names, and these are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.manifest.runs import RunRecords
from pqr_common.tables.parquet import parquet_table
from pqr_gold.explained import FIGURES
from pqr_gold.marts import MARTS
from pqr_pipeline.audit.explain import Page, explained, standing_of
from pqr_pipeline.audit.recount import recount
from pqr_pipeline.audit.scan import whole
from pqrs.parameters import Parameters

pytestmark = pytest.mark.integration
STAGES = ("generator", "bronze", "silver", "gold")


@pytest.fixture(scope="module")
def grown(platform, tmp_path_factory):
    """A small run that went on from one with fewer days, so that it holds rows that were taken back; and its records.

    Its window begins after its inbox, so it tells what waited then.
    """
    here = platform.in_lake((tmp_path_factory.mktemp("explained") / "lake").as_uri())
    before = Parameters.create(
        opens_on=date(2025, 12, 15),
        window_from=date(2026, 1, 7),
        window_to=date(2026, 1, 8),
        tickets_per_business_day=3,
    )
    here.run("before", before, *STAGES)
    here.run("grown", replace(before, window_to=date(2026, 1, 9)), *STAGES)
    return here, RunRecords(here.lake, "grown")


@pytest.fixture(scope="module")
def standing(grown):
    """All partitions of tickets, once for all cells, those of a sign together."""
    here, records = grown
    parts = list(standing_of(here.lake, records))
    signs = [sign for sign, _ in parts]
    assert signs == sorted(signs), "what is taken back must be known before what came in its place"
    return [(sign, pa.concat_tables(rows for each, rows in parts if each == sign)) for sign in (-1, 1)]


def cells(grown, mart):
    """Every cell of a mart that counts tickets, with the value that the mart says."""
    here, records = grown
    parameters = Parameters.of(records.parameters())
    run = {"window": parameters.window, "opens_on": parameters.opens_on}
    for row in whole(here.lake, records.upstream("gold").dataset(mart)).to_pylist():
        for column, definition in MARTS[mart].definitions.items():
            if not definition.is_name:
                yield FIGURES.cell(mart, column, row, **run), row[column]


@pytest.mark.parametrize("mart", MARTS)
def test_every_cell_is_counted_again(grown, standing, mart):
    """From the tickets alone that its definition names; some of their rows were taken back on the way."""
    assert all(rows.num_rows for _, rows in standing)
    differing = [
        (cell.column, cell.names, said, found)
        for cell, said in cells(grown, mart)
        if (found := recount(cell, standing, last=0).value) != said
    ]
    assert differing == []


def test_a_list_holds_each_ticket_once_and_is_paged(grown, standing):
    """Pages put together are the tickets, in order of arrival, each as its last row tells it."""
    here, _ = grown
    first = explained(here.lake, "grown", "kpi_executive.open", page=Page(1, 7))
    pages = [explained(here.lake, "grown", "open", page=Page(number, 7)) for number in range(1, first.pages + 1)]
    listed = [ticket for page in pages for ticket in page.tickets]
    assert (
        first.total == first.value == first.recounted == len({ticket["ticket_id"] for ticket in listed}) == len(listed)
    )
    assert [ticket["opened_at"] for ticket in listed] == sorted(ticket["opened_at"] for ticket in listed)
    with pytest.raises(InvalidSettings, match=rf"--page.*{first.pages}.*{first.pages + 1}"):
        explained(here.lake, "grown", "open", page=Page(first.pages + 1, 7))


def test_each_mail_is_found_at_its_line(grown):
    """The object has the hash that is shown, and its line is that mail."""
    here, _ = grown
    found = explained(here.lake, "grown", "received", page=Page(1, 5))
    for ticket in found.tickets:
        assert ticket["emails"][0]["kind"] == "request"
        for mail in ticket["emails"]:
            line = here.lake.get(mail["object"]).split(b"\n")[mail["line"]]
            assert json.loads(line)["message_id"] == mail["message_id"]


def test_a_wrong_figure_is_found(grown, standing):
    """What the mart says plays no part in the recount: a list that lacks a ticket gives another value."""
    cell, said = next((cell, said) for cell, said in cells(grown, "kpi_executive") if cell.column == "received")
    taken_back, (sign, rows) = standing
    (lost, *_) = recount(cell, standing, last=1).listed["ticket_id"].to_pylist()
    found = recount(cell, [taken_back, (sign, rows.filter(pc.not_equal(rows["ticket_id"], lost)))], last=0)
    assert found.value < said


@pytest.mark.parametrize(
    ("figure", "where", "said"),
    [
        ("happiness", [], r"breach_rate.*kpi_sla"),
        ("kpi_daily.received", [], r"one row of kpi_daily.*--where day=.*--where pqrs_type="),
        ("kpi_daily.received", ["weather=rain"], r"--where.*weather=rain.*pqrs_type"),
        ("kpi_daily.received", ["day"], r"column=value.*'day'"),
        ("kpi_daily.received", ["day=1999-01-01"], r"found 0 of"),
    ],
)
def test_what_is_no_cell_is_answered_with_what_is(grown, figure, where, said):
    """One sentence, with a row to choose."""
    here, _ = grown
    with pytest.raises(InvalidSettings, match=said):
        explained(here.lake, "grown", figure, where=where, page=Page())


def test_a_mart_holds_what_its_objects_hold(grown):
    """`whole` reads every partition."""
    here, records = grown
    dataset = records.upstream("gold").dataset("kpi_cohorts")
    rows = sum(parquet_table(here.lake.read(part)).num_rows for part in dataset.partitions)
    assert whole(here.lake, dataset).num_rows == rows == dataset.rows
