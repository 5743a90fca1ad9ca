"""How a person calls `pqr` from the shell they are in, so that a line which is printed for them works as it stands."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from shlex import quote

__all__ = ["called"]

BY_UV = "UV_RUN_RECURSION_DEPTH"  # `uv run` sets it, beside a PATH that is gone with it


def called(*, is_stack: bool = False) -> str:
    """`pqr` where PATH leads to this environment's, else what does; with `--stack` for what is to happen there."""
    return f"{_program()} --stack" if is_stack else _program()


def _program() -> str:
    if BY_UV in os.environ:
        return "uv run pqr"
    own, found = Path(sys.executable).with_name("pqr"), shutil.which("pqr")
    if not own.exists():
        return f"{quote(sys.executable)} -m pqr_pipeline"
    if found and own.samefile(found):
        return "pqr"
    return quote(str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own))
