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

STAGE_WRITES = {"generator": "raw", "bronze": "bronze", "silver": "silver", "gold": "gold", "loader": "load"}


def run_key(run_id: str) -> str:
    return f"manifests/{run_id}/run.json"


def manifest_key(run_id: str, writes: str) -> str:
    """`writes` is the layer a stage makes: raw, bronze, silver, gold or load."""
    return f"manifests/{run_id}/{writes}.json"


def attempt_key(run_id: str, stage: str, number: int) -> str:
    return f"manifests/{run_id}/attempts/{stage}/{number}.json"


def receipt_key(run_id: str, stage: str, phase: str, task: str) -> str:
    return f"manifests/{run_id}/receipts/{stage}/{phase}/{task}.json"


def data_key(writes: str, dataset: str, run_id: str, key: str) -> str:
    return f"{writes}/{dataset}/run={run_id}/{key}.parquet"


def exchange_key(writes: str, run_id: str, phase: str, name: str, task: str) -> str:
    return f"{writes}/_exchange/run={run_id}/{phase}/{name}-{task}.arrow"


def stage_prefixes(writes: str, run_id: str, datasets: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes that hold only objects of this stage and run."""
    return (*(f"{writes}/{dataset}/run={run_id}" for dataset in datasets), f"{writes}/_exchange/run={run_id}")
