"""`pqr live`: a person watches the inbox, one simulated day every few seconds, until Ctrl-C."""

from __future__ import annotations

import contextlib
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from pqr_common.errors import InvalidSettings
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.stage.discovery import declare
from pqr_pipeline.command.called import called
from pqr_pipeline.command.interruption import continued_by
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.flow.live import inbox_speed, next_day

if TYPE_CHECKING:
    from pqr_pipeline.embedded.servers import EmbeddedServers

__all__ = ["live"]

DEMO_SECONDS = 600
SECONDS_PER_DAY = 20
SHOWN = ("received", "answered", "breached", "backlog")  # columns of kpi_daily


@command(with_workers=True)
@inbox_speed
@click.option("--days", type=click.IntRange(1), help="Simulated days to add; default: what ten minutes hold.")
def live(*, screen: Screen, speed: int | None, days: int | None, workers: int | None) -> None:
    """Watch the shown run grow day by day, until Ctrl-C; asked again, it goes on where it stopped."""
    from pqr_pipeline.embedded.servers import servers

    settings = settings_of(workers=workers)
    if settings.api_url:
        raise InvalidSettings(
            "`pqr live` must run on the embedded stack, found --stack or PQR_API_URL: set PQR_INBOX_SPEED in the "
            "stack's .env and bring it up again."
        )
    next_day(open_lake(settings.lake))  # before servers are started for nothing
    seconds = speed or SECONDS_PER_DAY
    with continued_by("live"), contextlib.ExitStack() as running:
        with screen.waiting("Starting Postgres, Dask and Prefect"):
            ready = running.enter_context(servers(settings))
        for _ in range(days or max(1, DEMO_SECONDS // seconds)):
            due = time.monotonic() + seconds
            _add_day(ready, screen)
            time.sleep(max(0.0, due - time.monotonic()))
    screen.say(f"The inbox stands still; `{called()} live` goes on from here.")


def _add_day(ready: EmbeddedServers, screen: Screen) -> None:
    from pqr_pipeline.flow.runs import run_pipeline

    lake = open_lake(ready.settings.lake)
    parameters = next_day(lake)
    declare(lake, parameters.run_id, parameters)
    with screen.waiting(f"{parameters.window_to}"):
        run_pipeline(parameters.run_id, ready, _silent)
    figures = _figures(lake, parameters.run_id, parameters.window_to)
    screen.value({"run_id": parameters.run_id, "day": parameters.window_to} | figures)
    received, answered, breached, backlog = (f"{figures[name]:,}" for name in SHOWN)
    screen.say(
        f"{parameters.window_to:%a %Y-%m-%d}  {received:>5} received  {answered:>5} answers  {breached:>4} breaches  "
        f"backlog {backlog:>6}"
    )


def _figures(lake: Lake, run_id: str, day: date) -> dict[str, Any]:
    """What happened on a day and what was left at its end, of all types."""
    from pqr_pipeline.audit.lineage import lineage

    rows = [row for row in lineage(lake, run_id, "kpi_daily").rows if row["day"] == day]
    return {name: sum(row[name] for row in rows) for name in SHOWN}


def _silent(stage: str, phase: str, *, done: int, total: int) -> None:
    pass
