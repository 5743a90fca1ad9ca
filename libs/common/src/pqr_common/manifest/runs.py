"""A run's records in the lake: what was asked for, its manifests and every attempt of every stage."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pqr_common.canonical import canonical_json
from pqr_common.errors import InvalidSettings, ManifestConflict, UnknownRun, UpstreamBroken
from pqr_common.installed import the_only
from pqr_common.lake.port import Lake
from pqr_common.manifest import layout
from pqr_common.manifest.attempts import Attempt, AttemptRecords
from pqr_common.manifest.codec import decoded, encoded
from pqr_common.manifest.first import first_graph
from pqr_common.manifest.graph import Graph
from pqr_common.manifest.parameters import RunParameters
from pqr_common.manifest.values import Manifest

__all__ = ["Attempt", "RunId", "RunRecords", "run_ids"]


class RunId(str):
    """The name of a run: part of object keys, so only letters, digits, `-`, `_` and `.`; raises InvalidSettings."""

    __slots__ = ()
    SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")

    def __new__(cls, text: str) -> Self:
        if not isinstance(text, str) or not cls.SAFE.fullmatch(text):
            raise InvalidSettings(
                f"A run id must hold at most 128 letters, digits, '-', '_' and '.' and not begin with '.', found "
                f"{text!r}: choose another."
            )
        return super().__new__(cls, text)


def run_ids(lake: Lake) -> list[str]:
    """The runs the lake knows, for `pqr runs`; a listing, so nothing but display may rest on it."""
    return sorted({key.split("/")[1] for key in lake.keys("manifests") if key.endswith("/run.json")})


@dataclass(frozen=True, slots=True)
class RunRecords(AttemptRecords):
    """All records of one run; raises InvalidSettings for a name that no run may have."""

    def __post_init__(self) -> None:
        RunId(self.run_id)

    def declare(self, parameters: RunParameters, graph: Graph, *, continues: str | None = None) -> None:
        """Write first of all what the run is; the same run again is no change, another is refused.

        `graph` are the stages there are now, `continues` the run that this one may take up; a run that was declared
        before keeps what it was told then.
        """
        asked = {"run_id": self.run_id, "parameters": parameters.to_json()}
        declared = asked | {"stages": graph.to_json(), "continues": continues}
        key = layout.run_key(self.run_id)
        if self.lake.put_new(key, canonical_json(declared)):
            return
        if self._declared()["parameters"] != declared["parameters"]:
            raise InvalidSettings(
                f"A run id must always mean the same parameters, found {self.run_id!r} declared with others in "
                f"{self.lake.url}: give another --run-id or the parameters of {key}."
            )

    def parameters(self) -> RunParameters:
        """The parameters of the run; raises UnknownRun when it was never declared."""
        kind: type[RunParameters] = the_only("pqr.parameters")
        given = self._declared()["parameters"]
        try:
            return kind.from_json(given)
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(error) from error

    def graph(self) -> Graph:
        """The stages of the run; those of the first lakes for a run that does not say."""
        declared = self._declared()
        if "stages" not in declared:
            return first_graph().graph
        try:
            return Graph.from_json(declared["stages"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(error) from error

    def continues(self) -> str | None:
        """The run that this one may take up."""
        named = self._declared().get("continues")
        return None if named is None else RunId(named)

    def manifest(self, layer: str) -> Manifest | None:
        """The committed manifest of a layer, or None while there is none."""
        key = layout.manifest_key(self.run_id, layer)
        data = self.lake.find(key)
        return None if data is None else decoded(data, where=f"{self.lake.url}/{key}")

    def manifests(self) -> dict[str, Manifest]:
        """The manifests the run has so far by layer, in the order of its stages."""
        found = {layer: self.manifest(layer) for layer in self.graph().layers}
        return {layer: manifest for layer, manifest in found.items() if manifest is not None}

    def upstream(self, layer: str) -> Manifest:
        """The committed manifest of a layer that must be there."""
        found = self.manifest(layer)
        if found is None:
            raise UpstreamBroken(
                f"The {layer} layer of run {self.run_id} must be committed first, found no "
                f"{layout.manifest_key(self.run_id, layer)} in {self.lake.url}: run the stage that writes it."
            )
        return found

    def refuse_conflict(self, manifest: Manifest) -> None:
        """Raise ManifestConflict when the layer is committed with other data; ask before anything is shown."""
        there = self.manifest(manifest.layer)
        if there is not None and there.digest != manifest.digest and not there.is_same_data(manifest):
            raise ManifestConflict(
                f"A stage must give the same data each time, found digest {manifest.digest[:12]} where "
                f"{there.digest[:12]} is committed in {layout.manifest_key(self.run_id, manifest.layer)}: nothing was "
                f"overwritten; use another run id."
            )

    def commit(self, manifest: Manifest) -> Manifest:
        """Put the manifest last and only once; the same data is committed already, other data is refused."""
        if self.lake.put_new(layout.manifest_key(self.run_id, manifest.layer), encoded(manifest)):
            return manifest
        self.refuse_conflict(manifest)
        return self.upstream(manifest.layer)

    def all_attempts(self) -> list[Attempt]:
        """Those of every stage, in the order of the stages."""
        return [attempt for stage in self.graph().stages for attempt in self.attempts(stage)]

    def _declared(self) -> Mapping[str, Any]:
        data = self.lake.find(layout.run_key(self.run_id))
        if data is None:
            raise UnknownRun(
                f"A run must have been started before, found no {self.run_id!r} in {self.lake.url}: "
                f"see `pqr runs` for the ones there are."
            )
        try:
            declared: Mapping[str, Any] = json.loads(data)
            _ = declared["parameters"]
        except (ValueError, KeyError, TypeError) as error:
            raise self._unreadable(error) from error
        return declared

    def _unreadable(self, error: Exception) -> UpstreamBroken:
        return UpstreamBroken(
            f"The record of a run must be readable, found {error} in {layout.run_key(self.run_id)} of "
            f"{self.lake.url}: restore it."
        )
