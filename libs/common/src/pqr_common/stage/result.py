"""What an attempt ends in: the manifest of what was made, and the digest of all that it was made from."""

from __future__ import annotations

import socket
from dataclasses import replace
from importlib import metadata
from typing import Any

from pqr_common.canonical import canonical_json, sha256_hex
from pqr_common.manifest.values import Dataset, Manifest, Source, schema_fields
from pqr_common.stage.attempt import StageRun, now
from pqr_common.stage.declaration import Stage
from pqr_common.stage.discovery import sources
from pqr_common.stage.values import StageInputs, StageOutcome
from pqr_common.tables.contract import Contract

__all__ = ["made_from", "manifest_of"]


def manifest_of(run: StageRun, outcome: StageOutcome) -> Manifest:
    """What was made, with its origin; not yet committed."""
    stage, inputs = run.stage, outcome.inputs
    produced = (*stage.mirrors(inputs), *(_described(contract) for contract in stage.produces))
    datasets = [
        replace(found, partitions=tuple(sorted(outcome.partitions.get(found.name, ()), key=lambda part: part.key)))
        for found in produced
    ]
    return Manifest(
        run_id=inputs.run_id,
        layer=stage.writes,
        parameters={"run": inputs.parameters.digest} | stage.fingerprint(run.settings),
        inputs=_sources(inputs),
        datasets=tuple(datasets),
        checks=run.checks,
        code=_code(stage),
        recorded={"committed_at": now(), "host": socket.gethostname()},
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


def _code(stage: Stage) -> dict[str, str]:
    version = metadata.version(stage.package.replace("_", "-"))
    return {"service": stage.name, "version": version, "source": sources(stage)[stage.package][:16]}


def made_from(run: StageRun, inputs: StageInputs) -> str:
    """A digest of all that any task's result depends on besides its own inputs."""
    upstream = [[source.manifest, source.digest] for source in _sources(inputs)]
    given: list[Any] = [inputs.parameters.to_json(), upstream, sources(run.stage), run.stage.fingerprint(run.settings)]
    return sha256_hex(canonical_json(given))
