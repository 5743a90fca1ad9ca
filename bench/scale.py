"""Measures what two workers are to one, and ten million e-mails to one: `make bench-scale`.

Seconds count for workers. For volume it is processor time per e-mail, of the driver, the workers and Postgres, so that
a noisy machine matters little, and the memory of the largest process.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from increments import of_postgres
from pydantic import SecretStr
from run import TICKETS_A_DAY, parameters, peak_memory, pipeline

from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.executor import DaskExecutor, dask_executor
from pqr_pipeline.embedded.postgres import postgres

LAST_DAY = date(2026, 3, 31)
SMALL = 20  # tickets a business day: what warms a cluster up
TIMES = 10


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds by stage, and of the processor; the memory of the largest process so far."""

    emails: int
    seconds: dict[str, float]
    processor: float
    memory: int
    lost: int  # workers that outgrew their memory and were ended

    @property
    def per_email(self) -> float:
        return self.processor / self.emails


def main() -> int:
    """Run everything; the exit code is the number of rows that miss their ratio."""
    missed = 0
    sys.stdout.write(f"{'what':<40} {'wanted':>12} {'reached':>9}\n")
    for what, wanted, reached, is_reached in rows():
        missed += not is_reached
        sys.stdout.write(f"{what:<40} {wanted:>12} {reached:>9.2f}{'' if is_reached else '  MISSED'}\n")
        sys.stdout.flush()
    return missed


def rows() -> Iterator[tuple[str, str, float, bool]]:
    """What, what is wanted, what is reached, and whether that is enough."""
    one, two = (measured(TICKETS_A_DAY, workers=workers) for workers in (1, 2))
    for name in one.seconds:
        sys.stdout.write(
            f"  {name:<12} {one.seconds[name]:6.2f} s with one worker, {two.seconds[name]:6.2f} with two\n"
        )
    faster = one.seconds["whole"] / two.seconds["whole"]
    yield "one worker against two, seconds", "1.8", faster, faster >= 1.8
    many = measured(TICKETS_A_DAY * TIMES, workers=2)
    sys.stdout.write(
        f"  {two.emails:,} e-mails {two.per_email * 1e6:.1f} us each, "
        f"{many.emails:,} {many.per_email * 1e6:.1f} us each, in {many.seconds['whole']:.0f} s\n"
    )
    dearer = many.per_email / two.per_email
    yield "ten million against one, time per e-mail", "<= 1.1", dearer, dearer <= 1.1
    yield "peak memory of a process, GB", "<= 1.5", many.memory / 1e9, many.memory <= 1.5e9
    yield "workers that outgrew their memory", "0", many.lost, not many.lost


def measured(volume: int, *, workers: int) -> Cost:
    """A run of the quarter with so many tickets per business day, on a cluster that has run before."""
    with warm_cluster(workers) as (settings, executor):
        before, workers_before = processor(settings, executor), pids(executor)
        seconds, manifests = pipeline(settings, executor, parameters(LAST_DAY, volume), "measured")
        return Cost(
            emails=manifests["raw"].dataset("emails").rows,
            seconds=seconds,
            processor=processor(settings, executor) - before,
            memory=peak_memory(executor),
            lost=len(workers_before - pids(executor)),
        )


@contextmanager
def warm_cluster(workers: int) -> Iterator[tuple[Settings, DaskExecutor]]:
    home = Path(tempfile.mkdtemp(prefix="pqr-bench-"))
    try:
        with postgres(Settings.read(home=home)) as dsn:
            settings = Settings.read(home=home, workers=workers).with_(postgres_dsn=SecretStr(dsn))
            log.configure(settings)
            with dask_executor(settings) as executor:
                pipeline(settings, executor, parameters(date(2026, 1, 31), SMALL), "warm")
                yield settings, executor
    finally:
        shutil.rmtree(home, ignore_errors=True)


def processor(settings: Settings, executor: DaskExecutor) -> float:
    """Seconds of processor so far, those of workers that are gone too."""
    mine, workers = os.times(), executor.client.run(time.process_time)
    return sum(mine[:4]) + sum(workers.values()) + of_postgres(settings)


def pids(executor: DaskExecutor) -> set[int]:
    """The workers of now."""
    return set(executor.client.run(os.getpid).values())


if __name__ == "__main__":
    raise SystemExit(main())
