"""DuckDB as a calculator: silent, and shut in."""

from __future__ import annotations

import pytest

from pqr_common.tables.sql import QueryFailed, query


def test_a_query_that_takes_long_draws_no_bar():
    """DuckDB would draw one on standard output after two seconds, between the lines of `--json`."""
    assert query("select current_setting('enable_progress_bar') as is_drawn").to_pylist() == [{"is_drawn": False}]


@pytest.mark.parametrize("sql", ["select * from read_text('/etc/hostname')", "set enable_progress_bar = true"])
def test_a_query_has_no_door_to_the_outside(sql):
    """Neither to files nor to its own settings."""
    with pytest.raises(QueryFailed):
        query(sql)
