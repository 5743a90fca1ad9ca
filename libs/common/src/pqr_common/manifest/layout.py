"""Where things lie in the lake. Pure: names in, keys out."""

from __future__ import annotations

__all__ = [
    "attempt_key",
    "data_key",
    "exchange_key",
    "manifest_key",
    "receipt_key",
    "run_key",
    "stage_prefixes",
]

NAME_DIGITS = 16  # of the SHA-256 that names an object


def run_key(run_id: str) -> str:
    return f"manifests/{run_id}/run.json"


def manifest_key(run_id: str, layer: str) -> str:
    return f"manifests/{run_id}/{layer}.json"


def attempt_key(run_id: str, stage: str, number: int) -> str:
    return f"manifests/{run_id}/attempts/{stage}/{number}.json"


def receipt_key(run_id: str, *, stage: str, phase: str, task: str) -> str:
    return f"manifests/{run_id}/receipts/{stage}/{phase}/{task}.json"


def data_key(dataset: str, run_id: str, *, name: str, sha256: str) -> str:
    """`dataset` is `layer/name`, `name` has its extension. Other bytes have another key: none is ever overwritten."""
    stem, _, extension = name.rpartition(".")
    return f"{dataset}/run={run_id}/{stem}-{sha256[:NAME_DIGITS]}.{extension}"


def exchange_key(layer: str, run_id: str, *, name: str, sha256: str) -> str:
    return data_key(f"{layer}/_exchange", run_id, name=f"{name}.arrow", sha256=sha256)


def stage_prefixes(layer: str, run_id: str, datasets: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes that hold only objects of this layer and run."""
    return (*(f"{layer}/{dataset}/run={run_id}" for dataset in datasets), f"{layer}/_exchange/run={run_id}")
