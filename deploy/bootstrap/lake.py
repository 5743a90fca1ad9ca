"""Bring the object store about: the bucket, a key and a policy for each service, and the record of the first run.

Runs in the image of the pipeline as the store's root, once or again. Users and policies go through RustFS' own admin
API, which is plain JSON signed like S3.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any
from urllib.parse import urlencode

import boto3
import httpx
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from pqr_common.lake.location import open_lake
from pqr_common.manifest.layout import STAGE_WRITES
from pqr_common.process.settings import Settings
from pqr_pipeline.flow.runs import declare

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from first import parameters

ADMIN = "/rustfs/admin/v3"
TIMEOUT_SECONDS = 20
READ, WRITE, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"
# What each stage reads; the answer key is for checks only.
READS = {
    "generator": ("raw/*",),
    "bronze": ("raw/emails/*", "bronze/*"),
    "silver": ("bronze/*", "silver/*"),
    "gold": ("silver/*", "gold/*"),
    "loader": ("bronze/rejects/*", "silver/*", "gold/*", "load/*"),  # rejects are counted by rule
}


def policies(bucket: str) -> dict[str, dict[str, Any]]:
    """A policy for each user. Everyone sees names and manifests; a manifest is put once and never deleted."""
    found = {name: _policy(bucket, **_stage(name)) for name in READS}
    found["pipeline"] = _policy(bucket, reads=("manifests/*",), writes=("manifests/*/run.json",), deletes=())
    # a person at the host: looks at everything, declares runs, and lets `pqr doctor` try the store
    trial = "manifests/.doctor-*"
    found["operator"] = _policy(bucket, reads=("*",), writes=("manifests/*/run.json", trial), deletes=(trial,))
    return found


def _stage(name: str) -> dict[str, tuple[str, ...]]:
    layer = STAGE_WRITES[name]
    records = tuple(f"manifests/*/{kind}/{name}/*" for kind in ("attempts", "receipts"))
    return {
        "reads": (*READS[name], "manifests/*"),
        "writes": (f"{layer}/*", f"manifests/*/{layer}.json", *records),
        "deletes": (f"{layer}/*", f"manifests/*/receipts/{name}/*"),
    }


def _policy(
    bucket: str, *, reads: tuple[str, ...], writes: tuple[str, ...], deletes: tuple[str, ...]
) -> dict[str, Any]:
    here = f"arn:aws:s3:::{bucket}"
    granted = {READ: reads, WRITE: writes, DELETE: deletes}
    statements = [
        {"Effect": "Allow", "Action": [action], "Resource": [f"{here}/{key}" for key in keys]}
        for action, keys in granted.items()
        if keys
    ]
    # The whole bucket: without it a store answers 403 where the truth is 404.
    return {
        "Version": "2012-10-17",
        "Statement": [*statements, {"Effect": "Allow", "Action": [LIST], "Resource": [here]}],
    }


def main() -> None:
    """Bucket, policies, users, first run; whatever is there already is brought to what it should be."""
    settings = Settings.read()
    bucket = settings.lake_url.removeprefix("s3://").partition("/")[0]
    _bring_bucket(settings, bucket)
    for name, policy in policies(bucket).items():
        secret = os.environ[f"S3_SECRET_{name.upper()}"]
        _admin(settings, "add-canned-policy", {"name": f"pqr-{name}"}, policy)
        _admin(settings, "add-user", {"accessKey": name}, {"secretKey": secret, "status": "enabled"})
        query = {"policyName": f"pqr-{name}", "userOrGroup": name, "isGroup": "false"}
        _admin(settings, "set-user-or-group-policy", query, None)
    first = parameters()
    declare(open_lake(settings.lake), first.run_id, first)
    _say(f"bucket {bucket}, {len(READS) + 2} users, first run {first.run_id}")


def _bring_bucket(settings: Settings, bucket: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=_secret(settings),
        config=Config(s3={"addressing_style": "path"}),
    )
    try:
        client.create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def _admin(settings: Settings, call: str, query: dict[str, str], body: dict[str, Any] | None) -> None:
    url = f"{settings.s3_endpoint}{ADMIN}/{call}?{urlencode(sorted(query.items()))}"
    data = b"" if body is None else json.dumps(body).encode()
    request = AWSRequest("PUT", url, data=data, headers={"Content-Type": "application/json"})
    credentials = Credentials(settings.s3_access_key or "", _secret(settings))
    S3SigV4Auth(credentials, "s3", settings.s3_region).add_auth(request)
    answer = httpx.put(url, content=data, headers=dict(request.headers), timeout=TIMEOUT_SECONDS)
    if answer.is_error:
        raise SystemExit(f"RustFS must accept {call}, found {answer.status_code} {answer.text[:200]}: see its log.")


def _secret(settings: Settings) -> str:
    return settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else ""


def _say(text: str) -> None:
    sys.stdout.write(f"lake: {text}\n")


if __name__ == "__main__":
    main()
