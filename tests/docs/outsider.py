"""Values computed again from docs/reference/rules.md alone: by a reader of JSON, CSV and Parquet with none of our code."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

DATA = Path(__file__).parents[2] / "libs/pqrs/src/pqrs/data"
DAY, BEHIND_UTC = timedelta(days=1), timedelta(hours=5)
HOLIDAYS = {
    date.fromisoformat(row["date"]) for row in csv.DictReader((DATA / "holidays_co.csv").open(encoding="utf-8"))
}
POLICIES = list(csv.DictReader((DATA / "sla_policies.csv").open(encoding="utf-8")))
THREAD = 140 * DAY

Row = dict[str, Any]


def rows(lake: Path, run: str, dataset: str) -> list[Row]:
    """Those that the partitions of a manifest add, less those that they take back."""
    layer, _, name = dataset.partition("/")
    manifest = json.loads((lake / f"manifests/{run}/{layer}.json").read_text(encoding="utf-8"))
    found: Counter[tuple[Any, ...]] = Counter()
    names: list[str] = []
    for part in next(each for each in manifest["datasets"] if each["name"] == name)["partitions"]:
        table = pq.read_table(lake / part["path"])
        names = table.column_names
        for row in table.to_pylist():
            found[tuple(row.values())] += part["sign"]
    return [dict(zip(names, values, strict=True)) for values in found.elements()]


def is_business(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def after(day: date, count: int) -> date:
    while count:
        day += DAY
        count -= is_business(day)
    return day


def between(first: date, last: date) -> int:
    if last < first:
        return -between(last, first)
    return sum(is_business(first + n * DAY) for n in range(1, (last - first).days + 1))


def local(instant: datetime) -> date:
    return (instant - BEHIND_UTC).date()


def share(part: int, whole: int) -> Decimal | None:
    return Decimal((20_000 * part + whole) // (2 * whole)) / 10_000 if whole else None


def clock(ticket: Row) -> Row:
    """What a row of silver/tickets says of its term (one in days, and a day that closes at midnight)."""
    legal = local(ticket["opened_at"])
    while not is_business(legal):
        legal += DAY
    policy = next(
        each
        for each in POLICIES
        if each["pqrs_type"] == ticket["pqrs_type"] and each["valid_from"] <= str(legal) <= (each["valid_to"] or "9")
    )
    closed = ticket["closed_at"] and local(ticket["closed_at"])
    is_outside = ticket["is_transferred"] or ticket["status"] == "annulled"
    found = {
        "ticket_id": hashlib.md5(ticket["root_message_id"].encode()).hexdigest()[:20],
        "received_on": legal,
        "closed_on": closed,
        "business_days": None if closed is None or is_outside else max(0, between(legal, closed)),
        "has_term": bool(policy["term_days"]) and not is_outside,
    }
    if not policy["term_days"]:
        return found | {"term_days": None, "due_on": None, "effective_due_on": None, "due_at": None}
    term = int(policy["term_days"])
    extended = ends = after(legal, term + ticket["extension_days"])
    if ticket["suspended_from"] and ticket["suspended_from"] < extended:
        ends = after(extended, max(0, between(max(ticket["suspended_from"], legal), ticket["suspended_to"])))
    return found | {
        "term_days": term,
        "due_on": after(legal, term),
        "effective_due_on": ends,
        "suspended_days": between(extended, ends),
        "due_at": datetime.combine(ends + DAY, time()) + BEHIND_UTC,
    }


def headline(tickets: list[Row], first: date, last: date) -> Row:
    """Columns of kpi_executive."""
    found: Counter[str] = Counter()
    for ticket in tickets:
        opened, closed, due_at = local(ticket["opened_at"]), ticket["closed_on"], ticket["due_at"]
        ends = opened + THREAD
        term = min(ticket["effective_due_on"] or ends, ends)
        is_late = closed is not None and due_at is not None and ticket["closed_at"] >= due_at
        is_due = ticket["has_term"] and first <= term <= last and ends >= first
        is_open = closed is None and due_at is not None
        found["received"] += first <= opened <= last
        found["due"] += is_due
        found["breached"] += is_due and (closed is None or is_late)
        found["open"] += is_open and ends > last
        found["overdue"] += is_open and ends > last and term <= last
        found["lapsed"] += is_open and first <= ends <= last
    return dict(found) | {"breach_rate": share(found["breached"], found["due"])}


def peaks(tickets: list[Row], *, opens: date, first: date, last: date) -> dict[date, tuple[Any, ...]]:
    """received, expected, ratio, dispersion, is_peak of kpi_peaks, by day."""
    received = Counter(local(ticket["opened_at"]) for ticket in tickets)
    return {
        day: _judged(day, received, opens=opens) for day in (first + n * DAY for n in range((last - first).days + 1))
    }


def _kind(day: date) -> object:
    before = day - DAY
    while not is_business(before):
        before -= DAY
    if is_business(day) and (day - before).days > 3:
        return "right after a long weekend"
    return "holiday" if day in HOLIDAYS else day.weekday()


def _judged(day: date, received: Counter[date], *, opens: date) -> tuple[Any, ...]:
    peers = defaultdict(list)
    for before in (day - n * DAY for n in range(1, 113)):
        if before >= opens and is_business(before) == is_business(day):
            peers[_kind(before)].append(received[before])
    expected = {kind: sorted(counts)[(len(counts) + 1) // 2 - 1] for kind, counts in peers.items() if len(counts) >= 3}
    if _kind(day) not in expected:
        return received[day], None, None, None, False
    spreads = sorted(
        1000 * (count - usual) ** 2 * len(peers[kind]) // ((len(peers[kind]) - 1) * max(usual, 1))
        for kind, usual in expected.items()
        for count in peers[kind]
    )
    dispersion = max(1000, 1000 * spreads[(len(spreads) + 1) // 2 - 1] // 455)
    usual, n, came = expected[_kind(day)], len(peers[_kind(day)]), received[day]
    is_peak = 100 * came >= 135 * usual and 1000 * (n - 1) * (came - usual) ** 2 > 16 * (n + 1) * dispersion * max(
        usual, 1
    )
    return came, usual, share(came, usual), share(dispersion, 1000), is_peak
