"""What a stage's key may do in the lake, as declarations say, and whether it is held to that: tried, not read."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pqr_common.errors import InvalidSettings, PqrError, VerificationFailed
from pqr_common.lake.port import Lake
from pqr_common.manifest.graph import EVERY_LAYER
from pqr_common.stage.declaration import Stage

__all__ = ["Scope", "readable", "scope_of", "scoped"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one stage may do: the layer it writes, the datasets of each layer it reads, what is for others alone."""

    stage: str
    writes: str
    reads: Mapping[str, list[str]]
    private: list[str]


def scope_of(stage: Stage, stages: Iterable[Stage]) -> Scope:
    """The scope of a stage among all the stages there are."""
    others = [other for other in stages if other.writes != stage.writes]
    private = [f"{o.writes}/{c.dataset}" for o in others for c in o.produces if c.is_private]
    return Scope(stage.name, stage.writes, {other.writes: readable(stage, other) for other in others}, private)


def readable(reader: Stage, writer: Stage) -> list[str]:
    """The datasets of another's layer that a stage requires: every public one when it names none of a layer it reads.

    Who requires something of every layer has it where there is one, and what the warehouse mirrors.
    """
    public = {contract.dataset for contract in writer.produces if not contract.is_private}
    named = {contract.dataset for contract in reader.requires_of(writer.writes)}
    if EVERY_LAYER in reader.requires and named:
        mirrored = {contract.dataset for contract in writer.produces if contract.warehouse}
        return sorted(public & (named | mirrored))
    if not {writer.writes, EVERY_LAYER} & set(reader.requires):
        return []
    if named - public:
        raise InvalidSettings(
            f"Only {writer.name} may read {', '.join(sorted(f'{writer.writes}/{name}' for name in named - public))}, "
            f"found that {reader.name} requires it: take it out of the stage's `requires`."
        )
    return sorted(named or public)


def scoped(scope: Scope, lake: Lake) -> str:
    """Raise VerificationFailed with everything the key may do too much or too little."""
    if lake.url.startswith("file:"):
        return f"{lake.url} is a folder, which has no keys of its own"
    faults = list(_faults(scope, lake, f".doctor-{secrets.token_hex(4)}"))
    if faults:
        raise VerificationFailed(
            f"The key of {scope.stage} must be held to its own layers, found that it {', '.join(faults)} in "
            f"{lake.url}: run the bootstrap of the lake again."
        )
    reads = [f"{layer}/{name}" for layer, names in scope.reads.items() for name in names]
    return f"writes {scope.writes}, reads {', '.join(reads) or 'nothing else'}, is refused everything else"


def _faults(scope: Scope, lake: Lake, name: str) -> Iterator[str]:
    if not _may_put(lake, f"{scope.writes}/{name}"):
        yield f"may not write {scope.writes}"
    for layer, datasets in scope.reads.items():
        if _may_put(lake, f"{layer}/{name}"):
            yield f"may write {layer}"
        if _may_put(lake, f"manifests/{name}/{layer}.json"):  # its own could not be taken away again
            yield f"may commit {layer}"
        if not datasets and _may(lambda layer=layer: lake.find(f"{layer}/{name}")):  # type: ignore[misc]
            yield f"may read {layer}"
        for dataset in datasets:
            if not _may(lambda key=f"{layer}/{dataset}/{name}": lake.find(key)):  # type: ignore[misc]
                yield f"may not read {layer}/{dataset}"
    for dataset in scope.private:
        if _may(lambda key=f"{dataset}/{name}": lake.find(key)):  # type: ignore[misc]
            yield f"may read {dataset}"


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
