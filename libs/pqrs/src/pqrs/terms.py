"""Legal terms of PQRS: the policies by type and date, and what they make of days on the business calendar.

Pure and vectorised, in the units of `pqrs.calendar`. What is marked [L] is recalled law: check it in the official text.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pqrs import calendar
from pqrs.calendar import Days, add_business_days, as_days, business_days_between, local_day, local_time
from pqrs.catalogue import PQRS_TYPES

__all__ = [
    "COMPLETION_REQUEST_DAYS", "MIDNIGHT", "NO_TERM", "POLICIES", "THREAD_DAYS", "TRANSFER_DAYS",
    "SlaPolicy", "completion_deadline", "due_at", "effective_due_on", "extension_days_max", "first_policies",
    "received_on", "reception", "term_days", "term_hours",
]  # fmt: skip

MIDNIGHT = 24 * 60  # minutes: the close of a day, unless an entity closes earlier
TRANSFER_DAYS = 5  # Ley 1755/2015 art. 21: business days to pass a petition to the competent authority
COMPLETION_REQUEST_DAYS = 10  # Ley 1755/2015 art. 17: business days to ask the petitioner for what is missing
COMPLETION_MONTHS = 1  # Ley 1755/2015 art. 17: calendar month the petitioner has to complete
THREAD_DAYS = 140  # not law but ours: calendar days from its request's arrival in which a thread takes mail
NO_TERM = -1  # stands for "no legal term" in the integer arrays below

_ONE_DAY, _NOT_A_DAY = np.timedelta64(1, "D"), np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """The term of one type of PQRS received while it ruled, both days included; `term_days` None: no term.

    `term_days` is in `unit`: business days, or hours that run on day and night, working day or not, from the instant of
    arrival (so we read the circular on health claims, which gives no calendar [A]); nothing suspends those.

    An extension may at most double the term (Ley 1755/2015 art. 14, parágrafo [L]). Until that law came into
    force on 2015-06-30, Decreto 01/1984 set the same terms [L]. Decreto 491/2020 of 28 March (art. 5) rules
    what was then under way as well: what was received so late that the ordinary term ended on that day or later. Its
    terms end with 2022-05-17, when Ley 2207 repealed them; that they rule on that day too is [L].
    """

    pqrs_type: str
    name: str
    term_days: int | None
    unit: str
    max_extension_days: int
    silence_effect: str
    valid_from: date
    valid_to: date | None
    legal_basis: str


def received_on(received_at: npt.ArrayLike, closing_time: int) -> Days:
    """The legal day of reception of e-mails that arrived at these UTC instants.

    What arrives at or after `closing_time` (minutes after midnight in Bogotá), or on a day that is not a business day,
    is received the next business day.
    """
    local = local_time(received_at)
    day = local.astype("datetime64[D]")
    return calendar.next_business_day(np.where(local - day >= np.timedelta64(closing_time, "m"), day + _ONE_DAY, day))


def completion_deadline(requested_on: npt.ArrayLike) -> Days:
    """The last day to complete a petition: one calendar month after the request, rolled to a business day.

    A month ends on the same day number, or on the last day of a shorter month (Ley 4/1913 arts. 59 and 62).
    """
    day = as_days(requested_on)
    month = day.astype("datetime64[M]")
    target = month + np.timedelta64(COMPLETION_MONTHS, "M")
    last_day = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - _ONE_DAY
    same_number = target.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return calendar.next_business_day(np.minimum(same_number, last_day))


def reception(
    pqrs_type: Any, arrived_at: npt.ArrayLike, closing_time: int
) -> tuple[Days, npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """The day of reception of each (type code, UTC instant of arrival), and its term in business days and in hours.

    One of the terms is `NO_TERM`, or both. A term in hours runs from the arrival, so its day is that of the arrival.
    """
    legally = received_on(arrived_at, closing_time)
    hours = term_hours(pqrs_type, legally)
    return np.where(hours >= 0, local_day(arrived_at), legally), term_days(pqrs_type, legally), hours


def term_days(pqrs_type: Any, received: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """The term in business days of each (type code, day of reception), `NO_TERM` where the law sets none in days.

    `pqrs_type` is an Arrow or numpy array of codes; a code or day that no policy knows has no term.
    """
    return _in_force(_DAYS, pqrs_type, received)


def term_hours(pqrs_type: Any, received: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """The same of terms in hours: `NO_TERM` where the law sets none in hours."""
    return _in_force(_HOURS, pqrs_type, received)


def extension_days_max(pqrs_type: Any, received: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """By how many business days the term of each may be extended, all together; 0 where not at all."""
    return _in_force(_EXTENSIONS, pqrs_type, received)


def _in_force(table: npt.NDArray[np.int16], pqrs_type: Any, received: npt.ArrayLike) -> npt.NDArray[np.int16]:
    array = pqrs_type.combine_chunks() if isinstance(pqrs_type, pa.ChunkedArray) else pa.array(pqrs_type)
    encoded = array.dictionary_encode()
    rows = np.array(
        [PQRS_TYPES.index(code) if code in PQRS_TYPES else -1 for code in encoded.dictionary.to_pylist()] + [-1]
    )
    codes = encoded.indices.fill_null(len(rows) - 1).to_numpy(zero_copy_only=False)
    versions = np.searchsorted(_VERSIONS, as_days(received), side="right")
    return np.asarray(table[rows[codes], versions])


def effective_due_on(
    received: npt.ArrayLike,
    term: npt.ArrayLike,
    extension_days: npt.ArrayLike = 0,
    *,
    suspended_from: npt.ArrayLike = _NOT_A_DAY,
    suspended_to: npt.ArrayLike = _NOT_A_DAY,
) -> Days:
    """The last day to answer: `term` + `extension_days` business days that are not suspended have gone by.

    Suspended are the business days `d` with `suspended_from < d <= suspended_to` (NaT: never). NaT: no term.
    """
    start, term = as_days(received), np.asarray(term, dtype=np.int64)
    paused_from, paused_to = as_days(suspended_from), as_days(suspended_to)
    due = add_business_days(start, np.maximum(term, 0) + np.asarray(extension_days, dtype=np.int64))
    paused = np.maximum(business_days_between(np.fmax(paused_from, start), paused_to), 0)
    # A clock that stops on its last day or later has already run out, so nothing is left to move.
    due = add_business_days(due, np.where(paused_from < due, paused, 0))
    return np.where(term < 0, _NOT_A_DAY, due)


def due_at(due_on: npt.ArrayLike, arrived_at: npt.ArrayLike, hours: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """The UTC instant at which each term ends: what is answered then or later is late. NaT: no term.

    `hours` after the arrival where the term is in hours, else the midnight that ends the last day to answer.
    """
    hours = np.asarray(hours).astype(np.int64)
    at = np.asarray(arrived_at, dtype="datetime64[us]") + hours.astype("timedelta64[h]")
    return np.where(hours >= 0, at, calendar.utc_time(as_days(due_on) + _ONE_DAY))


def first_policies() -> tuple[SlaPolicy, ...]:
    """The law as runs were told before there were terms in hours: what they were loaded with, to be loaded again."""
    return _load_policies("sla_policies_first.csv")


def _load_policies(name: str = "sla_policies.csv") -> tuple[SlaPolicy, ...]:
    rows = csv.DictReader((files("pqrs") / "data" / name).read_text(encoding="utf-8").splitlines())
    return tuple(
        SlaPolicy(
            pqrs_type=row["pqrs_type"],
            name=row["name"],
            term_days=int(row["term_days"]) if row["term_days"] else None,
            unit=row["unit"],
            max_extension_days=int(row["max_extension_days"]),
            silence_effect=row["silence_effect"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            legal_basis=row["legal_basis"],
        )
        for row in rows
    )


def _table(values: dict[SlaPolicy, int], otherwise: int) -> npt.NDArray[np.int16]:
    """Values by type (last row: unknown type) and by version (column 0: before the first)."""
    starts = _VERSIONS.astype(object).tolist()
    table = np.full((len(PQRS_TYPES) + 1, len(starts) + 1), otherwise, dtype=np.int16)
    for policy, value in values.items():
        for column, start in enumerate(starts, start=1):
            if policy.valid_from <= start <= (policy.valid_to or date.max):
                table[PQRS_TYPES.index(policy.pqrs_type), column] = value
    return table


def _terms(unit: str) -> npt.NDArray[np.int16]:
    return _table({p: p.term_days for p in POLICIES if p.unit == unit and p.term_days is not None}, NO_TERM)


POLICIES = _load_policies()

_VERSIONS = np.array(sorted({policy.valid_from for policy in POLICIES}), dtype="datetime64[D]")
_DAYS, _HOURS = _terms("business_days"), _terms("hours")
_EXTENSIONS = _table({policy: policy.max_extension_days for policy in POLICIES}, 0)
