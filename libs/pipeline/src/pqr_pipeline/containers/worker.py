"""A Prefect process worker that knows its children and whether it is heard: what `serve` stands on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

__all__ = ["ServiceWorker"]

POLL_PATIENCE_SECONDS = 60.0


class ServiceWorker(ProcessWorker):
    """Takes the runs of one work pool; each is a child process."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.children: set[int] = set()
        self.childless = asyncio.Event()
        self.childless.set()
        self._polled_at: float | None = None
        self._is_stopping = False

    def stop_taking(self) -> None:
        """Leave new runs to others."""
        self._is_stopping = True

    def trouble(self) -> str | None:
        """Why this worker is of no use now, or nothing."""
        if self._is_stopping:
            return "The worker is stopping and takes no runs."
        if self._polled_at is None:
            return f"The worker must reach Prefect's work pool {self._work_pool_name}, found no answer yet."
        silent = time.monotonic() - self._polled_at
        if silent > POLL_PATIENCE_SECONDS:
            return f"The worker must poll Prefect every few seconds, found its last poll {silent:.0f} s ago."
        return None

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        if self._is_stopping:
            return []
        taken = await super().get_and_submit_flow_runs()
        if self._has_successfully_synced:
            self._polled_at = time.monotonic()
        return taken

    async def run(
        self,
        flow_run: FlowRun,
        configuration: ProcessJobConfiguration,
        task_status: Any = None,  # anyio's, told the process id
    ) -> ProcessWorkerResult:
        started: list[int] = []
        try:
            return await super().run(flow_run, configuration, Started(task_status, [self._born, started.append]))
        finally:
            self.children.difference_update(started)
            if not self.children:
                self.childless.set()

    def _born(self, pid: int) -> None:
        self.children.add(pid)
        self.childless.clear()


class Started:
    """Stands between a run and who waits for its start, to pass the process id on."""

    def __init__(self, task_status: Any, told: Sequence[Callable[[int], None]]) -> None:
        self._task_status = task_status
        self._told = told

    def started(self, value: int | None = None) -> None:
        for tell in self._told if value is not None else ():
            tell(value)  # type: ignore[arg-type]
        if self._task_status is not None:
            self._task_status.started(value)
