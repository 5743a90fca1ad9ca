"""The run's own figures beside the simulated ones. Pure: data frames in and out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from pqr_dashboard.figures import cards, sums, wording
from pqr_dashboard.figures.cards import Card, Change
from pqr_dashboard.simulator.model import Outcome

__all__ = ["RUN", "SIMULATED", "compared", "days_of", "headline", "is_as_it_was", "rates", "shifted"]

RUN, SIMULATED = "La corrida", "Simulado"
Worded = Callable[[Any], str]
Moved = Callable[[Any, Any], Change | None]
TERM_DAYS_MIN = 1


def headline(run: Mapping[Any, Any], daily: pd.DataFrame, outcome: Outcome) -> list[Card]:
    """Six cards: what is simulated, and how far that is from the run."""
    own_rate, own_mean = wording.share(run["breached"], run["due"]), run["mean_business_days"]
    rate, mean = outcome.breach_rate, outcome.mean_days
    shown = [("Incumplidas", "breached"), ("Pendientes al cierre", "open"), ("Vencidas sin respuesta", "overdue")]
    counts: list[tuple[str, float, Any]] = [(label, outcome.total(name), run[name]) for label, name in shown]
    counts.append(("Máximo de pendientes en un día", _most(outcome.daily), _most(daily)))
    return [
        _card("Incumplimiento", (rate, own_rate), wording.percent, moved=cards.points),
        *(_card(label, (now, own), wording.count) for label, now, own in counts),
        _card("Respuesta media (días hábiles)", (mean, own_mean), wording.decimal),
    ]


def is_as_it_was(run: Mapping[Any, Any], daily: pd.DataFrame, outcome: Outcome) -> bool:
    """Whether the simulation gives exactly the run's own figures: its headline, and each day of each type."""
    names = ("received", "answered", "archived", "transferred", "lapsed", "open", "due", "late", "overdue", "breached")
    keys = ["day", "pqrs_type"]
    columns = [name for name in daily.columns if name in outcome.daily.columns and name not in keys]
    own, simulated = (frame.set_index(keys)[columns].sort_index() for frame in (daily, outcome.daily))
    is_same_day = own.shape == simulated.shape and bool((own.to_numpy() == simulated.to_numpy()).all())
    return is_same_day and all(outcome.total(name) == run[name] for name in names)


def days_of(daily: pd.DataFrame, outcome: Outcome, column: str) -> pd.DataFrame:
    """Day by day over all types, the run's and the simulated count: day, which, tickets."""
    both = [(RUN, daily), (SIMULATED, outcome.daily)]
    frames = [sums.summed(frame, "day")[["day", column]].assign(which=which) for which, frame in both]
    return pd.concat(frames, ignore_index=True).rename(columns={column: "tickets"})


def compared(
    daily: pd.DataFrame, outcome: Outcome, *, names: Mapping[str, str], terms: Mapping[str, int]
) -> pd.DataFrame:
    """One row per type that has a term: the term, and due, breached, rate and open of the run and simulated."""
    last = daily[daily["day"] == daily["day"].max()].set_index("pqrs_type")
    own = sums.summed(daily, "pqrs_type").set_index("pqrs_type")[["due", "breached"]].join(last[["backlog"]])
    simulated = outcome.by_type.set_index("pqrs_type")[["due", "breached", "open"]].add_suffix("_simulated")
    both = own.rename(columns={"backlog": "open"}).join(simulated)
    rows = both.loc[[code for code in names if code in both.index and code in terms]].reset_index()
    rows["name"] = [names[code] for code in rows["pqrs_type"]]
    rows["term"] = [terms[code] for code in rows["pqrs_type"]]
    rows["rate"] = _rates(rows["breached"], rows["due"])
    rows["rate_simulated"] = _rates(rows["breached_simulated"], rows["due_simulated"])
    return rows


def rates(table: pd.DataFrame) -> pd.DataFrame:
    """The same with one row per bar: name, which, rate, due, breached; without types of which nothing fell due."""
    columns = ["rate", "due", "breached"]
    own = table[["name", *columns]].assign(which=RUN)
    simulated = table[["name", *(f"{name}_simulated" for name in columns)]].assign(which=SIMULATED)
    simulated.columns = own.columns
    return pd.concat([own, simulated], ignore_index=True).dropna(subset=["rate"])


def shifted(terms: Mapping[str, int], by: int) -> dict[str, int]:
    """Every term longer or shorter by some business days, and never shorter than one."""
    return {code: max(TERM_DAYS_MIN, term + by) for code, term in terms.items()} if by else {}


def _card(label: str, figures: tuple[Any, Any], worded: Worded, *, moved: Moved = cards.relative) -> Card:
    """`figures`: the simulated one and the run's own."""
    now, own = figures
    if now == own or (wording.is_missing(now) and wording.is_missing(own)):
        return Card(label, worded(now), note="igual que en la corrida")
    return Card(label, worded(now), moved(now, own), f"frente a {worded(own)} en la corrida", better=-1)


def _most(daily: pd.DataFrame) -> float:
    return float(sums.summed(daily, "day")["backlog"].max())


def _rates(breached: pd.Series, due: pd.Series) -> list[float | None]:
    return [wording.share(*pair) for pair in zip(breached, due, strict=True)]
