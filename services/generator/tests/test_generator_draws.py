from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqr_generator.draws import below, chance, low, mixed, pick, quarter, words


@given(first=st.integers(0, 10_000), count=st.integers(0, 50), seed=st.integers(0, 2**63 - 1))
def test_a_word_depends_on_its_index_alone(first, count, seed):
    """Words drawn from anywhere are those that drawing from the start gives at the same index."""
    whole = words(seed, "some.field", range(max(0, first - 7), first + count))
    assert np.array_equal(words(seed, "some.field", range(first, first + count)), whole[min(first, 7) :][:count])


def test_words_are_pinned():
    """The bit stream is Philox 4x64 under a key of seed and field, whatever numpy's version."""
    assert words(42, "ticket.place", range(5, 8)).tolist() == [
        12416759567184684860,
        16303526754316316352,
        5640418112671042150,
    ]


def test_fields_and_seeds_have_streams_of_their_own():
    """Another field, or another seed, draws other words."""
    streams = [words(1, "a", range(4)), words(1, "b", range(4)), words(2, "a", range(4))]
    assert len({tuple(stream.tolist()) for stream in streams}) == len(streams)


@given(bound=st.integers(1, 2**31 - 1))
def test_both_halves_stay_below_their_bound(bound):
    """Integers lie in 0 .. bound - 1, the extreme words included."""
    drawn = np.array([0, 2**64 - 1, 2**32, 2**32 - 1], dtype=np.uint64)
    for integers in (below(drawn, bound), low(drawn, bound)):
        assert integers.min() >= 0
        assert integers.max() == bound - 1


def test_choices_follow_their_weights():
    """A weight of nought is never picked, and the others are in proportion."""
    counts = np.bincount(pick(words(3, "w", range(100_000)), [1, 0, 3]), minlength=3)
    assert counts[1] == 0
    assert counts[2] / counts[0] == pytest.approx(3, rel=0.05)


def test_chance_is_all_or_nothing_at_its_ends():
    """A rate of nought never happens, a full rate always."""
    drawn = words(3, "c", range(1_000))
    assert not chance(drawn, 0, 1_000).any()
    assert chance(drawn, 1_000, 1_000).all()


def test_quarters_are_the_sixteen_bit_digits():
    """The four quarters of a word are its digits to the base 65,536."""
    drawn = np.array([0x0004_0003_0002_0001], dtype=np.uint64)
    assert [quarter(drawn, which).item() for which in range(4)] == [1, 2, 3, 4]


@given(values=st.lists(st.integers(0, 2**63), unique=True, min_size=1, max_size=100), key=st.integers(0, 2**64 - 1))
def test_mixing_keeps_distinct_values_distinct(values, key):
    """Message ids are unique by construction: the mix is a bijection."""
    assert len(set(mixed(np.array(values, dtype=np.uint64), key).tolist())) == len(values)
