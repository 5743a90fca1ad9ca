"""`python deploy/stack_env.py [FILE]`: write the secrets of a stack to .env, each made up here and now.

What the file has already stays as it is, so that a stack that runs keeps its passwords; what is missing is added.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).parents[1]
CERTIFICATE_YEARS = 10
SECRET_BYTES = 24  # of chance in each; url-safe text, so that it may stand in a connection string
REQUIRED = re.compile(r"\$\{(\w+):\?run make stack-env\}")  # as the Compose files ask for a secret
ABOUT = {  # what secrets of these beginnings are for
    ("RUSTFS_", "S3_", "PQR_S3_"): "Root of the object store, and the secret of each service's own key.",
    ("POSTGRES_",): "Postgres: its superuser, and a role for each who connects.",
    ("AUTH_JWT_",): "Signs the tokens of Supabase Auth.",
    ("AUTH_PASSWORD_",): "Who may look at the dashboard: ejecutivo@, analista@ and operador@entidad.example.",
    ("DASK_",): "Who shows this certificate may run code on the Dask cluster: scheduler, workers and stages.",
    ("PREFECT_",): "Prefect's API and its pages: the user pqr.",
    ("METABASE_",): "Metabase: administracion@entidad.example, and the key its stored passwords are encrypted with.",
    ("GRAFANA_",): "Grafana's user admin.",
    ("NEO4J_",): "Lineage as a graph: the user neo4j.",
    (
        "PQR_PSEUDONYM_",
    ): "Key of the pseudonyms in citizen_key. Another key is other pseudonyms, and other digests from silver on.",
}
HOST = {  # how `pqr --stack` reaches the stack from this machine
    "PQR_API_URL": "http://127.0.0.1:{PQR_PORT_PREFECT}/api",
    "PQR_API_AUTH": "pqr:{PREFECT_PASSWORD}",
    "PQR_LAKE_URL": "s3://pqr",
    "PQR_S3_ENDPOINT": "http://127.0.0.1:{PQR_PORT_S3}",
    "PQR_S3_ACCESS_KEY": "operator",
    "PQR_POSTGRES_DSN": "postgresql://pqr_loader:{POSTGRES_PASSWORD_LOADER}@127.0.0.1:{PQR_PORT_POSTGRES}/postgres",
}
PORTS = {"PQR_PORT_PREFECT": "4200", "PQR_PORT_S3": "9000", "PQR_PORT_POSTGRES": "5432"}


def completed(text: str) -> str:
    """The file with a fresh secret for every name it lacks, and the way in from the host."""
    there = values(text)
    blocks = [text.rstrip("\n")] if text.strip() else []
    for beginnings, comment in ABOUT.items():
        lacking = [name for name in needed() if name.startswith(beginnings) and name not in there]
        missing = _certificate() if lacking and "DASK_" in beginnings else {name: _secret() for name in lacking}
        blocks += _block(comment, missing)
        there |= missing
    missing = {name: value.format_map(PORTS | there) for name, value in HOST.items() if name not in there}
    return "\n\n".join([*blocks, *_block("How `pqr --stack` reaches the stack from here.", missing)]) + "\n"


def values(text: str) -> dict[str, str]:
    """What stands in a file such as .env, by name."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def needed() -> list[str]:
    """The secrets that the Compose files ask for."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("compose*.yaml")))
    return list(dict.fromkeys(name for text in texts for name in REQUIRED.findall(text)))


def _secret() -> str:
    """A secret with a digit in it, for Metabase, that begins like a word: programs take `-...` for an option."""
    while True:
        secret = secrets.token_urlsafe(SECRET_BYTES)
        if secret[0].isalnum() and any(character.isdigit() for character in secret):
            return secret


def _certificate() -> dict[str, str]:
    """A key and a certificate that it signed itself, each on one line: one authority, of which the cluster has need."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=pqr-cluster")
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now + timedelta(days=365 * CERTIFICATE_YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    texts = {"DASK_CERTIFICATE": certificate.public_bytes(pem), "DASK_KEY": private}
    return {name: '"' + text.decode().replace("\n", "\\n") + '"' for name, text in texts.items()}


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
