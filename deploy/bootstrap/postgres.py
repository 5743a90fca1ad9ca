"""Bring Postgres about: the loader's migrations, the roles' passwords, a database for each server. Once or again.

Runs as the superuser in the image of the pipeline, which holds the loader. The migrations make roles without a
password; this sets them.
"""

from __future__ import annotations

import os
import sys

import psycopg
from psycopg import sql

from pqr_common.errors import PqrError
from pqr_common.process.settings import Settings
from pqr_loader.warehouse import WAREHOUSE

# Role: variable with its password. Migrations make the first three, Supabase's image the fourth, this job the rest.
ROLES = {
    "pqr_loader": "POSTGRES_PASSWORD_LOADER",
    "pqr_dashboard": "POSTGRES_PASSWORD_DASHBOARD",
    "pqr_metabase": "POSTGRES_PASSWORD_METABASE",
    "supabase_auth_admin": "POSTGRES_PASSWORD_AUTH",
    "prefect": "POSTGRES_PASSWORD_PREFECT",
    "metabase": "POSTGRES_PASSWORD_METABASE_STATE",
    "pqr_exporter": "POSTGRES_PASSWORD_EXPORTER",
}
SERVERS = ("prefect", "metabase")  # each keeps its own state in a database of its name, as the role of its name
MADE_HERE = (*SERVERS, "pqr_exporter")


def main() -> None:
    """Migrate, then roles and databases."""
    secret = Settings.read().postgres_dsn
    dsn = secret.get_secret_value() if secret else ""
    done = WAREHOUSE.migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as opened:
        for role in MADE_HERE:
            if not _there(opened, "select 1 from pg_roles where rolname = %s", role):
                opened.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        for role, variable in ROLES.items():
            statement = sql.SQL("alter role {} with login password {}")
            opened.execute(statement.format(sql.Identifier(role), sql.Literal(os.environ[variable])))
        opened.execute("grant pg_monitor to pqr_exporter")
        for name in SERVERS:
            if not _there(opened, "select 1 from pg_database where datname = %s", name):
                opened.execute(sql.SQL("create database {0} owner {0}").format(sql.Identifier(name)))
            # nobody else looks into a server's state, where Metabase keeps connections and Prefect its blocks
            opened.execute(sql.SQL("revoke connect on database {} from public").format(sql.Identifier(name)))
    sys.stdout.write(f"postgres: {len(done)} migrations applied, {len(ROLES)} roles, {len(SERVERS)} own databases\n")


def _there(opened: psycopg.Connection, query: str, name: str) -> bool:
    return opened.execute(query.encode(), [name]).fetchone() is not None


if __name__ == "__main__":
    try:
        main()
    except PqrError as error:
        raise SystemExit(str(error)) from None
