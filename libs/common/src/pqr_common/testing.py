"""Fakes and builders for tests. The edge we own is the lake; its fake is held to the tests of the real ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from pqr_common.lake.port import Lake, missing

__all__ = ["MemoryLake", "rows", "table_of"]


class MemoryLake(Lake):
    """A lake in a dictionary."""

    def __init__(self) -> None:
        self.url = "memory://"
        self.objects: dict[str, bytes] = {}
        self.put_at: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        found = self.find(key)
        if found is None:
            raise missing(key, self.url)
        return found

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self.get(key)[offset : offset + length]

    def find(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, data: bytes | memoryview) -> None:
        self.objects[key] = bytes(data)
        self.put_at[key] = datetime.now(UTC)

    def put_new(self, key: str, data: bytes) -> bool:
        with self._lock:
            if key in self.objects:
                return False
            self.put(key, data)
        return True

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def keys(self, prefix: str, *, before: datetime | None = None) -> Iterator[str]:
        below = (key for key in self.objects if key.startswith(f"{prefix}/"))
        return iter(sorted(key for key in below if before is None or self.put_at[key] < before))


def table_of(schema: pa.Schema, *items: dict[str, object]) -> pa.Table:
    """A table from rows that name only the columns a test cares about; the others are null."""
    return pa.Table.from_pylist([{name: item.get(name) for name in schema.names} for item in items], schema=schema)


def rows(table: pa.Table, *names: str) -> list[tuple[object, ...]]:
    """The rows as tuples of these columns, for reading aloud in an assertion."""
    return list(zip(*(table.column(name).to_pylist() for name in names), strict=True))
