"""The municipalities, and that they are those of the catalogue's departments."""

from __future__ import annotations

from itertools import groupby

from pqrs.catalogue import DEPARTMENTS
from pqrs.territory import CODES, MUNICIPALITIES


def test_every_department_has_its_municipalities() -> None:
    """1,121 codes in order, each once; their first two digits are one department's, and no department lacks any."""
    assert len(CODES) == 1_121
    assert list(CODES) == sorted(set(CODES))
    assert all(len(code) == 5 and code.isdigit() for code in CODES)
    departments = {(town.code[:2], town.department) for town in MUNICIPALITIES}
    assert len(departments) == len(DEPARTMENTS)
    assert {department for _, department in departments} == set(DEPARTMENTS)


def test_a_place_is_no_others() -> None:
    """Name and department together tell a municipality, so a reader finds the code again."""
    assert len({town.place for town in MUNICIPALITIES}) == len(MUNICIPALITIES)
    assert not [town.name for town in MUNICIPALITIES if "(" in town.name]


def test_departments_have_the_municipalities_that_dane_counts() -> None:
    """Those of which a list had lost one: Cundinamarca 116, Magdalena 30, Nariño 64, Risaralda 14."""
    counts = {code: len(list(towns)) for code, towns in groupby(CODES, key=lambda code: code[:2])}
    assert [counts[code] for code in ("25", "47", "52", "66")] == [116, 30, 64, 14]


def test_people_live_where_they_do() -> None:
    """Some 53 million, of whom about 15 of a hundred in Bogotá; nobody's municipality is empty."""
    people = {town.code: town.population for town in MUNICIPALITIES}
    assert 52_000_000 < sum(people.values()) < 54_000_000
    assert 0.14 < people["11001"] / sum(people.values()) < 0.16
    assert min(people.values()) > 100
