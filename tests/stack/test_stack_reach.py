"""Who reaches whom: from the network of each container, every address of every other, as the table says and no more."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from stack_containers import clean_environment

ROOT = Path(__file__).parents[2]
NETWORK = re.compile(r"^\| `(\w+)` \| (.+?) \|$", re.MULTILINE)
PORTS = {
    "rustfs": 9000, "db": 5432, "auth": 9999, "dashboard": 8501, "prometheus": 9090, "grafana": 3000, "metabase": 3000,
    "postgres-exporter": 9187, "pipeline": 9100, "generator": 9100, "bronze": 9100, "silver": 9100, "gold": 9100,
    "loader": 9100, "prefect-server": 4200, "dask-scheduler": 8786, "dask-worker": 8787,
}  # fmt: skip
# Runs in the network of a container: the targets of its standard input that take a connection.
KNOCK = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def answers(target):
    try:
        socket.create_connection(target[1:], timeout=2).close()
        return True
    except OSError:
        return False
targets = json.load(sys.stdin)
with ThreadPoolExecutor(len(targets)) as pool:
    print(json.dumps([target[0] for target, reached in zip(targets, pool.map(answers, targets)) if reached]))
"""
# Runs in the network of a container, without a certificate: what the scheduler has to say to it.
UNKNOWN = """
import socket, ssl
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with context.wrap_socket(socket.create_connection(("dask-scheduler", 8786), timeout=5)) as opened:
    try:
        print(opened.recv(1) or "closed")
    except ssl.SSLError as error:
        print(error.reason)
"""


def _networks() -> dict[str, set[str]]:
    """The table of deploy/README.md: who is on each inner network."""
    text = (
        (ROOT / "deploy/README.md")
        .read_text(encoding="utf-8")
        .partition("## Who reaches whom")[2]
        .partition("\n## ")[0]
    )
    return {name: set(re.findall(r"`([\w-]+)`", who)) for name, who in NETWORK.findall(text)}


def _inspected(stack) -> dict[str, list[dict]]:
    """What the engine says of the containers that run, by service."""
    names = [container["Name"] for container in stack.ps() if container["State"] == "running"]
    said = subprocess.run(["docker", "inspect", *names], capture_output=True, check=True, env=clean_environment())
    found: dict[str, list[dict]] = {}
    for container in json.loads(said.stdout):
        found.setdefault(container["Config"]["Labels"]["com.docker.compose.service"], []).append(container)
    return found


def _inside(container: dict, script: str, given: str = "") -> str:
    """What Python says in the network of a container, and with nothing else of it."""
    image = "pqr-pipeline:0.1.0"
    command = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        f"--network=container:{container['Id']}",
        "--entrypoint=python",
    ]
    ended = subprocess.run([*command, image, "-c", script], input=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_each_reaches_whom_the_table_says_and_nobody_else(stack):
    """By address, on every network that either is on: a name that does not resolve keeps nobody out."""
    said, found = _networks(), _inspected(stack)
    targets = [
        (service, network["IPAddress"], PORTS[service])
        for service, containers in found.items()
        if service in PORTS
        for container in containers
        for network in container["NetworkSettings"]["Networks"].values()
    ]
    assert {name for name, *_ in targets} == set(PORTS)

    def reached(service: str) -> set[str]:
        return set(json.loads(_inside(found[service][0], KNOCK, json.dumps(targets))))

    with ThreadPoolExecutor(2) as pool:
        seen = dict(zip(found, pool.map(reached, found), strict=True))
    allowed = {
        service: {other for who in said.values() if service in who for other in who & set(PORTS)}
        | {service} & set(PORTS)
        for service in found
    }
    assert {service: sorted(who) for service, who in seen.items()} == {s: sorted(who) for s, who in allowed.items()}


def test_who_is_on_the_network_of_the_cluster_still_needs_its_certificate(stack):
    """Prometheus is there to ask for metrics; the scheduler refuses it."""
    (prometheus,) = _inspected(stack)["prometheus"]
    assert "CERTIFICATE_REQUIRED" in _inside(prometheus, UNKNOWN)


@pytest.mark.parametrize("credentials", [None, ("pqr", "wrong")], ids=["none", "wrong"])
def test_prefect_answers_nobody_without_its_password(stack, credentials):
    """Its API is on a port of this machine; who starts runs must know more than the port."""
    url = f"http://127.0.0.1:{stack.values['PQR_PORT_PREFECT']}/api"
    assert httpx.post(f"{url}/flow_runs/filter", json={}, auth=credentials).status_code == 401
    assert httpx.post(f"{url}/flow_runs/filter", json={}, auth=("pqr", stack.values["PREFECT_PASSWORD"])).is_success


def test_what_a_dashboard_in_wrong_hands_can_read(stack):
    """Three secrets, and of Postgres the published figures, past runs and records: as deploy/README.md says."""
    (dashboard,) = _inspected(stack)["dashboard"]
    environment = "\n".join(dashboard["Config"]["Env"])
    secrets = {name: value for name, value in stack.values.items() if len(value) >= 32 and not name.startswith("PQR_A")}
    held = {name for name, value in secrets.items() if value.strip('"') in environment}
    assert held == {"POSTGRES_PASSWORD_DASHBOARD", "AUTH_JWT_SECRET", "S3_SECRET_EVIDENCE"}
    password, port = stack.values["POSTGRES_PASSWORD_DASHBOARD"], stack.values["PQR_PORT_POSTGRES"]
    with psycopg.connect(f"postgresql://pqr_dashboard:{password}@127.0.0.1:{port}/postgres") as opened:
        readable = opened.execute(
            "select distinct n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'p', 'v', 'm') and has_schema_privilege(n.oid, 'usage') "
            "and has_table_privilege(c.oid, 'select') and n.nspname !~ '^(pg_|information_schema)'"
        ).fetchall()
        # what it may do with the rights of another: write down who read a mail, and nothing else
        borrowed = opened.execute(
            "select p.oid::regproc::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace "
            "where p.prosecdef and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute') "
            "and n.nspname in ('archive', 'core', 'gold', 'meta', 'staging')"
        ).fetchall()
        writable = opened.execute(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema)' "
            "and has_table_privilege(c.oid, 'insert, update, delete, truncate')"
        ).fetchone()
    assert {name for (name,) in readable} == {"archive", "core", "gold", "meta"}
    assert writable == (0,)
    assert borrowed == [("meta.record_readings",)]
