"""Runs the stages of a run on a stack, in order, and leaves the story of it in Postgres whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pydantic import SecretStr

from pqr_common.errors import PqrError
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Manifest
from pqr_common.process import log
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import stage_named, warehouse
from pqr_common.stage.driver import Progress, committed, run_stage
from pqr_common.stage.executor import Executor
from pqr_pipeline.embedded.postgres import postgres
from pqr_pipeline.embedded.prefect import prefect_environment
from pqr_pipeline.embedded.servers import EmbeddedServers
from pqr_pipeline.flow.retries import Call, prefect_session, run_flow

__all__ = ["is_finished", "record", "run_pipeline", "run_single_stage", "stages_of"]


def run_pipeline(
    run_id: str, servers: EmbeddedServers, progress: Progress, *, is_published: bool = True
) -> list[Manifest]:
    """The stages of a declared run as one Prefect flow; what is committed already is not done again.

    One that is not to be published is left to Postgres neither to show nor to tell of.
    """
    lake = open_lake(servers.settings.lake)
    with _recorded(lake, run_id, servers.settings) if is_published else contextlib.nullcontext():
        calls = {
            name: _call(
                name, run_id, lake=lake, settings=servers.settings, executor=servers.executor, progress=progress
            )
            for name in stages_of(run_id, lake, is_published=is_published)
        }
        with prefect_session(servers.prefect_url, prefect_environment(servers.settings)):
            return run_flow(run_id, calls)


def stages_of(run_id: str, lake: Lake, *, is_published: bool) -> tuple[str, ...]:
    """The stages of a run in order; the last is the one that publishes."""
    stages = RunRecords(lake, run_id).graph().stages
    return stages if is_published else stages[:-1]


def is_finished(run_id: str, settings: Settings, *, is_published: bool = True) -> bool:
    """Whether its stages are committed and Postgres shows the run; starts nothing but Postgres, and that last.

    For one that is not to be published what Postgres shows is of no matter.
    """
    lake = open_lake(settings.lake)
    stages = stages_of(run_id, lake, is_published=is_published)
    if len(RunRecords(lake, run_id).manifests()) < len(stages):
        return False
    if not is_published:
        return True
    with postgres(settings) as dsn:
        ready = settings.with_(postgres_dsn=SecretStr(dsn))
        return all(committed(stage_named(name), run_id, lake=lake, settings=ready) is not None for name in stages)


def run_single_stage(name: str, run_id: str, *, settings: Settings, executor: Executor, progress: Progress) -> Manifest:
    """One stage of a declared run, without Prefect."""
    lake = open_lake(settings.lake)
    with _recorded(lake, run_id, settings):
        return _call(name, run_id, lake=lake, settings=settings, executor=executor, progress=progress)()


def record(lake: Lake, run_id: str, settings: Settings) -> None:
    """Tell Postgres the story of a run; a Postgres that is away must not hide what happened to the run."""
    if settings.postgres_dsn is None:
        return
    try:
        warehouse().record(lake, run_id, settings.postgres_dsn.get_secret_value())
    except PqrError as error:
        log.logger().warning("run not recorded in postgres", run_id=run_id, error=str(error))


def _call(name: str, run_id: str, *, lake: Lake, settings: Settings, executor: Executor, progress: Progress) -> Call:
    def call() -> Manifest:
        return run_stage(stage_named(name), run_id, lake=lake, settings=settings, executor=executor, progress=progress)

    return call


@contextlib.contextmanager
def _recorded(lake: Lake, run_id: str, settings: Settings) -> Iterator[None]:
    try:
        yield
    finally:
        record(lake, run_id, settings)
