"""Write the inbox of the first run: the generator's own stage, before its service begins to serve. Done is done."""

from __future__ import annotations

import os
import sys

from pqr_common import main
from pqr_generator.stage import STAGE

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from first import parameters

if __name__ == "__main__":
    raise SystemExit(main(STAGE, [parameters().run_id]))
