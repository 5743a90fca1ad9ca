"""A database of the lab's own Postgres, made anew for each check and spoken to by psql, as in a terminal."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import csv

from pqr_common.errors import WarehouseUnavailable
from pqr_common.process.settings import Settings
from pqr_pipeline.embedded.postgres import postgres, psql_path

__all__ = ["Database", "database"]

NAME = "lab"
STATEMENT_SECONDS = 3
OUTPUT = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse")
LIMITED = {"PGOPTIONS": f"-c statement_timeout={STATEMENT_SECONDS}s"}


@dataclass(frozen=True, slots=True)
class Database:
    dsn: str

    def script(self, file: Path, **variables: str) -> str:
        """Run a student's script, where `:'name'` stands for a variable; gives what psql complains of, or nothing."""
        given = [f"--set={name}={value}" for name, value in variables.items()]
        return self._psql("--file", file.name, *given, folder=file.parent, environment=LIMITED)

    def refused(self, sql: str) -> str:
        """Run one statement, or several as one; gives what psql complains of, or nothing."""
        return self._psql("--command", sql)

    def run(self, sql: str) -> None:
        """Statements of ours."""
        if said := self._psql("--command", sql):
            raise WarehouseUnavailable(f"The lab's Postgres must take what a check prepares, found {said}: try again.")

    def fill(self, name: str, rows: pa.Table) -> None:
        """Make an empty table hold these rows."""
        data = BytesIO()
        csv.write_csv(rows, data, csv.WriteOptions(include_header=False))
        self._psql("--command", f"truncate {name}", "--command", f"copy {name} from stdin csv", given=data.getvalue())

    def rows(self, name: str, schema: pa.Schema) -> pa.Table:
        """All rows of a table."""
        command = [psql_path(), self.dsn, *OUTPUT, "--csv", "--command", f"table {name}"]
        told = subprocess.run(command, env={}, capture_output=True, check=True).stdout
        kinds = {each.name: each.type for each in schema}
        options = csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
        return csv.read_csv(BytesIO(told), convert_options=options)

    def _psql(
        self,
        *arguments: str,
        folder: Path | None = None,
        given: bytes = b"",
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        command = [psql_path(), self.dsn, *OUTPUT, *arguments]
        told = subprocess.run(command, env=environment, cwd=folder, input=given, capture_output=True, check=False)
        return " ".join(told.stderr.decode(errors="replace").split()) if told.returncode else ""


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """An empty one."""
    with postgres(settings) as dsn:
        server = Database(dsn)
        server.run(f"drop database if exists {NAME} with (force)")
        server.run(f"create database {NAME}")
        yield Database(urlsplit(dsn)._replace(path=f"/{NAME}").geturl())
