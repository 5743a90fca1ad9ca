"""Peaks: days of a scenario on which more comes than usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pqrs.catalogue import PQRS_TYPES, TOPICS
from pqrs.checked import Given, check_keys

__all__ = ["TOPIC_CODES", "Peak", "peaks_of"]

PERCENT_MAX = 1_000
PEAKS_MAX = 20
TOPIC_CODES = tuple(topic.code for topic in TOPICS)


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


def peaks_of(given: Given) -> tuple[Peak, ...]:
    """The peaks in a list of tables of a scenario; InvalidSettings names what is wrong."""
    peaks = given.value
    if not isinstance(peaks, Sequence) or isinstance(peaks, str) or len(peaks) > PEAKS_MAX:
        raise given.bad(f"a list of at most {PEAKS_MAX} tables")
    parsed = tuple(_peak(item, f"{given.where}, peak {index + 1}") for index, item in enumerate(peaks))
    if len({peak.name for peak in parsed}) < len(parsed):
        raise given.bad("peaks with different names", [peak.name for peak in parsed])
    return parsed


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
