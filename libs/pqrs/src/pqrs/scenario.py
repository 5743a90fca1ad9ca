"""Scenario: what kind of inbox is simulated (mixes, rates, dirt, peaks), as one frozen value.

A scenario is named (packaged TOML) or given as TOML text; either way every key is known, every weight
an integer, and anything else is an `InvalidSettings` that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

from pqr_common.errors import InvalidSettings
from pqrs.catalogue import DEPARTMENTS, ENTITIES, PQRS_TYPES, TOPICS
from pqrs.checked import Given, as_clock, check_keys
from pqrs.peaks import TOPIC_CODES, Peak, peaks_of
from pqrs.rates import DEFAULT_LABELS, DirtRates, Labels, Rates, dirt_of, given, labels_of, rates_of
from pqrs.staffing import DEFAULT_DESKS, DEFAULT_DISPERSION, Desk, Dispersion, desks_of, desks_table
from pqrs.terms import MIDNIGHT
from pqrs.territory import CODES, MUNICIPALITIES

__all__ = [
    "DEFAULT_SCENARIO",
    "DirtRates",
    "Home",
    "Labels",
    "Peak",
    "Rates",
    "Scenario",
    "load_scenario",
    "scenario_names",
]

DEFAULT_SCENARIO = "alcaldia"
WEIGHTS_SUM_MAX = 100_000
EARLIEST_CLOSING = 12 * 60
Mix = tuple[tuple[str, int], ...]
ENTITY_OF_TOPIC = {topic.code: topic.dependency[0] for topic in TOPICS}
PEOPLE_PER_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Home:
    """Where the entity is: `per_mille` of its citizens live in the municipality of this code, the others elsewhere."""

    municipality: str
    per_mille: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """Mixes are (code, weight) pairs in the order of the catalogue, whatever the order of the file.

    What a file leaves out because it is optional is left out of the JSON too, and so is what weighs nothing: parameters
    written before there was such a key or such a code keep their digest.
    `closing_time`: minutes after midnight at which a business day ends for what arrives; the law's unless one is given.
    """

    name: str
    type_mix: Mix
    topic_mix: Mix
    department_mix: Mix
    rates: Rates
    dirt: DirtRates
    peaks: tuple[Peak, ...] = ()
    home: Home | None = None
    closing_time: int = MIDNIGHT
    dispersion: Dispersion = DEFAULT_DISPERSION
    desks: tuple[Desk, ...] = DEFAULT_DESKS
    labels: Labels = DEFAULT_LABELS

    def to_json(self) -> dict[str, Any]:
        home = {"home": asdict(self.home)} if self.home else {}
        closing = {} if self.closing_time == MIDNIGHT else {"closing_time": as_clock(self.closing_time)}
        departments = {} if self.department_mix == BY_PEOPLE else {"department_mix": _weights(self.department_mix)}
        dispersion = {} if self.dispersion == DEFAULT_DISPERSION else {"dispersion": asdict(self.dispersion)}
        labels = {} if self.labels == DEFAULT_LABELS else {"labels": asdict(self.labels)}
        desks = {} if self.desks == DEFAULT_DESKS else {"desks": desks_table(self.desks)}
        return (
            home
            | closing
            | dispersion
            | desks
            | labels
            | departments
            | {
                "name": self.name,
                "type_mix": _weights(self.type_mix),
                "topic_mix": _weights(self.topic_mix),
                "rates_per_mille": given(self.rates),
                "dirt_per_100k": given(self.dirt),
                "peaks": [peak.to_json() for peak in self.peaks],
            }
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any], /, source: str = "the parameters") -> Scenario:
        """The scenario in a parsed TOML or JSON mapping; `source` is named in errors (InvalidSettings)."""
        if not isinstance(value, Mapping):
            raise InvalidSettings(f"Scenario of {source} must be a table, found {value!r}: correct it.")
        return _scenario(value, f"Scenario of {source}")

    @classmethod
    def from_toml(cls, text: str, /, source: str = "the given text") -> Scenario:
        try:
            value = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidSettings(f"Scenario in {source} must be TOML, found {error}: mend the file.") from error
        return cls.from_json(value, source)


def scenario_names() -> tuple[str, ...]:
    """The packaged scenarios, sorted."""
    folder = resources.files("pqrs") / "data" / "scenarios"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load_scenario(name: str = DEFAULT_SCENARIO) -> Scenario:
    """The packaged scenario of that name; InvalidSettings lists the names there are."""
    if name not in scenario_names():
        known = ", ".join(scenario_names())
        raise InvalidSettings(f"Scenario must be one of {known} or a TOML file, found {name!r}: choose one of them.")
    text = (resources.files("pqrs") / "data" / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    return Scenario.from_toml(text, f"{name}.toml")


def _scenario(value: Mapping[str, Any], where: str) -> Scenario:
    required = ("name", "type_mix", "topic_mix", "rates_per_mille", "dirt_per_100k")
    optional = ("closing_time", "department_mix", "desks", "dispersion", "home", "labels", "peaks")
    check_keys(value, where, required=required, optional=optional)
    departments = Given(value.get("department_mix") or dict(BY_PEOPLE), where, "department_mix")
    return Scenario(
        name=Given(value["name"], where, "name").text(),
        type_mix=_mix(Given(value["type_mix"], where, "type_mix"), PQRS_TYPES),
        topic_mix=_of_one_entity(Given(value["topic_mix"], where, "topic_mix")),
        department_mix=_mix(departments, DEPARTMENTS),
        rates=rates_of(Given(value["rates_per_mille"], where, "rates_per_mille")),
        dirt=dirt_of(Given(value["dirt_per_100k"], where, "dirt_per_100k")),
        peaks=peaks_of(Given(value.get("peaks") or [], where, "peaks")),
        home=_home(Given(value["home"], where, "home")) if value.get("home") is not None else None,
        closing_time=Given(value.get("closing_time", as_clock(MIDNIGHT)), where, "closing_time").clock(
            EARLIEST_CLOSING, MIDNIGHT
        ),
        dispersion=Dispersion.of(value.get("dispersion") or {}, where),
        desks=desks_of(value.get("desks") or {}, where),
        labels=labels_of(Given(value.get("labels") or {}, where, "labels")),
    )


def _home(given: Given) -> Home:
    table = given.table("a table with municipality and per_mille")
    check_keys(table, f"{given.where}, {given.key}", required=("municipality", "per_mille"))
    code = given.item("municipality", table["municipality"])
    if code.value not in CODES:
        raise code.bad("a code of DIVIPOLA, five digits in quotes as in divipola.csv")
    return Home(code.text(), given.item("per_mille", table["per_mille"]).integer(1, 999))


def _of_one_entity(given: Given) -> Mix:
    """Topics are of the entity that the citizens write to, so its name and its dependencies follow from them."""
    mix = _mix(given, TOPIC_CODES)
    entities = {ENTITY_OF_TOPIC[topic] for topic, weight in mix if weight}
    if len(entities) > 1:
        raise given.bad("topics of one entity", ", ".join(sorted(ENTITIES[entity].name for entity in entities)))
    return mix


def _weights(mix: Mix) -> dict[str, int]:
    return {code: weight for code, weight in mix if weight}


def _by_people() -> Mix:
    """Departments by how many people live there: where citizens live unless a scenario says otherwise."""
    people = dict.fromkeys(DEPARTMENTS, 0)
    for town in MUNICIPALITIES:
        people[town.department] += town.population
    return tuple((department, count // PEOPLE_PER_WEIGHT) for department, count in people.items())


def _mix(given: Given, codes: Sequence[str]) -> Mix:
    table = given.table("a table of weights")
    check_keys(table, f"{given.where}, {given.key}", optional=codes)
    mix = tuple((code, given.item(code, table.get(code, 0)).integer(0, WEIGHTS_SUM_MAX)) for code in codes)
    if not 0 < sum(weight for _, weight in mix) <= WEIGHTS_SUM_MAX:
        raise given.bad(f"weights that sum to 1..{WEIGHTS_SUM_MAX}", sum(weight for _, weight in mix))
    return mix


BY_PEOPLE = _by_people()
