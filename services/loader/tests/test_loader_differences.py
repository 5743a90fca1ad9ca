"""From run to run by the difference alone, on a real Postgres: rows that are touched are rows that differ."""

from __future__ import annotations

import random
from dataclasses import replace

import pyarrow as pa
import pytest
from statements import change, query

from pqr_gold.marts import MARTS
from pqr_loader.mirror.changes import ADDED
from pqr_loader.postgres import publishing
from pqr_loader.stage import STAGE
from pqr_loader.warehouse import WAREHOUSE
from pqr_silver.schema import TICKET_EVENTS, TICKETS

pytestmark = pytest.mark.integration

BASE = range(40), range(40, 80)


def _tickets(runs, *numbers, turn=0):
    """Tickets of these numbers as they are after so many turns; each turn changes all but the number."""
    rows = [runs.rows(TICKETS, range(n + 1000 * turn, n + 1000 * turn + 1)).to_pylist()[0] for n in numbers]
    ids = [f"ñandú {n}" for n in numbers]
    return pa.Table.from_pylist(
        [row | {"ticket_id": name} for row, name in zip(rows, ids, strict=True)], schema=TICKETS.schema
    )


def _silver(runs, *later):
    """Signed partitions: a base, and what came and went later; events only come."""
    base = [(runs.rows(TICKETS, numbers), 1) for numbers in BASE]
    events = [(runs.rows(TICKET_EVENTS, numbers), 1) for numbers in BASE]
    events += [(runs.rows(TICKET_EVENTS, range(100 + 3 * n, 103 + 3 * n)), 1) for n, _ in enumerate(later)]
    return {TICKETS: [*base, *(part for parts in later for part in parts)], TICKET_EVENTS: events}


def _monday(runs):
    """Two tickets are touched, a third one is new."""
    return [(_tickets(runs, 3, 50, 90, turn=1), 1), (_tickets(runs, 3, 50), -1)]


def _tuesday(runs):
    """One of Monday's tickets is touched again."""
    return [(_tickets(runs, 3, turn=2), 1), (_tickets(runs, 3, turn=1), -1)]


@pytest.fixture
def chain(runs):
    """Three runs of one inbox, each a day longer."""
    return (
        runs.make(1, silver=_silver(runs)),
        runs.make(2, silver=_silver(runs, _monday(runs))),
        runs.make(3, silver=_silver(runs, _monday(runs), _tuesday(runs))),
    )


def _touched(runs):
    told = {check.name: check.observed for check in runs.checks}
    return told["rows_deleted"], told["rows_inserted"]


def _untouched(dsn, table="core.tickets"):
    return set(query(dsn, f"select tableoid, ctid::text, xmin::text, ticket_id from {table}"))


def _is_right(runs, run_id):
    assert WAREHOUSE.published(runs.dsn) == run_id
    assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []
    assert STAGE.stands(run_id, runs.settings)
    assert query(runs.dsn, "select count(*) from meta.staged") == [(0,)]
    assert query(runs.dsn, "select count(*) from pg_tables where schemaname = 'staging'") == [(0,)]


def _parts(runs):
    return [part for (part,) in query(runs.dsn, "select part from meta.loaded_partitions where table_name = "
                                                 "'core.tickets' order by part")]  # fmt: skip


def test_a_day_more_touches_what_differs(runs, chain, content):
    """Rows of the day come and go, one by one; all others stay where they are, in files and transactions."""
    first, second, third = chain
    runs.load(first)
    before = _untouched(runs.dsn)
    runs.load(second)
    _is_right(runs, second)
    assert {check.name: check.observed for check in runs.checks if "_is_staged" in check.name} == {
        "deleted_core.tickets_is_staged": 2,
        "inserted_core.tickets_is_staged": 3,
        "inserted_core.ticket_events_is_staged": 3,
    }
    after = _untouched(runs.dsn)
    assert {row[3] for row in before - after} == {"ñandú 3", "ñandú 50"}
    assert {row[3] for row in after - before} == {"ñandú 3", "ñandú 50", "ñandú 90"}
    runs.load(third)
    _is_right(runs, third)
    assert {row[3] for row in after - _untouched(runs.dsn)} == {"ñandú 3"}
    assert _parts(runs) == [0, 1, ADDED]
    assert len(content(runs.dsn)["core.tickets"]) == 81


def test_any_way_to_a_run_shows_the_same_rows(runs, chain, content):
    """Loaded at once, day by day, or from a later day: the part a row lies in is all that differs."""
    shown = {}
    for run_id in (chain[2], chain[0], chain[1], chain[2], chain[1], chain[0]):
        runs.load(run_id)
        _is_right(runs, run_id)
        rows = {name: sorted(row[:-1] for row in rows) if name.startswith("core.ticket") else rows
                for name, rows in _printed(content(runs.dsn)).items()}  # fmt: skip
        assert shown.setdefault(run_id, rows) == rows


def _printed(tables):
    return {name: [tuple(map(repr, row)) for row in rows] for name, rows in tables.items()}


def test_loading_again_after_a_difference_changes_nothing(runs, chain):
    """Equal totals are enough: what is there is not laid out anew."""
    runs.load(chain[0])
    runs.load(chain[1])
    before = _untouched(runs.dsn), _untouched(runs.dsn, "core.ticket_events")
    first = runs.load(chain[1])
    assert (_untouched(runs.dsn), _untouched(runs.dsn, "core.ticket_events")) == before
    assert _touched(runs) == (0, 0)
    assert first.partitions["core.tickets"][0].rows == 81


def test_the_load_manifest_says_the_same_either_way(runs, chain):
    """What a run is told to have loaded does not depend on what was there before."""
    whole = runs.load(chain[1]).partitions
    runs.load(chain[0])
    assert {name: sorted(parts, key=str) for name, parts in runs.load(chain[1]).partitions.items()} == {
        name: sorted(parts, key=str) for name, parts in whole.items()
    }


def test_a_row_to_be_taken_away_that_was_changed_by_hand_is_mended(runs, chain):
    """It is not what the lake says it is, so the table is loaded whole."""
    runs.load(chain[0])
    change(runs.dsn, "update core.tickets set status = 'x' where ticket_id = 'ñandú 3'")
    runs.load(chain[1])
    _is_right(runs, chain[1])
    assert _parts(runs) == [0]


def test_a_row_that_was_changed_by_hand_is_named_after_a_difference(runs, chain):
    """Rows that no day touches are not read on the way; verification names them, and loading again mends them."""
    runs.load(chain[0])
    change(runs.dsn, "update core.tickets set status = 'x' where ticket_id = 'ñandú 7'")
    runs.load(chain[1])
    (sentence,) = WAREHOUSE.differences(runs.lake, chain[1], runs.dsn)
    assert sentence.startswith("core.tickets must hold ticket_id ñandú 7 as silver has it, found another status")
    assert not STAGE.stands(chain[1], runs.settings)
    runs.load(chain[1])
    _is_right(runs, chain[1])


def test_a_partition_that_is_gone_from_the_lake_does_no_harm(runs, chain):
    """What the shown run alone had cannot be read any more, so the older one is loaded whole."""
    runs.load(chain[1])
    for part in (2, 3):
        runs.lake.delete(f"silver/tickets/run={chain[1]}/part-{part:05d}.parquet")
    runs.load(chain[0])
    _is_right(runs, chain[0])
    assert _parts(runs) == [0, 1]


def test_runs_that_differ_much_are_loaded_whole(runs, chain):
    """Beyond a quarter of the rows it is quicker to attach parts than to move rows."""
    runs.load(chain[0])
    other = runs.make(4, silver=_silver(runs, [(_tickets(runs, *range(100, 130)), 1)]))
    runs.load(other)
    _is_right(runs, other)
    assert _parts(runs) == [0, 1, 2]


@pytest.mark.parametrize("name", ["_carry_out", "_record"])
def test_a_crash_leaves_the_run_before(runs, chain, content, name, monkeypatch):
    """All that was staged is used by a retry, or swept by another load."""
    runs.load(chain[0])
    before = content(runs.dsn)
    for following in (chain[1], chain[0]):
        with monkeypatch.context() as patched:
            patched.setattr(publishing, name, _killed)
            with pytest.raises(KeyboardInterrupt):
                runs.load(chain[1])
        assert content(runs.dsn) == before
        assert query(runs.dsn, "select sum(rows) from meta.staged where sign = -1") == [(2,)]
        runs.load(following)
        _is_right(runs, following)
        runs.load(chain[0])
        before = content(runs.dsn)


def _killed(*_):
    raise KeyboardInterrupt


def test_rows_that_vanish_after_they_were_staged_stop_the_load(runs, chain, content, monkeypatch):
    """What is deleted must be what was read back; the next attempt finds out and loads whole."""
    runs.load(chain[0])
    swap = publishing.changes_for

    def meanwhile(*given):
        change(runs.dsn, "update core.tickets set status = 'x' where ticket_id = 'ñandú 3'")
        return swap(*given)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "changes_for", meanwhile)
        with pytest.raises(AssertionError):
            runs.load(chain[1])
    assert WAREHOUSE.published(runs.dsn) == chain[0]
    runs.load(chain[1])
    _is_right(runs, chain[1])


def test_marts_move_by_their_difference_as_well(runs):
    """A row of a mart that is the same in both runs is not written again; the large one has its changed parts replaced."""
    older, newer = runs.make(20), runs.make(21)
    runs.load(older)
    before = set(query(runs.dsn, "select ctid::text, xmin::text from gold.kpi_topic"))
    runs.load(newer)
    after = set(query(runs.dsn, "select ctid::text, xmin::text from gold.kpi_topic"))
    assert (len(before), len(after), before <= after) == (23, 24, True)
    marts = sum("gold" in check.name for check in runs.checks) // 2
    assert _touched(runs) == (23, marts - 2 + 24)  # one row more in each but the one that has one row
    runs.load(older)
    assert _touched(runs) == (marts - 2 + 24, 23)


def test_a_row_that_is_there_twice_is_taken_away_once(runs):
    """Equal rows are counted, so a small table with a row too many comes out right."""
    run_id = runs.make(1, marts={"toy": replace(MARTS["kpi_topic"].contract, dataset="toy", key=())})
    runs.load(run_id)
    change(runs.dsn, "insert into gold.toy select * from gold.toy")
    runs.load(run_id)
    _is_right(runs, run_id)
    assert _touched(runs) == (4, 0)


def test_many_days_in_any_order(runs):
    """A random walk: days that touch random tickets, published there and back; the table never has more parts."""
    chance = random.Random(11)
    turns, days = dict.fromkeys(range(80), 0), []
    made = [runs.make(1, silver=_silver(runs))]
    for day in range(8):
        touched = chance.sample(sorted(turns), 3)
        gone = [(_tickets(runs, n, turn=turns[n]), -1) for n in touched]
        turns |= {n: turns[n] + chance.choice([1, 1, -1]) for n in touched}  # some become what they were
        turns[80 + day] = 0
        come = [(_tickets(runs, n, turn=turns[n]), 1) for n in touched]
        days.append([*come, (_tickets(runs, 80 + day), 1), *gone])
        made.append(runs.make(2 + day, silver=_silver(runs, *days)))
    for run_id in [*made, *(chance.choice(made) for _ in range(8))]:
        runs.load(run_id)
        assert WAREHOUSE.differences(runs.lake, run_id, runs.dsn) == []
    assert len(_parts(runs)) <= 3
