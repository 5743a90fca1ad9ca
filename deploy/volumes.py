"""`python deploy/volumes.py [FILE]`: whether .env is the one that the stack's volumes were made with. `make up` asks.

Postgres keeps the passwords of its first start, so that another .env over old volumes, after a lost file or in a second
clone, is refused by it, service by service. A volume of no content beside those of the project remembers by its label
which .env it was.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from stack_env import values

LABEL = "org.pqr.env"
PROJECT = "pqr"  # as compose.yaml names it


def main() -> None:
    """Exit 1 with what to do when it is another one."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".env")
    told = values(path.read_text(encoding="utf-8"))
    project = os.environ.get("COMPOSE_PROJECT_NAME") or told.get("COMPOSE_PROJECT_NAME") or PROJECT
    mine, marker = hashlib.sha256(told["POSTGRES_PASSWORD"].encode()).hexdigest()[:16], f"{project}_env"
    if not _is_there(f"{project}_warehouse") and _is_there(marker):
        _docker("volume", "rm", marker)
    if not _is_there(marker):
        _docker("volume", "create", "--label", f"{LABEL}={mine}", marker)
    theirs = _docker("volume", "inspect", "--format", f'{{{{index .Labels "{LABEL}"}}}}', marker)
    if theirs != mine:
        raise SystemExit(
            f"{path} must be the one that the volumes of the stack {project} were made with, found another: put that "
            f"file back, or write COMPOSE_PROJECT_NAME and free PQR_PORT_* into this one for a stack of its own, or "
            f"run `make down` to forget the data of {project}."
        )


def _is_there(volume: str) -> bool:
    return volume in _docker("volume", "ls", "--quiet").split()


def _docker(*arguments: str) -> str:
    ended = subprocess.run(["docker", *arguments], check=False, capture_output=True, text=True)  # noqa: S603, S607
    if ended.returncode:
        raise SystemExit(f"The container engine must answer, found {ended.stderr.strip()!r}: start it.")
    return ended.stdout.strip()


if __name__ == "__main__":
    main()
