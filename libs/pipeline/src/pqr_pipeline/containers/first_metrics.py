"""`python -m pqr_pipeline.containers.first_metrics STAGE`: what a service shows from its start on, before any run.

Zeros, so that the first failure is an increase and not a birth; and for the loader the figures of the run that Postgres
shows, which outlive the service that published it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from pqr_common.installed import announced
from pqr_common.process.entry import configured, ended
from pqr_common.process.metrics import StageMetrics
from pqr_common.stage.discovery import stage_named, warehouse

__all__ = ["main"]

TRIES, PAUSE_SECONDS = 60, 5.0  # a machine that was restarted starts Postgres and this at once


def main(arguments: Sequence[str] | None = None) -> int:
    """Announce the stage, then wait for Postgres if the stage is the one that loads it."""
    return ended(announce, arguments, program="python -m pqr_pipeline.containers.first_metrics")


@click.command()
@click.argument("name", metavar="STAGE")
def announce(name: str) -> None:
    """Show what a service shows before its first run."""
    settings = configured()
    StageMetrics(name).announced(contract.dataset for contract in stage_named(name).produces)
    if _is_warehouse(name) and settings.postgres_dsn is not None:
        _show_figures(settings.postgres_dsn.get_secret_value())


def _is_warehouse(name: str) -> bool:
    """Whether the stage is of the package that brings the warehouse."""
    return any(found.module.startswith(stage_named(name).package) for found in announced("pqr.warehouse").values())


def _show_figures(dsn: str) -> None:
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE_SECONDS)
        if warehouse().show_figures(dsn):
            return


if __name__ == "__main__":
    raise SystemExit(main())
