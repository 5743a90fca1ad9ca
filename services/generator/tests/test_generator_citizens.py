"""What the citizens of the simulated town are called, and where they live."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date
from importlib import resources

import numpy as np
import pytest

from pqr_generator.draws import words
from pqr_generator.tickets.citizens import citizens, first_names, is_woman, last_names, names
from pqr_generator.tickets.opening import opened
from pqr_generator.tickets.people import (
    ATTORNEY,
    BANDS,
    CITIZENS,
    COMPANY,
    NAMED,
    NAMELESS,
    NOT_OF_COMPANIES,
    OF_COMPANIES,
    PERSON,
    SORT,
    private_person,
    writers,
)
from pqr_generator.tickets.volume import planned_volume
from pqrs.catalogue import PQRS_TYPES, TOPICS
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


def called(sorts):
    """Given names and surnames of the citizens of these sorts, as texts."""
    town, who = citizens(PARAMETERS), np.flatnonzero(np.isin(SORT, sorts))
    first, last = np.array(first_names(), object), np.array(last_names(), object)
    return first[town.given[who]], last[town.surname[who]], last[town.second_surname[who]]


LISTED = {"given": names()["women"] + names()["men"], "surname": names()["surname"]}


@pytest.mark.parametrize(("place", "kind"), [(0, "given"), (1, "surname"), (2, "surname")])
def test_names_are_as_frequent_as_in_the_country(place, kind):
    """First names and both surnames of persons, whether they have one given name or two."""
    weights = np.array([WEIGHTS[kind].get(name, WEIGHTS[kind]["other"]) for name in LISTED[kind]])
    borne = [name.split()[0] for name in called([PERSON, ATTORNEY])[place] if name]
    found = Counter(borne)
    assert [found[name] for name in LISTED[kind]] == pytest.approx(len(borne) * weights / weights.sum(), rel=0.2)


@pytest.mark.parametrize("kind", ["given", "surname"])
def test_every_weighed_name_is_in_the_list(kind):
    assert set(WEIGHTS[kind]) - {"other"} <= set(LISTED[kind])


def test_people_have_one_given_name_or_two_of_a_sex_and_one_surname_or_two():
    given, surname, second = called([PERSON, ATTORNEY])
    pairs = [tuple(name.split()) for name in given if " " in name]
    women, men = set(names()["women"]), set(names()["men"])
    assert 0.45 < len(pairs) / len(given) < 0.6
    assert all(first != other and ({first, other} <= women or {first, other} <= men) for first, other in pairs)
    assert np.mean(second != "") == pytest.approx(0.65, abs=0.01)
    assert (surname != "").all()
    share = np.array(list(Counter(surname).values())) / len(surname)
    assert np.mean((surname == second)[second != ""]) == pytest.approx((share**2).sum(), rel=0.2)
    town, persons = citizens(PARAMETERS), np.flatnonzero(SORT == PERSON)
    assert list(is_woman(town.given[persons])) == [
        name.split()[0] in women for name in np.array(first_names(), object)[town.given[persons]]
    ]


def test_companies_and_the_nameless_are_called_otherwise():
    given, surname, end = called([COMPANY])
    assert set(given) == set(names()["company"])
    assert set(surname) <= set(names()["surname"])
    assert set(end) == set(names()["suffix"])
    given, surname, end = called([NAMELESS])
    assert set(given) == set(names()["alias"])
    assert set(surname) == set(end) == {""}


def test_who_writes_fits_what_is_written():
    """No company has a body or a household; complaints and reports come without a name more often than other requests."""
    run = Parameters.create(opens_on=OPENS_ON, tickets_per_business_day=400)
    tickets = opened(run, planned_volume(run), range(90))
    sort, kind = SORT[tickets.citizen], np.array(PQRS_TYPES)[tickets.kind]
    topic = np.array([topic.code for topic in TOPICS])[tickets.topic]
    of_company = sort == COMPANY
    assert 0.02 < of_company.mean() < 0.12
    assert 0.01 < np.mean(sort == ATTORNEY) < 0.06
    assert 0.02 < np.mean(sort == NAMELESS) < 0.07
    assert not np.isin(kind[of_company], NOT_OF_COMPANIES).any()
    assert np.isin(topic[of_company], OF_COMPANIES).all()
    share = {code: np.mean(sort[kind == code] == NAMELESS) for code in ("DENUNCIA", "QUEJA", "PET_PAR", "PET_DOC")}
    assert 0.35 > share["DENUNCIA"] > 0.2 > share["QUEJA"] > 0.08 > share["PET_PAR"] > share["PET_DOC"] == 0


def test_clients_of_attorneys_and_who_reiterates_are_persons():
    assert set(SORT[private_person(np.arange(100_000), 1)]) == {PERSON}


def test_a_few_write_dozens_of_times():
    """Each band has its share of the requests, everyone in a band the same chance, and nobody is outside the town."""
    requests = np.bincount(writers(words(7, "ticket.citizen", range(200_000))), minlength=NAMED)
    assert len(requests) == NAMED
    begin = 0
    for people, per_mille, *_ in BANDS:
        band = requests[begin : begin + people]
        assert band.sum() / 200 == pytest.approx(per_mille, abs=3)
        assert band[: people // 2].sum() == pytest.approx(band[people // 2 :].sum(), rel=0.1)
        begin += people
    assert begin == NAMED < CITIZENS
    quarter = np.sort(np.bincount(writers(words(7, "ticket.citizen", range(27_000)))))[::-1]
    assert 0.10 < quarter[: np.count_nonzero(quarter) // 100].sum() / 27_000 < 0.20
    assert quarter[0] > 36
