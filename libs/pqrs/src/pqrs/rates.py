"""How often a thread takes a step and how often a mail goes wrong: values of a scenario."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from typing import TypeVar

from pqrs.checked import Given, check_keys

__all__ = ["DEFAULT_LABELS", "DirtRates", "Labels", "Rates", "dirt_of", "given", "labels_of", "rates_of"]

DIRT_SUM_MAX = 100_000  # a mail has one kind of dirt at most


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
    html: int = 0  # of the citizens: their mail program writes HTML


@dataclass(frozen=True, slots=True)
class DirtRates:
    """Dirt per 100,000 of the mails or threads that can carry it; what a file does not name does not happen."""

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
    damaged_original: int = 0  # damaged, and no clean delivery beside it: lost for good
    clock_skew: int = 0  # of the citizens' mails: minutes to days off in their Date
    mojibake: int = 0  # of the citizens' mails: UTF-8 that a mail program took for Latin-1


@dataclass(frozen=True, slots=True)
class Labels:
    """How well the subjects of requests tell their type, per mille of the requests.

    Neither default has a published source: assumptions.
    """

    unlabelled: int = 350  # the subject states neither type nor topic
    mislabelled: int = 60  # it states another type than the entity gives the request


DEFAULT_LABELS = Labels()
LABELS_SUM_MAX = 1_000

T = TypeVar("T", Rates, DirtRates, Labels)


def rates_of(value: Given) -> Rates:
    """The rates in a table of a scenario; InvalidSettings names what is wrong."""
    return _rates(Rates, value, 1_000)


def dirt_of(value: Given) -> DirtRates:
    """As `rates_of`; all together are no more than all mails."""
    dirt = _rates(DirtRates, value, DIRT_SUM_MAX)
    if (total := sum(asdict(dirt).values())) > DIRT_SUM_MAX:
        raise value.bad(f"rates that sum to {DIRT_SUM_MAX} at most", total)
    return dirt


def labels_of(value: Given) -> Labels:
    """As `rates_of`, from a table that may leave out any key; both together are no more than all requests."""
    labels = _rates(Labels, value, LABELS_SUM_MAX)
    if (total := labels.unlabelled + labels.mislabelled) > LABELS_SUM_MAX:
        raise value.bad(f"rates that sum to {LABELS_SUM_MAX} at most", total)
    return labels


def given(rates: Rates | DirtRates) -> dict[str, int]:
    """The rates by name, without the optional ones that are nothing."""
    return {field.name: rate for field in fields(rates) if (rate := getattr(rates, field.name)) != field.default}


def _rates(kind: type[T], value: Given, ceiling: int) -> T:
    table = value.table("a table of rates")
    required = tuple(field.name for field in fields(kind) if field.default is MISSING)
    optional = tuple(field.name for field in fields(kind) if field.default is not MISSING)
    check_keys(table, f"{value.where}, {value.key}", required=required, optional=optional)
    return kind(**{name: value.item(name, rate).integer(0, ceiling) for name, rate in table.items()})
