"""Scenario: what kind of inbox is simulated (mixes, rates, dirt, peaks), as one frozen value.

A scenario is named (packaged TOML) or given as TOML text; either way every key is known, every weight
an integer, and anything else is an `InvalidSettings` that names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib import resources
from typing import Any, TypeVar

from pqr_common.errors import InvalidSettings
from pqrs.catalogue import DEPARTMENTS, PQRS_TYPES, TOPICS

__all__ = ["DEFAULT_SCENARIO", "DirtRates", "Peak", "Rates", "Scenario", "load_scenario", "scenario_names"]

DEFAULT_SCENARIO = "alcaldia"
WEIGHTS_SUM_MAX = 100_000
PERCENT_MAX = 1_000
PEAKS_MAX = 20
DIRT_SUM_MAX = 100_000  # a mail has one kind of dirt at most
Mix = tuple[tuple[str, int], ...]
TOPIC_CODES = tuple(topic.code for topic in TOPICS)


@dataclass(frozen=True, slots=True)
class Rates:
    """Procedure rates per mille of the threads that can take the step."""

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
    """Mixes are (code, weight) pairs in the order of the catalogue, whatever the order of the file."""

    name: str
    type_mix: Mix
    topic_mix: Mix
    department_mix: Mix
    rates: Rates
    dirt: DirtRates
    peaks: tuple[Peak, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type_mix": dict(self.type_mix),
            "topic_mix": dict(self.topic_mix),
            "department_mix": dict(self.department_mix),
            "rates_per_mille": asdict(self.rates),
            "dirt_per_100k": asdict(self.dirt),
            "peaks": [peak.to_json() for peak in self.peaks],
        }

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
    required = ("name", "type_mix", "topic_mix", "department_mix", "rates_per_mille", "dirt_per_100k")
    _check_keys(value, required, ("peaks",), where)
    peaks = value.get("peaks") or []
    if not isinstance(peaks, Sequence) or isinstance(peaks, str) or len(peaks) > PEAKS_MAX:
        raise _bad(where, "peaks", f"a list of at most {PEAKS_MAX} tables", peaks)
    parsed = tuple(_peak(item, f"{where}, peak {index + 1}") for index, item in enumerate(peaks))
    names = [peak.name for peak in parsed]
    if len(set(names)) < len(names):
        raise _bad(where, "peaks", "peaks with different names", names)
    return Scenario(
        name=_text(value["name"], where, "name"),
        type_mix=_mix(value["type_mix"], PQRS_TYPES, where, "type_mix"),
        topic_mix=_mix(value["topic_mix"], TOPIC_CODES, where, "topic_mix"),
        department_mix=_mix(value["department_mix"], DEPARTMENTS, where, "department_mix"),
        rates=_rates(Rates, value["rates_per_mille"], 1_000, where, "rates_per_mille"),
        dirt=_dirt(value["dirt_per_100k"], where),
        peaks=parsed,
    )


def _peak(value: Any, where: str) -> Peak:
    if not isinstance(value, Mapping):
        raise _bad(where, "peaks", "a table", value)
    _check_keys(value, ("name", "from", "to", "percent"), ("pqrs_type", "topic"), where)
    first, last = _day(value["from"], where, "from"), _day(value["to"], where, "to")
    if last < first:
        raise _bad(where, "to", f"on or after {first}", last)
    return Peak(
        name=_text(value["name"], where, "name"),
        first=first,
        last=last,
        percent=_integer(value["percent"], 101, PERCENT_MAX, where, "percent"),
        pqrs_type=_code(value.get("pqrs_type"), PQRS_TYPES, where, "pqrs_type"),
        topic=_code(value.get("topic"), TOPIC_CODES, where, "topic"),
    )


def _check_keys(value: Mapping[str, Any], required: Sequence[str], optional: Sequence[str], where: str) -> None:
    for key in value:
        if key not in required and key not in optional:
            raise InvalidSettings(f"{where} has the unknown key {key!r}: remove it, or spell it as in alcaldia.toml.")
    for key in required:
        if key not in value:
            raise InvalidSettings(f"{where} must hold the key {key!r}, found none: add it, see alcaldia.toml.")


def _mix(value: Any, codes: Sequence[str], where: str, key: str) -> Mix:
    if not isinstance(value, Mapping):
        raise _bad(where, key, "a table of weights", value)
    _check_keys(value, (), codes, f"{where}, {key}")
    mix = tuple((code, _integer(value.get(code, 0), 0, WEIGHTS_SUM_MAX, where, f"{key}.{code}")) for code in codes)
    if not 0 < sum(weight for _, weight in mix) <= WEIGHTS_SUM_MAX:
        raise _bad(where, key, f"weights that sum to 1..{WEIGHTS_SUM_MAX}", sum(weight for _, weight in mix))
    return mix


def _rates(kind: type[T], value: Any, ceiling: int, where: str, key: str) -> T:
    if not isinstance(value, Mapping):
        raise _bad(where, key, "a table of rates", value)
    names = tuple(field.name for field in fields(kind))
    _check_keys(value, names, (), f"{where}, {key}")
    return kind(**{name: _integer(value[name], 0, ceiling, where, f"{key}.{name}") for name in names})


def _dirt(value: Any, where: str) -> DirtRates:
    dirt = _rates(DirtRates, value, DIRT_SUM_MAX, where, "dirt_per_100k")
    if (total := sum(asdict(dirt).values())) > DIRT_SUM_MAX:
        raise _bad(where, "dirt_per_100k", f"rates that sum to {DIRT_SUM_MAX} at most", total)
    return dirt


def _integer(value: Any, low: int, high: int, where: str, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _bad(where, key, f"an integer in {low}..{high}", value)
    return value


def _text(value: Any, where: str, key: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _bad(where, key, "a name", value)
    return value


def _code(value: Any, codes: Sequence[str], where: str, key: str) -> str | None:
    if value is None or (isinstance(value, str) and value in codes):
        return value
    raise _bad(where, key, f"one of {', '.join(codes)}", value)


def _day(value: Any, where: str, key: str) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _bad(where, key, "a day as YYYY-MM-DD", value) from error


def _bad(where: str, key: str, wanted: str, found: object) -> InvalidSettings:
    return InvalidSettings(f"{where}: {key} must be {wanted}, found {found!r}: correct it.")
