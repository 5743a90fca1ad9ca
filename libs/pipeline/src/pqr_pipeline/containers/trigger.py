"""Drives a running stack from outside, through Prefect's API: triggers a deployment, follows it, says how it ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from pqr_common.errors import InvalidSettings, PqrError, Transient
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import installed_graph, installed_stages, stage_named
from pqr_common.stage.driver import Progress
from pqr_pipeline.containers.deployed import deployed
from pqr_pipeline.containers.following import Following
from pqr_pipeline.containers.permissions import scope_of
from pqr_pipeline.containers.serve import PIPELINE, PREFECT_DEFAULTS
from pqr_pipeline.flow.retries import prefect_session, raise_ended
from pqrs.parameters import Parameters

if TYPE_CHECKING:
    from uuid import UUID

    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

__all__ = ["Trigger", "api_client", "ask_service", "live_workers", "run_on_stack", "stage_on_stack"]

POLL_SECONDS = 1.0
ASK_SECONDS = 90.0


def run_on_stack(
    run_id: str, parameters: Parameters | None, *, settings: Settings, progress: Progress, is_published: bool = True
) -> None:
    """Run the pipeline on the stack; `parameters` declare the run, without them it is continued."""
    given = {"run_id": run_id, "parameters": parameters and parameters.to_json(), "is_published": is_published}
    with api_client(settings) as client:
        Trigger(client, settings, progress).carry_out(f"pqr/{PIPELINE}", given, what=f"run {run_id}", name=run_id)


def stage_on_stack(stage: str, run_id: str, *, settings: Settings, progress: Progress) -> None:
    """Run one stage on the stack and tell Postgres of it."""
    with api_client(settings) as client:
        trigger = Trigger(client, settings, progress)
        try:
            given = {"run_id": run_id, "stage": stage}
            trigger.carry_out(f"stage/{stage}", given, what=f"{stage} of run {run_id}", name=f"{run_id}-{stage}")
        finally:
            with contextlib.suppress(PqrError):  # what could not be told must not hide what happened
                name = f"{run_id}-record"
                trigger.carry_out("record/loader", {"run_id": run_id}, what=f"the record of run {run_id}", name=name)


def ask_service(stage: str, versions: Mapping[str, str], settings: Settings) -> str:
    """What a service finds when it examines itself, as JSON."""
    with api_client(settings) as client:
        scope = asdict(scope_of(stage_named(stage), installed_stages().values()))
        given = {"stage": stage, "versions": dict(versions), "scope": scope}
        trigger = Trigger(client, settings, _silent)
        ended = trigger.carry_out(
            f"doctor/{stage}", given, what=f"the doctor of {stage}", name=f"{stage}-doctor", timeout=ASK_SECONDS
        )
    return ended.message or "[]"


def live_workers(settings: Settings) -> dict[str, int]:
    """Workers that are heard of, by pool; raises when a deployment is missing."""
    from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
    from prefect.client.schemas.objects import WorkerStatus

    online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
    with api_client(settings) as client:
        for item in deployed():
            _deployment(client, item.full_name)
        return {
            pool: len(client.read_workers_for_work_pool(pool, worker_filter=online))
            for pool in (*installed_graph().stages, PIPELINE)
        }


def _silent(stage: str, phase: str, *, done: int, total: int) -> None:
    pass


class Trigger:
    """Starts flow runs and follows them to their end."""

    def __init__(self, client: SyncPrefectClient, settings: Settings, progress: Progress) -> None:
        self._client = client
        self._following = Following(client, settings, poll_seconds=POLL_SECONDS)
        self._progress = progress
        self._shown: dict[str, int] = {}

    def carry_out(
        self, deployment: str, parameters: dict[str, Any], *, what: str, name: str, timeout: float | None = None
    ) -> State:
        """Run a deployment; the error it ended with is raised here, as is Transient when it took too long."""
        found = _deployment(self._client, deployment)
        run = self._client.create_flow_run_from_deployment(found, parameters=parameters, name=name)
        state = self._following.end_of(run.id, what, timeout=timeout, look=partial(self._show, run.id))
        raise_ended(state, what)
        return state

    def _show(self, run_id: UUID) -> None:
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId

        parent = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run_id]))
        for child in self._client.read_flow_runs(flow_run_filter=parent):
            stage = child.parameters.get("stage", "record")
            done = int(child.state is not None and child.state.is_completed())
            if self._shown.get(stage, -1) < done:
                self._shown[stage] = done
                self._progress(stage, "on stack", done=done, total=1)


def _deployment(client: SyncPrefectClient, name: str) -> UUID:
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_deployment_by_name(name).id
    except ObjectNotFound:
        raise InvalidSettings(
            f"Prefect must know the deployment {name}, found none of that name at {client.api_url}: run "
            f"`python -m pqr_pipeline.containers.deployments` in the stack."
        ) from None


@contextlib.contextmanager
def api_client(settings: Settings) -> Iterator[SyncPrefectClient]:
    """A client of the stack's API; the errors of the way there become ours."""
    if settings.api_url is None:
        raise InvalidSettings("PQR_API_URL must say where the stack's Prefect API is, found none: set it.")
    environment = PREFECT_DEFAULTS | {"PREFECT_HOME": str(settings.home / "prefect")}
    if settings.api_auth:
        environment["PREFECT_API_AUTH_STRING"] = settings.api_auth.get_secret_value()
    with prefect_session(settings.api_url, {k: os.environ.get(k, v) for k, v in environment.items()}):
        from prefect.client.orchestration import get_client

        try:
            with get_client(sync_client=True) as client:
                yield client
        except httpx.HTTPError as error:
            raise Transient(
                f"The stack's Prefect API must answer, found {type(error).__name__} ({error}) at {settings.api_url}: "
                f"start the stack or set PQR_API_URL; a run that was started goes on, `pqr --stack show` tells."
            ) from error
