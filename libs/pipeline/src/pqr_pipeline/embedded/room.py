"""Whether a run fits on the disk, before anything is started: what it takes follows from its volume."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from pqr_common.errors import VerificationFailed
from pqr_common.lake.folder import FolderLake
from pqr_common.lake.location import open_lake
from pqr_common.process.settings import Settings
from pqrs import calendar
from pqrs.parameters import Parameters

__all__ = ["must_fit", "needed_bytes"]

# More than a run takes, and less than three times that: docs/scale.md, tests/integration/test_disk_full.py.
MAILS_PER_TICKET = 4
LAKE_BYTES_PER_MAIL, POSTGRES_BYTES_PER_MAIL = 1_400, 900
LAKE_BYTES, POSTGRES_BYTES = 20 * 2**20, 120 * 2**20  # of an empty inbox: marts and manifests, a server with tables
GIB = 2**30


def must_fit(parameters: Parameters, settings: Settings) -> None:
    """Raises VerificationFailed where the disks of the lake and of Postgres have less room than the run takes."""
    wanted: dict[int, tuple[Path, int]] = {}
    for folder, needed in _places(parameters, settings):
        there = next(each for each in (folder, *folder.parents) if each.exists())
        first, before = wanted.get(there.stat().st_dev, (there, 0))
        wanted[there.stat().st_dev] = first, before + needed
    for folder, needed in wanted.values():
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise VerificationFailed(
                f"A run of this size must have about {needed / GIB:.1f} GiB of disk, found {free / GIB:.1f} GiB free "
                f"at {folder}: free space, ask for fewer days or tickets, or try it with --force."
            )


def needed_bytes(parameters: Parameters) -> tuple[int, int]:
    """What a run adds to the lake and to Postgres, roughly and rather too much: none of its days is there yet."""
    days_read = parameters.days_read
    days = int(calendar.business_days_between(days_read[0].isoformat(), days_read[-1].isoformat())) + 1
    mails = days * parameters.tickets_per_business_day * MAILS_PER_TICKET
    return LAKE_BYTES + mails * LAKE_BYTES_PER_MAIL, POSTGRES_BYTES + mails * POSTGRES_BYTES_PER_MAIL


def _places(parameters: Parameters, settings: Settings) -> Iterator[tuple[Path, int]]:
    lake, postgres = needed_bytes(parameters)
    where = open_lake(settings.lake)
    if isinstance(where, FolderLake):
        yield where.root, lake
    if settings.postgres_dsn is None:
        yield settings.home, postgres
