"""`python -m pqr_pipeline.exports.graph [--every SECONDS]`: the lineage of every run into Neo4j, once or ever again.

Reads manifests and nothing else. What is whole in the graph is not sent again; what is sent twice is there once.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

from pqr_common.errors import PqrError, UpstreamBroken
from pqr_common.lake.location import open_lake
from pqr_common.lake.port import Lake
from pqr_common.manifest.runs import RunRecords, run_ids
from pqr_common.manifest.values import Manifest
from pqr_common.process import log
from pqr_common.process.entry import configured, ended
from pqr_common.process.settings import Settings
from pqr_pipeline.exports.lineage_graph import ORDER, manifest_id, rows_of
from pqr_pipeline.exports.neo4j import Neo4j
from pqrs.parameters import Parameters

__all__ = ["export", "main"]

RETRY_SECONDS = 5.0
FINISHED = "exported"  # a file in the temporary folder once everything was sent, for a health check


def export(lake: Lake, neo4j: Neo4j) -> dict[str, int]:
    """Send what the graph lacks; how many rows went to each statement."""
    neo4j.constrain()
    whole = {row["id"]: row["digest"] for row in neo4j.run("whole")}
    sent = dict.fromkeys(ORDER, 0)
    for run_id in run_ids(lake):
        records = RunRecords(lake, run_id)
        try:
            parameters, manifests = Parameters.of(records.parameters()), records.manifests()
        except UpstreamBroken as error:  # one damaged run is told, and the others are exported
            log.logger().warning("run not exported", run_id=run_id, error=str(error))
            continue
        if manifests and all(_is_whole(manifest, whole) for manifest in manifests.values()):
            continue
        rows = rows_of(run_id, parameters, manifests)
        for name in ORDER:
            neo4j.send(name, rows[name])
            sent[name] += len(rows[name])
    return sent


def _is_whole(manifest: Manifest, whole: dict[str, str]) -> bool:
    return whole.get(manifest_id(manifest)) == manifest.digest


def main(arguments: Sequence[str] | None = None) -> int:
    """Export, once or again and again."""
    return ended(exporter, arguments, program="python -m pqr_pipeline.exports.graph")


@click.command()
@click.option("--every", type=click.IntRange(min=1), metavar="SECONDS", help="Again after so many seconds, for ever.")
def exporter(every: int | None) -> None:
    """Bring the lineage of every run into Neo4j; with --every trouble is logged and tried again."""
    settings = configured()
    neo4j = Neo4j.of(settings)
    while True:
        is_done = _round(settings, neo4j, is_last=every is None)
        if every is None:
            return
        if is_done:
            (Path(tempfile.gettempdir()) / FINISHED).touch()
        time.sleep(every if is_done else min(every, RETRY_SECONDS))


def _round(settings: Settings, neo4j: Neo4j, *, is_last: bool) -> bool:
    try:
        sent = export(open_lake(settings.lake), neo4j)
    except PqrError as error:
        if is_last:
            raise
        log.logger().warning("lineage not exported", error=str(error))
        return False
    log.logger().info("lineage exported", **sent)
    return True


if __name__ == "__main__":
    raise SystemExit(main())
