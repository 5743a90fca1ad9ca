"""Writes a run's records into `meta`, of failed runs too; what is recorded already is not written again.

Recording ends whatever the loader does, also when nothing was to be done: metrics of the published run follow it.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

import psycopg
import pyarrow.compute as pc
from psycopg import sql

from pqr_common import Lake, Manifest, Partition, RunRecords, parquet_table
from pqr_common.errors import PqrError
from pqr_loader.figures import show_figures
from pqr_loader.postgres.connection import connection
from pqr_loader.records import Story, rows_of
from pqrs.parameters import Parameters

__all__ = ["record"]

REJECTS = "rejects"
KEYS = {
    "meta.runs": ("run_id",),
    "meta.stages": ("run_id", "stage"),
    "meta.attempts": ("run_id", "stage", "attempt"),
    "meta.manifests": ("run_id", "layer"),
    "meta.datasets": ("run_id", "layer", "dataset"),
    "meta.partitions": ("partition_id",),
    "meta.lineage": ("run_id", "layer", "dataset", "input_layer", "input_dataset"),
    "meta.rejects": ("run_id", "layer", "rule"),
    "meta.quality_checks": ("run_id", "stage", "attempt", "position"),
}


def record(lake: Lake, run_id: str, dsn: str) -> None:
    """Copy what the lake knows of a run into `meta`; raises UnknownRun."""
    records = RunRecords(lake, run_id)
    manifests = records.manifests()
    story = Story(
        run_id=run_id,
        parameters=Parameters.of(records.parameters()),
        graph=records.graph(),
        manifests=manifests,
        attempts=records.all_attempts(),
        rejects=_rejects(lake, manifests, dsn),
    )
    tables = rows_of(story)
    with connection(dsn) as opened:
        for manifest in tables["meta.manifests"]:
            # A lake that was wiped and filled again by other code: its old children go with the old manifest.
            opened.execute(
                "delete from meta.manifests where run_id = %s and layer = %s and digest <> %s",
                [run_id, manifest["layer"], manifest["digest"]],
            )
        tables["meta.partitions"] = _unknown(opened, tables["meta.partitions"])
        for table, rows in tables.items():
            _upsert(opened, table, rows)
    show_figures(dsn)


def _unknown(opened: psycopg.Connection, partitions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The partitions that no run has named yet; asked at once, since most are of days that an earlier run had."""
    ids = (
        "select given from unnest(%s::uuid[]) as given "
        "where not exists (select from meta.partitions where partition_id = given)"
    )
    new = {each for (each,) in opened.execute(ids, [[row["partition_id"] for row in partitions]])}
    return [row for row in partitions if row["partition_id"] in new]


def _rejects(lake: Lake, manifests: Mapping[str, Manifest], dsn: str) -> dict[str, dict[str, int]]:
    """Lines each layer rejected, by rule; a layer whose objects are gone or damaged is left out, not guessed."""
    found: dict[str, dict[str, int]] = {}
    for layer, manifest in manifests.items():
        parts = [part for dataset in manifest.datasets if dataset.name == REJECTS for part in dataset.partitions]
        before, counted = _counted_before(manifest, dsn)
        known = {part for part in parts if (part.key, part.content_digest) in before}
        if len(known) < len(before) or sum(part.rows for part in known) != counted.total():
            known, counted = set(), Counter()
        with contextlib.suppress(PqrError):
            for part in parts:
                counted.update(_rules(lake, part) if part.rows and part not in known else {})
            found[layer] = dict(counted)
    return found


def _counted_before(manifest: Manifest, dsn: str) -> tuple[set[tuple[str, str]], Counter[str]]:
    """Partitions, by key and digest, of what the run rejected that this one continues, and their lines by rule.

    So a day costs no more when there were many before it.
    """
    if manifest.continues is None:
        return set(), Counter()
    where = [manifest.continues.manifest, manifest.layer]
    partitions = "select key, content_digest from meta.run_partitions where run_id = %s and layer = %s and dataset = %s"
    rules = "select rule, rejected from meta.rejects where run_id = %s and layer = %s"
    with connection(dsn) as opened:
        known = set(opened.execute(partitions, [*where, REJECTS]).fetchall())
        return known, Counter(dict(opened.execute(rules, where).fetchall()))


def _rules(lake: Lake, partition: Partition) -> dict[str, int]:
    counts = pc.value_counts(parquet_table(lake.read(partition), ["rule"])["rule"])
    return {each["values"].as_py(): each["counts"].as_py() for each in counts}


def _upsert(opened: psycopg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows, or update those that differ: the same rows again write nothing."""
    if not rows:
        return
    columns = list(rows[0])
    changing = [name for name in columns if name not in KEYS[table]]
    statement = sql.SQL(
        "insert into {table} as old ({columns}) values ({values}) on conflict ({keys}) do update set {changes} "
        "where ({before}) is distinct from ({after})"
    ).format(
        table=sql.Identifier(*table.split(".")),
        columns=_listed(columns),
        values=sql.SQL(", ").join(map(sql.Placeholder, columns)),
        keys=_listed(KEYS[table]),
        changes=sql.SQL(", ").join(
            sql.SQL("{name} = excluded.{name}").format(name=sql.Identifier(name)) for name in changing
        ),
        before=_listed(changing, "old"),
        after=_listed(changing, "excluded"),
    )
    with opened.cursor() as cursor:
        cursor.executemany(statement, rows)


def _listed(names: list[str] | tuple[str, ...], *prefix: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*prefix, name) for name in names)
