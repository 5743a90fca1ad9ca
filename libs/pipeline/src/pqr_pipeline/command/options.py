"""What the commands of `pqr` share: the group, their common options, their settings."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import Any

import click

from pqr_common.errors import InvalidSettings
from pqr_common.lake.location import open_lake
from pqr_common.process import log
from pqr_common.process.settings import MAX_WORKERS, Settings, checkout
from pqr_pipeline.command.names import completed_names, named
from pqr_pipeline.command.screen import Screen

__all__ = ["app", "command", "day", "settings_of"]

STACK_ENVIRONMENT = ".env"  # in the checkout, by `make stack-env`; the environment comes first


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="pqr-pipeline", prog_name="pqr", message="%(prog)s %(version)s")
@click.option(
    "--stack", "is_stack", is_flag=True, help="Drive the running stack; its settings are read from the checkout's .env."
)
def app(*, is_stack: bool) -> None:
    """A complete lakehouse for the PQRS of Colombian public entities."""


def command(
    *,
    group: click.Group = app,
    with_run_id: bool = False,
    run_default: str | None = None,
    with_workers: bool = False,
) -> Callable[[Callable[..., None]], click.Command]:
    """A command with the options that every command, or every command of its kind, has.

    With `run_default` the run may be left out.
    """

    def decorated(function: Callable[..., None]) -> click.Command:
        @functools.wraps(function)
        def call(*, is_json: bool, is_quiet: bool, **options: Any) -> None:
            if with_run_id:
                options["run_id"] = named(open_lake(settings_of().lake), options["run_id"])
            function(screen=Screen(is_json=is_json, is_quiet=is_quiet), **options)

        made = group.command()(call)
        made.params.append(click.Option(["--json", "is_json"], is_flag=True, help="Print one JSON value."))
        made.params.append(click.Option(["--quiet", "-q", "is_quiet"], is_flag=True, help="Print only errors."))
        if with_workers:
            helped = "Worker processes of the local Dask cluster."
            made.params.append(click.Option(["--workers"], type=click.IntRange(1, MAX_WORKERS), help=helped))
        if with_run_id:
            default: dict[str, Any] = {} if run_default is None else {"required": False, "default": run_default}
            made.params.append(click.Argument(["run_id"], shell_complete=completed_names, **default))
        return made

    return decorated


def settings_of(**overrides: Any) -> Settings:
    is_stack = click.get_current_context().find_root().params["is_stack"]
    file = checkout() / STACK_ENVIRONMENT
    settings = Settings.read(_env_file=file if is_stack else None, **overrides)
    if is_stack and settings.api_url is None:
        raise InvalidSettings(
            f"--stack must find a stack's PQR_API_URL, found none in the environment and none in {file}: bring a stack "
            f"up with `make up`, or leave --stack out."
        )
    log.configure(settings)
    return settings


def day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidSettings(f"{option} must be a day like 2026-01-31, found {text!r}: correct it.") from None
