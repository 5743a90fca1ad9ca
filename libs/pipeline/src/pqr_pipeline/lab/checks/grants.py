"""Least privilege: who may do what in a warehouse, and nothing besides."""

from __future__ import annotations

from collections.abc import Iterator

from pqr_pipeline.lab.database import Database, database
from pqr_pipeline.lab.grading import must
from pqr_pipeline.lab.work import Work

__all__ = ["check"]

SCRIPT = "grants.sql"
ROLES = ("lab_owner", "lab_loader", "lab_analyst")
WAREHOUSE = """
create schema core authorization lab_owner;
create schema gold authorization lab_owner;
set role lab_owner;
create table core.tickets (ticket_id text primary key, pqrs_type text, status text, citizen_key text);
create table gold.kpi_daily (day date primary key, received bigint)
"""
LATER = "set role lab_owner; create table gold.kpi_new (month date primary key, due bigint)"
ALLOWED = (
    ("lab_analyst", "select day, received from gold.kpi_daily"),
    ("lab_analyst", "select month, due from gold.kpi_new"),
    ("lab_analyst", "select pqrs_type, status, count(ticket_id) from core.tickets group by pqrs_type, status"),
    ("lab_loader", "select ticket_id, citizen_key from core.tickets"),
    ("lab_loader", "insert into core.tickets (ticket_id) values ('1')"),
    ("lab_loader", "delete from core.tickets where ticket_id = '1'"),
    ("lab_loader", "insert into gold.kpi_daily (day) values ('2026-01-13')"),
    ("lab_loader", "delete from gold.kpi_new where due = 0"),
)
DENIED = (
    ("lab_analyst", "select citizen_key from core.tickets"),
    ("lab_analyst", "select * from core.tickets"),
    ("lab_analyst", "insert into gold.kpi_daily (day) values ('2026-01-13')"),
    ("lab_analyst", "delete from gold.kpi_daily"),
    ("lab_analyst", "truncate gold.kpi_new"),
    ("lab_analyst", "create table gold.mine (x int)"),
    ("lab_loader", "truncate core.tickets"),
    ("lab_loader", "create table core.mine (x int)"),
    ("lab_loader", "drop table gold.kpi_daily"),
    ("lab_loader", "alter table core.tickets add column x int"),
    ("lab_loader", "set role lab_owner"),
    ("lab_analyst", "set role lab_loader"),
    ("lab_nobody", "select day from gold.kpi_daily"),
)
NOT_ALLOWED = ("permission denied", "must be owner")


def check(work: Work) -> str:
    work.text(SCRIPT)
    with database(work.inbox.settings) as server:
        server.run(";".join(_roles()) + ";" + WAREHOUSE)
        for _ in range(2):
            said = server.script(work.folder / SCRIPT)
            must(not said, f"{SCRIPT} must run, and run again, found {said}: mend it.")
        server.run(LATER)
        for role, statement in ALLOWED:
            said = _as(server, role, statement)
            must(not said, f"{role} must be able to `{statement}`, found {said.removeprefix('ERROR: ')}.")
        for role, statement in DENIED:
            said = _as(server, role, statement)
            must(
                any(word in said for word in NOT_ALLOWED), f"{role} must not be able to `{statement}`, found it could."
            )
    return f"{len(ALLOWED)} statements are allowed, {len(DENIED)} are not."


def _roles() -> Iterator[str]:
    """New ones, which no database that is gone has left anything of."""
    for role in (*ROLES, "lab_nobody"):
        yield f"drop role if exists {role}"
        yield f"create role {role}"


def _as(server: Database, role: str, statement: str) -> str:
    return server.refused(f"begin; set local session authorization {role}; {statement}; rollback")
