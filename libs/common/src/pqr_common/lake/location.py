"""The lake at a place."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from pqr_common.errors import InvalidSettings
from pqr_common.lake.folder import FolderLake
from pqr_common.lake.port import Lake, LakeLocation

__all__ = ["open_lake"]


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
