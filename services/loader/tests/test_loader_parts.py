"""How signed partitions lie in the parts of a table, and what moves between two sets of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_common import Partition
from pqr_loader.mirror.parts import PARTS_MAX, moving, parts_of, total_of


def _partition(key, number=1, sign=1, rows=10):
    return Partition("tickets", key, f"silver/tickets/{key}", rows, 1, "", f"{rows}-{number:032x}", sign=sign)


def _keys(parts):
    return [[part.key for part in each] for each in parts]


def test_a_part_for_each_partition():
    """As they come, while they are few."""
    assert _keys(parts_of([_partition("a"), _partition("b")])) == [["a"], ["b"]]
    assert parts_of([]) == []


def test_many_partitions_share_parts():
    """Neighbours lie together, the large one by itself; a table has no more parts for many days."""
    days = [_partition("base", rows=100_000), *(_partition(f"day-{n:03d}", rows=1_000) for n in range(365))]
    parts = parts_of(days)
    assert len(parts) <= PARTS_MAX
    assert _keys(parts)[0] == ["base"]
    assert [part for each in parts for part in each] == days


@pytest.mark.parametrize(
    ("partitions", "rows", "parts"), [(32, 1_000, 8), (32, 80_000, 25), (5, 1, 5), (99, 10**6, 64)]
)
def test_a_table_has_as_many_parts_as_its_rows_are_worth(partitions, rows, parts):
    """Enough for the workers, and no more than that where a lookup in each would cost more than it saves."""
    assert len(parts_of([_partition(f"{n:03d}", rows=rows) for n in range(partitions)])) == parts


def test_partitions_without_rows_share_parts_too():
    """There is no share of nothing."""
    assert len(parts_of([_partition(f"{n:03d}", rows=0) for n in range(100)])) == 1


def test_what_is_taken_back_lies_with_what_was_added():
    """Buckets of a day with fewer of them overlap with several of a day with more."""
    keys = "from=1/bucket=00000-of-00004", "from=1/bucket=00003-of-00004", "from=2/bucket=00001-of-00002"
    parts = parts_of([*map(_partition, keys), _partition(keys[2], sign=-1), _partition("from=3/bucket=00002-of-00008")])
    assert _keys(parts) == [[keys[0], "from=3/bucket=00002-of-00008"], [keys[1], keys[2], keys[2]]]


@pytest.mark.parametrize(
    "keys", [("a", "b"), ("bucket=00001-of-00002", "b"), ("bucket=00001-of-00002", "bucket=00001-of-00003")]
)
def test_what_cannot_be_told_apart_lies_together(keys):
    """Without buckets, or with such as do not nest, all is one part."""
    partitions = [_partition(keys[0]), _partition(keys[1], sign=-1)]
    assert parts_of(partitions) == [tuple(partitions)]


def test_total_of_signed_partitions():
    """Rows and digests are added and taken back."""
    assert total_of([_partition("a", 5, rows=7), _partition("b", 2, -1, rows=3)]) == (4, f"4-{3:032x}")


def test_nothing_moves_between_equal_sets():
    """Equal rows under other keys are the same rows."""
    assert moving([_partition("a", 1)], [_partition("b", 1)]) == moving([], [])


def test_a_partition_that_takes_back_goes():
    """And what it took back is no longer read: it is there on both sides."""
    base = [_partition(f"base-{n}", 10 + n, rows=100) for n in range(3)]
    come, gone = _partition("day", 1), _partition("day", 2, -1)
    moves = moving([*base, come, gone], base)
    assert (moves.coming, moves.going) == ((come,), (gone,))
    back = moving(base, [*base, come, gone])
    assert (back.coming, back.going) == ((gone,), (come,))


def test_what_differs_too_much_is_no_difference():
    """More than a quarter of the rows that must be there."""
    assert moving([_partition("a", 1, rows=40), _partition("b", 2, rows=11)], [_partition("a", 1, rows=40)]) is not None
    assert moving([_partition("a", 1, rows=30), _partition("b", 2, rows=11)], [_partition("a", 1, rows=30)]) is None


signed = st.lists(st.builds(_partition, st.just("k"), st.integers(1, 6), st.sampled_from([1, -1]), st.just(1)))


@given(signed, signed)
def test_moving_leads_from_one_set_to_the_other(must, shown):
    """Shown, plus what comes, less what goes, is what must be there: by rows and by digest."""
    large = _partition("base", 100, rows=1000)
    moves = moving([*must, large], [*shown, large])
    balance = Counter()
    for sign, part in [*((1, p) for p in shown), *((-1, p) for p in must)]:
        balance[part.content_digest] += sign * part.sign
    for sign, partitions in ((1, moves.coming), (-1, moves.going)):
        for part in partitions:
            balance[part.content_digest] += sign
    assert set(balance.values()) <= {0}
