"""`python -m pqr_gold RUN_ID`: the gold stage of one run, settings from the environment."""

from __future__ import annotations

from pqr_common import main
from pqr_gold.stage import STAGE

if __name__ == "__main__":
    raise SystemExit(main(STAGE))
