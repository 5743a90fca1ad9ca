"""An inbox that grows while somebody watches. Its clock is what is shown: the day after that comes next."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import click

from pqr_common.errors import InvalidSettings, UnknownRun, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords, run_ids
from pqrs.parameters import Parameters

__all__ = ["inbox_speed", "last_loaded", "next_day"]

inbox_speed = click.option(
    "--speed",
    type=click.IntRange(1, 86_400),
    envvar="PQR_INBOX_SPEED",
    show_envvar=True,
    help="Seconds per simulated day.",
)


def next_day(lake: Lake) -> Parameters:
    """The run that was loaded last, so the one that is shown, and one day more.

    Raises UnknownRun where none was loaded, InvalidSettings beyond the calendar.
    """
    loaded = last_loaded(lake)
    if loaded is None:
        raise UnknownRun(f"A run must be shown before it can grow, found none in {lake.url}: start with `pqr run`.")
    shown = Parameters.of(RunRecords(lake, loaded).parameters())
    following = shown.window_to + timedelta(days=1)
    return Parameters.from_json(shown.to_json() | {"window_to": following.isoformat()})


def last_loaded(lake: Lake) -> str | None:
    """The run whose load ended last, which is the one that Postgres shows."""
    return max(((at, run_id) for run_id in run_ids(lake) for at in _loads(lake, run_id)), default=(None, None))[1]


def _loads(lake: Lake, run_id: str) -> list[str]:
    """When the run was loaded; never, for one that cannot be read."""
    with contextlib.suppress(UpstreamBroken, InvalidSettings):
        records = RunRecords(lake, run_id)
        attempts = records.attempts(records.graph().stages[-1])
        return [each.finished_at for each in attempts if each.state == "completed" and each.finished_at is not None]
    return []
