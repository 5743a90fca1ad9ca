"""The lake in a bucket of any S3 store, through boto3; transient answers are tried again here, for seconds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from pqr_common.errors import InvalidSettings, LakeUnavailable
from pqr_common.lake.port import Lake, LakeLocation, missing

__all__ = ["BucketLake"]

ATTEMPTS = 6
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
TIMEOUT_SECONDS = 20
REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403", "AllAccessDisabled"}
ABSENT = {"NoSuchKey", "404", "NotFound"}
LOST_RACE = {"PreconditionFailed", "412"}

F = TypeVar("F", bound=Callable[..., Any])


def _patient(call: F) -> F:
    """Try a transient failure again with growing, jittered delays; the last one is raised as it is."""

    @wraps(call)
    @retry(
        retry=retry_if_exception_type(LakeUnavailable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=FIRST_DELAY_SECONDS, max=LONGEST_DELAY_SECONDS),
        reraise=True,
    )
    def patient(*args: Any, **kwargs: Any) -> Any:
        return call(*args, **kwargs)

    return patient  # type: ignore[return-value]  # the wrapper keeps the signature, which tenacity cannot say


class BucketLake(Lake):
    """Objects below `prefix` of `bucket`."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")

    @classmethod
    def connect(cls, bucket: str, prefix: str, location: LakeLocation) -> BucketLake:
        secret = location.secret_key
        client = boto3.client(
            "s3",
            endpoint_url=location.endpoint,
            region_name=location.region,
            aws_access_key_id=location.access_key,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=Config(
                s3={"addressing_style": "path"},
                connect_timeout=TIMEOUT_SECONDS,
                read_timeout=TIMEOUT_SECONDS,
                retries={"total_max_attempts": 1},  # one place retries: `_patient`
            ),
        )
        return cls(client, bucket, prefix)

    def get(self, key: str) -> bytes:
        found = self.find(key)
        if found is None:
            raise missing(key, self.url)
        return found

    @_patient
    def get_range(self, key: str, offset: int, length: int) -> bytes:
        found = self._body(key, Range=f"bytes={offset}-{offset + length - 1}")
        if found is None:
            raise missing(key, self.url)
        return found

    @_patient
    def find(self, key: str) -> bytes | None:
        return self._body(key)

    @_patient
    def put(self, key: str, data: bytes | memoryview) -> None:
        with self._door(key):
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=bytes(data))

    def put_new(self, key: str, data: bytes) -> bool:
        """A conditional put whose answer was lost is settled by looking: our bytes there mean that we won."""
        try:
            won = self._put_if_absent(key, data)
        except LakeUnavailable:
            found = self.find(key)
            if found is None:
                raise
            return found == data
        tried = self._put_if_absent.statistics["attempt_number"]  # type: ignore[attr-defined]  # tenacity adds it
        return won or (tried > 1 and self.find(key) == data)

    @_patient
    def _put_if_absent(self, key: str, data: bytes) -> bool:
        with self._door(key):
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=data, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) in LOST_RACE:
                    return False
                raise
        return True

    @_patient
    def delete(self, key: str) -> None:
        with self._door(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys(self, prefix: str, *, before: datetime | None = None) -> Iterator[str]:
        with self._door(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{prefix}/".lstrip("/")
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    if before is None or entry["LastModified"] < before:
                        yield entry["Key"].removeprefix(self._prefix)

    @_patient
    def size(self, key: str) -> int:
        with self._door(key):
            try:
                found: int = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["ContentLength"]
            except ClientError as error:
                if _code(error) in ABSENT:
                    return 0
                raise
        return found

    def _body(self, key: str, **options: str) -> bytes | None:
        with self._door(key):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key, **options)
                body: bytes = answer["Body"].read()
            except ClientError as error:
                if _code(error) in ABSENT:
                    return None
                raise
            return body

    @contextlib.contextmanager
    def _door(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if _code(error) in REFUSED:
                raise InvalidSettings(
                    f"The object store must grant {error.operation_name} on {key}, found {_code(error)} in "
                    f"{self.url}: check PQR_LAKE_URL, PQR_S3_ACCESS_KEY, PQR_S3_SECRET_KEY and the key's policy."
                ) from error
            raise self._unavailable(key, error) from error
        except (BotoCoreError, OSError) as error:
            raise self._unavailable(key, error) from error

    def _unavailable(self, key: str, error: Exception) -> LakeUnavailable:
        return LakeUnavailable(
            f"The object store must answer, found {error} at {key} in {self.url}: "
            f"see that PQR_S3_ENDPOINT is up, then run `pqr retry`."
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
