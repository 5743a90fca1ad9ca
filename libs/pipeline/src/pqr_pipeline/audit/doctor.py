"""Looks at everything a run needs and says, for each thing, whether it works and how to mend it."""

from __future__ import annotations

import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pqr_common.errors import PqrError, VerificationFailed
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import run_ids
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import installed_graph, warehouse
from pqr_common.stage.executor import clock, dask_executor, package_versions
from pqr_pipeline.embedded.postgres import postgres

__all__ = [
    "Finding",
    "conditional_puts",
    "dask",
    "examine",
    "leftovers",
    "looked",
    "python",
    "stages",
    "versions",
    "warehouse_findings",
]

FREE_BYTES_WANTED = 2 * 2**30
CLOCK_SKEW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `detail` says what was found, and when it is no good what to do."""

    subject: str
    is_good: bool
    detail: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding as it is made; one that fails does not keep the others from being looked at."""
    if settings.api_url:
        from pqr_pipeline.containers.doctor import examine_stack

        yield from examine_stack(settings)
        return
    yield looked("python", python)
    yield looked("versions", versions)
    yield looked("stages", stages)
    yield looked("lake", lambda: conditional_puts(open_lake(settings.lake)))
    yield looked("leftovers", lambda: leftovers(open_lake(settings.lake)))
    yield looked("disk", lambda: _disk(settings))
    yield looked("dask", lambda: dask(settings))
    yield looked("postgres", lambda: warehouse_findings(settings))


def looked(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, is_good=True, detail=look())
    except PqrError as error:
        return Finding(subject, is_good=False, detail=str(error))


def versions() -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(package_versions().items()))


def python() -> str:
    return f"{sys.version.split()[0]}"


def stages() -> str:
    return ", ".join(installed_graph().stages)


def conditional_puts(lake: Lake, folder: str = "manifests") -> str:
    """A conditional put must let exactly the first writer win, or two attempts could both commit."""
    key = f"{folder}/.doctor-{secrets.token_hex(4)}"
    try:
        first, second = lake.put_new(key, b"1"), lake.put_new(key, b"2")
        content = lake.find(key)
    finally:
        lake.delete(key)
    if not first or second or content != b"1":
        raise VerificationFailed(
            f"The lake must honour a conditional put, found the second writer winning in {lake.url}: "
            f"use a store that supports If-None-Match."
        )
    return f"{lake.url}: reads, writes, deletes and conditional puts"


def leftovers(lake: Lake) -> str:
    names = {
        key.split("/run=")[1].split("/")[0]
        for layer in installed_graph().layers
        for key in lake.keys(layer)
        if "/run=" in key
    }
    unknown = sorted(names - set(run_ids(lake)))
    if unknown:
        raise VerificationFailed(
            f"Every object must belong to a declared run, found objects of {', '.join(unknown)} in {lake.url}: "
            f"delete them if no run is under way."
        )
    return f"{len(names)} runs with data, none without its record"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.home if settings.home.exists() else settings.home.parent).free
    if free < FREE_BYTES_WANTED:
        raise VerificationFailed(
            f"PQR_HOME must have {FREE_BYTES_WANTED / 2**30:.0f} GiB free, found {free / 2**30:.1f} GiB at "
            f"{settings.home}: free space or set PQR_HOME."
        )
    return f"{free / 2**30:.0f} GiB free at {settings.home}"


def dask(settings: Settings) -> str:
    with dask_executor(settings) as executor:
        clocks = list(executor.map(clock, range(settings.workers)))
    skew = max(abs(time.time() - clock) for clock in clocks)
    if skew > CLOCK_SKEW_SECONDS + settings.workers:
        raise VerificationFailed(
            f"Worker clocks must agree within {CLOCK_SKEW_SECONDS:.0f} s, found {skew:.0f} s at "
            f"{settings.scheduler or 'the local cluster'}: set the clocks by NTP."
        )
    return f"{settings.scheduler or 'local cluster'}: {len(clocks)} tasks done, same versions, clocks agree"


def warehouse_findings(settings: Settings) -> str:
    with postgres(settings) as dsn:
        findings: list[str] = warehouse().examine(dsn, now=datetime.now(UTC))
        if findings:
            raise VerificationFailed(findings[0])
        return f"migrated, roles as they should be, shows run {warehouse().published(dsn)}"
