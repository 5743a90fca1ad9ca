"""`python -m pqr_bronze RUN_ID`: the bronze stage of one run, settings from the environment."""

from __future__ import annotations

from pqr_bronze.stage import STAGE
from pqr_common import main

if __name__ == "__main__":
    raise SystemExit(main(STAGE))
