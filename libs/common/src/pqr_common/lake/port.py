"""What a lake is: named bytes that become visible whole. The port; a folder, a bucket and a fake stand behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pqr_common.canonical import sha256_hex
from pqr_common.errors import UpstreamBroken

if TYPE_CHECKING:
    from pqr_common.manifest.values import Partition

__all__ = ["Lake", "LakeLocation", "missing"]


@dataclass(frozen=True, slots=True)
class LakeLocation:
    """Where a lake is and who asks for it: the one value a task carries to reach its data.

    `file:///folder` or `s3://bucket[/prefix]`; the rest is for S3 alone, and the secret is masked in text.
    """

    url: str
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = None
    secret_key: SecretStr | None = None


class Lake(ABC):
    """Bytes by key. Keys are relative, `/`-separated and never start or end with `/`."""

    url: str

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The whole object; raises UpstreamBroken when it is missing."""

    @abstractmethod
    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; raises UpstreamBroken when the object is missing."""

    @abstractmethod
    def find(self, key: str) -> bytes | None:
        """The whole object, or None when there is none."""

    @abstractmethod
    def put(self, key: str, data: bytes | memoryview) -> None:
        """Create or replace an object; readers see the old or the new one, never a part."""

    @abstractmethod
    def put_new(self, key: str, data: bytes) -> bool:
        """Create an object that must not exist yet; False when another writer was first."""

    def settle(self, keys: Iterable[str]) -> None:  # noqa: B027  a bucket's answer means that it is on the disk
        """See that these objects outlive a power cut; a manifest that names them may be put afterwards."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""

    @abstractmethod
    def keys(self, prefix: str, *, before: datetime | None = None) -> Iterator[str]:
        """The keys below a prefix, in order, or those put last before a time. For audit and clean-up only."""

    def size(self, key: str) -> int:
        """How many bytes an object has; none when it is missing. For audit and clean-up only."""
        return len(self.find(key) or b"")

    def drafts(self, *, before: datetime) -> Iterator[str]:  # noqa: ARG002  a bucket shows nothing that is not whole
        """Keys of what killed writers left half written, untouched since before a time. For audit and clean-up only."""
        return iter(())

    def read(self, partition: Partition) -> bytes:
        """The bytes of a partition, those that its manifest names; raises UpstreamBroken with the object's key."""
        data = self.get(partition.path)
        if len(data) != partition.bytes:
            found = f"{len(data)} bytes instead of {partition.bytes}"
        elif (digest := sha256_hex(data)) != partition.sha256:
            found = f"SHA-256 {digest[:12]} instead of {partition.sha256[:12]}"
        else:
            return data
        raise UpstreamBroken(
            f"The object {partition.path} must be what its manifest says, found {found} in {self.url}: "
            f"restore it, or run its stage under another run id."
        )


def missing(key: str, url: str) -> UpstreamBroken:
    """The error for an object a manifest or a reader names and the lake does not hold."""
    return UpstreamBroken(
        f"The object {key} must exist, found nothing in {url}: restore it or run its stage under another run id."
    )
