"""From what is there and what must be to what changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pqr_loader.mirror.changes import ADDED, Rows, Slot, applied, changes_for, staging_name, total

TICKETS = Slot("core.tickets", 0)
MART = Slot("gold.kpi_sla")

SLOTS = [Slot("core.tickets", part) for part in range(3)] + [Slot("core.ticket_events", 0), MART]
DIGESTS = [f"{rows}-{rows:032x}" for rows in range(4)]


def _rows(slot, digest, relation=""):
    return Rows(slot, 1, digest, relation)


@st.composite
def states(draw):
    """Slots with a digest each."""
    held = draw(st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(DIGESTS)))
    return [_rows(slot, digest, staging_name(slot, digest)) for slot, digest in held.items()]


def _staged(rows):
    return _rows(rows.slot, rows.content_digest, staging_name(rows.slot, rows.content_digest))


def test_nothing_there():
    """An empty database takes everything that is staged."""
    must = [_rows(TICKETS, "1-a"), _rows(MART, "1-b")]
    changes = changes_for(must, [], [_rows(TICKETS, "1-a", "x"), _rows(MART, "1-b", "y")])
    assert [(arrival.rows.slot, arrival.rows.relation, arrival.replaces) for arrival in changes.arrivals] == [
        (TICKETS, "x", None),
        (MART, "y", None),
    ]
    assert (changes.departures, changes.kept, changes.sweep, changes.missing) == ((), (), (), ())


def test_equal_rows_are_kept():
    """A slot that holds the right rows is not touched."""
    there = [_rows(TICKETS, "1-a", "x")]
    changes = changes_for([_rows(TICKETS, "1-a")], there, [])
    assert changes.kept == tuple(there)
    assert not changes.tables


def test_other_rows_are_replaced():
    """New rows come in place of the old ones, which are named so that they can be dropped."""
    old = _rows(TICKETS, "1-a", "x")
    (arrival,) = changes_for([_rows(TICKETS, "2-b")], [old], [_rows(TICKETS, "2-b", "y")]).arrivals
    assert (arrival.rows.relation, arrival.replaces) == ("y", old)


def test_staged_again_wins_over_recorded():
    """The record says the rows are there, a worker found them damaged and staged them again: they are replaced."""
    old = _rows(TICKETS, "1-a", "x")
    (arrival,) = changes_for([_rows(TICKETS, "1-a")], [old], [_rows(TICKETS, "1-a", "x_r")]).arrivals
    assert (arrival.rows.relation, arrival.replaces) == ("x_r", old)


def test_what_the_run_lacks_departs():
    """A partition of another run that this one does not have goes."""
    gone = _rows(Slot("core.tickets", 7), "1-a", "x")
    assert changes_for([], [gone], []).departures == (gone,)


def test_unused_staging_is_swept():
    """Leftovers of other loads are dropped."""
    assert changes_for([], [], [_rows(TICKETS, "1-a", "x")]).sweep == ("x",)


def test_missing_rows_are_named():
    """Rows that are neither loaded nor staged make changes that must not be begun."""
    assert changes_for([_rows(TICKETS, "1-a")], [_rows(TICKETS, "2-b", "x")], []).missing == (TICKETS,)


def test_names_of_staged_tables():
    """The name says table, part and rows, fits Postgres, and steps aside for a damaged table of that name."""
    digest = "12-0123456789abcdef0123456789abcdef"
    name = staging_name(Slot("gold.report_access_to_information", 32767), digest)
    assert name == "report_access_to_information_p32767_0123456789ab"
    assert len(f"{name}_r_pkey") < 63
    assert staging_name(TICKETS, digest, taken=staging_name(TICKETS, digest)) == "tickets_p00000_0123456789ab_r"
    assert staging_name(TICKETS, digest, taken="tickets_p00000_0123456789ab_r") == "tickets_p00000_0123456789ab"


def _held(rows):
    """The digest of each table, whatever its parts; a table of no rows is as good as none."""
    tables = {each.slot.table: [other for other in rows if other.slot.table == each.slot.table] for each in rows}
    return {table: total(held) for table, held in tables.items() if total(held) != total([])}


@given(states(), states())
def test_changes_lead_to_what_must_be(must, there):
    """Once made, the changes leave exactly the rows the manifests name, whatever was there before."""
    changes = changes_for(must, there, [_staged(rows) for rows in must])
    assert changes.missing == ()
    assert _held(applied(changes, there)) == _held(must)


@given(states(), states())
def test_only_what_differs_is_staged_and_moved(must, there):
    """With only the differing rows staged, the same state is reached and the equal slots are kept."""
    held = {rows.slot: rows.content_digest for rows in there}
    differing = [rows for rows in must if held.get(rows.slot) != rows.content_digest]
    changes = changes_for(must, there, [_staged(rows) for rows in differing])
    assert {(a.rows.slot, a.rows.content_digest) for a in changes.arrivals} == {
        (r.slot, r.content_digest) for r in differing
    }
    assert _held(applied(changes, there)) == _held(must)


@given(states())
def test_looking_again_finds_nothing_to_do(must):
    """Once there, there is nothing to change: loading twice is loading once."""
    changes = changes_for(must, must, [])
    assert not changes.tables
    assert (changes.sweep, changes.missing, len(changes.kept)) == ((), (), len(must))


@given(states(), states(), st.lists(st.sampled_from(DIGESTS)))
def test_staged_tables_are_used_or_swept(must, there, digests):
    """No staged table is left behind: each is brought in or dropped."""
    staged = [_rows(TICKETS, digest, f"s{number}") for number, digest in enumerate(dict.fromkeys(digests))]
    changes = changes_for(must, there, staged)
    assert sorted(changes.used | set(changes.sweep)) == sorted(item.relation for item in staged)


ENTERING = Slot("core.tickets", ADDED)


def _counted(slot, rows, relation="", sign=1):
    """So many rows whose digests add up like numbers."""
    return Rows(slot, rows, f"{rows}-{rows:032x}", relation, sign)


def _parts(*counts):
    return [_counted(Slot("core.tickets", part), rows, f"p{part}") for part, rows in enumerate(counts)]


def test_a_staged_difference_moves_row_by_row():
    """What is staged to leave and to enter makes the right total, so no part has to be there anew."""
    staged = [_counted(Slot("core.tickets", 1), 2, "gone", -1), _counted(ENTERING, 5, "come")]
    changes = changes_for(_parts(10, 13), _parts(10, 10), staged)
    (difference,) = changes.differences
    assert (difference.gone, difference.come) == ((staged[0],), (staged[1],))
    assert [(rows.slot.part, rows.rows, rows.relation) for rows in difference.left] == [
        (1, 8, "p1"),
        (ADDED, 5, "tickets_p32767"),
    ]
    assert (changes.missing, changes.sweep, changes.arrivals) == ((), (), ())
    assert _held(applied(changes, _parts(10, 10))) == _held(_parts(10, 13))


def test_rows_enter_beside_those_that_came_before():
    """The part for added rows holds those of every day."""
    there = [*_parts(10, 10), _counted(ENTERING, 5, "added")]
    (difference,) = changes_for(_parts(10, 18), there, [_counted(ENTERING, 3, "come")]).differences
    assert difference.left == (_counted(ENTERING, 8, "added"),)


def test_a_difference_from_another_state_is_swept():
    """What was staged against rows that are not there any more moves nothing."""
    staged = [_counted(Slot("core.tickets", 1), 2, "gone", -1), _counted(ENTERING, 5, "come")]
    changes = changes_for(_parts(10, 13), _parts(10, 9), staged)
    assert (changes.differences, changes.sweep) == ((), ("come", "gone"))
    assert changes.missing == (Slot("core.tickets", 1),)


def test_parts_that_are_staged_win_over_a_difference():
    """A worker stages them because it found that the difference alone is not enough."""
    staged = [_counted(ENTERING, 3, "come"), _counted(Slot("core.tickets", 1), 13, "whole")]
    changes = changes_for(_parts(10, 13), _parts(10, 10), staged)
    assert [arrival.rows.relation for arrival in changes.arrivals] == ["whole"]
    assert (changes.differences, changes.sweep) == ((), ("come",))


def test_equal_totals_are_kept_however_they_are_cut():
    """Two parts that hold what one must hold are as good."""
    assert changes_for(_parts(20), _parts(12, 8), []).kept == tuple(_parts(12, 8))
