"""Resolve uv.lock and strip every address from it: packages are files of wheelhouse/, wherever they came from.

`python tools/portable_lock.py UV`. Names, versions and hashes stay, so the lock means the same on every index.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

LOCK = Path("uv.lock")
WHEELHOUSE = "wheelhouse"


def portable(text: str) -> str:
    """The lock with its registries named after the wheelhouse and its files named without their address."""
    text = re.sub(r'registry = "[^"]*"', f'registry = "{WHEELHOUSE}"', text)
    return re.sub(r'\{ url = "[^"]*/([^/"#]+)(?:#[^"]*)?"', r'{ path = "\1"', text)


def main() -> None:
    """Lock against the machine's index, then make the result portable."""
    uv = sys.argv[1]
    LOCK.unlink(missing_ok=True)  # a portable lock names files that need not be there before the set-up
    subprocess.run([uv, "lock", "--quiet"], check=True)
    LOCK.write_text(portable(LOCK.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
