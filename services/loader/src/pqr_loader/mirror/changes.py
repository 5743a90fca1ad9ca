"""What must change in Postgres so that it holds what a run's manifests say. Pure: values in, changes out.

A slot is a place for rows: one part of a partitioned table, or part 0 of a whole one. Rows arrive staged: in a
table of their own, filled and read back beforehand, so that making the changes moves no data between machines.

A table holds the right rows when their digests add up to what must be there, however they lie in its parts. So a
table comes to hold others in one of two ways: part by part, or by its difference alone, row by row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from pqr_common.tables.totals import total_digest

__all__ = [
    "ADDED",
    "Arrival",
    "Changes",
    "Difference",
    "Rows",
    "Slot",
    "added_name",
    "applied",
    "changes_for",
    "staging_name",
    "total",
]

DIGITS = 12  # of the content digest, in the name of a staged table
ADDED = 32767  # the part for rows that came one by one, so that a table has no more parts for them


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """`table` is schema-qualified; `part` is the number of the part it is."""

    table: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """What a slot holds or must hold, or what waits in staging: to come into the slot, or (sign -1) to leave it.

    `relation` is the table the rows are in once they are in Postgres; number and digest are then as read back from it.
    """

    slot: Slot
    rows: int
    content_digest: str
    relation: str = ""
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bring staged rows into their slot, in place of `replaces` if that holds anything."""

    rows: Rows
    replaces: Rows | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of a table that move one by one: `gone` (in one staged table) leave their parts, `come` enter theirs.

    `left` is what those parts hold afterwards.
    """

    table: str
    gone: tuple[Rows, ...]
    come: tuple[Rows, ...]
    left: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """`missing` must be there and is neither loaded nor staged: such changes cannot be made."""

    arrivals: tuple[Arrival, ...] = ()
    departures: tuple[Rows, ...] = ()
    kept: tuple[Rows, ...] = ()
    differences: tuple[Difference, ...] = ()
    sweep: tuple[str, ...] = ()
    missing: tuple[Slot, ...] = ()

    @property
    def tables(self) -> set[str]:
        """Those that change."""
        return {*self.rearranged, *(difference.table for difference in self.differences)}

    @property
    def rearranged(self) -> list[str]:
        """Those whose slots come to hold others, in order."""
        moved = (*self.departures, *(arrival.rows for arrival in self.arrivals))
        return sorted({rows.slot.table for rows in moved})

    @property
    def used(self) -> set[str]:
        """The tables of staging whose rows move."""
        moved = {rows.relation for each in self.differences for rows in (*each.gone, *each.come)}
        return moved | {arrival.rows.relation for arrival in self.arrivals}


def total(held: Iterable[Rows]) -> str:
    """The digest of all these rows together, less those that leave."""
    held = list(held)
    added, removed = ([rows.content_digest for rows in held if rows.sign == sign] for sign in (1, -1))
    return total_digest(added, removed)


def changes_for(must: Iterable[Rows], there: Iterable[Rows], staged: Iterable[Rows]) -> Changes:
    """The changes that make every table hold exactly the rows of `must`."""
    sides = must, there, staged = list(must), list(there), list(staged)
    tables = sorted({rows.slot.table for rows in (*must, *there)})
    each = [_of_table(*([rows for rows in side if rows.slot.table == table] for side in sides)) for table in tables]
    changes = Changes(
        arrivals=tuple(arrival for changes in each for arrival in changes.arrivals),
        departures=tuple(rows for changes in each for rows in changes.departures),
        kept=tuple(rows for changes in each for rows in changes.kept),
        differences=tuple(difference for changes in each for difference in changes.differences),
        missing=tuple(slot for changes in each for slot in changes.missing),
    )
    return replace(changes, sweep=tuple(sorted({item.relation for item in staged} - changes.used)))


def _of_table(must: list[Rows], there: list[Rows], staged: list[Rows]) -> Changes:
    """Parts that are staged win over rows that are there: a worker stages only what it found missing or damaged."""
    whole = _part_by_part(must, there, staged)
    if must and there and not whole.arrivals and total(must) == total(there):
        return Changes(kept=tuple(there))
    difference = _difference(must, there, staged) if whole.missing else None
    return Changes(differences=(difference,)) if difference else whole


def _part_by_part(must: list[Rows], there: list[Rows], staged: list[Rows]) -> Changes:
    loaded = {rows.slot: rows for rows in there}
    waiting = {(item.slot, item.content_digest): item for item in staged if item.sign > 0}
    arrivals: list[Arrival] = []
    kept: list[Rows] = []
    missing: list[Slot] = []
    for rows in sorted(must, key=lambda rows: rows.slot):
        old = loaded.get(rows.slot)
        arrived = waiting.get((rows.slot, rows.content_digest))
        if arrived is not None:
            arrivals.append(Arrival(arrived, old))
        elif old is not None and old.content_digest == rows.content_digest:
            kept.append(old)
        else:
            missing.append(rows.slot)
    wanted = {rows.slot for rows in must}
    gone = tuple(rows for slot, rows in sorted(loaded.items()) if slot not in wanted)
    return Changes(tuple(arrivals), gone, tuple(kept), missing=tuple(missing))


def _difference(must: list[Rows], there: list[Rows], staged: list[Rows]) -> Difference | None:
    """What is staged to leave and to enter, if the table holds the right rows once both have moved."""
    leaving: dict[str, tuple[Rows, ...]] = {}
    for rows in staged:
        if rows.sign < 0:
            leaving[rows.relation] = (*leaving.get(rows.relation, ()), rows)
    entering = [(), *((rows,) for rows in staged if rows.sign > 0 and rows.slot.part == ADDED)]
    for gone, come in product([(), *leaving.values()], entering):
        if there and total((*there, *gone, *come)) == total(must):
            return Difference(there[0].slot.table, gone, come, tuple(_left(there, (*gone, *come))))
    return None


def _left(there: list[Rows], moved: tuple[Rows, ...]) -> Iterable[Rows]:
    """What the parts that rows leave or enter hold afterwards."""
    for slot in sorted({rows.slot for rows in moved}):
        held = [rows for rows in (*there, *moved) if rows.slot == slot]
        relation = next((rows.relation for rows in there if rows.slot == slot), added_name(slot.table))
        yield Rows(slot, sum(rows.sign * rows.rows for rows in held), total(held), relation)


def applied(changes: Changes, there: Iterable[Rows]) -> list[Rows]:
    """What is there once the changes are made."""
    state = {rows.slot: rows for rows in there}
    for rows in changes.departures:
        del state[rows.slot]
    state |= {arrival.rows.slot: arrival.rows for arrival in changes.arrivals}
    state |= {rows.slot: rows for difference in changes.differences for rows in difference.left}
    return [replace(rows, sign=1) for rows in state.values()]


def staging_name(slot: Slot, content_digest: str, *, taken: str = "") -> str:
    """The name of the table these rows are staged in: the same for the same rows, but never `taken`."""
    base = slot.table.split(".")[1]
    name = f"{base}_p{slot.part:05d}_{content_digest.rsplit('-', 1)[1][:DIGITS]}"
    return name + "_r" if name == taken else name


def added_name(table: str) -> str:
    """The name of the part for rows that came one by one."""
    return f"{table.split('.')[1]}_p{ADDED:05d}"
