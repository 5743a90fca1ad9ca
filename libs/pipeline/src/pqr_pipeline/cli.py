"""The `pqr` command: parse, call, print. Errors are one sentence on stderr and an exit code."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import click
import typer

from pqr_common import layout, log
from pqr_common.errors import InvalidSettings, PqrError, VerificationFailed
from pqr_common.lake import open_lake
from pqr_common.parameters import Parameters
from pqr_common.runs import RunRecords, run_ids
from pqr_common.settings import Settings
from pqr_pipeline import summary
from pqr_pipeline.render import Screen

__all__ = ["app", "main"]

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value for machines.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Workers = Annotated[int | None, typer.Option(help="Worker processes of the local Dask cluster.")]
RunId = Annotated[str, typer.Argument(help="Which run; see `pqr runs`.")]


@app.command()
def run(
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 42,
    from_: Annotated[str, typer.Option("--from", help="First day of the window.")] = "2026-01-01",
    to: Annotated[str, typer.Option(help="Last day of the window.")] = "2026-03-31",
    volume: Annotated[int, typer.Option(help="Tickets a business day.")] = 400,
    breach_rate: Annotated[str, typer.Option(help="Share of tickets that breach, 0.07 to 0.12.")] = "0.095",
    opens_on: Annotated[str, typer.Option(help="The day the simulated inbox opens.")] = "2026-01-01",
    scenario: Annotated[str, typer.Option(help="A scenario's name, or a TOML file.")] = "alcaldia",
    run_id: Annotated[str | None, typer.Option(help="Name of the run; default: from its parameters.")] = None,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run the whole pipeline: generate, refine, load, and show the figures."""
    parameters = Parameters.create(
        seed=seed,
        window_from=_day("--from", from_),
        window_to=_day("--to", to),
        opens_on=_day("--opens-on", opens_on),
        tickets_per_business_day=volume,
        breach_rate=breach_rate,
        scenario=summary.scenario_of(scenario),
    )
    name = _safe_name(run_id or parameters.run_id)
    settings = _settings(workers=workers)
    from pqr_pipeline.pipeline import declare

    declare(open_lake(settings), name, parameters)
    _pipeline(name, settings, Screen(is_json=json, is_quiet=quiet))


@app.command()
def retry(run_id: RunId, workers: Workers = None, json: Json = False, quiet: Quiet = False) -> None:
    """Continue a failed run at its first unfinished partition."""
    settings = _settings(workers=workers)
    RunRecords(open_lake(settings), run_id).parameters()
    _pipeline(run_id, settings, Screen(is_json=json, is_quiet=quiet))


@app.command()
def stage(
    stage: Annotated[str, typer.Argument(help="generator, bronze, silver, gold or loader")],
    run_id: RunId,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run one stage of a run."""
    from pqr_common.discovery import stage_named

    stage_named(stage)
    _one_stage(stage, run_id, _settings(workers=workers), Screen(is_json=json, is_quiet=quiet))


@app.command()
def publish(run_id: RunId, workers: Workers = None, json: Json = False, quiet: Quiet = False) -> None:
    """Make Postgres show this run."""
    _one_stage("loader", run_id, _settings(workers=workers), Screen(is_json=json, is_quiet=quiet))


@app.command()
def runs(json: Json = False, quiet: Quiet = False) -> None:
    """List what ran, from the manifests."""
    screen = Screen(is_json=json, is_quiet=quiet)
    lake = open_lake(_settings())
    found = [summary.of_run(lake, run_id) for run_id in run_ids(lake)]
    screen.value(found)
    screen.table(
        f"Runs in {lake.url}",
        ["Run", "State", "Window", "Committed", "E-mails", "Tickets"],
        [(r["run_id"], r["state"], r["window"], ", ".join(r["layers"]), r["emails"], r["tickets"]) for r in found],
    )


@app.command()
def show(run_id: RunId, json: Json = False, quiet: Quiet = False) -> None:
    """Show one run: parameters, datasets, checks, attempts."""
    screen = Screen(is_json=json, is_quiet=quiet)
    found = summary.of_run_in_full(open_lake(_settings()), run_id)
    screen.value(found)
    screen.headline(run_id, found["headline"])
    screen.table("Parameters", ["Name", "Value"], summary.parameter_rows(found["parameters"]))
    screen.table(
        "Datasets",
        ["Layer", "Dataset", "Rows", "Bytes", "Objects", "Content digest"],
        [
            (d["layer"], d["dataset"], d["rows"], d["bytes"], d["objects"], d["content_digest"])
            for d in found["datasets"]
        ],
    )
    screen.table(
        "Checks",
        ["Layer", "Check", "Status", "Observed", "Expected"],
        [(c["layer"], c["name"], c["status"], c["observed"], c["expected"]) for c in found["checks"]],
    )
    screen.table(
        "Attempts",
        ["Stage", "No", "State", "Seconds", "Tasks", "Reused", "Error"],
        [
            (a["stage"], a["number"], a["state"], a["seconds"], a["tasks"], a["tasks_reused"], a["error"])
            for a in found["attempts"]
        ],
    )


@app.command()
def verify(
    run_id: RunId,
    deep: Annotated[bool, typer.Option("--deep", help="Also recompute content digests from the rows.")] = False,
    workers: Workers = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Re-hash every object; check the chain, the balances and Postgres. Exit 4 names what differs."""
    from pqr_pipeline import embedded
    from pqr_pipeline import verify as proof

    settings = _settings(workers=workers)
    screen = Screen(is_json=json, is_quiet=quiet)
    lake = open_lake(settings)
    RunRecords(lake, run_id).parameters()
    with screen.waiting("Reading every object again"), embedded.workbench(settings) as (ready, executor):
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


@app.command()
def lineage(
    kpi: Annotated[str, typer.Argument(help="A mart, mart.column, or a column of kpi_executive.")],
    run_id: RunId,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Follow a figure down to the raw objects it was counted from."""
    from pqr_pipeline.lineage import trace

    screen = Screen(is_json=json, is_quiet=quiet)
    figure = trace(open_lake(_settings()), run_id, kpi)
    screen.value(asdict(figure))
    screen.table(figure.mart, list(figure.rows[0]) if figure.rows else [], [tuple(row.values()) for row in figure.rows])
    for layer in figure.layers:
        screen.table(
            f"{layer['layer']}/{layer['dataset']}: {layer['rows']:,} rows, manifest {layer['digest'][:16]}",
            ["Object", "Rows", "SHA-256"],
            [(item["path"], item["rows"], item["sha256"][:16]) for item in layer["objects"]],
        )


@app.command()
def doctor(json: Json = False, quiet: Quiet = False) -> None:
    """Look at everything a run needs and say what is wrong and how to mend it."""
    from pqr_pipeline.doctor import examine

    screen = Screen(is_json=json, is_quiet=quiet)
    found = []
    for finding in examine(_settings()):
        found.append(finding)
        screen.say(f"{'good' if finding.is_good else 'BAD ':<5} {finding.subject:<10} {finding.detail}")
    screen.value([asdict(finding) for finding in found])
    bad = [finding.subject for finding in found if not finding.is_good]
    if bad:
        raise VerificationFailed(
            f"Everything a run needs must work, found trouble with {', '.join(bad)}: do as said above."
        )


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql on the Postgres of this platform; arguments after `--` go to psql."""
    from pqr_pipeline.embedded import postgres, psql_path

    with postgres(_settings()) as dsn:
        ended = subprocess.run([psql_path(), dsn, *context.args], check=False)
    raise typer.Exit(ended.returncode)


def main() -> None:
    """Run the command; every failure ends with its own code and one sentence."""
    try:
        code = app(standalone_mode=False)
    except PqrError as error:
        sys.stderr.write(f"{error}\n")
        code = error.exit_code
    except click.UsageError as error:
        sys.stderr.write(f"{error.format_message()} See `pqr --help`.\n")
        code = InvalidSettings.exit_code
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("The command was interrupted; `pqr retry RUN_ID` continues the run.\n")
        code = 130
    raise SystemExit(code or 0)


def _pipeline(run_id: str, settings: Settings, screen: Screen) -> None:
    """Run or continue a declared run and show its figures."""
    from pqr_pipeline import embedded
    from pqr_pipeline.lineage import headline
    from pqr_pipeline.pipeline import run_pipeline

    with screen.waiting("Starting Postgres, Dask and Prefect"):
        stack = embedded.stack(settings)
        ready = stack.__enter__()
    try:
        with screen.progress() as progress:
            manifests = run_pipeline(run_id, ready, progress)
    finally:
        stack.__exit__(None, None, None)
    lake = open_lake(settings)
    figures = headline(lake, run_id)
    screen.headline(run_id, figures)
    screen.value({"run_id": run_id, "headline": figures, "manifests": {m.stage: m.digest for m in manifests}})
    screen.say(summary.next_steps(run_id))


def _one_stage(name: str, run_id: str, settings: Settings, screen: Screen) -> None:
    from pqr_pipeline import embedded
    from pqr_pipeline.pipeline import run_single_stage

    RunRecords(open_lake(settings), run_id).parameters()
    with embedded.workbench(settings) as (ready, executor), screen.progress() as progress:
        manifest = run_single_stage(name, run_id, settings=ready, executor=executor, progress=progress)
    screen.value({"run_id": run_id, "stage": name, "digest": manifest.digest, "rows": summary.rows_of(manifest)})
    for dataset, rows in summary.rows_of(manifest).items():
        screen.say(f"{layout.STAGE_WRITES[name]}/{dataset}: {rows:,} rows")


def _settings(**overrides: Any) -> Settings:
    settings = Settings.read(**overrides)
    log.configure(settings)
    return settings


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidSettings(f"{option} must be a day like 2026-01-31, found {text!r}: correct it.") from None


def _safe_name(run_id: str) -> str:
    """A run id becomes part of object keys, so it may hold only what is safe in one."""
    if not run_id.replace("-", "").replace("_", "").replace(".", "").isalnum() or Path(run_id).name != run_id:
        raise InvalidSettings(
            f"--run-id must hold only letters, digits, '-', '_' and '.', found {run_id!r}: choose another."
        )
    return run_id
