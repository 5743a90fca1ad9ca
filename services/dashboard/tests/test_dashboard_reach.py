"""What a dashboard in wrong hands can read and do in Postgres, as deploy/README.md writes it down. Its key: tests/repo."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.integration

RELATIONS = """
    select n.nspname, c.relname, c.oid, has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
        has_table_privilege(c.oid, 'insert, update, delete, truncate')
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and n.nspname !~ '^(pg_|information_schema)'
"""
BORROWED = """
    select p.oid::regproc::text from pg_proc p where p.prosecdef and has_function_privilege(p.oid, 'execute')
"""
OF_MAILS = ("body", "subject", "from_name", "from_address", "to_addresses", "raw_text", "document")
SERVER = (
    "select * from pg_authid",
    "select pg_read_file('/etc/passwd')",
    "copy core.tickets to program 'cat'",
    "set role pqr_owner",
)


@pytest.fixture
def intruder(loaded):
    """A connection as the dashboard's role that is bound by nothing but its rights."""
    with psycopg.connect(loaded, autocommit=True) as opened:
        opened.execute("set session authorization pqr_dashboard")
        yield opened


def test_it_reads_four_schemas_and_no_word_of_a_mail(intruder):
    """Every table and view of core, gold, meta and archive; none has a column with what a mail says or who wrote it."""
    relations = intruder.execute(RELATIONS).fetchall()
    assert {schema for schema, *_, may_read, _ in relations if may_read} == {"archive", "core", "gold", "meta"}
    assert not [name for schema, name, _, may_read, _ in relations if schema == "staging" and may_read]
    columns = intruder.execute(
        "select distinct attname from pg_attribute where attnum > 0 and attrelid = any(%s)",
        [[oid for *_, oid, may_read, _ in relations if may_read]],
    ).fetchall()
    assert {name for (name,) in columns} & set(OF_MAILS) == set()
    assert {"radicado", "message_id", "citizen_key"} <= {name for (name,) in columns}


def test_it_writes_to_no_table_and_borrows_one_right(intruder):
    """To add who read a mail, through a function; a read-write transaction opens nothing else."""
    assert [name for _, name, *_, may_write in intruder.execute(RELATIONS).fetchall() if may_write] == []
    assert intruder.execute(BORROWED).fetchall() == [("meta.record_readings",)]


@pytest.mark.parametrize("statement", SERVER)
def test_it_reaches_nothing_of_the_server(intruder, statement):
    """No password of another role, no file, no program, no other role."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        intruder.execute(statement)
