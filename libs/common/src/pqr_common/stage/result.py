"""What an attempt ends in: the manifest of what was made, what it grew out of, and what work depends on."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import replace
from importlib import metadata
from typing import Any

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.manifest.values import Change, Dataset, Manifest, Partition, Source, schema_fields
from pqr_common.stage.attempt import StageRun, now
from pqr_common.stage.declaration import Phase, Stage
from pqr_common.stage.discovery import sources
from pqr_common.stage.values import StageInputs, StageOutcome
from pqr_common.tables.contract import Contract
from pqr_common.tables.totals import total_digest

__all__ = ["code_of", "depends_on", "manifest_of"]

DIGITS = 16  # of a digest, enough to tell one code from another


def manifest_of(run: StageRun, outcome: StageOutcome) -> Manifest:
    """What was made, with its origin; not yet committed."""
    stage, inputs = run.stage, outcome.inputs
    produced = (*stage.mirrors(inputs), *(_described(contract) for contract in stage.produces))
    before = inputs.base.get(stage.writes)
    datasets = [
        _grown(replace(found, partitions=_in_order(outcome.partitions.get(found.name, ()))), before)
        for found in produced
    ]
    return Manifest(
        run_id=inputs.run_id,
        layer=stage.writes,
        parameters={"run": inputs.parameters.digest} | stage.fingerprint(run.settings),
        inputs=_sources(inputs),
        datasets=tuple(datasets),
        checks=run.checks,
        code=code_of(stage),
        recorded={"committed_at": now(), "host": socket.gethostname()},
        continues=Source(before.run_id, before.digest) if before else None,
    )


def _described(contract: Contract) -> Dataset:
    """What a manifest tells of a dataset, so that its readers need not know the contract."""
    return Dataset(
        name=contract.dataset,
        grain=contract.grain,
        schema=schema_fields(contract.schema),
        partitions=(),
        key=contract.key,
        made_from=contract.made_from,
        warehouse=contract.warehouse,
    )


def _sources(inputs: StageInputs) -> tuple[Source, ...]:
    return tuple(Source(layer, manifest.digest) for layer, manifest in sorted(inputs.manifests.items()))


def code_of(stage: Stage) -> dict[str, str]:
    """Which code made it: the stage's own sources, and all that take part."""
    version, taking_part = metadata.version(stage.package.replace("_", "-")), sources(stage)
    return {
        "service": stage.name,
        "version": version,
        "source": taking_part[stage.package][:DIGITS],
        "sources": sha256_hex(canonical_json(taking_part))[:DIGITS],
    }


def depends_on(run: StageRun, phase: Phase, inputs: StageInputs) -> str:
    """A digest of all that the result of any task of a phase depends on besides its own inputs and arguments."""
    parameters = inputs.parameters.to_json()
    if phase.parameters is not None:
        parameters = {name: parameters[name] for name in phase.parameters}
    given: list[Any] = [parameters, sources(run.stage), run.stage.fingerprint(run.settings)]
    return sha256_hex(canonical_json(given))


def _in_order(partitions: Iterable[Partition]) -> tuple[Partition, ...]:
    return tuple(sorted(partitions, key=lambda part: (part.key, part.sign)))


def _grown(made: Dataset, manifest_before: Manifest | None) -> Dataset:
    """The dataset with what came to that of the run before, and what went."""
    before = manifest_before.find(made.name) if manifest_before else None
    if before is None:
        return made
    there, here = ({part.identity: part for part in dataset.partitions} for dataset in (before, made))
    # What is no longer named is gone like what is taken back, and a row that is taken back no longer is there again.
    differing = [(part.sign, part) for name, part in here.items() if name not in there]
    differing += [(-part.sign, part) for name, part in there.items() if name not in here]
    added, removed = (total_digest(p.content_digest for s, p in differing if s == sign) for sign in (1, -1))
    return replace(made, change=Change(before.content_digest, added, removed))
