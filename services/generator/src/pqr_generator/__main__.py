"""`python -m pqr_generator RUN_ID`: the generator stage of one run."""

from __future__ import annotations

from pqr_common import main
from pqr_generator.stage import STAGE

if __name__ == "__main__":
    raise SystemExit(main(STAGE))
