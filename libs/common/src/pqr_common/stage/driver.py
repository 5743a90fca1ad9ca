"""The one loop that carries out any stage: read, validate, plan, map, check, commit, report.

If no manifest was put, nothing happened: what was made under way is kept where its receipt still holds, and made again
where it does not. Everything that touches the world for a stage passes through here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pqr_common.errors import ContractBroken, UpstreamBroken
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.attempts import Attempt
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Manifest
from pqr_common.process import log
from pqr_common.process.metrics import StageMetrics
from pqr_common.process.settings import Settings
from pqr_common.stage.assignment import Assignment
from pqr_common.stage.attempt import Progress, StageRun
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.executor import Executor
from pqr_common.stage.gate import refuse_outlived, refuse_shut_gate
from pqr_common.stage.result import code_of, depends_on, manifest_of
from pqr_common.stage.values import ExchangeRef, StageInputs, StageOutcome, Task
from pqr_common.stage.worker import TaskResult, perform
from pqr_common.tables.contract import unmet

__all__ = ["Progress", "committed", "inputs_of", "run_stage"]


def _silent(stage: str, phase: str, *, done: int, total: int) -> None:
    pass


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
    records = RunRecords(lake, run_id)
    done = committed(stage, run_id, lake=lake, settings=settings)
    if done is not None:
        log.logger().info("stage already committed", stage=stage.name, run_id=run_id, digest=done.digest)
        return done
    inputs_of(stage, records)  # what cannot begin is no attempt
    run = StageRun(stage, records, settings, executor, progress, StageMetrics(stage.name))
    attempt = run.open()
    try:
        refuse_shut_gate(lake)
        inputs = inputs_of(stage, records)  # read again: only from now on nothing is removed
        inputs = replace(inputs, base=_base(stage, records, inputs, settings=settings))
        try:
            manifest = _worked(run, inputs, attempt)
        except UpstreamBroken:
            records.refuse_fenced(attempt)  # a newer one that has ended took away what lay between the phases
            raise
    except BaseException as error:
        run.close(attempt, "failed", error)
        raise
    run.close(attempt, "completed")
    for refs in run.exchanges.values():
        for ref in refs:
            lake.delete(ref.path)
    return manifest


def committed(stage: Stage, run_id: str, *, lake: Lake, settings: Settings) -> Manifest | None:
    """The stage's manifest if there is nothing left to do: it was made from what is upstream now, and it stands."""
    records = RunRecords(lake, run_id)
    records.parameters()
    done = records.manifest(stage.writes)
    if done is None:
        return None
    if any(records.upstream(source.manifest).digest != source.digest for source in done.inputs):
        raise UpstreamBroken(
            f"What {stage.name} read must not change after it committed, found other digests upstream of "
            f"{layout.manifest_key(run_id, stage.writes)}: run `pqr verify {run_id}`."
        )
    return done if stage.stands(run_id, settings) else None


def inputs_of(stage: Stage, records: RunRecords) -> StageInputs:
    """The parameters of the run and the manifests the stage reads; raises UpstreamBroken for one that is not there."""
    layers = tuple(stage.requires)
    if layers == (EVERY_LAYER,):
        layers = tuple(layer for layer in records.graph().layers if layer != stage.writes)
    manifests = {layer: records.upstream(layer) for layer in sorted(layers)}
    return StageInputs(records.run_id, records.parameters(), manifests)


def _worked(run: StageRun, inputs: StageInputs, attempt: Attempt) -> Manifest:
    stage, records = run.stage, run.records
    stage.validate(inputs.parameters)
    _refuse_unmet(stage, inputs)
    if stage.prepare:
        stage.prepare(inputs, run.settings)
    for phase in stage.phases:
        _map(run, phase, replace(inputs, previous=dict(run.exchanges)))
    kept = {name: inputs.base[stage.writes].dataset(name).partitions for name in stage.keeps if inputs.base}
    names = {**kept, **run.partitions}
    outcome = StageOutcome(inputs, {name: (*kept.get(name, ()), *run.partitions.get(name, ())) for name in names})
    run.checks = tuple(stage.checks(outcome))
    _refuse_failed(run)
    records.refuse_fenced(attempt)
    manifest = manifest_of(run, outcome)
    records.refuse_conflict(manifest)
    if stage.commit:
        run.checks += tuple(stage.commit(outcome, run.settings))
        _refuse_failed(run)
    made = [part for parts in run.partitions.values() for part in parts]
    records.lake.settle(part.path for part in made if part.is_in_lake)
    refuse_outlived(attempt)
    records.refuse_fenced(attempt)
    return records.commit(replace(manifest, checks=run.checks))


def _base(stage: Stage, records: RunRecords, inputs: StageInputs, *, settings: Settings) -> dict[str, Manifest]:
    """The manifests that this stage may go on from, by layer; none where anything is not as it was there.

    They must be made by the code and settings of now, and what they stand on must be part of what is upstream now.
    """
    named = records.continues() if stage.continues else None
    if named is None:
        return {}
    before = RunRecords(records.lake, named)
    try:
        found = {layer: before.manifest(layer) for layer in (*inputs.manifests, stage.writes)}
    except UpstreamBroken:
        return {}
    there = {layer: manifest for layer, manifest in found.items() if manifest is not None}
    own = there.get(stage.writes)
    if own is None or len(there) < len(found) or own.code != code_of(stage):
        return {}
    fingerprint = {name: value for name, value in own.parameters.items() if name != "run"}
    is_grown = all(_parts(there[layer]) <= _parts(manifest) for layer, manifest in inputs.manifests.items())
    return there if is_grown and fingerprint == stage.fingerprint(settings) else {}


def _parts(manifest: Manifest) -> set[tuple[str, str, str, int]]:
    return {part.identity for part in manifest.partitions}


def _map(run: StageRun, phase: Phase, inputs: StageInputs) -> None:
    """One phase: plan its tasks, run them wherever the executor runs, keep what they report."""
    tasks = phase.plan(inputs)
    seen = {name: getattr(run.settings, name) for name in run.stage.settings}
    origin = depends_on(run, phase, inputs)
    assignment = Assignment(run.stage, phase, inputs.run_id, inputs.parameters, run.settings.lake, seen, origin)
    exchanges: list[ExchangeRef] = []
    run.progress(run.stage.name, phase.name, done=0, total=len(tasks))
    for number, result in enumerate(run.executor.map(Work(assignment), tasks), start=1):
        exchanges += result.exchanges
        run.task_done(phase, result)
        run.progress(run.stage.name, phase.name, done=number, total=len(tasks))
    run.exchanges[phase.name] = tuple(sorted(exchanges, key=lambda ref: (ref.name, ref.task)))


@dataclass(frozen=True, slots=True)
class Work:
    """`perform` with its assignment: a value, so that it pickles small and names itself in Dask's dashboard."""

    assignment: Assignment

    def __call__(self, task: Task) -> TaskResult:
        return perform(self.assignment, task)


def _refuse_unmet(stage: Stage, inputs: StageInputs) -> None:
    """Raise UpstreamBroken, before any compute, unless every required column is on offer upstream."""
    for layer, manifest in inputs.manifests.items():
        for required in stage.requires_of(layer):
            offered = manifest.find(required.dataset)
            if offered is None and EVERY_LAYER in stage.requires:
                continue
            lacking = unmet(required, offered) if offered else ["the dataset itself"]
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
