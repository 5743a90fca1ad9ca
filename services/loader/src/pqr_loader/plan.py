"""What must change in Postgres so that it holds what a run's manifests say. Pure: values in, a plan out.

A slot is a place for rows: one partition of a partitioned table, or part 0 of a whole one. Rows arrive staged: in a
table of their own, filled and read back beforehand, so that carrying out a plan moves no data between machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Arrival", "Plan", "Rows", "Slot", "Staged", "applied", "planned", "staging_name"]

DIGITS = 12  # of the content digest, in the name of a staged table


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`table` is schema-qualified; `part` is the number of the silver partition."""

    table: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What a slot holds or must hold. `relation` is the table the rows are in, once they are in Postgres."""

    slot: Slot
    rows: int
    content_digest: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A filled, verified table waiting in the staging schema."""

    slot: Slot
    content_digest: str
    relation: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bring the staged relation into the slot, in place of `replaces` if that holds anything."""

    rows: Rows
    relation: str
    replaces: Rows | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`missing` must be there and is neither loaded nor staged: such a plan cannot be carried out."""

    arrivals: tuple[Arrival, ...] = ()
    departures: tuple[Rows, ...] = ()
    kept: tuple[Rows, ...] = ()
    sweep: tuple[str, ...] = ()
    missing: tuple[Slot, ...] = ()

    @property
    def changes_tables(self) -> bool:
        return bool(self.arrivals or self.departures)


def planned(must: Iterable[Rows], there: Iterable[Rows], staged: Iterable[Staged]) -> Plan:
    """The plan that makes `there` hold exactly `must`.

    Staged rows win over equal loaded ones: a worker stages again only what it found missing or damaged.
    """
    must, staged = sorted(must, key=lambda rows: rows.slot), list(staged)
    loaded = {rows.slot: rows for rows in there}
    waiting = {(item.slot, item.content_digest): item.relation for item in staged}
    arrivals: list[Arrival] = []
    kept: list[Rows] = []
    missing: list[Slot] = []
    for rows in must:
        old = loaded.get(rows.slot)
        relation = waiting.get((rows.slot, rows.content_digest))
        if relation is not None:
            arrivals.append(Arrival(rows, relation, old))
        elif old is not None and old.content_digest == rows.content_digest:
            kept.append(old)
        else:
            missing.append(rows.slot)
    wanted = {rows.slot for rows in must}
    used = {arrival.relation for arrival in arrivals}
    return Plan(
        arrivals=tuple(arrivals),
        departures=tuple(rows for slot, rows in sorted(loaded.items()) if slot not in wanted),
        kept=tuple(kept),
        sweep=tuple(sorted(item.relation for item in staged if item.relation not in used)),
        missing=tuple(missing),
    )


def applied(plan: Plan, there: Iterable[Rows]) -> dict[Slot, str]:
    """Slot by slot, the digest that is there once the plan is carried out."""
    state = {rows.slot: rows.content_digest for rows in there}
    for rows in plan.departures:
        del state[rows.slot]
    return state | {arrival.rows.slot: arrival.rows.content_digest for arrival in plan.arrivals}


def staging_name(slot: Slot, content_digest: str, *, taken: str = "") -> str:
    """The name of the table these rows are staged in: the same for the same rows, but never `taken`."""
    base = slot.table.split(".")[1]
    name = f"{base}_p{slot.part:05d}_{content_digest.rsplit('-', 1)[1][:DIGITS]}"
    return name + "_r" if name == taken else name
