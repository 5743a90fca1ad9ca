"""The commands that follow a figure to the mails it was counted from."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pqr_common.errors import InvalidSettings, VerificationFailed, WarehouseUnavailable
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_pipeline.command.called import called
from pqr_pipeline.command.names import LATEST
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.telling import figures, pages, traces

if TYPE_CHECKING:
    from pqr_pipeline.audit.trace import Trace

__all__ = ["explain", "lineage", "trace"]

PAGE_TICKETS = 10
html = click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page, too.")
TABLES = ("core.tickets", "core.ticket_events")


@command(with_run_id=True, run_default=LATEST)
@click.argument("figure")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Which row of the mart; may be given repeatedly.")
@click.option("--page", type=click.IntRange(1), default=1, help="Which part of the list of tickets.")
@click.option("--size", type=click.IntRange(1, 10_000), default=PAGE_TICKETS, help="How many tickets a page has.")
@html
def explain(
    *, screen: Screen, figure: str, where: tuple[str, ...], page: int, size: int, html: Path | None, run_id: str
) -> None:
    """Say what a figure (MART.COLUMN) counts, list its tickets and e-mails, and count it again from these alone."""
    from pqr_pipeline.audit import explain as audit

    lake = open_lake(settings_of().lake)
    defined = audit.defined(lake, run_id, figure, where=where)
    if defined is not None:
        if html:
            raise InvalidSettings(f"--html must be of one figure, found the mart {figure!r}: write {figure}.COLUMN.")
        screen.value(asdict(defined))
        screen.verbatim(figures.defined(defined, called()))
        return
    with screen.waiting("Counting again"):
        found = audit.explained(lake, run_id, figure, where=where, page=audit.Page(page, size))
    screen.value(asdict(found) | {"is_equal": found.is_equal})
    screen.verbatim(figures.explained(found, screen.width))
    if html:
        pages.write(html, pages.explained(found))
        screen.say(f"The page is {html}.")
    if not found.is_equal:
        raise VerificationFailed(
            f"The tickets of a figure must give its value, found {found.recounted} where {found.mart} of run {run_id} "
            f"says {found.value}: run `pqr verify {run_id} --deep`, or explain it with the code that made it."
        )


@command(with_run_id=True, run_default=LATEST)
@click.argument("asked", metavar="RADICADO|MESSAGE_ID|TICKET_ID")
@html
def trace(*, screen: Screen, asked: str, html: Path | None, run_id: str) -> None:
    """Tell the life of an e-mail or a ticket: raw line, bronze, silver, legal clock, figures, rows in Postgres."""
    from pqr_pipeline.audit.trace import traced

    settings = settings_of()
    with screen.waiting("Looking through the run"):
        found = traced(open_lake(settings.lake), run_id, asked)
        away = None
        try:
            found = replace(found, rows=_in_postgres(found, settings))
        except WarehouseUnavailable as error:  # what the lake holds is told all the same
            found, away = replace(found, unread=str(error)), error
    screen.value(asdict(found) | {"mails": [mail.to_json() for mail in found.mails]})
    screen.verbatim(traces.told(found))
    if html:
        pages.write(html, pages.traced(found))
        screen.say(f"The page is {html}.")
    if away:
        raise away


def _in_postgres(found: Trace, settings: Settings) -> dict[str, list[dict[str, Any]]] | None:
    """The ticket and its events, where Postgres shows this run."""
    from pqr_common.stage.discovery import warehouse
    from pqr_pipeline.embedded.postgres import postgres

    if found.ticket is None:
        return None
    with postgres(settings) as dsn:
        if warehouse().published(dsn) != found.run_id:
            return None
        ticket_id = found.ticket["ticket_id"]
        return {table: warehouse().rows(dsn, table, ticket_id=ticket_id) for table in TABLES}


@command(with_run_id=True, run_default=LATEST)
@click.argument("kpi")
@click.option("--full", is_flag=True, help="Every row and every object.")
def lineage(*, screen: Screen, kpi: str, full: bool, run_id: str) -> None:
    """Follow a figure (mart, mart.column or a column of kpi_executive) down to the raw objects."""
    from pqr_pipeline.audit.lineage import lineage as followed

    figure = followed(open_lake(settings_of().lake), run_id, kpi)
    screen.value(asdict(figure))
    if not full:
        screen.verbatim(figures.summary(figure, screen.width))
        return
    screen.records(figure.mart, figure.rows)
    for layer in figure.layers:
        title = f"{layer['layer']}/{layer['dataset']}: {layer['rows']:,} rows, manifest {layer['digest'][:16]}"
        screen.records(title, layer["objects"])
