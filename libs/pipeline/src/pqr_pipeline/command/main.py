"""The entry of `pqr`: what it imports takes a second, in which a person may change their mind."""

from __future__ import annotations

import signal

from pqr_common.process.entry import ended
from pqr_pipeline.command.interruption import ending_by_signals

__all__ = ["main"]


def main() -> None:
    """Run the command; every failure ends with its own code and one sentence."""
    with ending_by_signals():
        from pqr_pipeline.command.cli import app

        signal.siginterrupt(signal.SIGINT, True)  # polars puts a handler before ours, with which waiting goes on
        raise SystemExit(ended(app, program="pqr"))
