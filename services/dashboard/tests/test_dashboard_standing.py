"""What is compared and what is not: warm-up, unfinished months, few cases, and what chance explains."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pqr_dashboard.charts import scales, theme
from pqr_dashboard.charts.marks import Marks
from pqr_dashboard.figures import headline, judging, places
from pqr_dashboard.figures.standing import Standing
from pqr_dashboard.view import markup
from pqr_dashboard.view.markup import Column

JANUARY, FEBRUARY, MARCH = (pd.Timestamp(2026, month, 1) for month in (1, 2, 3))
WINDOW = (date(2026, 1, 1), date(2026, 3, 20))
WARM = Standing.of(WINDOW, {"opens_on": "2025-07-01"})
NONE_WAIT = {"waiting": 0, "due": 1000, "breached": 100, "closed": 990}


def _month(received, **figures):
    names = ("answered", "backlog", "overdue", "breach_rate", "mean_business_days")
    return dict.fromkeys(names, 0.1) | NONE_WAIT | {"received": received} | figures


def test_the_whole_period_is_compared_with_nothing():
    """What came before it is in no mart, so a card of it has no change."""
    shown = headline.of_run(_month(225), survival_median=9)
    assert {card.change for card in shown} == {None}
    assert (shown[0].value, shown[2].note) == ("225", "100 de 1.000 que vencían")
    assert shown[5].note == "mediana 9 si se cuentan las que esperan"


def test_a_month_is_compared_with_the_month_before_it():
    """Both whole; without one it says so and compares nothing."""
    by_start = {JANUARY: _month(1000), FEBRUARY: _month(1200), MARCH: _month(5)}
    now = headline.of_month(by_start, FEBRUARY, WARM)[0]
    assert (now.value, now.change.text, now.note) == ("1.200", "+20,0\u00a0%", "febrero frente a enero")
    for alone in (JANUARY, MARCH):
        found = headline.of_month(by_start, alone, WARM)
        assert {(card.change, card.note) for card in found} == {(None, "sin mes anterior completo")}


def test_a_month_of_warm_up_is_not_compared_nor_is_what_follows_it():
    """Half a year less five weeks after the inbox opened nothing is missing any more; until then no card has a change."""
    opened = Standing.of(WINDOW, {"opens_on": "2025-10-01"})
    assert opened.warm_from == date(2026, 2, 18)
    by_start = {JANUARY: _month(100), FEBRUARY: _month(900)}
    found = headline.of_month(by_start, FEBRUARY, opened)
    assert {(card.change, card.note) for card in found} == {(None, "arranque de la bandeja: no se compara")}
    band = opened.warm_up.iloc[0]
    assert (band["start"], band["end"]) == (JANUARY, pd.Timestamp(2026, 2, 18))
    assert "del 1 ene 2026 al 17 feb 2026" in opened.said()
    assert opened.of_cohort(FEBRUARY, 0) == "arranque de la bandeja"
    assert (WARM.warm_up.empty, WARM.said()) == (True, "")


def test_a_run_that_does_not_say_when_its_inbox_opened_has_no_warm_up():
    """Runs of before have no such parameter."""
    assert Standing.of(WINDOW, {}).warm_up.empty
    assert not Standing.of(WINDOW, {}).is_warm_up(JANUARY)


def test_a_mean_that_leaves_out_what_waits_is_not_compared():
    """The counts of the month are; its mean says how many still wait."""
    by_start = {JANUARY: _month(1000), FEBRUARY: _month(1200, waiting=7)}
    cards = headline.of_month(by_start, FEBRUARY, WARM)
    assert cards[0].change is not None
    assert (cards[5].change, cards[5].note) == (None, "provisional, 7 sin responder: no se compara")


@pytest.mark.parametrize(
    ("month", "waiting", "said"),
    [(JANUARY, 0, "definitiva"), (FEBRUARY, 12, "provisional, 12 sin responder"), (MARCH, 0, "provisional, mes sin terminar"),
     (JANUARY, None, "–")],
)  # fmt: skip
def test_a_cohort_says_whether_it_is_finished(month, waiting, said):
    """Over and nobody waits, or why not; runs of before do not say."""
    assert WARM.of_cohort(month, waiting) == said


def test_the_days_of_warm_up_are_hatched_and_named():
    """Slanting lines that stay within the band, and its name beside it."""
    days = pd.Series(pd.date_range(*WINDOW))
    opened = Standing.of(WINDOW, {"opens_on": "2025-10-01"})
    hatching, names = Marks(warm_up=opened.warm_up).over(days)
    lines = hatching.data
    assert (lines["from"].min(), lines["to"].max()) == (JANUARY, pd.Timestamp(2026, 2, 18))
    assert ((lines["high"] >= 0) & (lines["low"] <= 1) & (lines["high"] < lines["low"])).all()
    assert names.data["name"].tolist() == ["Arranque de la bandeja"]
    assert Marks(warm_up=WARM.warm_up).over(days) == []


@pytest.mark.parametrize(
    ("breached", "due", "kind"),
    [(19, 19, judging.TOO_FEW), (0, 20, judging.LOW), (10, 100, judging.WITHIN), (13, 100, judging.ABOVE),
     (25, 100, judging.WORSE), (1300, 10_000, judging.WORSE)],
)  # fmt: skip
def test_red_is_for_what_chance_does_not_explain(breached, due, kind):
    """13 of a hundred may well be a rate of 12 %; 1300 of ten thousand are not."""
    assert judging.judged(breached, due) == kind


def test_only_the_class_beyond_chance_is_red():
    """One scale for every rate, with the same colours wherever it is."""
    for is_dark in (False, True):
        theme.use_charts(is_dark=is_dark)
        colours = scales.colours_of(judging.KINDS)
        assert [kind for kind, colour in colours.items() if colour == theme.now().bad] == [judging.WORSE]
    theme.use_charts()


def test_a_change_within_chance_has_no_colour():
    """100 and 110 differ by less than chance makes of them, 1000 and 1200 do not."""
    tones = []
    for before, now in ((100, 110), (1000, 1200)):
        by_start = {JANUARY: _month(5, answered=before), FEBRUARY: _month(5, answered=now)}
        tones.append("pqr-good" in markup.cards_html(headline.of_month(by_start, FEBRUARY, WARM)[1:2]))
    assert tones == [False, True]
    assert judging.shares_differ((100, 1000), (140, 1000))
    assert not judging.shares_differ((100, 1000), (110, 1000))
    assert not judging.shares_differ((0, 10), (10, 10))


def test_a_cell_over_few_cases_is_greyed():
    """In tables too, whatever is divided."""
    frame = pd.DataFrame({"rate": ["a", "b"], "due": [19, 20]})
    shown = markup.table_html(frame, [Column("rate", "x", str, "due")], caption="x", total=None)
    assert [cell.count("pqr-few") for cell in shown.split("<tr")[2:]] == [1, 0]


@pytest.mark.parametrize("label", list(places.MEASURES))
def test_every_place_has_a_class_of_the_legend(label):
    """Places without a case, with few and with many; each class has a colour."""
    measure = places.MEASURES[label]
    rows = [("A", 500, 100, 90, 500, 50), ("B", 3, 3, 0, 9, 3), ("C", 90, 60, 6, 480, 60), ("D", 70, 40, 1, 300, 40)]
    columns = ["department", "received", "due", "breached", "total_business_days", "closed_with_term"]
    counts = pd.DataFrame(rows, columns=columns).assign(pqrs_type="x")
    found = places.measured(counts, "department", measure)
    placed = pd.DataFrame({"department": ["A", "B", "C", "D", "E"]}).merge(found, how="left")
    classed, kinds = places.classed(placed, measure)
    assert set(classed["kind"]) <= set(kinds)
    assert set(kinds) <= set(scales.colours_of(kinds))
    if measure.whole is not None:
        assert set(classed.set_index("department").loc[["B", "E"], "kind"]) == {judging.TOO_FEW}
