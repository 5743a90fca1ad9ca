"""The `pqr` command: parse, call, print. Errors are one sentence on stderr and an exit code."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from pqr_common.errors import VerificationFailed
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunId, RunRecords, run_ids
from pqr_pipeline.command import actions, summary
from pqr_pipeline.command.evidence import explain, lineage, trace
from pqr_pipeline.command.growing import backfill
from pqr_pipeline.command.learning.lab import lab
from pqr_pipeline.command.learning.tour import tour
from pqr_pipeline.command.live import live
from pqr_pipeline.command.options import app, command, day, settings_of
from pqr_pipeline.command.realism import benchmark, fit
from pqr_pipeline.command.retention import diff, prune, remove
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.flow.live import last_loaded
from pqr_pipeline.telling.ending import DASHBOARD_PORT
from pqrs import parameters as asked
from pqrs.scenario import DEFAULT_SCENARIO

__all__ = [
    "app",
    "backfill",
    "benchmark",
    "diff",
    "explain",
    "fit",
    "lab",
    "lineage",
    "live",
    "prune",
    "remove",
    "tour",
    "trace",
]


@command(with_workers=True)
@click.option("--seed", type=int, default=asked.DEFAULT_SEED, help="The same seed gives the same bytes.")
@click.option("--from", "from_", default=str(asked.DEFAULT_FROM), help="First day of the window.")
@click.option("--to", default=str(asked.DEFAULT_TO), help="Last day of the window.")
@click.option("--volume", type=int, default=asked.DEFAULT_TICKETS_PER_BUSINESS_DAY, help="Tickets per business day.")
@click.option(
    "--breach-rate",
    default=asked.DEFAULT_BREACH_RATE,
    help=f"Share of tickets that breach, {asked.BREACH_RATE_MIN} to {asked.BREACH_RATE_MAX}.",
)
@click.option("--opens-on", default=str(asked.DEFAULT_OPENS_ON), help="The day the simulated inbox opens.")
@click.option("--scenario", default=DEFAULT_SCENARIO, help="A scenario's name, or a TOML file.")
@click.option("--run-id", help="Name of the run; default: from its parameters.")
@click.option("--no-publish", "is_held_back", is_flag=True, help="Leave Postgres as it is.")
@click.option("--force", "is_forced", is_flag=True, help="Also where it is not sure to fit on the disk.")
def run(
    *,
    screen: Screen,
    workers: int | None,
    from_: str,
    to: str,
    opens_on: str,
    volume: int,
    scenario: str,
    run_id: str | None,
    is_forced: bool,
    is_held_back: bool,
    **rest: Any,
) -> None:
    """Run the whole pipeline: generate, refine, load, and show the figures."""
    parameters = asked.Parameters.create(
        window_from=day("--from", from_),
        window_to=day("--to", to),
        opens_on=day("--opens-on", opens_on),
        tickets_per_business_day=volume,
        scenario=summary.scenario_of(scenario),
        **rest,
    )
    name, settings = RunId(run_id or parameters.run_id), settings_of(workers=workers)
    how = actions.How(is_forced=is_forced, is_published=not is_held_back)
    actions.run_and_show(name, parameters, settings=settings, screen=screen, how=how)


@command(with_run_id=True, with_workers=True)
def retry(*, screen: Screen, run_id: str, workers: int | None) -> None:
    """Continue a failed run at its first unfinished partition."""
    actions.run_and_show(run_id, None, settings=settings_of(workers=workers), screen=screen)


@command(with_run_id=True, with_workers=True)
@click.argument("stage", metavar="STAGE")
def stage(*, screen: Screen, stage: str, run_id: str, workers: int | None) -> None:
    """Run one stage (generator, bronze, silver, gold or loader) of a run."""
    from pqr_common.stage.discovery import stage_named

    stage_named(stage)
    actions.run_stage_and_show(stage, run_id, settings=settings_of(workers=workers), screen=screen)


@command(with_run_id=True, with_workers=True)
def publish(*, screen: Screen, run_id: str, workers: int | None) -> None:
    """Make Postgres show this run."""
    actions.run_stage_and_show("loader", run_id, settings=settings_of(workers=workers), screen=screen)


@command()
def runs(*, screen: Screen) -> None:
    """List what ran, from the manifests, the latest first; a dot stands before the run that Postgres shows."""
    lake = open_lake(settings_of().lake)
    loaded = last_loaded(lake)
    found = [summary.of_run(lake, run_id) | {"is_shown": run_id == loaded} for run_id in run_ids(lake)]
    found.sort(key=lambda run: (run["begun_at"] or "", run["run_id"]), reverse=True)
    screen.value(found)
    if not found:
        screen.say(f"No run yet in {lake.url}: start with `pqr run`.")
        return
    now = datetime.now(UTC)
    screen.table(f"Runs in {lake.url}", summary.RUN_COLUMNS, [summary.run_row(run, now) for run in found])


@command(with_run_id=True)
def show(*, screen: Screen, run_id: str) -> None:
    """Show one run: parameters, datasets, checks, attempts."""
    found = summary.of_run_in_full(open_lake(settings_of().lake), run_id)
    screen.value(found)
    screen.headline(run_id, found["headline"])
    screen.table("Parameters", ["Name", "Value"], summary.parameter_rows(found["parameters"]))
    screen.records("Datasets", found["datasets"])
    screen.records("Checks", found["checks"], ("layer", "name", "status", "observed", "expected"))
    attempts = ("stage", "number", "state", "seconds", "tasks", "tasks_reused", "error")
    screen.records("Attempts", found["attempts"], attempts)


@command(with_run_id=True, with_workers=True)
@click.option("--deep", is_flag=True, help="Also recompute content digests from the rows.")
def verify(*, screen: Screen, run_id: str, deep: bool, workers: int | None) -> None:
    """Re-hash every object; check the chain, the balances and Postgres. Exit 4 names what differs."""
    from pqr_pipeline.audit import verify as proof
    from pqr_pipeline.embedded import servers

    settings = settings_of(workers=workers)
    lake = open_lake(settings.lake)
    RunRecords(lake, run_id).parameters()
    with screen.waiting("Reading every object again"), servers.postgres_and_dask(settings) as (ready, executor):
        report = proof.verify(run_id, lake=lake, settings=ready, executor=executor, is_deep=deep)
    screen.value(asdict(report))
    for note in report.notes:
        screen.say(f"note: {note}")
    if report.findings:
        raise VerificationFailed("\n".join(report.findings))
    screen.say(
        f"{run_id}: {report.objects} objects, {report.bytes:,} bytes, {report.rows:,} rows in "
        f"{', '.join(report.layers)} are what the manifests say{' to the last row' if deep else ''}."
    )


@command()
@click.option("--fix", is_flag=True, help="Remove what nobody needs from the lake first.")
def doctor(*, screen: Screen, fix: bool) -> None:
    """Look at everything a run needs and say what is wrong and how to mend it."""
    settings = settings_of()
    for key in actions.clean(settings).objects if fix else ():
        screen.say(f"removed {key}")
    found = []
    for finding in actions.examine(settings):
        found.append(finding)
        screen.say(f"{'good' if finding.is_good else 'BAD ':<5} {finding.subject:<10} {finding.detail}")
    screen.value([asdict(finding) for finding in found])
    bad = [finding.subject for finding in found if not finding.is_good]
    if bad:
        raise VerificationFailed(
            f"Everything a run needs must work, found trouble with {', '.join(bad)}: do as said above."
        )


@command()
@click.option("--port", type=click.IntRange(1, 65535), default=DASHBOARD_PORT, help="Port on 127.0.0.1.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def dashboard(*, screen: Screen, port: int, no_browser: bool) -> None:
    """Show the figures as executives see them, on the embedded stack, until Ctrl-C."""
    from pqr_pipeline.embedded.dashboard import serve

    serve(settings_of(), screen, port=port, is_browser_wanted=not no_browser)


@app.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """Open psql on the Postgres of this platform; ARGUMENTS after `--` go to psql."""
    from pqr_pipeline.embedded.postgres import postgres, psql_path

    with postgres(settings_of()) as dsn:
        ended = subprocess.run([psql_path(), dsn, *arguments], check=False)
    raise click.exceptions.Exit(ended.returncode)
