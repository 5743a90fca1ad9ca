"""One attempt at a stage: what it has done so far, and what it tells of itself to records, metrics and logs."""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from pqr_common.errors import PqrError
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Check, Partition
from pqr_common.process import log
from pqr_common.process.metrics import StageMetrics
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.executor import Executor
from pqr_common.stage.receipts import Verdict
from pqr_common.stage.values import ExchangeRef
from pqr_common.stage.worker import TaskResult

__all__ = ["Progress", "StageRun", "now"]


class Progress(Protocol):
    """Is told how many tasks of a phase are done, of how many in all."""

    def __call__(self, stage: str, phase: str, *, done: int, total: int) -> None: ...


@dataclass(slots=True)
class StageRun:
    """The stage, the means to run it, and what was made."""

    stage: Stage
    records: RunRecords
    settings: Settings
    executor: Executor
    progress: Progress
    metrics: StageMetrics
    partitions: defaultdict[str, list[Partition]] = field(default_factory=lambda: defaultdict(list))
    exchanges: dict[str, tuple[ExchangeRef, ...]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    tasks: int = 0
    tasks_reused: int = 0
    started: float = field(default_factory=time.perf_counter)

    def open(self) -> Attempt:
        """Claim the next attempt; earlier ones that never ended are over."""
        attempt = self.records.claim(self.stage.name, started_at=now(), host=socket.gethostname())
        self.records.close_lost(attempt)
        before = self.records.attempt(self.stage.name, attempt.number - 1)
        if before is not None:
            self.metrics.retried(before.error_type or before.state)
        self.metrics.started()
        return attempt

    def task_done(self, phase: Phase, result: TaskResult) -> None:
        """Keep what a task made, and say so."""
        for part in result.partitions:
            self.partitions[part.dataset].append(part)
            self.metrics.rows(part.dataset, accepted=part.rows, rejected=part.rejected)
        self.tasks += 1
        self.tasks_reused += result.verdict is Verdict.UNCHANGED
        written = sum(part.bytes for part in result.partitions)
        self.metrics.task_done(outcome=result.verdict, bytes_read=result.bytes_read, bytes_written=written)
        log.logger().info(
            "task done",
            stage=self.stage.name,
            run_id=self.records.run_id,
            phase=phase.name,
            task=result.task,
            seconds=round(result.seconds, 3),
            verdict=result.verdict,
            rows_read=result.rows_read,
            rows_written=sum(part.rows for part in result.partitions),
        )

    def close(self, attempt: Attempt, state: str, error: BaseException | None = None) -> None:
        """Record how the attempt ended; a lake that is gone must not hide the error that came first."""
        seconds = time.perf_counter() - self.started
        made = [part for parts in self.partitions.values() for part in parts]
        rows, written = sum(part.rows for part in made), sum(part.bytes for part in made)
        said = str(error) if error else None
        try:
            self.records.close(
                attempt,
                state=state,
                finished_at=now(),
                seconds=f"{seconds:.3f}",
                tasks=self.tasks,
                tasks_reused=self.tasks_reused,
                rows=rows,
                bytes=written,
                checks=tuple(asdict(check) for check in self.checks),
                error_type=type(error).__name__ if error else None,
                error=said,
            )
        except PqrError as lost:
            log.logger().warning(
                "attempt not recorded", stage=self.stage.name, run_id=self.records.run_id, error=str(lost)
            )
        self.metrics.ended(status=state, seconds=seconds, now=time.time())
        log.logger().info(
            "stage ended",
            stage=self.stage.name,
            run_id=self.records.run_id,
            state=state,
            attempt=attempt.number,
            seconds=round(seconds, 3),
            rows=rows,
            bytes=written,
            error=said,
        )


def now() -> str:
    """This machine's time in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
