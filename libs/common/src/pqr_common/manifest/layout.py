"""Where things lie in the lake. Pure: names in, keys out."""

from __future__ import annotations

__all__ = [
    "GATE",
    "attempt_key",
    "attempt_of",
    "data_key",
    "exchange_key",
    "is_manifest",
    "manifest_key",
    "receipt_key",
    "run_key",
    "shared_receipt_key",
]

NAME_DIGITS = 16  # of the SHA-256 that names an object
GATE = "manifests/.sweep"  # there while somebody removes things; no run may be called so


def run_key(run_id: str) -> str:
    return f"manifests/{run_id}/run.json"


def manifest_key(run_id: str, layer: str) -> str:
    return f"manifests/{run_id}/{layer}.json"


def is_manifest(key: str) -> bool:
    """Whether a key below manifests/ is that of a layer's manifest, and no other record."""
    folder, _, name = key.rpartition("/")
    return folder.count("/") == 1 and name.endswith(".json") and name != "run.json"


def attempt_key(run_id: str, stage: str, number: int) -> str:
    return f"manifests/{run_id}/attempts/{stage}/{number}.json"


def attempt_of(key: str) -> tuple[str, str, int] | None:
    """The run, stage and number of an attempt's key; None for a key of another kind."""
    match key.removesuffix(".json").split("/"):
        case [_, run_id, "attempts", stage, number] if number.isdecimal():
            return run_id, stage, int(number)
    return None


def receipt_key(run_id: str, *, stage: str, phase: str, task: str) -> str:
    """Of a task whose rows go on to a later phase of the same run."""
    return f"manifests/{run_id}/receipts/{stage}/{phase}/{task}.json"


def shared_receipt_key(stage: str, phase: str, made_from: str) -> str:
    """Of a task whose objects stay: named by what it was made from, so that every run finds it."""
    return f"tasks/{stage}/{phase}/{made_from}.json"


def data_key(dataset: str, *, name: str, sha256: str) -> str:
    """`dataset` is `layer/name`, `name` has its extension. Other bytes have another key: none is ever overwritten.

    No run is part of it: runs share what is the same, and their manifests name what they consist of.
    """
    stem, _, extension = name.rpartition(".")
    return f"{dataset}/{stem}-{sha256[:NAME_DIGITS]}.{extension}"


def exchange_key(layer: str, run_id: str, *, name: str, sha256: str) -> str:
    """Of rows between the phases of one run, which it removes when it is done."""
    return data_key(f"{layer}/_exchange/run={run_id}", name=f"{name}.arrow", sha256=sha256)
