"""Where a lake is and who asks for it: the one value a task carries to reach its data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from pqr_common.errors import InvalidSettings
from pqr_common.lake.folder import FolderLake
from pqr_common.lake.port import Lake

__all__ = ["LakeLocation", "open_lake"]


@dataclass(frozen=True, slots=True)
class LakeLocation:
    """`file:///folder` or `s3://bucket[/prefix]`; the rest is for S3 alone, and the secret is masked in text."""

    url: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: SecretStr | None = None


def open_lake(location: LakeLocation) -> Lake:
    """The lake at this place; raises InvalidSettings when the URL is of neither kind."""
    parts = urlsplit(location.url)
    if parts.scheme == "file":
        return FolderLake(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from pqr_common.lake.bucket import BucketLake  # boto3 costs a second to import; a folder needs none of it

        return BucketLake.connect(parts.netloc, parts.path.strip("/"), location)
    raise InvalidSettings(
        f"PQR_LAKE_URL must be file:///folder or s3://bucket/prefix, found {location.url!r}: set one of them."
    )
