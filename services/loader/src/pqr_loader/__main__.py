"""`python -m pqr_loader RUN_ID`: the loader stage of one run, settings from the environment."""

from __future__ import annotations

from pqr_common import main
from pqr_loader.stage import STAGE

if __name__ == "__main__":
    raise SystemExit(main(STAGE))
