"""The one loop that carries out any stage: read, validate, plan, map, check, commit, report.

If no manifest was put, nothing happened: data objects have deterministic names and are written again or, when
their receipt still holds, kept. Everything that touches the world for a stage passes through here.
"""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.errors import ContractBroken, PqrError, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.runs import Attempt, RunRecords
from pqr_common.manifest.values import Check, Dataset, Manifest, Partition, Source, schema_fields
from pqr_common.process import log
from pqr_common.process.metrics import StageMetrics
from pqr_common.process.settings import Settings
from pqr_common.stage.declaration import ExchangeRef, Phase, Stage, StageInputs, StageOutcome, Task
from pqr_common.stage.discovery import source_digest
from pqr_common.stage.executor import Executor
from pqr_common.stage.receipts import Verdict
from pqr_common.stage.worker import Assignment, TaskResult, perform
from pqr_common.tables.contract import unmet

__all__ = ["Progress", "StageRun", "committed", "committed_layers", "run_stage"]

Progress = Callable[[str, str, int, int], None]  # stage, phase, tasks done, tasks in all


def _silent(stage: str, phase: str, done: int, total: int) -> None:
    pass


@dataclass(slots=True)
class StageRun:
    """One attempt of one stage and what it has done so far."""

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


def run_stage(
    stage: Stage,
    run_id: str,
    *,
    lake: Lake,
    settings: Settings,
    executor: Executor,
    progress: Progress = _silent,
) -> Manifest:
    """Bring one stage of a run to its committed manifest and return it; a committed one is returned at once."""
    done = committed(stage, run_id, lake=lake, settings=settings)
    if done is not None:
        log.get().info("stage already committed", stage=stage.name, run_id=run_id, digest=done.digest)
        return done
    records = RunRecords(lake, run_id)
    inputs = StageInputs(run_id, records.parameters(), {name: records.upstream(name) for name in stage.reads})
    return _attempted(StageRun(stage, records, settings, executor, progress, StageMetrics(stage.name)), inputs)


def committed(stage: Stage, run_id: str, *, lake: Lake, settings: Settings) -> Manifest | None:
    """The stage's manifest if there is nothing left to do: it was made from what is upstream now, and it stands."""
    records = RunRecords(lake, run_id)
    records.parameters()
    done = records.manifest(stage.writes)
    if done is None:
        return None
    if done.inputs != tuple(Source(name, records.upstream(name).digest) for name in sorted(stage.reads)):
        raise UpstreamBroken(
            f"What {stage.name} read must not change after it committed, found other digests upstream of "
            f"{layout.manifest_key(run_id, stage.writes)}: run `pqr verify {run_id}`."
        )
    return done if stage.stands(run_id, settings) else None


def _attempted(run: StageRun, inputs: StageInputs) -> Manifest:
    stage = run.stage
    attempt = run.records.claim(stage.name, started_at=_now(), host=socket.gethostname())
    run.records.close_lost(attempt)
    _count_retry(run, attempt)
    started = time.perf_counter()
    run.metrics.started()
    try:
        manifest = _worked(run, inputs, attempt)
    except BaseException as error:
        _close(run, attempt, "failed", started, error)
        raise
    _close(run, attempt, "completed", started, None)
    _sweep(run)
    return manifest


def _worked(run: StageRun, inputs: StageInputs, attempt: Attempt) -> Manifest:
    stage = run.stage
    stage.validate(inputs.parameters)
    _refuse_unmet(stage, inputs)
    if stage.prepare:
        stage.prepare(inputs, run.settings)
    made_from = _made_from(run, inputs)
    for phase in stage.phases:
        _map(run, phase, replace(inputs, previous=dict(run.exchanges)), made_from)
    outcome = StageOutcome(inputs, {name: tuple(parts) for name, parts in run.partitions.items()})
    run.checks = tuple(stage.checks(outcome))
    _refuse_failed(run)
    run.records.refuse_fenced(attempt)
    if stage.commit:
        run.checks += tuple(stage.commit(outcome, run.settings))
        _refuse_failed(run)
    return run.records.commit(_manifest(run, outcome))


def _map(run: StageRun, phase: Phase, inputs: StageInputs, made_from: str) -> None:
    """One phase: plan its tasks, run them wherever the executor runs, keep what they report."""
    tasks = phase.plan(inputs)
    assignment = Assignment(run.stage, phase, inputs.run_id, inputs.parameters, run.settings, made_from)
    exchanges: list[ExchangeRef] = []
    run.progress(run.stage.name, phase.name, 0, len(tasks))
    for number, result in enumerate(run.executor.map(Work(assignment), tasks), start=1):
        for partition in result.partitions:
            run.partitions[partition.dataset].append(partition)
        exchanges += result.exchanges
        _report(run, phase, result)
        run.progress(run.stage.name, phase.name, number, len(tasks))
    run.exchanges[phase.name] = tuple(sorted(exchanges, key=lambda ref: (ref.name, ref.task)))


@dataclass(frozen=True, slots=True)
class Work:
    """`perform` with its assignment: a value, so that it pickles small and names itself in Dask's dashboard."""

    assignment: Assignment

    def __call__(self, task: Task) -> TaskResult:
        return perform(self.assignment, task)


def _report(run: StageRun, phase: Phase, result: TaskResult) -> None:
    run.tasks += 1
    run.tasks_reused += result.verdict is Verdict.UNCHANGED
    written = sum(part.bytes for part in result.partitions)
    run.metrics.task_done(outcome=result.verdict, bytes_read=result.bytes_read, bytes_written=written)
    for part in result.partitions:
        run.metrics.rows(part.dataset, accepted=part.rows, rejected=part.rejected)
    log.get().info(
        "task done",
        stage=run.stage.name,
        run_id=run.records.run_id,
        phase=phase.name,
        task=result.task,
        seconds=round(result.seconds, 3),
        verdict=result.verdict,
        rows_read=result.rows_read,
        rows_written=sum(part.rows for part in result.partitions),
    )


def _refuse_unmet(stage: Stage, inputs: StageInputs) -> None:
    """Raise UpstreamBroken, before any compute, unless every required column is on offer upstream."""
    offered = {d.name: (layer, d) for layer, m in inputs.manifests.items() for d in m.datasets}
    for required in stage.requires:
        layer, dataset = offered.get(required.dataset, ("", None))
        lacking = unmet(required, dataset) if dataset else ["the dataset itself"]
        if lacking:
            raise UpstreamBroken(
                f"The stage {stage.name} must find its columns upstream, found no {', '.join(lacking)} in "
                f"{layer}/{required.dataset} of run {inputs.run_id}: run the upstream stage of the same version."
            )


def _refuse_failed(run: StageRun) -> None:
    for check in run.checks:
        run.metrics.checked(check.name, check.status)
    failed = [check for check in run.checks if check.status == "failed" and check.severity == "error"]
    if failed:
        worded = "; ".join(f"{c.name} must be {c.expected} and is {c.observed}" for c in failed)
        raise ContractBroken(
            f"The checks of {run.stage.name} must hold, found {worded} in run {run.records.run_id}: "
            f"nothing was committed; correct the stage or its input."
        )


def _manifest(run: StageRun, outcome: StageOutcome) -> Manifest:
    stage, inputs = run.stage, outcome.inputs
    parameters: dict[str, Any] = {"run": inputs.parameters.digest} | stage.fingerprint(run.settings)
    datasets = tuple(
        Dataset(
            name=contract.dataset,
            grain=contract.grain,
            schema=schema_fields(contract.schema),
            partitions=tuple(sorted(outcome.partitions.get(contract.dataset, ()), key=lambda part: part.key)),
        )
        for contract in stage.produces
    )
    return Manifest(
        run_id=inputs.run_id,
        stage=stage.writes,
        parameters=parameters,
        inputs=_sources(inputs),
        datasets=datasets,
        checks=run.checks,
        code=_code(stage),
        recorded={"committed_at": _now(), "host": socket.gethostname()},
    )


def _sources(inputs: StageInputs) -> tuple[Source, ...]:
    return tuple(Source(name, manifest.digest) for name, manifest in sorted(inputs.manifests.items()))


def _code(stage: Stage) -> dict[str, str]:
    version = metadata.version(stage.package.replace("_", "-"))
    return {"service": stage.name, "version": version, "source": source_digest(stage.package)[:16]}


def _made_from(run: StageRun, inputs: StageInputs) -> str:
    upstream = [[source.manifest, source.digest] for source in _sources(inputs)]
    code = [source_digest(run.stage.package), source_digest("pqr_common")]
    return sha256_hex(
        canonical_json([inputs.parameters.to_json(), upstream, code, run.stage.fingerprint(run.settings)])
    )


def _count_retry(run: StageRun, attempt: Attempt) -> None:
    if attempt.number > 1:
        before = list(run.records.attempts(run.stage.name))[attempt.number - 2]
        run.metrics.retried(before.error_type or before.state)


def _close(run: StageRun, attempt: Attempt, state: str, started: float, error: BaseException | None) -> None:
    """Record how the attempt ended; a lake that is gone must not hide the error that came first."""
    seconds = time.perf_counter() - started
    rows = sum(part.rows for parts in run.partitions.values() for part in parts)
    written = sum(part.bytes for parts in run.partitions.values() for part in parts)
    try:
        run.records.close(
            attempt,
            state=state,
            finished_at=_now(),
            seconds=f"{seconds:.3f}",
            tasks=run.tasks,
            tasks_reused=run.tasks_reused,
            rows=rows,
            bytes=written,
            checks=tuple(asdict(c) for c in run.checks),
            error_type=type(error).__name__ if error else None,
            error=str(error) if error else None,
        )
    except PqrError as lost:
        log.get().warning("attempt not recorded", stage=run.stage.name, run_id=run.records.run_id, error=str(lost))
    run.metrics.ended(status=state, seconds=seconds, now=time.time())
    log.get().info(
        "stage ended",
        stage=run.stage.name,
        run_id=run.records.run_id,
        state=state,
        attempt=attempt.number,
        seconds=round(seconds, 3),
        rows=rows,
        bytes=written,
        error=str(error) if error else None,
    )


def _sweep(run: StageRun) -> None:
    """Delete the exchange of a committed stage; what a crash leaves here, `pqr doctor` names."""
    for refs in run.exchanges.values():
        for ref in refs:
            run.records.lake.delete(ref.path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def committed_layers(lake: Lake, run_id: str) -> Mapping[str, Manifest]:
    """The manifests a run has so far, by layer, in the order of the pipeline."""
    records = RunRecords(lake, run_id)
    found = {writes: records.manifest(writes) for writes in layout.STAGE_WRITES.values()}
    return {writes: manifest for writes, manifest in found.items() if manifest is not None}
