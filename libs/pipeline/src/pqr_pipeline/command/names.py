"""Which run a person means: by its whole name, by a beginning that only it has, or as the latest."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from pqr_common.errors import InvalidSettings, PqrError, UnknownRun
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.process.settings import Settings

__all__ = ["LATEST", "begun_at", "completed_names", "named"]

LATEST = "latest"
SHOWN = 5  # of the runs among which a beginning does not decide


def named(lake: Lake, given: str) -> str:
    """The name of the run; what no run is called by is given back, for whoever must know the run to refuse."""
    known = run_ids(lake)
    if given in known:
        return given
    if given == LATEST:
        if not known:
            raise UnknownRun(f"There must be a run to be the latest, found none in {lake.url}: start with `pqr run`.")
        return max(known, key=lambda run_id: (begun_at(lake, run_id) or "", run_id))
    found = [run_id for run_id in known if given and run_id.startswith(given)]
    if len(found) > 1:
        listed = ", ".join(found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
        raise InvalidSettings(
            f"A run id must name one run, found {len(found)} that begin with {given!r} ({listed}): write more of it."
        )
    return found[0] if found else given


def begun_at(lake: Lake, run_id: str) -> str | None:
    """When the first attempt of its first stage began, in UTC; nothing for a run that never did, or is unreadable."""
    try:
        records = RunRecords(lake, run_id)
        return next((each.started_at for each in records.attempts(records.graph().stages[0])), None)
    except PqrError:
        return None


def completed_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What a shell offers."""
    try:
        known = run_ids(open_lake(Settings.read().lake))
    except PqrError:
        known = []
    return [CompletionItem(name) for name in (*known, LATEST) if name.startswith(incomplete)]
