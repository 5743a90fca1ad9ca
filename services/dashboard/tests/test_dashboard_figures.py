"""Numbers, tables, CSV, months, colours: everything that is computed before anything is drawn."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pqr_dashboard.access.menu import PAGES, menu_of
from pqr_dashboard.charts import scales, theme
from pqr_dashboard.figures import cards, compliance, months, operation, places, wording
from pqr_dashboard.figures.cards import Card
from pqr_dashboard.figures.pqrs_types import Types
from pqr_dashboard.pages.context import Run
from pqr_dashboard.view import markup, spreadsheet
from pqr_dashboard.view.markup import Column
from pqrs.catalogue import DEPARTMENTS

MISSING = [None, float("nan"), pd.NaT, pd.NA]
JANUARY, FEBRUARY, MARCH = (pd.Timestamp(2026, month, 1) for month in (1, 2, 3))


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (wording.count, 1234567, "1.234.567"),
        (wording.count, 0, "0"),
        (wording.decimal, 1234.56, "1.234,6"),
        (wording.percent, 0.095, "9,5\u00a0%"),
        (wording.percent, 1, "100,0\u00a0%"),
        (wording.duration, 75.2, "1\u00a0min 15\u00a0s"),
        (wording.day, date(2026, 1, 5), "5 ene 2026"),
        (wording.month, pd.Timestamp(2026, 9, 1), "septiembre de 2026"),
    ],
)
def test_figures_read_as_in_colombia(form, value, text):
    """Points group, commas divide, a number keeps its unit on its line, months are Spanish."""
    assert form(value) == text


@pytest.mark.parametrize("missing", MISSING, ids=str)
@pytest.mark.parametrize(
    "form", [wording.count, wording.decimal, wording.percent, wording.duration, wording.day, wording.month]
)
def test_what_is_missing_is_a_dash(form, missing):
    """Never nan, None or NaT."""
    assert form(missing) == wording.NOTHING


@pytest.mark.parametrize(
    ("now", "before", "text", "direction"),
    [
        (110, 100, "+10,0\u00a0%", 1),
        (90, 100, "−10,0\u00a0%", -1),
        (100, 100, "0,0\u00a0%", 0),
        (100_001, 100_000, "0,0\u00a0%", 0),
    ],
)
def test_a_change_says_how_much_and_which_way(now, before, text, direction):
    """Relative to what it was; what rounds to nothing has no direction."""
    assert cards.relative(now, before) == cards.Change(text, direction)


def test_there_is_no_change_from_nothing():
    """Neither from zero nor from what is not known."""
    assert cards.relative(5, 0) is None
    assert cards.relative(5, None) is None
    assert cards.points(None, 0.1) is None
    assert wording.share(3, 0) is None


def test_shares_change_by_points():
    """From 10 % to 9 % is one point, not ten percent."""
    assert cards.points(0.09, 0.10) == cards.Change("−1,0\u00a0pp", -1)


def test_a_window_names_its_days():
    """The year once, or twice where it changes."""
    assert wording.window(date(2026, 1, 1), date(2026, 3, 31)) == "1 ene – 31 mar 2026"
    assert wording.window(date(2025, 12, 1), date(2026, 1, 31)) == "1 dic 2025 – 31 ene 2026"


def test_a_csv_opens_in_the_excel_of_colombia():
    """UTF-8 with its mark, semicolons, decimal commas, ISO days, nothing for what is missing."""
    frame = pd.DataFrame({"day": [JANUARY], "name": ['Petición; "urgente"'], "rate": [0.125], "n": [3], "gap": [None]})
    data = spreadsheet.as_csv(frame, {"day": "Día", "name": "Nombre"})
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig") == 'Día;Nombre;rate;n;gap\r\n2026-01-01;"Petición; ""urgente""";0,125;3;\r\n'


@pytest.mark.parametrize("typed", ["=1+1", "+57 300", "-x", "@sum", "\tx"])
def test_a_csv_runs_nothing(typed):
    """What a citizen wrote stays text in a spreadsheet; negative numbers stay numbers."""
    lines = spreadsheet.as_csv(pd.DataFrame({"a": [typed], "b": [-1.5]})).decode("utf-8-sig").splitlines()
    assert f"'{typed}" in lines[1]
    assert lines[1].endswith(";-1,5")


def test_nothing_in_html_is_taken_for_a_tag():
    """Names and cells are text, whatever they hold."""
    frame = pd.DataFrame({"a": ["<script>alert(1)</script>"]})
    shown = markup.table_html(frame, [Column("a", "<b>")], caption='a "caption"', total=["<i>"])
    shown += markup.cards_html([Card("<u>", "<s>", note="<p>")]) + markup.state_html(
        "k", "<h1>", "<em> [[pqr run]]", role="alert"
    )
    assert not [tag for tag in ("<script>", "<b>", "<i>", "<u>", "<s>", "<em>", "<h1>") if tag in shown]
    assert "<code>pqr run</code>" in shown


def test_a_card_says_whether_a_change_is_good():
    """More answered is good news, more breaches are bad news, more received is neither."""
    risen = cards.Change("+1,0 %", 1)
    tones = [markup.cards_html([Card("x", "1", risen, better=better)]) for better in (1, -1, 0)]
    assert ["pqr-good" in tones[0], "pqr-bad" in tones[1]] == [True, True]
    assert "pqr-good" not in tones[2] + tones[1]
    assert "pqr-bad" not in tones[2] + tones[0]


def _daily(*rows):
    columns = ["day", "pqrs_type", "received", "answered", "backlog", "overdue"]
    return pd.DataFrame(rows, columns=columns).assign(day=lambda f: pd.to_datetime(f["day"]))


def _sla(*rows):
    columns = ["month", "pqrs_type", "due", "breached", "in_term", "late", "mean_business_days"]
    return pd.DataFrame(rows, columns=columns)


def test_months_sum_what_flows_and_keep_what_is_left():
    """Received adds up over days and types; backlog is the last day's; rates and means weigh their counts."""
    daily = _daily(
        ("2026-01-30", "QUEJA", 2, 1, 5, 0), ("2026-01-31", "QUEJA", 3, 1, 7, 1), ("2026-01-31", "RECLAMO", 1, 0, 1, 0),
        ("2026-02-01", "QUEJA", 4, 6, 5, 2),
    )  # fmt: skip
    sla = _sla((JANUARY, "QUEJA", 10, 1, 9, 1, 10.0), (JANUARY, "RECLAMO", 30, 3, 28, 2, 14.0))
    found = months.by_start(months.by_month(daily, sla))
    assert [found[JANUARY][name] for name in ("received", "answered", "backlog", "overdue")] == [6, 2, 8, 1]
    assert found[JANUARY]["breach_rate"] == pytest.approx(0.1)
    assert found[JANUARY]["mean_business_days"] == pytest.approx(13.0)
    assert wording.percent(found[FEBRUARY]["breach_rate"]) == wording.NOTHING


def test_named_peaks_are_cut_to_the_window():
    """Those outside are left out; the end is the day after the last."""
    scenario = {"scenario": {"peaks": [
        {"name": "pico_uno", "from": "2026-01-30", "to": "2026-02-02", "percent": 155},
        {"name": "pico_dos", "from": "2026-03-01", "to": "2026-03-02", "percent": 300},
    ]}}  # fmt: skip
    bands = months.named_peaks(scenario, date(2026, 1, 1), date(2026, 1, 31))
    assert bands.to_dict("records") == [
        {"name": "Pico uno", "start": pd.Timestamp(2026, 1, 30), "end": pd.Timestamp(2026, 2, 1), "percent": 55}
    ]
    assert months.named_peaks({}, date(2026, 1, 1), date(2026, 1, 31)).empty


def test_percentiles_are_discrete():
    """The least day by which at least that share was closed, as gold has it."""
    days = pd.DataFrame(
        {"business_days": [3, 1, 10, 1], "tickets": [4, 3, 1, 2], "late": [0, 0, 1, 0], "pqrs_type": "x"}
    )
    assert compliance.summary(days) == compliance.Summary(closed=10, late_share=0.1, median=1, ninety=3)


def test_bars_of_answers_are_stacked_without_gaps():
    """What was in term lies below what was late, and together they are all."""
    days = pd.DataFrame({"business_days": [5, 5], "tickets": [7, 3], "late": [2, 0], "pqrs_type": ["a", "b"]})
    assert compliance.stacked(days)[["base", "top", "tickets"]].to_numpy().tolist() == [[0, 8, 8], [8, 10, 2]]


def test_few_cases_are_marked():
    """A rate over three tickets says little; a count of three is three."""
    counts = pd.DataFrame([["A", "x", 3, 3, 1]], columns=["department", "pqrs_type", "received", "due", "breached"])
    rate = places.measured(counts, "department", places.MEASURES["Incumplimiento"]).iloc[0]
    assert (rate["text"], bool(rate["is_few"])) == ("33,3\u00a0%", True)
    assert not places.measured(counts, "department", places.MEASURES["Recibidas"]).iloc[0]["is_few"]


def test_the_map_has_every_department_once():
    """Thirty-three tiles, none upon another."""
    tiles = places.tiles()
    assert sorted(tiles["department"]) == sorted(DEPARTMENTS)
    assert not tiles.duplicated(["column", "row"]).any()
    assert not tiles["code"].duplicated().any()


def test_the_map_resembles_the_country():
    """North is up and east is right for neighbours everybody knows."""
    at = places.tiles().set_index("department")
    for north, south in [
        ("La Guajira", "Cesar"),
        ("Antioquia", "Caldas"),
        ("Tolima", "Huila"),
        ("Caquetá", "Amazonas"),
    ]:
        assert at.loc[north, "row"] < at.loc[south, "row"], (north, south)
    for west, east in [("Chocó", "Antioquia"), ("Casanare", "Vichada"), ("Nariño", "Putumayo"), ("Sucre", "Cesar")]:
        assert at.loc[west, "column"] < at.loc[east, "column"], (west, east)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_letters_can_be_read(palette):
    """On every class of the scale, and every ink on paper and on the sidebar: a contrast of 4.5 at least."""
    for fill in (*palette.classes, *palette.sequential):
        assert scales.contrast(fill, scales.ink_on(fill)) >= 4.5, fill
    for ink in (palette.accent, palette.good, palette.bad, palette.ink, palette.grey, palette.amber):
        assert scales.contrast(ink, palette.paper) >= 4.5, ink
        assert scales.contrast(ink, palette.surface) >= 4.5, ink


def test_types_are_named_for_people():
    """By the policy in force, in the order of the catalogue, shorter where space is dear."""
    policies = pd.DataFrame({"pqrs_type": ["QUEJA", "PET_DOC", "FELICITACION"], "term_days": [15, 10, None],
                             "name": ["Queja", "Petición de documentos y copias", "Felicitación"]})  # fmt: skip
    types = Types.of(policies)
    assert list(types.names) == ["PET_DOC", "QUEJA", "FELICITACION"]
    assert types.short["PET_DOC"] == "Documentos"
    assert types.terms == {"PET_DOC": 10, "QUEJA": 15}
    assert types.called(None) == "Todos los tipos"
    received = pd.DataFrame({"pqrs_type": ["QUEJA", "PET_DOC"], "received": [1, 0]})
    assert list(Types.of(policies, received).names) == ["QUEJA"]  # no health claims in a mayor's office
    assert list(Types.of(policies, pd.DataFrame()).names) == list(types.names)  # a run older than that mart


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("executive", ["resumen", "terminos", "territorio"]),
        ("analyst", ["resumen", "terminos", "territorio", "solicitudes", "simulador"]),
        ("operator", [entry.module for entry in PAGES]),
        ("local", [entry.module for entry in PAGES]),
        ("root", []),
    ],
)
def test_a_role_has_its_pages(role, pages):
    """A role nobody knows has none."""
    assert [entry.module for entry in menu_of(role)] == pages


def test_runs_of_one_window_are_told_apart():
    """By their seed, and only where they must be."""
    run, twin, other = (
        Run(str(number), date(2026, 1, 1), date(2026, last, 28), "alcaldia", number, is_published=False, stamp="")
        for number, last in ((1, 2), (2, 2), (3, 3))
    )
    assert run.called([run, twin, other]) == "1 ene – 28 feb 2026 · s1"
    assert other.called([run, twin, other]) == "1 ene – 28 mar 2026"


@pytest.mark.parametrize(("failed", "said"), [(0, "todos se cumplen"), (1, "1 no se cumple"), (2, "2 no se cumplen")])
def test_checks_that_fail_are_counted_in_words(failed, said):
    run = {"state": "completed", "is_published": True, "seconds": 1.0, "started_at": pd.Timestamp(2026, 1, 1, tz="UTC")}
    attempts = pd.DataFrame({"stage": ["gold"]})
    checks = pd.DataFrame({"status": ["failed"] * failed + ["passed"]})
    rejects = pd.DataFrame({"layer": [], "lines": [], "rejected": []})
    shown = operation.cards(run | {"rows": 1, "bytes": 1}, attempts=attempts, checks=checks, rejects=rejects)
    assert next(card.note for card in shown if card.label == "Controles de calidad") == said
