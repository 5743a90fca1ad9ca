"""The order of the stages as a Prefect flow: each stage is a task with retries of its own. Owns `prefect`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping

from pqr_common.errors import PqrError
from pqr_common.manifest import Manifest

__all__ = ["prefect_session", "run_flow"]

STAGE_RETRIES = 3
FIRST_RETRY_SECONDS = 2  # doubled each time
RETRY_JITTER = 0.5

Call = Callable[[], Manifest]


@contextlib.contextmanager
def prefect_session(url: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Point Prefect at a server. Its settings are read at import, so the environment comes first."""
    os.environ.update(environment)
    os.environ["PREFECT_API_URL"] = url
    try:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with temporary_settings({PREFECT_API_URL: url}):
            yield
    finally:
        del os.environ["PREFECT_API_URL"]


def run_flow(run_id: str, stages: Mapping[str, Call]) -> list[Manifest]:
    """Run the stages in the order given; a retryable error is tried again, any other ends the flow and is raised."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task, exponential_backoff

    def is_retryable(_task: Task, _run: TaskRun, state: State) -> bool:  # type: ignore[type-arg]
        error = state.result(raise_on_failure=False)
        return isinstance(error, PqrError) and error.is_retryable

    @task(
        retries=STAGE_RETRIES,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_SECONDS),
        retry_jitter_factor=RETRY_JITTER,
        retry_condition_fn=is_retryable,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def stage(name: str) -> Manifest:
        return stages[name]()

    @flow(name="pqr", flow_run_name=run_id, validate_parameters=False, persist_result=False)
    def pqr() -> list[Manifest]:
        return [stage.with_options(name=name)(name) for name in stages]

    return pqr()
