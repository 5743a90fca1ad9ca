"""What a service's key may do in the lake, and what it must be refused: tried out, not read from a policy."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable

from pqr_common.errors import InvalidSettings, PqrError, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.manifest.graph import Graph
from pqr_common.stage.declaration import Stage

__all__ = ["scoped"]


def scoped(stage: Stage, graph: Graph, lake: Lake) -> str:
    """Raise VerificationFailed with everything the key may do too much or too little."""
    if lake.url.startswith("file:"):
        return f"{lake.url} is a folder, which has no keys of its own"
    name = f".doctor-{secrets.token_hex(4)}"
    faults: list[str] = []
    reads = next(node.reads for node in graph.nodes if node.stage == stage.name)
    for layer in graph.layers:
        data, manifest = f"{layer}/emails/{name}", f"manifests/{name}/{layer}.json"
        is_own = layer == stage.writes
        found = {
            "write": (is_own, _may_put(lake, data)),
            "read": (is_own or layer in reads, _may(lambda key=data: lake.find(key))),  # type: ignore[misc]
        }
        if not is_own:  # its own manifest could not be taken away again
            found["commit"] = (False, _may_put(lake, manifest))
        faults += [
            f"may {'' if may else 'not '}{what} {layer}" for what, (should, may) in found.items() if should != may
        ]
    if stage.writes != "raw" and _may(lambda: lake.find(f"raw/answers/{name}")):
        faults.append("may read the answer key")
    if faults:
        raise VerificationFailed(
            f"The key of {stage.name} must be held to its own layers, found that it {', '.join(faults)} in {lake.url}: "
            f"run the bootstrap of the lake again."
        )
    return f"writes {stage.writes}, reads {', '.join(reads) or 'nothing else'}, is refused everything else"


def _may_put(lake: Lake, key: str) -> bool:
    may = _may(lambda: lake.put(key, b""))
    if may:
        with contextlib.suppress(PqrError):  # what may be written may still not be deleted
            lake.delete(key)
    return may


def _may(act: Callable[[], object]) -> bool:
    try:
        act()
    except InvalidSettings:
        return False
    return True
