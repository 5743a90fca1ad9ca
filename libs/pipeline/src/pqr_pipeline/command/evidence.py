"""The commands that follow a figure to the mails it was counted from."""

from __future__ import annotations

from dataclasses import asdict

import click

from pqr_common.errors import VerificationFailed
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunRecords
from pqr_pipeline.command import evidence_words as words
from pqr_pipeline.command.names import LATEST
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen

__all__ = ["explain", "lineage"]

PAGE_TICKETS = 10


@command(with_run_id=True, run_default=LATEST)
@click.argument("figure")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Which row of the mart; may be given repeatedly.")
@click.option("--page", type=click.IntRange(1), default=1, help="Which part of the list of tickets.")
@click.option("--size", type=click.IntRange(1, 10_000), default=PAGE_TICKETS, help="How many tickets a page has.")
def explain(*, screen: Screen, figure: str, where: tuple[str, ...], page: int, size: int, run_id: str) -> None:
    """Say what a figure (MART.COLUMN) counts, list its tickets and e-mails, and count it again from these alone."""
    from pqr_pipeline.audit import explain as audit

    lake = open_lake(settings_of().lake)
    RunRecords(lake, run_id).parameters()
    defined = audit.defined(lake, run_id, figure, where=where)
    if defined is not None:
        screen.value(asdict(defined))
        for line in words.defined(defined):
            screen.say(line)
        return
    with screen.waiting("Counting again"):
        found = audit.explained(lake, run_id, figure, where=where, page=audit.Page(page, size))
    screen.value(asdict(found) | {"is_equal": found.is_equal})
    for line in words.explained(found):
        screen.say(line)
    if not found.is_equal:
        raise VerificationFailed(
            f"The tickets of a figure must give its value, found {found.recounted} where {found.mart} of run {run_id} "
            f"says {found.value}: run `pqr verify {run_id} --deep`, or explain it with the code that made it."
        )


@command(with_run_id=True, run_default=LATEST)
@click.argument("kpi")
@click.option("--full", is_flag=True, help="Every row and every object.")
def lineage(*, screen: Screen, kpi: str, full: bool, run_id: str) -> None:
    """Follow a figure (mart, mart.column or a column of kpi_executive) down to the raw objects."""
    from pqr_pipeline.audit.lineage import lineage as followed

    figure = followed(open_lake(settings_of().lake), run_id, kpi)
    screen.value(asdict(figure))
    if not full:
        for line in words.summary(figure):
            screen.say(line)
        return
    screen.records(figure.mart, figure.rows)
    for layer in figure.layers:
        title = f"{layer['layer']}/{layer['dataset']}: {layer['rows']:,} rows, manifest {layer['digest'][:16]}"
        screen.records(title, layer["objects"])
