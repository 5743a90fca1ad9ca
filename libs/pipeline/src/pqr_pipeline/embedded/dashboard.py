"""`pqr dashboard`: the executive view on the embedded Postgres, in a child process, until Ctrl-C or SIGTERM.

The child binds to this machine only and asks nobody to sign in; it reads as a role that may not write, and it ends
with this process even when that is killed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pqr_common.errors import InvalidSettings, PqrError, Transient, UnknownRun
from pqr_common.process.settings import Settings
from pqr_common.stage import discovery
from pqr_pipeline.command.interruption import continued_by
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.process import child_of_this, is_answering, silence

__all__ = ["serve"]

HOST = "127.0.0.1"
READER = "pqr_dashboard"  # a role of the loader's migrations
START_TIMEOUT_SECONDS = 60
GRAPHICAL = ("DISPLAY", "WAYLAND_DISPLAY")  # without one of them a browser would open in the terminal


def serve(settings: Settings, screen: Screen, *, port: int, is_browser_wanted: bool) -> None:
    """Show the published run at 127.0.0.1:port until this process is told to stop."""
    if settings.api_url:
        raise InvalidSettings(
            "`pqr dashboard` must run on the embedded stack, found --stack or PQR_API_URL: open the stack's own "
            "dashboard in a browser."
        )
    module = discovery.view_module("dashboard")
    _refuse_taken(port)
    url, log = f"http://{HOST}:{port}", settings.home / "dashboard.log"
    with continued_by("dashboard"), contextlib.ExitStack() as running:
        with screen.waiting("Starting Postgres and the dashboard"):
            environment = _environment(running.enter_context(_readable(settings)), settings)
            options = {"host": HOST, "port": port}
            child = running.enter_context(child_of_this(module, options, environment=environment, log=log))
            _wait_until_healthy(url, child, log)
        screen.value({"url": url})
        screen.say(f"The dashboard is at {url} for this machine only; Ctrl-C stops it.")
        sys.stdout.flush()
        if is_browser_wanted and _has_screen():
            webbrowser.open(url)
        code = child.wait()
        raise Transient(f"The dashboard must run until it is stopped, found that it ended with code {code}: see {log}.")


@contextlib.contextmanager
def _readable(settings: Settings) -> Iterator[str]:
    """What to read: the DSN of the settings, or the embedded Postgres as the role that only reads."""
    if settings.dashboard_dsn is not None:
        yield settings.dashboard_dsn.get_secret_value()
        return
    with postgres(settings) as dsn:
        if discovery.warehouse().published(dsn) is None:
            raise UnknownRun(
                f"A run must have been published before it can be shown, found none in the Postgres of "
                f"{settings.home}: start with `pqr run`."
            )
        discovery.warehouse().migrate(dsn)  # a newer dashboard may write down what an older platform could not
        yield dsn if settings.postgres_dsn is not None else _as_reader(dsn)


def _as_reader(dsn: str) -> str:
    """The embedded server trusts whoever may open its socket, so the reader needs no password."""
    parts = urlsplit(dsn)
    return parts._replace(netloc=f"{READER}@{parts.netloc.rpartition('@')[2]}").geturl()


def _environment(dsn: str, settings: Settings) -> dict[str, str]:
    """The dashboard's: it asks nobody to sign in, reads this DSN and the mails of this lake, and is not scraped."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PQR_AUTH_")}
    return kept | {"PQR_DASHBOARD_DSN": dsn, "PQR_LAKE_URL": settings.lake_url, "PQR_METRICS_PORT": "0"}


def _wait_until_healthy(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    if is_answering(f"{url}/_stcore/health", child, START_TIMEOUT_SECONDS):
        return
    raise _of_code(child.poll())(
        f"The dashboard must answer within {START_TIMEOUT_SECONDS} s, found {silence(child)} at {url}: see {log}."
    )


def _of_code(code: int | None) -> type[PqrError]:
    return InvalidSettings if code == InvalidSettings.exit_code else Transient


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one just left is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise InvalidSettings(
                f"--port must be a free port, found {error.strerror!r} at {HOST}:{port}: choose another one."
            ) from error


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in GRAPHICAL)
