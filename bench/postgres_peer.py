"""The loader's peer: `psql \\copy` of the same rows from CSV files into plain tables with the same primary keys."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psycopg
from pyarrow import csv

from pqr_common.lake.location import open_lake
from pqr_common.manifest.values import Manifest
from pqr_common.process.settings import Settings
from pqr_common.tables.parquet import parquet_table
from pqr_pipeline.embedded.postgres import psql_path

KEYS = {"tickets": "ticket_id", "ticket_events": "event_id"}


def copy_seconds(settings: Settings, manifests: dict[str, Manifest]) -> float:
    """Wall time of one psql that copies every CSV file in one transaction; writing the files is not counted."""
    assert settings.postgres_dsn is not None
    dsn = settings.postgres_dsn.get_secret_value()
    folder = settings.home / "csv"
    folder.mkdir(exist_ok=True)
    commands = ["begin;"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop schema if exists peer cascade")
        connection.execute("create schema peer")
        for name, key in KEYS.items():
            connection.execute(f"create table peer.{name} (like core.{name} including defaults)")
            connection.execute(f"alter table peer.{name} drop column part, add primary key ({key})")
            commands += [f"\\copy peer.{name} from '{path}' csv" for path in _files(settings, manifests, name, folder)]
    commands.append("commit;\n")
    started = time.perf_counter()
    script = "\n".join(commands)
    subprocess.run([psql_path(), dsn, "-q", "-v", "ON_ERROR_STOP=1"], input=script, text=True, check=True)
    return time.perf_counter() - started


def _files(settings: Settings, manifests: dict[str, Manifest], name: str, folder: Path) -> list[Path]:
    lake = open_lake(settings.lake)
    paths = []
    for number, part in enumerate(manifests["silver"].dataset(name).partitions):
        path = folder / f"{name}-{number}.csv"
        options = csv.WriteOptions(include_header=False)
        csv.write_csv(parquet_table(lake.get(part.path)), path, options)
        paths.append(path)
    return paths
