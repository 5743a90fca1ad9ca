from __future__ import annotations

import copy
from datetime import date

import pytest

from pqr_common.errors import InvalidSettings
from pqrs.catalogue import DEPARTMENTS, DEPENDENCIES, ENTITIES, PQRS_TYPES, TOPICS
from pqrs.rates import Labels
from pqrs.scenario import Scenario, load_scenario, scenario_names


def test_packaged_scenarios():
    """Every packaged scenario is valid and bears the name of its file."""
    assert scenario_names() == ("alcaldia", "eps", "ministerio", "servicios_publicos", "sin_picos")
    for name in scenario_names():
        assert load_scenario(name).name == name


def test_default_scenario_has_a_peak_of_weeks_and_a_peak_of_days():
    """The default scenario has a +55 % peak over weeks and a +200 % peak over days in early 2026."""
    weeks, days = load_scenario().peaks
    assert (weeks.percent, (weeks.last - weeks.first).days >= 7) == (155, True)
    assert (days.percent, (days.last - days.first).days <= 3) == (300, True)
    assert all(date(2026, 1, 1) <= peak.first <= peak.last <= date(2026, 3, 31) for peak in (weeks, days))


def test_quiet_scenario_differs_only_in_peaks_dirt_and_html():
    """sin_picos is alcaldia without peaks, without dirt and without HTML."""
    quiet, busy = load_scenario("sin_picos").to_json(), load_scenario().to_json()
    assert quiet["peaks"] == []
    assert set(quiet["dirt_per_100k"].values()) == {0}
    assert busy["rates_per_mille"].pop("html") == 200
    same = {"type_mix", "topic_mix", "department_mix", "home", "rates_per_mille"}
    assert {key: quiet[key] for key in same} == {key: busy[key] for key in same}


def test_json_round_trip():
    """A scenario written as JSON and read back is the same value."""
    scenario = load_scenario()
    assert Scenario.from_json(scenario.to_json()) == scenario


def test_order_of_the_file_does_not_matter():
    """Mixes follow the catalogue's order, not the file's."""
    value = load_scenario().to_json()
    value["type_mix"] = dict(reversed(value["type_mix"].items()))
    assert Scenario.from_json(value) == load_scenario()
    assert tuple(code for code, _ in load_scenario().type_mix) == PQRS_TYPES


def test_catalogue_is_consistent():
    """33 departments with Bogotá, and each topic belongs to a dependency of three digits."""
    assert len(set(DEPARTMENTS)) == 33
    assert "Bogotá D.C." in DEPARTMENTS
    assert {topic.dependency for topic in TOPICS} == set(DEPENDENCIES)
    assert all(len(code) == 3 and code.isdigit() for code in DEPENDENCIES)
    assert {code[0] for code in DEPENDENCIES} == set(ENTITIES)
    assert len({topic.code for topic in TOPICS}) == len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_unknown_scenario_lists_the_known_ones():
    """An unknown scenario name is refused with the names there are."""
    with pytest.raises(InvalidSettings, match=r"alcaldia, eps, .*sin_picos .*'otra'"):
        load_scenario("otra")


def test_the_day_closes_at_midnight_unless_the_scenario_says_otherwise():
    """Older scenario files, which do not say, are read as the law has it."""
    value = load_scenario().to_json()
    assert "closing_time" not in value
    assert Scenario.from_json(value | {"closing_time": "24:00"}) == Scenario.from_json(value) == load_scenario()
    earlier = Scenario.from_json(value | {"closing_time": "16:30"})
    assert (earlier.closing_time, earlier.to_json()["closing_time"]) == (16 * 60 + 30, "16:30")


def test_labels_are_as_by_default_unless_the_scenario_says_otherwise():
    """The table and each of its keys may be left out, as in older files, whose digest stays."""
    value = load_scenario().to_json()
    assert "labels" not in value
    assert Scenario.from_json(value).labels == Labels(unlabelled=350, mislabelled=60)
    other = Scenario.from_json(value | {"labels": {"unlabelled": 0}})
    assert other.labels == Labels(unlabelled=0, mislabelled=60)
    assert Scenario.from_json(other.to_json()) == other


def changed(path, value):
    scenario = copy.deepcopy(load_scenario().to_json())
    *parents, last = path
    target = scenario
    for key in parents:
        target = target[key]
    target[last] = value
    return scenario


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (["colour"], 1, "'colour'"),
        (["type_mix", "PQR"], 1, "'PQR'"),
        (["type_mix", "QUEJA"], -1, "type_mix.QUEJA"),
        *((["closing_time"], value, "closing_time") for value in ("24:01", "11:59", "17", 17, "17:60")),
        (["type_mix", "QUEJA"], 1.5, "1.5"),
        (["topic_mix"], {}, "topic_mix"),
        (["topic_mix"], "all", "'all'"),
        (["department_mix", "Panamá"], 1, "'Panamá'"),
        (["rates_per_mille", "transfer"], 1001, "1001"),
        (["rates_per_mille", "speed"], 1, "'speed'"),
        (["rates_per_mille"], None, "rates_per_mille"),
        (["dirt_per_100k", "bounce"], True, "dirt_per_100k.bounce"),
        (["name"], " ", "name"),
        (["peaks"], "many", "'many'"),
        (["peaks", 0], 7, "7"),
        (["peaks"], [{}] * 21, "at most 20"),
        (["dirt_per_100k", "duplicate"], 99_000, "sum to 100000"),
        (["peaks", 0, "percent"], 100, "100"),
        (["peaks", 0, "to"], "2026-02-15", "2026-02-16"),
        (["peaks", 0, "from"], "soon", "'soon'"),
        (["peaks", 0, "topic"], "CLIMA", "'CLIMA'"),
        (["peaks", 0, "pqrs_type"], "OTRO", "'OTRO'"),
        (["peaks", 0, "weight"], 1, "'weight'"),
        (["labels"], {"unlabeled": 1}, "'unlabeled'"),
        (["labels"], {"mislabelled": 0.06}, "labels.mislabelled"),
        (["labels"], {"unlabelled": 700, "mislabelled": 301}, "sum to 1000"),
        (["labels"], {"mislabelled": 651}, "sum to 1000"),
        (["peaks", 1, "name"], "vencimiento_predial", "different names"),
    ],
)
def test_bad_scenario_names_the_key(path, value, named):
    """An unknown key or a bad value is refused with a sentence that names it."""
    with pytest.raises(InvalidSettings) as caught:
        Scenario.from_json(changed(path, value), "test.toml")
    assert named in str(caught.value)
    assert "test.toml" in str(caught.value)


def test_missing_key_is_named():
    """A scenario without a required table is refused and the table named."""
    value = load_scenario().to_json()
    del value["topic_mix"]
    with pytest.raises(InvalidSettings, match="topic_mix"):
        Scenario.from_json(value)


def test_broken_toml_is_refused():
    """Text that is not TOML is refused with its source."""
    with pytest.raises(InvalidSettings, match=r"mine\.toml"):
        Scenario.from_toml("name = ", "mine.toml")


def test_zero_dirt_rates_are_allowed():
    """A rate of nought switches a kind of dirt off."""
    assert load_scenario("sin_picos").dirt.duplicate == 0


@pytest.mark.parametrize("kind", ["damaged_original", "clock_skew", "mojibake"])
def test_dirt_that_a_file_does_not_name_does_not_happen_and_it_keeps_its_digest(kind):
    """These kinds are optional, and what is left out is not written either."""
    value = load_scenario().to_json()
    del value["dirt_per_100k"][kind]
    assert getattr(Scenario.from_json(value).dirt, kind) == 0 < getattr(load_scenario().dirt, kind)
    assert Scenario.from_json(value).to_json() == value


def test_a_file_without_a_home_still_runs_and_keeps_its_digest():
    """`home` is optional, and what is left out is not written either."""
    value = load_scenario().to_json()
    del value["home"]
    assert Scenario.from_json(value).home is None
    assert Scenario.from_json(value).to_json() == value


@pytest.mark.parametrize(
    ("home", "told"),
    [
        ({"municipality": "68002", "per_mille": 850}, "home.municipality must be a code of DIVIPOLA"),
        ({"municipality": 68001, "per_mille": 850}, "home.municipality must be a code of DIVIPOLA"),
        ({"municipality": "68001", "per_mille": 1000}, "home.per_mille must be an integer in 1..999"),
        ({"municipality": "68001"}, "must hold the key 'per_mille'"),
        ("68001", "home must be a table"),
    ],
)
def test_a_home_is_a_known_municipality_and_a_share(home, told):
    """Anything else is refused by its key."""
    with pytest.raises(InvalidSettings, match=told):
        Scenario.from_json(load_scenario().to_json() | {"home": home})


def test_the_topics_of_a_scenario_are_of_one_entity():
    """An inbox is somebody's: a health insurer gets no mail about the road network."""
    value = load_scenario("eps").to_json()
    value["topic_mix"]["MALLA_VIAL"] = 1
    with pytest.raises(
        InvalidSettings, match="topic_mix must be topics of one entity, found 'Alcaldía de Ejemplo, EPS"
    ):
        Scenario.from_json(value)


def test_every_topic_and_type_is_in_some_packaged_scenario():
    """Nothing stands in the catalogue that nobody is asked about."""
    topics, types = (
        {code for name in scenario_names() for code, weight in getattr(load_scenario(name), mix) if weight}
        for mix in ("topic_mix", "type_mix")
    )
    assert topics == {topic.code for topic in TOPICS}
    assert types == set(PQRS_TYPES)


def test_what_weighs_nothing_is_not_written():
    """A code that the catalogue gets tomorrow changes no digest of today."""
    value = load_scenario().to_json()
    assert set(value["type_mix"]) < set(PQRS_TYPES)
    value["type_mix"]["SALUD_V"] = 0
    assert Scenario.from_json(value).to_json() == load_scenario().to_json()


def test_without_a_mix_of_departments_people_live_where_they_do():
    """By inhabitants: Bogotá has some 15 of a hundred, and no department nobody."""
    mix = dict(load_scenario("eps").department_mix)
    assert 0.14 < mix["Bogotá D.C."] / sum(mix.values()) < 0.16
    assert tuple(mix) == DEPARTMENTS
    assert min(mix.values()) > 0
    assert "department_mix" not in load_scenario("eps").to_json()


def test_tables_that_are_left_out_are_as_the_packaged_files_write_them():
    """A scenario from before desks and dispersion is the same inbox, and its digest is what it was."""
    given = load_scenario().to_json()
    assert "desks" not in given
    assert "dispersion" not in given
    assert Scenario.from_json(given) == load_scenario()


def test_a_part_of_desks_and_dispersion_is_enough():
    """What is given changes, what is not stays, and both survive a round trip."""
    given = {**load_scenario().to_json(), "desks": {"103": {"staff": 80}}, "dispersion": {"day": 0}}
    scenario = Scenario.from_json(given)
    assert (scenario.desks[2].staff, scenario.desks[2].people) == (80, load_scenario().desks[2].people)
    assert (scenario.dispersion.day, scenario.dispersion.week) == (0, load_scenario().dispersion.week)
    assert Scenario.from_json(scenario.to_json()) == scenario


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ("desks", {"999": {"staff": 80}}),
        ("desks", {"103": {"staff": 0}}),
        ("desks", {"103": {"order": "chance"}}),
        ("desks", {"103": {"chairs": 3}}),
        ("desks", {"103": 7}),
        ("dispersion", {"day": 351}),
        ("dispersion", {"hour": 3}),
        ("dispersion", 3),
    ],
)
def test_bad_desks_and_dispersion_are_named(table, value):
    """The complaint tells the table."""
    with pytest.raises(InvalidSettings, match=table):
        Scenario.from_json({**load_scenario().to_json(), table: value})
