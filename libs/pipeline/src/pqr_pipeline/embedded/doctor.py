"""`pqr doctor`: everything that a run on this machine needs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

from pqr_common.errors import VerificationFailed
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqr_pipeline.audit import findings
from pqr_pipeline.audit.findings import Finding, looked
from pqr_pipeline.audit.leftovers import look_for_leftovers
from pqr_pipeline.embedded.postgres import postgres

__all__ = ["examine"]

FREE_BYTES_WANTED = 2 * 2**30


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding as it is made; one that fails does not keep the others from being looked at."""
    yield looked("python", findings.python)
    yield looked("versions", findings.versions)
    yield looked("stages", findings.stages)
    yield looked("lake", lambda: findings.conditional_puts(open_lake(settings.lake)))
    yield looked("leftovers", lambda: look_for_leftovers(open_lake(settings.lake), now=datetime.now(UTC)))
    yield looked("disk", lambda: _disk(settings))
    yield looked("dask", lambda: findings.dask(settings))
    yield looked("postgres", lambda: _postgres(settings))


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home if settings.home.exists() else settings.home.parent).free
    if free < FREE_BYTES_WANTED:
        raise VerificationFailed(
            f"PQR_HOME must have {FREE_BYTES_WANTED / 2**30:.0f} GiB free, found {free / 2**30:.1f} GiB at "
            f"{settings.home}: free space or set PQR_HOME."
        )
    return f"{free / 2**30:.0f} GiB free at {settings.home}"


def _postgres(settings: Settings) -> str:
    with postgres(settings) as dsn:
        return findings.postgres(dsn)
