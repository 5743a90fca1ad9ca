"""`python -m pqr_dashboard [--host HOST] [--port PORT]`: Streamlit, with `/metrics` and `/health` beside it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from pqr_common import Settings
from pqr_common.errors import InvalidSettings
from pqr_common.process.entry import configured, ended
from pqr_common.process.exposition import exposition
from pqr_dashboard.access.auth import Auth
from pqr_dashboard.access.cookie import ROUTES
from pqr_dashboard.access.menu import PAGES
from pqr_dashboard.access.session import is_loopback
from pqr_dashboard.view import style

__all__ = ["main"]

APP = Path(__file__).with_name("app.py")
HEALTH_TIMEOUT_SECONDS = 2
POLL_SECONDS = 0.5
OPTIONS = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.showSidebarNavigation": True,
    "logger.level": "warning",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    return ended(view, arguments, program="python -m pqr_dashboard")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=8501, show_default=True)
@click.option("--parent", type=int, help="The process to end with.")
def view(host: str, port: int, parent: int | None) -> None:
    """The executive view of the PQRS."""
    settings = configured()
    if settings.auth_url is not None:
        Auth(settings)  # what it lacks is said now, not to the first visitor
    elif not is_loopback(host):
        raise InvalidSettings(
            f"Without PQR_AUTH_URL nobody signs in, so --host must be 127.0.0.1, found {host!r}: set PQR_AUTH_URL, or "
            f"leave --host out."
        )
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    _serve(host, port, settings)


def _warm_up() -> None:
    """Import every page before anybody visits, once and not from the threads of two visitors at a time."""
    for entry in PAGES:
        import_module(f"pqr_dashboard.pages.{entry.module}")


def _follow(parent: int) -> None:
    """End at once when the parent is gone, even by SIGKILL, which no handler sees."""
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(0)


def _serve(host: str, port: int, settings: Settings) -> None:
    options = OPTIONS | style.STREAMLIT | {"server.address": host, "server.port": port}
    address = f"http://127.0.0.1:{port}/_stcore/health"
    # Nothing here writes metrics to files, so any folder without some will do: no other is made, and none is left.
    with exposition(APP.parent, lambda: _trouble(address), host=host, port=settings.metrics_port):
        _warm_up()
        PagesManager.uses_pages_directory = False  # or the first visitor of pages/*.py would be led around app.py
        for number in (signal.SIGTERM, signal.SIGINT):  # which the server raises again once it has closed
            signal.signal(number, lambda *_: sys.exit(0))
        st.App(APP, routes=ROUTES).run(config=options)


def _trouble(address: str) -> str | None:
    """What is wrong, or nothing; Postgres being down is a page's trouble, not the server's."""
    try:
        with urllib.request.urlopen(address, timeout=HEALTH_TIMEOUT_SECONDS):  # noqa: S310  an address of ours
            return None
    except (urllib.error.URLError, OSError) as error:
        return f"Streamlit does not answer: {error}"


if __name__ == "__main__":
    raise SystemExit(main())
