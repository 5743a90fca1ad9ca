"""`python -m pqr_pipeline.containers.deployments`: Prefect's pools, deployments and automations, once or again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from pqr_common.errors import InvalidSettings
from pqr_common.process import log
from pqr_common.process.entry import configured, ended
from pqr_common.stage.discovery import installed_graph
from pqr_pipeline.containers.deployed import Deployed, deployed
from pqr_pipeline.containers.serve import PIPELINE, PREFECT_DEFAULTS
from pqr_pipeline.flow.live import inbox_speed
from pqr_pipeline.flow.retries import prefect_session
from pqrs import calendar

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.events.schemas.automations import AutomationCore

__all__ = ["AUTOMATIONS", "bootstrap", "main"]

FLOWS = "pqr_pipeline.containers.flows"
COMMAND = "python -m prefect.engine"  # the flows are installed: no workspace needs to be made for a run
HEARTBEAT = "prefect.flow-run.heartbeat"
HEARTBEAT_WITHIN = timedelta(seconds=90)  # three beats; PQR_REAP_AFTER_SECONDS says otherwise
START_WITHIN = timedelta(minutes=5)
AUTOMATIONS = {
    # Whoever beat once must beat again, and who took a run must start it, or else the process behind it is gone.
    "pqr: reap runs whose process is gone": (HEARTBEAT, HEARTBEAT_WITHIN),
    "pqr: reap runs that were taken and never started": ("prefect.flow-run.Pending", START_WITHIN),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring Prefect to what `deployed` says."""
    return ended(deploy, arguments, program="python -m pqr_pipeline.containers.deployments")


@click.command()
@inbox_speed
def deploy(*, speed: int | None) -> None:
    """Bring Prefect's pools, deployments and automations about, once or again."""
    settings = configured()
    url = settings.api_url or os.environ.get("PREFECT_API_URL")
    if not url:
        raise InvalidSettings("PREFECT_API_URL must say where Prefect's API is, found none: set it.")
    with prefect_session(url, {name: os.environ.get(name, value) for name, value in PREFECT_DEFAULTS.items()}):
        bootstrap(timedelta(seconds=settings.reap_after_seconds), inbox_speed=speed)


def bootstrap(silence: timedelta = HEARTBEAT_WITHIN, *, inbox_speed: int | None = None) -> None:
    """Make or mend pools, deployments and automations; what a person switched on or off stays so.

    A run whose process has not been heard of for `silence` is reaped. The schedule of the live inbox is what
    `inbox_speed` (seconds per day) says now.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        for pool in (*installed_graph().stages, PIPELINE):
            _bring_pool(client, pool)
        for item in deployed(inbox_speed):
            _bring_deployment(client, item)
        for name, (after, within) in AUTOMATIONS.items():
            _bring_automation(client, reaper(name, after, silence if after == HEARTBEAT else within))


def reaper(name: str, after: str, within: timedelta) -> AutomationCore:
    """Crash a flow run that is silent for `within` after an event; its parent then tries again or ends."""
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    run = "prefect.flow-run.*"
    return AutomationCore(
        name=name,
        trigger=EventTrigger(
            after={after},
            expect={run},
            match={"prefect.resource.id": run},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=within,
        ),
        actions=[
            ChangeFlowRunState(
                name=None,
                state=StateType.CRASHED,
                message=f"Nothing was heard of the process for {within.seconds} s.",
                force=False,
            )
        ],
    )


def _bring_pool(client: SyncPrefectClient, name: str) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    try:
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))
    except ObjectAlreadyExists:
        log.logger().info("work pool is there", pool=name)


def _bring_deployment(client: SyncPrefectClient, item: Deployed) -> None:
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
    from prefect.utilities.callables import parameter_schema
    from prefect.utilities.importtools import import_object

    entrypoint = f"{FLOWS}.{item.flow}"
    flow = import_object(entrypoint)
    there = _found(client, item)
    client.create_deployment(
        client.create_flow(flow),
        item.name,
        entrypoint=entrypoint,
        work_pool_name=item.pool,
        parameters=item.parameters,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=False,
        job_variables={"command": COMMAND},
        description=flow.__doc__,
        paused=there.paused if there else None,
        schedules=_schedules(item, there),
        concurrency_limit=1 if item.is_alone else None,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
    )


def _found(client: SyncPrefectClient, item: Deployed) -> DeploymentResponse | None:
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_deployment_by_name(item.full_name)
    except ObjectNotFound:
        return None


def _schedules(item: Deployed, there: DeploymentResponse | None) -> list[DeploymentScheduleCreate]:
    """An interval as it is now; else those that are there, as they are, or a new one, switched off."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule

    if item.is_alone:
        intervals = [IntervalSchedule(interval=timedelta(seconds=item.every))] if item.every else []
        return [DeploymentScheduleCreate(schedule=interval, active=True) for interval in intervals]
    if there:
        return [
            DeploymentScheduleCreate(schedule=s.schedule, active=s.active, parameters=s.parameters)
            for s in there.schedules
        ]
    crons = [CronSchedule(cron=item.cron, timezone=calendar.TIMEZONE)] if item.cron else []
    return [DeploymentScheduleCreate(schedule=cron, active=False) for cron in crons]


def _bring_automation(client: SyncPrefectClient, wanted: AutomationCore) -> None:
    found = client.read_automations_by_name(wanted.name)
    if found:
        client.update_automation(found[0].id, wanted)
    else:
        client.create_automation(wanted)


if __name__ == "__main__":
    raise SystemExit(main())
