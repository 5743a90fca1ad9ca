"""By which names mails know a thread without naming its request: a radicado, or an acknowledgement's Message-ID. Pure.

Only References tell a root for sure, so they tell what a name stands for; of late, and as told by the day.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pqr_common import query, sql_of
from pqr_silver.keys import FACTOR, Hashes, bucket_numbers, dealt, hashed
from pqr_silver.placing.mails import MAILS, Buckets
from pqr_silver.schema import CLASHES, DAY, RADICADOS, TEXT
from pqr_silver.threads import Named
from pqrs import wording
from pqrs.terms import THREAD_DAYS

__all__ = [
    "CLAIMS",
    "GONE",
    "MOVES",
    "claimed",
    "clashes",
    "contested",
    "moved",
    "resolved",
    "told",
    "told_once",
    "without",
]

# A mail whose References begin with a `root` and whose subject states a `name`, both hashed; the thread of that name.
CLAIMS = pa.schema([("name", pa.uint64()), ("root", pa.uint64()), ("day", DAY)])
MOVES = CLAIMS.append(pa.field("home", TEXT))
GONE = pa.schema([("raw_day", DAY), ("raw_part", pa.int32()), ("raw_line", pa.int32())])

_DAYS = {"thread_days": THREAD_DAYS}
Flags = npt.NDArray[np.bool_]


def told(mails: pa.Table) -> pa.Table:
    """What these mails tell of names, each once."""
    return _distinct(pa.concat_tables(_told(mails, *_telling(mails))))


def told_once(given: Named) -> pa.Table:
    """The same; only a thread that tells more than once can tell the same."""
    by_radicado, by_id = _telling(given.mails)
    counts = np.bincount(given.thread[by_radicado | by_id], minlength=len(given.ids))
    is_more = counts[given.thread] > 1
    once = _told(given.mails, by_radicado & ~is_more, by_id & ~is_more)
    more = _told(given.mails, by_radicado & is_more, by_id & is_more)
    return pa.concat_tables([*once, _distinct(pa.concat_tables(more))])


def resolved(orphans: pa.Table, names: pa.Table, *, buckets: int) -> Buckets:
    """Give orphans the root of the thread their name belongs to, and deal them out with the other e-mails.

    What a name stands for is what was told of it on the orphan's day, or in the THREAD_DAYS before.
    """
    found = query(sql_of("pqr_silver", "sql/resolve.sql"), _DAYS, orphans=orphans, names=names)
    found = found.select(MAILS.names).cast(MAILS)
    return dealt(found, bucket_numbers(pc.coalesce(found["root"], found["radicado"]), buckets))


def clashes(news: pa.Table, names: pa.Table) -> pa.Table:
    """What is told now of radicados for which another thread had been told, or was on the same day."""
    shared = _of_several(names)
    if not len(shared):
        return CLASHES.schema.empty_table()
    news, names = (each.filter(pa.array(np.isin(hashed(each["name"]), shared))) for each in (news, names))
    constants = {**_DAYS, "digits": wording.RADICADO_DIGITS}
    return query(sql_of("pqr_silver", "sql/clashes.sql"), constants, news=news, names=names).cast(CLASHES.schema)


def claimed(mails: pa.Table, roots: Hashes, names: pa.Table) -> pa.Table:
    """What the mails claim of radicados, unless these `names` bear it out."""
    claiming = pc.and_(pc.equal(mails["thread_rule"], "references"), mails["radicado"].is_valid())
    rows = np.flatnonzero(claiming.to_numpy())
    claims = pa.table(
        [hashed(mails["radicado"].take(pa.array(rows))), roots[rows], mails["raw_day"].take(pa.array(rows))],
        schema=CLAIMS,
    )
    return _distinct(_unproven(claims, names))


def contested(claims: pa.Table, names: pa.Table) -> pa.Table:
    """Claims of radicados that were told of other threads alone, each with the one that it was told of."""
    left = _unproven(claims, names)
    if not left.num_rows:
        return MOVES.empty_table()
    numbers = {"name_hash": hashed(names["name"]), "root_hash": hashed(names["root"])}
    hashes = pa.table({**{name: names[name] for name in names.column_names}, **numbers})
    return query(sql_of("pqr_silver", "sql/contested.sql"), _DAYS, claims=left, names=hashes).cast(MOVES)


def moved(mails: pa.Table, moves: pa.Table, known: pa.Table) -> pa.Table:
    """Those mails that do move, with their new roots: those whose References lead to no request by their day.

    `known`: the `root_message_id` of tickets of earlier days. Where References lead to a thread they count for more.
    """
    asked = mails.filter(pc.equal(mails["kind"], "request"))
    begun = pa.table({"root": hashed(asked["root"]), "day": asked["raw_day"]})
    numbers = {"name_hash": hashed(mails["radicado"]), "root_hash": hashed(mails["root"])}
    hashes = pa.table({**{name: mails[name] for name in mails.column_names}, **numbers})
    roots = pa.table({"root": hashed(known["root_message_id"])})
    found = query(sql_of("pqr_silver", "sql/moved.sql"), mails=hashes, moves=moves, begun=begun, known=roots)
    return found.select(MAILS.names).cast(MAILS)


def without(mails: pa.Table, gone: pa.Table) -> pa.Table:
    """The mails but those that lie where `gone` says."""
    return mails.join(gone, GONE.names, join_type="left anti", use_threads=False) if gone.num_rows else mails


def _of_several(names: pa.Table) -> Hashes:
    """The hashes of names that were told of more than one root: next to none, so that few rows are compared by text."""
    name, root = hashed(names["name"]), hashed(names["root"])
    order = np.argsort(name)
    name, root = name[order], root[order]
    return np.asarray(name[1:][(name[1:] == name[:-1]) & (root[1:] != root[:-1])])


def _unproven(claims: pa.Table, names: pa.Table) -> pa.Table:
    """Claims but those that the first telling of the same name and root bears out: nearly all."""
    pairs = hashed(names["name"]) * FACTOR + hashed(names["root"])
    day = _days(names["told_on"])
    order = np.lexsort((day, pairs))
    pairs, day = pairs[order], day[order]
    claim = claims["name"].to_numpy() * FACTOR + claims["root"].to_numpy()
    place = np.searchsorted(pairs, claim)
    is_there = place < len(pairs)
    place[~is_there] = 0
    if len(pairs):
        age = _days(claims["day"]) - day[place]
        is_there &= (pairs[place] == claim) & (age >= 0) & (age <= THREAD_DAYS)
    return claims.filter(pa.array(~is_there))


def _telling(mails: pa.Table) -> tuple[Flags, Flags]:
    """Which mails tell what a radicado stands for, and which do of their own Message-ID."""
    by_id = pc.and_(pc.equal(mails["thread_rule"], "references"), pc.equal(mails["kind"], "acknowledgement"))
    by_radicado = pc.and_(by_id, mails["radicado"].is_valid())
    return by_radicado.to_numpy(), by_id.to_numpy()


def _told(mails: pa.Table, by_radicado: Flags, by_id: Flags) -> list[pa.Table]:
    """What those mails tell, and the day of it."""
    return [
        pa.table(
            [mails[name].take(rows), mails["root"].take(rows), mails["raw_day"].take(rows)], schema=RADICADOS.schema
        )
        for name, rows in (
            ("radicado", pa.array(np.flatnonzero(by_radicado))),
            ("message_id", pa.array(np.flatnonzero(by_id))),
        )
    ]


def _distinct(table: pa.Table) -> pa.Table:
    found = table.group_by(table.column_names, use_threads=False).aggregate([])
    return found.cast(table.schema)


def _days(days: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(days.to_numpy().astype("datetime64[D]").astype(np.int64))
