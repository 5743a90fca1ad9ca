"""The commands for runs that one need not keep, and for what two runs differ in."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from pqr_common.errors import InvalidSettings
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunId, RunRecords
from pqr_common.process.settings import Settings
from pqr_pipeline.command.names import completed_names, named
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen

__all__ = ["diff", "prune", "remove"]

FOLDED = 20  # rows of a list on screen, unless all are asked for


@command(with_run_id=True)
@click.option("--yes", "-y", "is_sure", is_flag=True, help="Do not ask.")
def remove(*, screen: Screen, run_id: str, is_sure: bool) -> None:
    """Take a run's records away, once asked; `pqr prune` then frees what no other run consists of."""
    from pqr_pipeline.retention import remove as retention

    settings = settings_of()
    lake = open_lake(settings.lake)
    RunId(run_id)
    retention.refuse_unknown(lake, run_id)
    published = _published(settings)
    retention.refuse_shown(run_id, published)
    if not (is_sure or _is_wanted(run_id)):
        screen.say(f"Run {run_id} was not removed.")
        return
    gone = retention.remove(lake, run_id, published=published)
    screen.value(asdict(gone))
    screen.say(_worded_run(gone) + " Run `pqr prune` to free what only it consisted of.")


@command()
@click.option("--keep", type=click.IntRange(1), help="Of each inbox keep the N runs that go furthest; default: all.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(*, screen: Screen, keep: int | None, dry_run: bool) -> None:
    """Remove runs beyond those to keep, and every object that no run names and that is an hour old."""
    from pqr_pipeline.retention.prune import prune

    settings = settings_of()
    published = _published(settings) if keep is not None else None
    pruned = prune(open_lake(settings.lake), keep=keep, published=published, now=datetime.now(UTC), is_dry_run=dry_run)
    screen.value(asdict(pruned))
    for run_id in pruned.runs:
        screen.say(f"{'would remove' if dry_run else 'removed'} run {run_id}")
    if pruned.waits_for:
        screen.say(f"The objects were left alone because {pruned.waits_for} is at work: prune again when it has ended.")
        return
    verb = "Would free" if dry_run else "Freed"
    screen.say(f"{verb} {pruned.bytes:,} bytes: {len(pruned.objects):,} objects and {pruned.receipts:,} receipts.")


@command()
@click.argument("run_a", shell_complete=completed_names)
@click.argument("run_b", shell_complete=completed_names)
@click.option("--full", is_flag=True, help="Show long lists to their end.")
def diff(*, screen: Screen, run_a: str, run_b: str, full: bool) -> None:
    """Say what RUN_B has that RUN_A has not and the reverse, by dataset, mart and ticket."""
    from pqr_pipeline.audit.diff import diff as compared

    lake = open_lake(settings_of().lake)
    run_a, run_b = (named(lake, given) for given in (run_a, run_b))
    for records in [RunRecords(lake, run_id) for run_id in (run_a, run_b)]:
        records.parameters()
    with screen.waiting("Comparing"):
        found = compared(lake, run_a, run_b)
    screen.value(asdict(found))
    differing = [each for each in found.datasets if not each.is_equal]
    screen.records(
        f"From {run_a} to {run_b}", [asdict(each) | {"columns": ", ".join(each.columns)} for each in differing]
    )
    screen.say(f"{len(found.datasets) - len(differing)} of {len(found.datasets)} datasets are equal.")
    for place, run_id in found.only_in.items():
        screen.say(f"{place} is only in {run_id}.")
    tickets: list[dict[str, Any]] = [each | {"columns": ", ".join(each["columns"])} for each in found.tickets]
    shown = tickets if full else tickets[:FOLDED]
    screen.records("Tickets that differ", shown)
    if len(shown) < len(tickets):
        screen.say(f"and {len(tickets) - len(shown):,} more: see them with --full or --json.")


def _is_wanted(run_id: str) -> bool:
    """Ask whoever sits there; raises InvalidSettings where nobody does."""
    if not sys.stdin.isatty():
        raise InvalidSettings(
            f"To remove a run somebody must say yes, found no terminal to ask at for run {run_id}: add --yes."
        )
    return click.confirm(f"Remove run {run_id}?", err=True)


def _published(settings: Settings) -> str | None:
    """The run that Postgres shows."""
    from pqr_common.stage.discovery import warehouse
    from pqr_pipeline.embedded.postgres import postgres

    with postgres(settings) as dsn:
        shown: str | None = warehouse().published(dsn)
    return shown


def _worded_run(gone: Any) -> str:
    return (
        f"Removed run {gone.run_id}: {gone.manifests} manifests, {gone.receipts} receipts, {gone.attempts} attempts; "
        f"its data is still there."
    )
