"""The lake in a folder of this machine.

Objects are put whole and become visible whole. `put_new` is the atomic commit: of several writers one wins.
Nothing here lists to learn what is true; `keys` serves verification, diagnosis and the sweep of leftovers.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path, PurePosixPath

from pqr_common.errors import InvalidSettings, LakeUnavailable
from pqr_common.lake.port import Lake, missing

__all__ = ["FolderLake"]

DRAFT = re.compile(r"\..+\.[0-9a-f]{8}")  # hidden, beside what it is to become

# The disk writes while the next object is made; who commits then waits for little.
_ahead = ThreadPoolExecutor(1, thread_name_prefix="settle")


class FolderLake(Lake):
    """A folder on this machine; atomic by rename and by hard link."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = f"file://{root}"

    def get(self, key: str) -> bytes:
        found = self.find(key)
        if found is None:
            raise missing(key, self.url)
        return found

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        with self._door(key):
            try:
                with self._path(key).open("rb") as file:
                    file.seek(offset)
                    return file.read(length)
            except FileNotFoundError:
                raise missing(key, self.url) from None

    def find(self, key: str) -> bytes | None:
        with self._door(key):
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def put(self, key: str, data: bytes | memoryview) -> None:
        with self._door(key, len(data)), self._written(key, data) as draft:
            draft.replace(self._path(key))
        _ahead.submit(_settle_quietly, self._path(key))

    def put_new(self, key: str, data: bytes) -> bool:
        with self._door(key, len(data)), self._written(key, data) as draft:
            _settle(draft)
            try:
                os.link(draft, self._path(key))
            except FileExistsError:
                return False
            self._settle_folders({draft.parent})
        return True

    def settle(self, keys: Iterable[str]) -> None:
        """Files first, all written before the first is waited for, then the folders that name them."""
        paths = [self._path(key) for key in keys]
        for path in paths:
            with self._door(path.relative_to(self.root).as_posix()):
                _settle(path)
        with self._door(""):
            self._settle_folders({path.parent for path in paths})

    def delete(self, key: str) -> None:
        with self._door(key):
            self._path(key).unlink(missing_ok=True)

    def keys(self, prefix: str, *, before: datetime | None = None) -> Iterator[str]:
        with self._door(prefix):
            found = (path for path in self._path(prefix).rglob("*") if path.name[0] != "." and _is_file(path, before))
            yield from sorted(path.relative_to(self.root).as_posix() for path in found)

    def size(self, key: str) -> int:
        with self._door(key):
            try:
                return self._path(key).stat().st_size
            except FileNotFoundError:
                return 0

    def drafts(self, *, before: datetime) -> Iterator[str]:
        with self._door(""):
            hidden = (path for path in self.root.rglob(".*") if DRAFT.fullmatch(path.name) and _is_file(path, before))
            yield from sorted(path.relative_to(self.root).as_posix() for path in hidden)

    def _path(self, key: str) -> Path:
        return self.root.joinpath(PurePosixPath(key))

    @contextlib.contextmanager
    def _written(self, key: str, data: bytes | memoryview) -> Iterator[Path]:
        """A hidden file beside the target that holds the data; gone afterwards unless it was renamed."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")  # as DRAFT says
        try:
            with draft.open("wb") as file:
                file.write(data)
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _settle_folders(self, folders: set[Path]) -> None:
        """Each with those above it, up to the one that holds the lake."""
        for folder in {
            above for each in folders for above in (each, *each.parents) if self.root.parent in above.parents
        }:
            _settle(folder)

    @contextlib.contextmanager
    def _door(self, key: str, wanted: int = 0) -> Iterator[None]:
        """Where errors of the disk become ours; `wanted`: how many bytes are to be written."""
        try:
            yield
        except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidSettings(
                f"The lake must be a folder this user may read and write, found {error.strerror!r} "
                f"at {self._path(key)}: mend its permissions or set PQR_LAKE_URL."
            ) from error
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise LakeUnavailable(
                    f"The disk of the lake must have room for {wanted:,} bytes more and what follows, found it full at "
                    f"{self._path(key)}: free space, then run `pqr retry`."
                ) from error
            raise LakeUnavailable(
                f"The lake must answer, found {error.strerror or error!r} at {self._path(key)}: "
                f"mend the disk, then run `pqr retry`."
            ) from error


def _is_file(path: Path, before: datetime | None) -> bool:
    """Whether it is a file, written before a time if there is one; what has just gone is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and (before is None or found.st_mtime < before.timestamp())


def _settle_quietly(path: Path) -> None:
    """What fails here fails again, and is told, when somebody waits for it."""
    with contextlib.suppress(OSError):
        _settle(path)


def _settle(path: Path) -> None:
    """Wait until the disk holds a file's bytes, or a folder's names."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
