"""What every service's entry point does: read the environment, attach to Dask, run its stage, end with a code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pqr_common.errors import InvalidSettings, PqrError
from pqr_common.lake.location import open_lake
from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Stage
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import dask_executor

__all__ = ["main"]


def main(stage: Stage, arguments: Sequence[str] | None = None) -> int:
    """Run one stage of the run named on the command line; the error's own exit code, its sentence on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if len(given) != 1:
            raise InvalidSettings(f"The {stage.name} service takes one run id, found {given}: give it one.")
        settings = Settings.read()
        log.configure(settings)
        with dask_executor(settings) as executor:
            run_stage(stage, given[0], lake=open_lake(settings.lake), settings=settings, executor=executor)
    except PqrError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0
