"""The order of the stages as a Prefect flow, and when a stage is tried again: the same embedded and in a stack."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pqr_common import errors
from pqr_common.errors import PqrError, Transient
from pqr_common.manifest.values import Manifest

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

__all__ = ["Call", "outcome", "prefect_session", "raise_ended", "run_flow", "stage_task"]

STAGE_RETRIES = 3
FIRST_RETRY_SECONDS = 2  # doubled each time
RETRY_JITTER = 0.5
LAST_WORDS_SECONDS = 2.0

T = TypeVar("T")
Call = Callable[[], Manifest]


@contextlib.contextmanager
def prefect_session(url: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Point Prefect at a server. Its settings are read at import, so the environment comes first.

    What was to be told to the server is told before this ends: when it is gone, every word is tried for a minute.
    """
    before = os.environ.get("PREFECT_API_URL")
    os.environ.update(environment)
    os.environ["PREFECT_API_URL"] = url
    try:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with temporary_settings({PREFECT_API_URL: url}):
            yield
    finally:
        if worker := sys.modules.get("prefect.events.worker"):
            worker.EventsWorker.drain_all(timeout=LAST_WORDS_SECONDS)
        os.environ.pop("PREFECT_API_URL", None)  # another thread's session may have ended first
        os.environ.update({"PREFECT_API_URL": before} if before else {})


def stage_task(name: str, call: Callable[[], T]) -> Callable[[], T]:
    """A stage as a task of its name; a retryable error is tried again, with growing and jittered delays."""
    from prefect import task
    from prefect.cache_policies import NO_CACHE
    from prefect.tasks import exponential_backoff

    def is_retryable(_task: Task[..., Any], _run: TaskRun, state: State) -> bool:
        error = state.result(raise_on_failure=False)
        return isinstance(error, PqrError) and error.is_retryable

    @task(
        name=name,
        retries=STAGE_RETRIES,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_SECONDS),
        retry_jitter_factor=RETRY_JITTER,
        retry_condition_fn=is_retryable,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def stage() -> T:
        return call()

    return stage


def run_flow(run_id: str, stages: Mapping[str, Call]) -> list[Manifest]:
    """Run the stages in the order given; an error that is not retryable, or once too often, ends the flow."""
    from prefect import flow

    @flow(name="pqr", flow_run_name=run_id, validate_parameters=False, persist_result=False)
    def pqr() -> list[Manifest]:
        return [stage_task(name, call)() for name, call in stages.items()]

    return pqr()


def outcome(body: Callable[[], object]) -> State:
    """Do what a flow does and tell how it ended in a state that names the error: it travels, exceptions do not."""
    from prefect.states import Completed, Failed

    try:
        body()
    except PqrError as error:
        return Failed(name=type(error).__name__, message=str(error))
    return Completed()


def raise_ended(state: State | None, what: str) -> None:
    """Return when the state says completed; otherwise raise the error it names, as it was raised elsewhere."""
    if state is not None and state.is_completed():
        return
    name, said = (state.name or "", state.message or "no word") if state else ("Unknown", "no state")
    if name in errors.__all__:
        kind: type[PqrError] = getattr(errors, name)
        raise kind(said)
    if state is None or state.is_crashed() or not state.is_final():
        raise Transient(f"The process of {what} must live until it has ended, found {said!r}: run `pqr retry`.")
    raise PqrError(f"The run of {what} must be completed, found {name}, {said!r}: see it in Prefect.")
