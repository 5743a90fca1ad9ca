"""The lake in a bucket: the same run, by workers of other processes, against a served S3 API."""

from __future__ import annotations

import boto3
import pytest
from pydantic import SecretStr

from pqr_common.errors import InvalidSettings, LakeUnavailable
from pqr_common.lake_s3 import BucketLake
from pqr_pipeline.verify import verify

pytestmark = pytest.mark.integration


@pytest.fixture
def in_bucket(platform, s3_endpoint):
    """The platform with its lake in a bucket of the served API."""
    client = boto3.client(
        "s3", endpoint_url=s3_endpoint, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="pqr")
    keys = {"s3_endpoint": s3_endpoint, "s3_access_key": "k", "s3_secret_key": SecretStr("s")}
    return platform.in_lake("s3://pqr/lake", **keys)


def test_a_bucket_and_a_folder_give_the_same_run(in_bucket, finished, january):
    """Every layer has the digest it has in the folder, and the run is proven from the bucket to the last row."""
    made = in_bucket.run("january", january)
    assert {layer: m.digest for layer, m in made.items()} == {layer: m.digest for layer, m in finished.items()}
    report = verify(
        "january", lake=in_bucket.lake, settings=in_bucket.settings, executor=in_bucket.executor, is_deep=True
    )
    assert report.findings == []
    assert report.objects > len(finished["raw"].dataset("emails").partitions)


def test_a_bucket_that_is_not_there_is_a_setting_to_mend(in_bucket, january):
    """Not tried again, and the sentence names the setting."""
    with pytest.raises(InvalidSettings, match="PQR_LAKE_URL"):
        in_bucket.in_lake("s3://nowhere/lake").run("january", january, "generator")


def test_a_store_that_goes_away_is_transient_and_a_retry_ends_well(in_bucket, january, finished, monkeypatch):
    """The store stops answering the driver while bronze runs; once it is back the stage ends as it should."""
    in_bucket = in_bucket.in_lake("s3://pqr/flaky")
    in_bucket.run("january", january, "generator")

    def away(self, key):
        raise LakeUnavailable(f"The object store must answer, found nothing at {key}.")

    with monkeypatch.context() as broken:
        broken.setattr(BucketLake, "_put_if_absent", lambda self, key, data: away(self, key))
        broken.setattr(BucketLake, "find", away)
        with pytest.raises(LakeUnavailable):
            in_bucket.run("january", january, "bronze")
    assert in_bucket.run("january", january, "bronze")["bronze"].digest == finished["bronze"].digest
