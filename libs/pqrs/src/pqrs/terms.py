"""Legal terms of PQRS: the policies by type and date, and what they make of days on the business calendar.

Pure and vectorised, in the units of `pqrs.calendar`. Items marked [L] are recalled law, to be checked against the
official text.
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

from pqrs.calendar import Days, add_business_days, as_days, business_days_between, local_time, next_business_day
from pqrs.catalogue import PQRS_TYPES

__all__ = [
    "CLOSING_TIME", "NO_TERM", "POLICIES", "THREAD_DAYS", "TRANSFER_DAYS", "SlaPolicy", "completion_deadline",
    "effective_due_on", "received_on", "term_days",
]  # fmt: skip

CLOSING_TIME = np.timedelta64(17, "h")  # local; what arrives from here on is received the next business day
TRANSFER_DAYS = 5  # Ley 1755/2015 art. 21: business days to pass a petition to the competent authority
COMPLETION_MONTHS = 1  # Ley 1755/2015 art. 17: calendar month the petitioner has to complete
THREAD_DAYS = 140  # not law but ours: calendar days from its request's arrival in which a thread takes mail
NO_TERM = -1  # stands for "no legal term" in the integer arrays below

_ONE_DAY = np.timedelta64(1, "D")
_NOT_A_DAY = np.datetime64("NaT", "D")


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """The term of one type of PQRS while it was in force, both days included; `term_days` None: no term.

    An extension may at most double the term (Ley 1755/2015 art. 14, parágrafo [L]). Until that law came into
    force on 2015-06-30, Decreto 01/1984 set the same terms [L]. The emergency terms of Decreto 491/2020 end with
    2022-05-17, when Ley 2207 repealed them; that they rule on that day too is [L].
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


def received_on(received_at: npt.ArrayLike) -> Days:
    """The legal day of reception of e-mails that arrived at these UTC instants.

    At or after 17:00 in Bogotá, or on a day that is not a business day, it is the next business day.
    """
    local = local_time(received_at)
    day = local.astype("datetime64[D]")
    return next_business_day(np.where(local - day >= CLOSING_TIME, day + _ONE_DAY, day))


def completion_deadline(requested_on: npt.ArrayLike) -> Days:
    """The last day to complete a petition: one calendar month after the request, rolled to a business day.

    A month ends on the same day number, or on the last day of a shorter month (Ley 4/1913 arts. 59 and 62).
    """
    day = as_days(requested_on)
    month = day.astype("datetime64[M]")
    target = month + np.timedelta64(COMPLETION_MONTHS, "M")
    last_day = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - _ONE_DAY
    same_number = target.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return next_business_day(np.minimum(same_number, last_day))


def term_days(pqrs_type: Any, received: npt.ArrayLike) -> npt.NDArray[np.int16]:
    """The term in business days of each (type code, day of reception), `NO_TERM` where the law sets none.

    `pqrs_type` is an Arrow or numpy array of codes; a code or day that no policy knows has no term.
    """
    array = pqrs_type.combine_chunks() if isinstance(pqrs_type, pa.ChunkedArray) else pa.array(pqrs_type)
    encoded = array.dictionary_encode()
    rows = np.array(
        [PQRS_TYPES.index(code) if code in PQRS_TYPES else -1 for code in encoded.dictionary.to_pylist()] + [-1]
    )
    codes = encoded.indices.fill_null(len(rows) - 1).to_numpy(zero_copy_only=False)
    versions = np.searchsorted(_VERSIONS, as_days(received), side="right")
    return np.asarray(_TERMS[rows[codes], versions])


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


def _load_policies() -> tuple[SlaPolicy, ...]:
    rows = csv.DictReader((files("pqrs") / "data" / "sla_policies.csv").read_text(encoding="utf-8").splitlines())
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


def _term_table(policies: tuple[SlaPolicy, ...]) -> npt.NDArray[np.int16]:
    """Terms by type (last row: unknown type) and by version (column 0: before the first)."""
    starts = sorted({policy.valid_from for policy in policies})
    table = np.full((len(PQRS_TYPES) + 1, len(starts) + 1), NO_TERM, dtype=np.int16)
    for policy in policies:
        ends = policy.valid_to or date.max
        for column, start in enumerate(starts, start=1):
            if policy.valid_from <= start <= ends and policy.term_days is not None:
                table[PQRS_TYPES.index(policy.pqrs_type), column] = policy.term_days
    return table


POLICIES = _load_policies()

_VERSIONS = np.array(sorted({policy.valid_from for policy in POLICIES}), dtype="datetime64[D]")
_TERMS = _term_table(POLICIES)
