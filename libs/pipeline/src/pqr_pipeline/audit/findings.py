"""Single looks at what a run needs: each says what it found, or raises with how to mend it."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pqr_common.errors import PqrError, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import installed_graph, warehouse
from pqr_common.stage.executor import clock, dask_executor, package_versions

__all__ = [
    "Finding",
    "conditional_puts",
    "dask",
    "looked",
    "postgres",
    "python",
    "stages",
    "versions",
]

CLOCK_SKEW_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `detail` says what was found, and when it is no good what to do."""

    subject: str
    is_good: bool
    detail: str


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


def postgres(dsn: str) -> str:
    findings: list[str] = warehouse().examine(dsn, now=datetime.now(UTC))
    if findings:
        raise VerificationFailed(findings[0])
    return f"migrated, roles as they should be, shows run {warehouse().published(dsn)}"
