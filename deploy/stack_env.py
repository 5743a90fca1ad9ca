"""`python deploy/stack_env.py [FILE]`: write the secrets of a stack to .env, each made up here and now.

What the file has already stays as it is, so that a stack that runs keeps its passwords; what is missing is added.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

SECRET_BYTES = 24  # of chance in each; url-safe text, so that it may stand in a connection string
SECRETS = {
    "Root of the object store, and the secret of each service's own key.": (
        "RUSTFS_SECRET_KEY",
        "S3_SECRET_GENERATOR",
        "S3_SECRET_BRONZE",
        "S3_SECRET_SILVER",
        "S3_SECRET_GOLD",
        "S3_SECRET_LOADER",
        "S3_SECRET_PIPELINE",
        "PQR_S3_SECRET_KEY",
    ),
    "Postgres: its superuser, and a role for each who connects.": (
        "POSTGRES_PASSWORD",
        "POSTGRES_PASSWORD_LOADER",
        "POSTGRES_PASSWORD_DASHBOARD",
        "POSTGRES_PASSWORD_METABASE",
        "POSTGRES_PASSWORD_PREFECT",
        "POSTGRES_PASSWORD_AUTH",
        "POSTGRES_PASSWORD_EXPORTER",
        "POSTGRES_PASSWORD_METABASE_STATE",
    ),
    "Signs the tokens of Supabase Auth.": ("AUTH_JWT_SECRET",),
    "Who may look at the dashboard: ejecutivo@, analista@ and operador@entidad.example.": (
        "AUTH_PASSWORD_EXECUTIVE",
        "AUTH_PASSWORD_ANALYST",
        "AUTH_PASSWORD_OPERATOR",
    ),
    "Metabase: administracion@entidad.example, and the key its stored passwords are encrypted with.": (
        "METABASE_ADMIN_PASSWORD",
        "METABASE_ENCRYPTION_KEY",
    ),
    "Grafana's user admin.": ("GRAFANA_ADMIN_PASSWORD",),
    "Lineage as a graph: the user neo4j.": ("NEO4J_PASSWORD",),
    "Key of the pseudonyms in citizen_key. Another key is other pseudonyms, and other digests from silver on.": (
        "PQR_PSEUDONYM_KEY",
    ),
}
HOST = {  # how `pqr --stack` reaches the stack from this machine
    "PQR_API_URL": "http://127.0.0.1:{PQR_PORT_PREFECT}/api",
    "PQR_LAKE_URL": "s3://pqr",
    "PQR_S3_ENDPOINT": "http://127.0.0.1:{PQR_PORT_S3}",
    "PQR_S3_ACCESS_KEY": "operator",
    "PQR_POSTGRES_DSN": "postgresql://pqr_loader:{POSTGRES_PASSWORD_LOADER}@127.0.0.1:{PQR_PORT_POSTGRES}/postgres",
}
PORTS = {"PQR_PORT_PREFECT": "4200", "PQR_PORT_S3": "9000", "PQR_PORT_POSTGRES": "5432"}


def completed(text: str) -> str:
    """The file with a fresh secret for every name it lacks, and the way in from the host."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    there = {name.strip(): value.strip() for name, _, value in pairs}
    blocks = [text.rstrip("\n")] if text.strip() else []
    for comment, names in SECRETS.items():
        missing = {name: _secret() for name in names if name not in there}
        blocks += _block(comment, missing)
        there |= missing
    missing = {name: value.format_map(PORTS | there) for name, value in HOST.items() if name not in there}
    return "\n\n".join([*blocks, *_block("How `pqr --stack` reaches the stack from here.", missing)]) + "\n"


def _secret() -> str:
    """A secret with a digit in it, since Metabase takes no password without one."""
    while True:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        if any(character.isdigit() for character in secret):
            return secret


def _block(comment: str, pairs: dict[str, str]) -> list[str]:
    return ["\n".join([f"# {comment}", *(f"{name}={value}" for name, value in pairs.items())])] if pairs else []


def main() -> None:
    """Write the file so that nobody else on the machine can read it."""
    path = Path(sys.argv[1] if len(sys.argv) > 1 else ".env")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = completed(before)
    if after != before:
        path.touch(mode=0o600)
        os.chmod(path, 0o600)  # noqa: PTH101  an older file may be open to others
        path.write_text(after, encoding="utf-8")
    sys.stdout.write(f"{path} {'has what a stack needs' if after == before else 'written'}\n")


if __name__ == "__main__":
    main()
