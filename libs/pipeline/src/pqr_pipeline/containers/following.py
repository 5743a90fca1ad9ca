"""Follows a flow run to its end: patient while the API is away, not with a pool that has no worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx

from pqr_common.errors import Transient
from pqr_common.process.settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State

__all__ = ["Following"]

OUTAGE_SECONDS = 60.0  # how long the API may be away while a run is followed
LIVES_WITHIN = timedelta(seconds=40)  # a worker is heard of every 30 s


class Following:
    """Waits for flow runs, whoever started them."""

    def __init__(self, client: SyncPrefectClient, settings: Settings, *, poll_seconds: float) -> None:
        self._client = client
        self._pickup_seconds = settings.pickup_seconds
        self._poll_seconds = poll_seconds

    def end_of(
        self, run_id: UUID, what: str, *, timeout: float | None = None, look: Callable[[], None] = lambda: None
    ) -> State:
        """The state in which it ends; `look` is called between.

        Raises Transient where it does not end within `timeout` seconds or nobody takes it, and then it is cancelled.
        """
        asked = heard = time.monotonic()
        while True:
            try:
                run = self._client.read_flow_run(run_id)
                look()
                heard = time.monotonic()
                if run.state is not None and run.state.is_final():
                    return run.state
                if heard - asked > self._pickup_seconds:
                    self._must_be_taken(run, what)
            except httpx.TransportError:
                if time.monotonic() - heard > OUTAGE_SECONDS:
                    raise
            if timeout is not None and time.monotonic() - asked > timeout:
                raise Transient(
                    f"The service must answer within {timeout:.0f} s, found no end of {what}: see the service's log."
                )
            time.sleep(self._poll_seconds)

    def _must_be_taken(self, run: FlowRun, what: str) -> None:
        """A run may wait for a worker that is busy, and not for one that is gone."""
        from prefect.states import Cancelled

        pool = run.work_pool_name
        if run.state is None or not run.state.is_scheduled() or pool is None:
            return
        since = datetime.now(UTC) - LIVES_WITHIN
        workers = self._client.read_workers_for_work_pool(pool)
        if any(worker.last_heartbeat_time and worker.last_heartbeat_time > since for worker in workers):
            return
        said = (
            f"A worker of {pool} must take {what} within {self._pickup_seconds} s, found none that lives: start the "
            f"service {pool}, then run `pqr retry`."
        )
        self._client.set_flow_run_state(run.id, Cancelled(message=said), force=True)  # not done later, unasked for
        raise Transient(said)
