"""What the simulator's page says beside the run's own figures."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pqr_dashboard.simulator import comparison
from pqr_dashboard.simulator.model import Variation, simulated

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 30)
WINDOW = FIRST, LAST


@pytest.fixture
def cohorts():
    days = pd.to_datetime(["2026-01-05", "2026-01-06", "2026-01-07"])
    due = pd.to_datetime(["2026-01-20", "2026-01-21", "2026-01-22"])
    closed = pd.to_datetime(["2026-01-19", "2026-01-23", None])
    return pd.DataFrame(
        {"opened_on": days, "received_on": days, "pqrs_type": "PET_INF", "term_days": 10.0, "effective_due_on": due,
         "closed_on": closed, "fate": ["answered", "answered", "open"], "tickets": [4, 3, 2]}
    )  # fmt: skip


@pytest.fixture
def run(cohorts):
    """The run's own figures, as gold would tell them."""
    outcome = simulated(cohorts, WINDOW, Variation())
    names = ("received", "answered", "archived", "transferred", "lapsed", "open", "due", "late", "overdue", "breached")
    return {name: outcome.total(name) for name in names} | {
        "mean_business_days": round(outcome.mean_days, 2)
    }, outcome.daily


def test_no_change_is_exactly_the_run(run, cohorts):
    """Every day of every type and the headline; one ticket more anywhere is not the run any more."""
    headline, daily = run
    outcome = simulated(cohorts, WINDOW, Variation())
    assert comparison.is_as_it_was(headline, daily, outcome)
    assert not comparison.is_as_it_was(headline | {"open": headline["open"] + 1}, daily, outcome)
    changed = daily.copy()
    changed.loc[7, "backlog"] += 1
    assert not comparison.is_as_it_was(headline, changed, outcome)


def test_cards_say_how_far_it_is_from_the_run(run, cohorts):
    """Unchanged: the same as in the run. Changed: by how much, and what the run's figure was."""
    headline, daily = run
    same = comparison.headline(headline, daily, simulated(cohorts, WINDOW, Variation()))
    assert {card.note for card in same} == {"igual que en la corrida"}
    longer = comparison.headline(headline, daily, simulated(cohorts, WINDOW, Variation(terms={"PET_INF": 12})))
    breached = next(card for card in longer if card.label == "Incumplidas")
    assert (breached.value, breached.note, breached.change.direction) == ("2", "frente a 5 en la corrida", -1)


def test_terms_never_fall_below_a_day():
    """All terms longer or shorter by some days; none of no days, and no change at all for nought."""
    assert comparison.shifted({"PET_INF": 10, "CONSULTA": 30}, -15) == {"PET_INF": 1, "CONSULTA": 15}
    assert comparison.shifted({"PET_INF": 10}, 0) == {}


def test_one_row_per_type_with_a_term(run, cohorts):
    """The run and the simulation side by side; a type of which nothing fell due has no bar."""
    table = comparison.compared(
        run[1], simulated(cohorts, WINDOW, Variation(percent=0)),
        names={"PET_INF": "Información", "QUEJA": "Queja"}, terms={"PET_INF": 10, "QUEJA": 15},
    )  # fmt: skip
    row = table.set_index("pqrs_type").loc["PET_INF"]
    assert (row["breached"], row["breached_simulated"], row["open"], row["open_simulated"]) == (5, 9, 2, 9)
    bars = comparison.rates(table)
    assert bars[["name", "which"]].to_numpy().tolist() == [["Información", "La corrida"], ["Información", "Simulado"]]
