"""A person and a mart that divide the same counts read the same number."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pqr_common import sql_of
from pqr_common.tables.sql import query
from pqrs.rounding import mean, share


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 10**8)), min_size=1, max_size=50))
def test_counts_divide_as_in_gold(counted):
    """The macros of gold and these give the same decimals, of parts and the whole that they are of."""
    pairs = [(part, part + rest) for part, rest in counted]
    counts = pa.table({"part": [part for part, _ in pairs], "whole": [whole for _, whole in pairs]})
    divided = "select share(part, whole) as share, mean(part, whole) as mean from counts"
    told = query(sql_of("pqr_gold", "sql/macros.sql") + divided, counts=counts).to_pylist()
    assert [(float(row["share"]), float(row["mean"])) for row in told] == [(share(*p), mean(*p)) for p in pairs]
