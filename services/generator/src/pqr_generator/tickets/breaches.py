"""Breaches: how many by quarter and type, and which; the quota takes those that come latest against their term."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from pqr_generator.draws import Ints
from pqr_generator.tickets.desks import Finished
from pqr_generator.tickets.quotas import rounded
from pqrs import calendar, terms
from pqrs.catalogue import PQRS_TYPES

__all__ = ["Quota", "breached", "quota_of", "waits"]

WAIT_MAX = 255  # business days; eight bits of a fate
MARGIN_MAX = 256


@dataclass(frozen=True, slots=True, eq=False)
class Quota:
    """By quarter and type: tickets that have a term and are not transferred, and how many of them are breached."""

    quarters: calendar.Days  # the first day of each
    eligible: Ints
    breached: Ints


def quota_of(days: calendar.Days, eligible: Ints, rate: Decimal) -> Quota:
    """`eligible`: days x types, to the end of a year. Quarters, and types over the year, keep the rate."""
    quarters, place = np.unique(_quarter(days), return_inverse=True)
    table = np.zeros((len(quarters), eligible.shape[1]), np.int64)
    np.add.at(table, place, eligible)
    year = quarters.astype("datetime64[Y]")
    rows = [rounded(table[year == one].tolist(), *rate.as_integer_ratio()) for one in np.unique(year)]
    return Quota(quarters, table, np.concatenate([np.array(each) for each in rows]))


def waits(days: calendar.Days, done: Finished, types: Ints) -> tuple[Ints, Ints]:
    """Business days from the legal reception of a day's tickets to their answer, and how many lie beyond the term."""
    received = calendar.next_business_day(days)
    is_business = received == days
    gone = np.cumsum(is_business)
    until_reception = gone + ~is_business
    terms_of = np.stack([terms.term_days(np.full(len(days), PQRS_TYPES[each]), received) for each in types], axis=1)
    wait = np.clip(gone[done.day] - until_reception[done.opened], 1, WAIT_MAX)
    return wait, wait - terms_of.astype(np.int64)[done.opened, done.kind >> 1]


def breached(days: calendar.Days, done: Finished, *, margin: Ints, quota: Quota) -> Ints:
    """How many of each row: within quarter and type the latest; of those that are equally late, an even share."""
    place = np.searchsorted(quota.quarters, _quarter(days))[done.opened]
    group = place * quota.eligible.shape[1] + (done.kind >> 1)
    level = group * (2 * MARGIN_MAX) + MARGIN_MAX - margin  # the latest first
    held = np.zeros(quota.breached.size * 2 * MARGIN_MAX, np.int64)
    np.add.at(held, level, done.tickets)
    by_group = held.reshape(-1, 2 * MARGIN_MAX)
    before = np.cumsum(by_group, axis=1) - by_group
    taken = np.clip(quota.breached.reshape(-1, 1) - before, 0, by_group).reshape(-1)
    found = np.where(taken[level] == held[level], done.tickets, 0)
    split = np.flatnonzero((taken[level] > 0) & (taken[level] < held[level]))
    split = split[np.argsort(level[split], kind="stable")]
    here, count = level[split], done.tickets[split]
    total = np.cumsum(count)
    since = total - (total - count)[np.searchsorted(here, here)]  # of the level, up to and with this row
    found[split] = since * taken[here] // held[here] - (since - count) * taken[here] // held[here]
    return found


def _quarter(days: calendar.Days) -> calendar.Days:
    quarter = days.astype("datetime64[M]").astype(np.int64) // 3
    return (quarter * 3).astype("datetime64[M]").astype("datetime64[D]")
