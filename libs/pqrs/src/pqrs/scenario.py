"""Scenario: what kind of inbox is simulated (mixes, rates, dirt, peaks), as one frozen value.

A scenario is named (packaged TOML) or given as TOML text; either way every key is known, every weight
an integer, and anything else is an `InvalidSettings` that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from datetime import date
from importlib import resources
from typing import Any, TypeVar

from pqr_common.errors import InvalidSettings
from pqrs.catalogue import DEPARTMENTS, ENTITIES, PQRS_TYPES, TOPICS
from pqrs.checked import Given, as_clock, check_keys
from pqrs.terms import MIDNIGHT
from pqrs.territory import CODES, MUNICIPALITIES

__all__ = ["DEFAULT_SCENARIO", "DirtRates", "Home", "Peak", "Rates", "Scenario", "load_scenario", "scenario_names"]

DEFAULT_SCENARIO = "alcaldia"
WEIGHTS_SUM_MAX = 100_000
PERCENT_MAX = 1_000
EARLIEST_CLOSING = 12 * 60
PEAKS_MAX = 20
DIRT_SUM_MAX = 100_000  # a mail has one kind of dirt at most
Mix = tuple[tuple[str, int], ...]
TOPIC_CODES = tuple(topic.code for topic in TOPICS)
ENTITY_OF_TOPIC = {topic.code: topic.dependency[0] for topic in TOPICS}
PEOPLE_PER_WEIGHT = 1_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Procedure rates per mille of the threads that can take the step; those with a default are optional."""

    transfer: int
    incomplete: int
    desist: int
    extension: int
    progress: int
    insistence: int
    reopen: int
    denied: int
    unanswered: int
    priority: int
    annulled: int = 0  # of the requests with a term: their number is annulled, with its reason
    copied: int = 0  # of the requests: they go to a control body as well
    reiterated: int = 0  # of the requests: the entity refers to what it answered before
    tutela: int = 0  # of the breached: a court writes
    silence: int = 0  # of the breached whose silence is an approval: the entity says so


@dataclass(frozen=True, slots=True)
class DirtRates:
    """Dirt per 100,000 of the mails or threads that can carry it."""

    duplicate: int
    truncated_json: int
    missing_field: int
    wrong_type: int
    broken_encoding: int
    unknown_field: int
    late_arrival: int
    out_of_office: int
    bounce: int
    lost_references: int


@dataclass(frozen=True, slots=True)
class Home:
    """Where the entity is: `per_mille` of its citizens live in the municipality of this code, the others elsewhere."""

    municipality: str
    per_mille: int


@dataclass(frozen=True, slots=True)
class Peak:
    """`percent` of the usual volume from `first` to `last`; what exceeds 100 has the given type and topic."""

    name: str
    first: date
    last: date
    percent: int
    pqrs_type: str | None = None
    topic: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "percent": self.percent,
            "pqrs_type": self.pqrs_type,
            "topic": self.topic,
        }


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

    def to_json(self) -> dict[str, Any]:
        home = {"home": asdict(self.home)} if self.home else {}
        closing = {} if self.closing_time == MIDNIGHT else {"closing_time": as_clock(self.closing_time)}
        departments = {} if self.department_mix == BY_PEOPLE else {"department_mix": _weights(self.department_mix)}
        return (
            home
            | closing
            | departments
            | {
                "name": self.name,
                "type_mix": _weights(self.type_mix),
                "topic_mix": _weights(self.topic_mix),
                "rates_per_mille": _given(self.rates),
                "dirt_per_100k": asdict(self.dirt),
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


T = TypeVar("T", Rates, DirtRates)


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
    check_keys(value, where, required=required, optional=("closing_time", "department_mix", "home", "peaks"))
    given = Given(value.get("peaks") or [], where, "peaks")
    peaks = given.value
    if not isinstance(peaks, Sequence) or isinstance(peaks, str) or len(peaks) > PEAKS_MAX:
        raise given.bad(f"a list of at most {PEAKS_MAX} tables")
    parsed = tuple(_peak(item, f"{where}, peak {index + 1}") for index, item in enumerate(peaks))
    if len({peak.name for peak in parsed}) < len(parsed):
        raise given.bad("peaks with different names", [peak.name for peak in parsed])
    departments = Given(value.get("department_mix") or dict(BY_PEOPLE), where, "department_mix")
    return Scenario(
        name=Given(value["name"], where, "name").text(),
        type_mix=_mix(Given(value["type_mix"], where, "type_mix"), PQRS_TYPES),
        topic_mix=_of_one_entity(Given(value["topic_mix"], where, "topic_mix")),
        department_mix=_mix(departments, DEPARTMENTS),
        rates=_rates(Rates, Given(value["rates_per_mille"], where, "rates_per_mille"), 1_000),
        dirt=_dirt(Given(value["dirt_per_100k"], where, "dirt_per_100k")),
        peaks=parsed,
        home=_home(Given(value["home"], where, "home")) if value.get("home") is not None else None,
        closing_time=Given(value.get("closing_time", as_clock(MIDNIGHT)), where, "closing_time").clock(
            EARLIEST_CLOSING, MIDNIGHT
        ),
    )


def _home(given: Given) -> Home:
    table = given.table("a table with municipality and per_mille")
    check_keys(table, f"{given.where}, {given.key}", required=("municipality", "per_mille"))
    code = given.item("municipality", table["municipality"])
    if code.value not in CODES:
        raise code.bad("a code of DIVIPOLA, five digits in quotes as in divipola.csv")
    return Home(code.text(), given.item("per_mille", table["per_mille"]).integer(1, 999))


def _peak(value: Any, where: str) -> Peak:
    if not isinstance(value, Mapping):
        raise Given(value, where, "peaks").bad("a table")
    check_keys(value, where, required=("name", "from", "to", "percent"), optional=("pqrs_type", "topic"))
    first, last = (Given(value[key], where, key).day() for key in ("from", "to"))
    if last < first:
        raise Given(last, where, "to").bad(f"on or after {first}")
    return Peak(
        name=Given(value["name"], where, "name").text(),
        first=first,
        last=last,
        percent=Given(value["percent"], where, "percent").integer(101, PERCENT_MAX),
        pqrs_type=Given(value.get("pqrs_type"), where, "pqrs_type").code(PQRS_TYPES),
        topic=Given(value.get("topic"), where, "topic").code(TOPIC_CODES),
    )


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


def _rates(kind: type[T], given: Given, ceiling: int) -> T:
    table = given.table("a table of rates")
    required = tuple(field.name for field in fields(kind) if field.default is MISSING)
    optional = tuple(field.name for field in fields(kind) if field.default is not MISSING)
    check_keys(table, f"{given.where}, {given.key}", required=required, optional=optional)
    return kind(**{name: given.item(name, rate).integer(0, ceiling) for name, rate in table.items()})


def _given(rates: Rates) -> dict[str, int]:
    """Without the optional ones that are nothing."""
    return {field.name: rate for field in fields(rates) if (rate := getattr(rates, field.name)) != field.default}


def _dirt(given: Given) -> DirtRates:
    dirt = _rates(DirtRates, given, DIRT_SUM_MAX)
    if (total := sum(asdict(dirt).values())) > DIRT_SUM_MAX:
        raise given.bad(f"rates that sum to {DIRT_SUM_MAX} at most", total)
    return dirt


BY_PEOPLE = _by_people()
