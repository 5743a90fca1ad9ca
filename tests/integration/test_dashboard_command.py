"""`pqr dashboard`: starts what is missing, serves this machine, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from pqr_common.errors import InvalidSettings
from pqr_common.process.settings import Settings
from pqr_common.stage import discovery
from pqr_pipeline.command.called import called
from pqr_pipeline.command.screen import Screen
from pqr_pipeline.embedded import dashboard
from pqr_pipeline.embedded.process import free_port

pytestmark = pytest.mark.integration
PATIENCE_SECONDS = 60


def _answers(port: int) -> bool:
    with (
        contextlib.suppress(urllib.error.URLError, OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2),
    ):
        return True
    return False


def _falls_silent(port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _answers(port) and time.monotonic() < deadline:
        time.sleep(0.2)
    return not _answers(port)


@contextlib.contextmanager
def _command(home, port):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PQR_")} | {"PQR_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-m", "pqr_pipeline", "dashboard", "--no-browser", "--json", "--port", str(port)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as command:  # fmt: skip
        try:
            yield command
        finally:
            command.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.usefixtures("finished")
def test_it_serves_until_it_is_stopped_and_takes_everything_along(platform, number):
    """A healthy page at the address it names; then the signal's exit code, and nobody listens any more."""
    port = free_port()
    with _command(platform.settings.home, port) as command:
        assert json.loads(command.stdout.readline()) == {"url": f"http://127.0.0.1:{port}"}
        assert _answers(port)
        command.send_signal(number)
        assert command.wait(PATIENCE_SECONDS) == 128 + number
        assert not _answers(port)
        said = f"The command was stopped by {number.name}: `{called()} dashboard` continues it."
        assert json.loads(command.stderr.read())["error"] == said


@pytest.mark.usefixtures("finished")
def test_the_page_ends_with_the_command_that_was_killed(platform):
    """SIGKILL, which no handler sees, leaves no server behind."""
    port = free_port()
    with _command(platform.settings.home, port) as command:
        command.stdout.readline()
        command.kill()
        assert _falls_silent(port)


def test_a_taken_port_is_said_at_once(platform):
    """Exit code 2 and one sentence; Postgres was not even started for it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with _command(platform.settings.home, taken.getsockname()[1]) as command:
            _, said = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 2
    assert said.count("\n") == 1
    assert "--port must be a free port" in said


def test_without_a_run_it_says_what_to_do_first(tmp_path):
    """Exit code 2 and `pqr run`, not an empty page."""
    with _command(tmp_path, free_port()) as command:
        _, said = command.communicate(timeout=PATIENCE_SECONDS)
    assert command.returncode == 2
    assert "pqr run" in said
    assert said.count("\n") == 1


def test_the_stack_has_its_own(tmp_path):
    """With the stack's API named, the command does not start a second dashboard."""
    settings = Settings.read(home=tmp_path, api_url="http://127.0.0.1:4200/api")
    with pytest.raises(InvalidSettings, match="the stack's own dashboard"):
        dashboard.serve(settings, Screen(is_json=False, is_quiet=True), port=8501, is_browser_wanted=False)


def test_a_view_that_is_not_installed_is_named():
    """One sentence with the package to install."""
    with pytest.raises(InvalidSettings, match="install pqr-oracle"):
        discovery.view_module("oracle")


def test_the_embedded_server_is_read_as_the_reader():
    """Not as its superuser: what the page is given may not write, whatever it runs."""
    assert dashboard._as_reader("postgresql://postgres:@/postgres?host=/x") == (
        "postgresql://pqr_dashboard@/postgres?host=/x"
    )
