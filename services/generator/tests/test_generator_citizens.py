"""What the citizens of the simulated town are called, and where they live."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from importlib import resources

import numpy as np
import pytest

from pqr_generator.draws import words
from pqr_generator.tickets.citizens import BANDS, CITIZENS, citizens, names, writers
from pqrs.parameters import Parameters
from pqrs.scenario import Home, load_scenario
from pqrs.territory import CODES, MUNICIPALITIES

OPENS_ON = date(2026, 1, 1)

PARAMETERS = Parameters.create(opens_on=OPENS_ON)
WEIGHTS = tomllib.loads((resources.files("pqr_generator") / "data" / "name_weights.toml").read_text(encoding="utf-8"))


def shares(home: Home | None) -> np.ndarray:
    """By municipality, of all citizens."""
    scenario = replace(load_scenario(), home=home)
    found = citizens(Parameters.create(opens_on=OPENS_ON, scenario=scenario)).municipality
    return np.bincount(found, minlength=len(CODES)) / CITIZENS


@pytest.mark.parametrize(("code", "per_mille"), [("68001", 850), ("11001", 500), ("97161", 999)])
def test_the_entity_hears_mostly_from_its_own_municipality(code, per_mille):
    """So many as the scenario says live there, be it large or small; the others live all over the country."""
    found = shares(Home(code, per_mille))
    assert found[CODES.index(code)] == pytest.approx(per_mille / 1000, abs=0.005)
    assert np.count_nonzero(found) > (100 if per_mille == 999 else 900)


def test_without_a_home_people_live_by_the_mix_and_by_inhabitants():
    """A department has its weight, a municipality its part of the inhabitants of its department."""
    found, mix = shares(None), dict(load_scenario().department_mix)
    for department, weight in mix.items():
        own = [place for place, town in enumerate(MUNICIPALITIES) if town.department == department]
        assert found[own].sum() == pytest.approx(weight / sum(mix.values()), abs=0.003)
    antioquia = [place for place, town in enumerate(MUNICIPALITIES) if town.department == "Antioquia"]
    people = sum(MUNICIPALITIES[place].population for place in antioquia)
    medellin = MUNICIPALITIES[CODES.index("05001")].population / people
    assert found[CODES.index("05001")] / found[antioquia].sum() == pytest.approx(medellin, abs=0.01)


@pytest.mark.parametrize(
    ("column", "kind"), [("given", "given"), ("surname", "surname"), ("second_surname", "surname")]
)
def test_names_are_as_frequent_as_in_the_country(column, kind):
    weights = np.array([WEIGHTS[kind].get(name, WEIGHTS[kind]["other"]) for name in names()[kind]])
    drawn = np.bincount(getattr(citizens(PARAMETERS), column), minlength=len(weights))
    assert drawn == pytest.approx(CITIZENS * weights / weights.sum(), rel=0.2)


@pytest.mark.parametrize("kind", ["given", "surname"])
def test_every_weighed_name_is_in_the_list(kind):
    assert set(WEIGHTS[kind]) - {"other"} <= set(names()[kind])


def test_the_two_surnames_are_drawn_apart():
    town = citizens(PARAMETERS)
    share = np.bincount(town.surname) / CITIZENS
    assert np.mean(town.surname == town.second_surname) == pytest.approx((share**2).sum(), rel=0.2)


def test_a_few_write_dozens_of_times():
    """Each band has its share of the requests, everyone in a band the same chance, and nobody is outside the town."""
    requests = np.bincount(writers(words(7, "ticket.citizen", range(200_000))), minlength=CITIZENS)
    assert len(requests) == CITIZENS
    begin = 0
    for people, per_mille in BANDS:
        band = requests[begin : begin + people]
        assert band.sum() / 200 == pytest.approx(per_mille, abs=3)
        assert band[: people // 2].sum() == pytest.approx(band[people // 2 :].sum(), rel=0.1)
        begin += people
    assert begin == CITIZENS
    quarter = np.sort(np.bincount(writers(words(7, "ticket.citizen", range(27_000)))))[::-1]
    assert 0.10 < quarter[: np.count_nonzero(quarter) // 100].sum() / 27_000 < 0.20
    assert quarter[0] > 36
