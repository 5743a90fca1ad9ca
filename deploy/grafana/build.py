"""`python deploy/grafana/build.py`: write dashboards/*.json from boards/*.py. Both are kept, and a test compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from boards import auth, dask, operation, overview, postgres, prefect, rustfs, services  # noqa: E402

BOARDS = {
    module.__name__.rpartition(".")[2]: module.BOARD
    for module in (overview, operation, services, dask, prefect, postgres, rustfs, auth)
}


def texts() -> dict[str, str]:
    """The text of each file of dashboards/ by its name."""
    return {
        f"{name}.json": json.dumps(board.to_json(), ensure_ascii=False, indent=2) + "\n"
        for name, board in BOARDS.items()
    }


def main() -> None:
    """Write every dashboard and remove what no board stands for."""
    folder = HERE / "dashboards"
    written = texts()
    for stale in folder.glob("*.json"):
        if stale.name not in written:
            stale.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(written)} dashboards in {folder}\n")


if __name__ == "__main__":
    main()
