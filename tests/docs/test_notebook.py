"""The notebook, run as the program that it is, over a finished run: what it shows is true of that run."""

from __future__ import annotations

import importlib.util
from datetime import timedelta
from pathlib import Path

import altair as alt
import pytest

from pqr_pipeline.audit.scan import whole

pytestmark = pytest.mark.integration

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "inbox.py"


def _notebook():
    spec = importlib.util.spec_from_file_location("inbox", NOTEBOOK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app


@pytest.fixture(scope="module")
def run_notebook(platform):
    """The program on the lake of these settings; gives outputs and what cells defined, `defs` in place of some."""

    def run(settings=platform.settings, **defs):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PQR_LAKE_URL", settings.lake_url)
            return _notebook().run(defs=defs)

    return run


@pytest.fixture(scope="module")
def shown(platform, january, finished, run_notebook):
    """What every cell defined, when Postgres shows the run `january`."""
    platform.run("january", january, "loader")
    return run_notebook()[1]


def test_the_run_that_is_shown_is_chosen_first(shown):
    """Whatever other runs the lake has."""
    assert shown["run"].value == "january"


def test_the_manifests_form_a_chain(shown, finished):
    """Every layer of the run stands there, and what it names as its source is what is there."""
    assert [(row["layer"], row["digest"]) for row in shown["chain"]] == [
        (layer, manifest.digest[:8]) for layer, manifest in finished.items()
    ]
    assert all(row["is_there"] for row in shown["chain"])


def test_the_mart_made_again_is_the_mart_of_gold(shown, finished):
    """To the row, and by the digest that gold's manifest names."""
    assert shown["digests"]["made here"] == finished["gold"].dataset("kpi_territory").content_digest
    assert shown["reproduced"].num_rows > 50
    assert shown["differences"].num_rows == 0
    assert shown["is_equal"]


def test_a_mart_that_counts_otherwise_is_not_equal(shown, run_notebook):
    """So the comparison can say no; the rows that differ are listed from both sides."""
    wrong = shown["territory_sql"].replace(" and not is_transferred", "")
    assert wrong != shown["territory_sql"]
    found = run_notebook(territory_sql=wrong)[1]
    assert not found["is_equal"]
    assert set(found["differences"]["side"].to_pylist()) == {"in gold only", "made here only"}


def test_the_request_is_followed_whole(shown, platform):
    """From its bytes, which are in the object that the manifest names, to its ticket, its clock and its figures."""
    ticket, trace, first = shown["ticket"], shown["trace"], shown["first"]
    assert platform.lake.get_range(first.object, first.offset, len(first.data)) == first.data
    assert shown["is_as_named"]
    assert len([row for row in shown["thread"] if row["fate"] == "message"]) == ticket["count_emails"] > 2
    assert shown["thread"][0]["step"] == "received"
    assert ticket["closed_at"] >= ticket["due_at"]
    assert trace.clock[-1].counted == ticket["business_days"]
    counting = {(row["mart"], row["column"]) for row in shown["figures"]}
    assert {("kpi_sla", "late"), ("kpi_territory", "received"), ("kpi_executive", "breached")} <= counting


def test_questions_are_answered_as_gold_answers_them(shown, platform, finished):
    """What the notebook counts in silver and sums up of marts is what marts tell."""
    (headline,) = whole(platform.lake, finished["gold"].dataset("kpi_executive")).to_pylist()
    gold = whole(platform.lake, finished["gold"].dataset("kpi_arrivals"))
    told = {(row["weekday"], row["hour"]): row["received"] for row in gold.to_pylist() if row["received"]}
    assert {(row["weekday"], row["hour"]): row["received"] for row in shown["arrivals"].to_pylist()} == told
    for column in ("breached", "due"):
        assert sum(shown["breaches"][column].to_pylist()) == headline[column]
    last_day = max(shown["queue"]["day"].to_pylist())
    at_the_end = {row["state"]: row["tickets"] for row in shown["queue"].to_pylist() if row["day"] == last_day}
    assert at_the_end == {"waiting": headline["open"], "overdue": headline["overdue"]}
    days = shown["peaks"]["day"].to_pylist()
    assert len(days) == (headline["window_to"] - headline["window_from"]) // timedelta(days=1) + 1


@pytest.mark.parametrize("name", ["arrivals_chart", "breach_chart", "queue_chart", "peak_chart", "clock_chart"])
def test_charts_have_data(shown, name):
    """Each is one that Altair can write, with rows to draw."""
    chart = shown[name]
    assert isinstance(chart, alt.Chart | alt.LayerChart)
    drawn = chart.to_dict()
    rows = [*drawn.get("datasets", {}).values(), drawn.get("data", {}).get("values", [])]
    assert max(map(len, rows)) > 5


def test_without_a_run_one_sentence_says_what_to_do(own_lake, run_notebook):
    """And nothing is tried that needs one."""
    outputs, defined = run_notebook(own_lake.settings)
    said = [each.text for each in outputs if each is not None and "must be a run" in each.text]
    assert len(said) == 1
    assert f"There must be a run with figures, found none in {own_lake.settings.lake_url}: start with" in said[0]
    assert "records" not in defined
