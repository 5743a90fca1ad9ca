"""`python -m pqr_silver RUN_ID`: the silver stage of one run, settings from the environment."""

from __future__ import annotations

from pqr_common import main
from pqr_silver.stage import STAGE

if __name__ == "__main__":
    raise SystemExit(main(STAGE))
