"""Proves a run: every object's hash, the chain of manifests, the balances, and that Postgres shows the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pqr_common.errors import PqrError
from pqr_common.lake.port import Lake, LakeLocation
from pqr_common.manifest import layout
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.runs import RunRecords
from pqr_common.manifest.values import Manifest, Partition
from pqr_common.process.settings import Settings
from pqr_common.stage.assignment import worker_lake
from pqr_common.stage.discovery import stage_named, warehouse
from pqr_common.stage.executor import Executor
from pqr_common.stage.values import StageInputs, StageOutcome
from pqr_common.tables.digest import content_digest
from pqr_common.tables.parquet import parquet_table

__all__ = ["Report", "verify"]


@dataclass(slots=True)
class Report:
    """What was looked at and what differs; `notes` are worth knowing and no fault."""

    run_id: str
    layers: list[str] = field(default_factory=list)
    objects: int = 0
    bytes: int = 0
    rows: int = 0
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rehash:
    """Reads one object again on a worker; gives the sentence of what differs, or nothing."""

    location: LakeLocation
    is_deep: bool

    def __call__(self, partition: Partition) -> str | None:
        lake = worker_lake(self.location)
        try:
            data = lake.read(partition)
        except PqrError as error:
            return str(error)
        return _content_fault(partition, data) if self.is_deep else None


def verify(run_id: str, *, lake: Lake, settings: Settings, executor: Executor, is_deep: bool) -> Report:
    """Look at everything the run's manifests promise; raises UnknownRun when there is no such run."""
    records = RunRecords(lake, run_id)
    parameters = records.parameters()
    report = Report(run_id)
    manifests = dict(_manifests(records, report))
    report.layers = list(manifests)
    _check_chain(parameters, manifests, report)
    _check_balances(parameters, manifests, report)
    _check_changes(records, manifests, report)
    partitions = [part for manifest in manifests.values() for part in manifest.partitions if part.is_in_lake]
    report.objects, report.bytes = len(partitions), sum(part.bytes for part in partitions)
    report.rows = sum(part.rows for part in partitions)
    report.findings += sorted(filter(None, executor.map(Rehash(settings.lake, is_deep), partitions)))
    _check_postgres(lake, settings, report)
    return report


def _manifests(records: RunRecords, report: Report) -> Iterator[tuple[str, Manifest]]:
    """The readable manifests in order; a damaged one, or one missing below another, is a finding."""
    missing: list[str] = []
    for layer in records.graph().layers:
        try:
            manifest = records.manifest(layer)
        except PqrError as error:
            report.findings.append(str(error))
            continue
        if manifest is None:
            missing.append(layer)
            continue
        if missing:
            report.findings.append(
                f"A layer must stand on those below, found {layer} of run {records.run_id} without "
                f"{', '.join(missing)}: restore their manifests."
            )
            missing.clear()
        yield layer, manifest
    if missing:
        report.notes.append(f"not committed yet: {', '.join(missing)}")


def _check_chain(parameters: RunParameters, manifests: dict[str, Manifest], report: Report) -> None:
    for layer, manifest in manifests.items():
        if manifest.parameters.get("run") != parameters.digest:
            report.findings.append(
                f"The {layer} manifest must be of the run's parameters, found digest "
                f"{str(manifest.parameters.get('run'))[:12]} instead of {parameters.digest[:12]} in "
                f"{layout.manifest_key(report.run_id, layer)}: restore run.json or the manifest."
            )
        for source in manifest.inputs:
            upstream = manifests.get(source.manifest)
            if upstream is not None and upstream.digest != source.digest:
                report.findings.append(
                    f"The {layer} layer must stand on the {source.manifest} manifest it was made from, found digest "
                    f"{upstream.digest[:12]} instead of {source.digest[:12]} in "
                    f"{layout.manifest_key(report.run_id, source.manifest)}: restore that manifest."
                )


def _check_balances(parameters: RunParameters, manifests: dict[str, Manifest], report: Report) -> None:
    """Every stage's own equations, over the rows its manifest states."""
    for manifest in manifests.values():
        if any(source.manifest not in manifests for source in manifest.inputs):
            continue
        stage = stage_named(manifest.stage)
        inputs = StageInputs(report.run_id, parameters, {s.manifest: manifests[s.manifest] for s in manifest.inputs})
        outcome = StageOutcome(inputs, {dataset.name: dataset.partitions for dataset in manifest.datasets})
        report.findings += [
            f"The check {check.name} must hold, found {check.observed} instead of {check.expected} in "
            f"{layout.manifest_key(report.run_id, stage.writes)}: restore that manifest."
            for check in stage.checks(outcome)
            if check.status == "failed" and check.severity == "error"
        ]


def _check_changes(records: RunRecords, manifests: dict[str, Manifest], report: Report) -> None:
    """What each dataset of a run that continues another became: what it was there, and what came and went since."""
    for layer, manifest in manifests.items():
        try:
            before = manifest.continues and RunRecords(records.lake, manifest.continues.manifest).manifest(layer)
        except PqrError as error:
            report.findings.append(str(error))
            continue
        for dataset in manifest.datasets:
            if dataset.change is None:
                continue
            there = before.find(dataset.name) if before else None
            sides = [("grow from", dataset.content_digest, dataset.change.after)]
            if there is not None:
                sides.append(("be, before it grew,", there.content_digest, dataset.change.before))
            report.findings += [
                f"The dataset {layer}/{dataset.name} must {how} what its manifest says, found digest {found} instead "
                f"of {expected} in {layout.manifest_key(report.run_id, layer)}: restore that manifest."
                for how, found, expected in sides
                if found != expected
            ]


def _content_fault(partition: Partition, data: bytes) -> str | None:
    """Whether the rows are those the manifest counts and digests; JSON lines promise their bytes already."""
    if partition.path.endswith(".parquet"):
        found, expected = content_digest(parquet_table(data)), partition.content_digest
    else:
        found, expected = str(data.count(b"\n")), str(partition.rows)
    if found == expected:
        return None
    return (
        f"The rows of {partition.path} must be those of its manifest, found {found} instead of {expected}: "
        f"restore the manifest or run the stage under another run id."
    )


def _check_postgres(lake: Lake, settings: Settings, report: Report) -> None:
    run_id = report.run_id
    if settings.postgres_dsn is None or "load" not in report.layers:
        report.notes.append("Postgres was not compared: the run is not loaded")
        return
    dsn = settings.postgres_dsn.get_secret_value()
    published = warehouse().published(dsn)
    if published != run_id:
        report.notes.append(f"Postgres was not compared: it shows run {published}; see `pqr publish {run_id}`")
        return
    report.findings += warehouse().differences(lake, run_id, dsn)
