"""A live inbox as one sees it: the page goes on to the next day without a hand on it."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import SecretStr

from pqrs.parameters import Parameters

pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.xdist_group("browser")]


@pytest.fixture
def add(platform, databases, tmp_path):
    """Make the inbox's run to a day of January the published one."""
    own = platform.in_lake(tmp_path.as_uri(), postgres_dsn=SecretStr(databases("viva")))

    def add_(day):
        own.run(f"hasta-{day}", Parameters.create(window_to=date(2026, 1, day), tickets_per_business_day=10))

    add_.dsn = own.dsn
    return add_


def _moves_to(visit, day):
    visit.page.wait_for_function("end => location.href.endsWith(end)", arg=f"hasta-{day}")
    visit.settled()


def test_the_page_moves_by_itself_where_the_inbox_is_live(visits, dashboards, add):
    """Day after day in the window of whoever touches nothing; a window on another run, or not live, stays."""
    add(19)
    live, still = dashboards(dashboard_dsn=add.dsn, inbox_speed="1"), dashboards(dashboard_dsn=add.dsn)
    watched, unmoved = visits(live.url), visits(still.url)
    for day in (20, 21):
        add(day)
        _moves_to(watched, day)
        assert f"al {day} ene 2026" in watched.text
    archived = visits(f"{live.url}/?corrida=hasta-20")
    add(22)
    _moves_to(watched, 22)
    assert "hasta-20" in archived.page.url
    assert "hasta-19" in unmoved.page.url
