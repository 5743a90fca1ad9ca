"""What must change in Postgres so that it holds what a run's manifests say. Pure: values in, changes out.

A slot is a place for rows: one partition of a partitioned table, or part 0 of a whole one. Rows arrive staged: in a
table of their own, filled and read back beforehand, so that making the changes moves no data between machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Arrival", "Changes", "Rows", "Slot", "applied", "changes_for", "staging_name"]

DIGITS = 12  # of the content digest, in the name of a staged table


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`table` is schema-qualified; `part` is the number of the partition it mirrors."""

    table: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What a slot holds or must hold, or what waits for it in staging.

    `relation` is the table the rows are in once they are in Postgres; number and digest are then as read back from it.
    """

    slot: Slot
    rows: int
    content_digest: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bring staged rows into their slot, in place of `replaces` if that holds anything."""

    rows: Rows
    replaces: Rows | None


@dataclass(frozen=True, slots=True)
class Changes:
    """`missing` must be there and is neither loaded nor staged: such changes cannot be made."""

    arrivals: tuple[Arrival, ...] = ()
    departures: tuple[Rows, ...] = ()
    kept: tuple[Rows, ...] = ()
    sweep: tuple[str, ...] = ()
    missing: tuple[Slot, ...] = ()

    @property
    def changes_tables(self) -> bool:
        return bool(self.arrivals or self.departures)


def changes_for(must: Iterable[Rows], there: Iterable[Rows], staged: Iterable[Rows]) -> Changes:
    """The changes that make `there` hold exactly `must`.

    Staged rows win over equal loaded ones: a worker stages again only what it found missing or damaged.
    """
    must, staged = sorted(must, key=lambda rows: rows.slot), list(staged)
    loaded = {rows.slot: rows for rows in there}
    waiting = {(item.slot, item.content_digest): item for item in staged}
    arrivals: list[Arrival] = []
    kept: list[Rows] = []
    missing: list[Slot] = []
    for rows in must:
        old = loaded.get(rows.slot)
        arrived = waiting.get((rows.slot, rows.content_digest))
        if arrived is not None:
            arrivals.append(Arrival(arrived, old))
        elif old is not None and old.content_digest == rows.content_digest:
            kept.append(old)
        else:
            missing.append(rows.slot)
    wanted = {rows.slot for rows in must}
    used = {arrival.rows.relation for arrival in arrivals}
    return Changes(
        arrivals=tuple(arrivals),
        departures=tuple(rows for slot, rows in sorted(loaded.items()) if slot not in wanted),
        kept=tuple(kept),
        sweep=tuple(sorted(item.relation for item in staged if item.relation not in used)),
        missing=tuple(missing),
    )


def applied(changes: Changes, there: Iterable[Rows]) -> dict[Slot, str]:
    """Slot by slot, the digest that is there once the changes are made."""
    state = {rows.slot: rows.content_digest for rows in there}
    for rows in changes.departures:
        del state[rows.slot]
    return state | {arrival.rows.slot: arrival.rows.content_digest for arrival in changes.arrivals}


def staging_name(slot: Slot, content_digest: str, *, taken: str = "") -> str:
    """The name of the table these rows are staged in: the same for the same rows, but never `taken`."""
    base = slot.table.split(".")[1]
    name = f"{base}_p{slot.part:05d}_{content_digest.rsplit('-', 1)[1][:DIGITS]}"
    return name + "_r" if name == taken else name
