"""The flows that the services of a stack run: `pqr` triggers one `stage` per service, and `record` where one failed.

Each run is a child process of a service's worker (`serve`). Run id and parameters are all that a trigger carries;
what a stage reads and writes goes through the lake.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import httpx
from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import TaskRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import PrefectException
from prefect.states import Completed

from pqr_common.errors import PqrError, Transient
from pqr_common.lake.location import open_lake
from pqr_common.manifest.runs import RunId, RunRecords
from pqr_common.process import log
from pqr_common.process.entry import configured
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, stage_named
from pqr_common.stage.driver import run_stage
from pqr_common.stage.executor import dask_executor
from pqr_pipeline.containers.artifact import stage_markdown
from pqr_pipeline.containers.doctor import examine_service
from pqr_pipeline.containers.following import Following
from pqr_pipeline.containers.permissions import Scope
from pqr_pipeline.flow.live import next_day
from pqr_pipeline.flow.retries import outcome, raise_ended, stage_task
from pqr_pipeline.flow.runs import record as recorded
from pqr_pipeline.flow.runs import stages_of
from pqrs.calendar import UTC_OFFSET
from pqrs.parameters import Parameters

__all__ = ["doctor", "live", "pqr", "record", "stage"]

POLL_SECONDS = 0.5
RECORD_TIMEOUT_SECONDS = 300.0


@flow(name="stage", validate_parameters=False, persist_result=False)
def stage(run_id: str, stage: str) -> State:
    """One attempt of one stage; the state it ends in names the error."""
    settings = configured()
    try:
        return outcome(partial(_run_stage, stage, run_id, settings))
    finally:
        _show_attempts(stage, run_id, settings)


@flow(name="record", validate_parameters=False, persist_result=False)
def record(run_id: str) -> State:
    """Tell Postgres the story of a run, whatever its state."""
    settings = configured()
    return outcome(lambda: recorded(open_lake(settings.lake), RunId(run_id), settings))


@flow(name="doctor", validate_parameters=False, persist_result=False)
def doctor(stage: str, versions: dict[str, str], scope: dict[str, Any]) -> State:
    """What the service finds when it examines itself, as JSON in the message."""
    found = examine_service(stage_named(stage), configured(), versions=versions, scope=Scope(**scope))
    return Completed(message=json.dumps([asdict(finding) for finding in found]))


@flow(name="pqr", validate_parameters=False, persist_result=False)
def pqr(run_id: str | None = None, parameters: dict[str, Any] | None = None, *, is_published: bool = True) -> State:
    """The whole pipeline of a run; without its last stage where it is not to be published.

    `parameters` is what `Parameters.to_json` gives and declares the run; without them the run must be declared
    already. With neither, as from a schedule, it is the default inbox from its opening to yesterday.
    """
    return outcome(partial(_pipeline, run_id, parameters, is_published=is_published))


@flow(name="live", validate_parameters=False, persist_result=False)
def live() -> State:
    """The day after the run that was loaded last, which Postgres shows: one more each time this is scheduled."""
    return outcome(lambda: _pipeline(None, next_day(open_lake(configured().lake)).to_json()))


def _run_stage(name: str, run_id: str, settings: Settings) -> None:
    found, lake = stage_named(name), open_lake(settings.lake)
    last = RunRecords(lake, run_id).graph().stages[-1]  # before a cluster is started for a run that is none
    with dask_executor(settings) as executor:
        run_stage(found, run_id, lake=lake, settings=settings, executor=executor)
    if name == last:  # Postgres is at hand here; a process only to tell it takes seconds
        recorded(lake, RunId(run_id), settings)


def _pipeline(run_id: str | None, given: dict[str, Any] | None, *, is_published: bool = True) -> None:
    lake = open_lake(configured().lake)
    parameters = Parameters.from_json(given) if given is not None else None if run_id else _until_yesterday()
    name = run_id or parameters.run_id  # type: ignore[union-attr]  # one of them is there
    if parameters is None:
        RunRecords(lake, name).parameters()
    else:
        declare(lake, name, parameters)
    try:
        for stage_name in stages_of(name, lake, is_published=is_published):
            stage_task(stage_name, partial(_triggered, stage_name, name))()
    except PqrError:
        if is_published:
            _record_quietly(name)
        raise


def _until_yesterday() -> Parameters:
    """A trigger may read the clock, no stage does."""
    yesterday = datetime.now(UTC) + UTC_OFFSET - timedelta(days=1)
    return Parameters.create(window_to=yesterday.date())


def _triggered(name: str, run_id: str) -> None:
    """One run of the stage's deployment, waited for; the key keeps a repeated request from starting a second one."""
    context = TaskRunContext.get()
    key, number = (str(context.task_run.id), context.task_run.run_count) if context else (None, 1)
    what = f"{name} of run {run_id}"
    try:
        ended = _run(
            f"stage/{name}",
            what,
            parameters={"run_id": run_id, "stage": name},
            flow_run_name=f"{run_id}-{name}-{number}",
            idempotency_key=key and f"{key}-{number}",
        )
    except (httpx.HTTPError, PrefectException) as error:
        raise Transient(
            f"Prefect must start and follow the stage {name}, found {type(error).__name__} ({error}): see that its "
            f"server lives and that the deployments are there, then run `pqr retry {run_id}`."
        ) from error
    raise_ended(ended, what)


def _record_quietly(run_id: str) -> None:
    """What happened to a run must be told; that it cannot be told must not change what happened."""
    try:
        name, what = f"{run_id}-record", f"the record of run {run_id}"
        given = {"run_id": run_id}
        raise_ended(_run("record/loader", what, RECORD_TIMEOUT_SECONDS, parameters=given, flow_run_name=name), what)
    except (PqrError, httpx.HTTPError, PrefectException) as error:
        log.logger().warning("run not recorded in postgres", run_id=run_id, error=str(error))


def _run(deployment: str, what: str, timeout: float | None = None, **options: Any) -> State:
    """The state in which a flow run of the deployment ends; raises as `Following` does."""
    run = cast("FlowRun", run_deployment(deployment, timeout=0, **options))
    with get_client(sync_client=True) as client:
        return Following(client, configured(), poll_seconds=POLL_SECONDS).end_of(run.id, what, timeout=timeout)


def _show_attempts(name: str, run_id: str, settings: Settings) -> None:
    """An artifact of the stage: every attempt so far and, once there is one, the manifest."""
    try:
        text = stage_markdown(RunRecords(open_lake(settings.lake), run_id), name)
        key = f"pqr-{stage_named(name).writes}"
        _ = create_markdown_artifact(text, key=key, description=f"{name} of run {run_id}")
    except (PqrError, httpx.HTTPError, PrefectException) as error:
        log.logger().warning("attempts not shown in prefect", run_id=run_id, stage=name, error=str(error))
