"""`pqr tour`: what the platform does, at ten stops of a small inbox."""

from __future__ import annotations

import sys

import click

from pqr_common.errors import InvalidSettings
from pqr_pipeline.command.interruption import continued_by
from pqr_pipeline.command.options import command, settings_of
from pqr_pipeline.command.screen import Screen

__all__ = ["tour"]

FOLDER = "tour"


@command()
@click.option("--yes", "is_unattended", is_flag=True, help="Do not wait for Enter between the stops.")
def tour(*, screen: Screen, is_unattended: bool) -> None:
    """Lead through a small inbox in ten stops: what to notice at each, and which file does it; about five minutes."""
    from pqr_pipeline.tour.guide import Guide
    from pqr_pipeline.tour.stops import STOPS

    settings = settings_of()
    if settings.api_url:
        raise InvalidSettings("`pqr tour` must run on the embedded stack, found --stack or PQR_API_URL: leave it out.")
    with continued_by("pqr tour"):
        guide = Guide.starting(settings.home / FOLDER, screen)
        for number, stop in enumerate(STOPS, 1):
            screen.say(f"\n{number} of {len(STOPS)}: {stop.title}\n\n{stop.notice}\nSee {stop.where}\n")
            stop.act(guide)
            if not is_unattended and sys.stdin.isatty() and number < len(STOPS):
                sys.stderr.write("\nEnter goes on. ")
                sys.stderr.flush()
                sys.stdin.readline()
