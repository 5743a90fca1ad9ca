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
from pqr_common.process.settings import Settings
from pqr_common.stage.discovery import declare, installed_stages

sys.path.insert(0, os.path.dirname(__file__))  # noqa: PTH120
from first import parameters
from policies import Policy, policies

ADMIN = "/rustfs/admin/v3"
TIMEOUT_SECONDS = 20


def main() -> None:
    """Bucket, policies, users, first run; whatever is there already is brought to what it should be."""
    settings = Settings.read()
    bucket = settings.lake_url.removeprefix("s3://").partition("/")[0]
    _bring_bucket(settings, bucket)
    wanted = policies(bucket, installed_stages().values())
    for user, policy in wanted.items():
        _bring_user(settings, user, policy)
    first = parameters()
    declare(open_lake(settings.lake), first.run_id, first)
    sys.stdout.write(f"lake: bucket {bucket}, {len(wanted)} users, first run {first.run_id}\n")


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


def _bring_user(settings: Settings, user: str, policy: Policy) -> None:
    secret = os.environ.get(f"S3_SECRET_{user.upper()}")
    if secret is None:
        raise SystemExit(
            f"S3_SECRET_{user.upper()} must be set, found nothing: give it to lake-bootstrap in compose.yaml, then run "
            f"`make stack-env`."
        )
    _admin(settings, "add-canned-policy", {"name": f"pqr-{user}"}, body=policy)
    _admin(settings, "add-user", {"accessKey": user}, body={"secretKey": secret, "status": "enabled"})
    _admin(settings, "set-user-or-group-policy", {"policyName": f"pqr-{user}", "userOrGroup": user, "isGroup": "false"})


def _admin(settings: Settings, call: str, query: dict[str, str], *, body: dict[str, Any] | None = None) -> None:
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


if __name__ == "__main__":
    main()
