"""A folder in which a reader keeps what it once got from a distant store: blobs never change, so once is enough.

It may be deleted at any time, and shared by any number of processes. What it gives back is verified like
everything else; what is damaged or can't be written is simply fetched again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gdata.errors import OutputError
from gdata.files import write_atomically

UNUSED_DAYS = 30
_DAY = 86_400
_HOUR = 3_600
_MOST_BYTES = 4 << 30


@dataclass(frozen=True)
class _Kept:
    """A file of the cache."""

    used: float
    size: int
    path: Path


class BlobCache:
    """Blobs by their hex SHA-256 under `folder`."""

    def __init__(self, folder: Path, most_bytes: int = _MOST_BYTES) -> None:
        self.folder = folder
        self._most_bytes = most_bytes
        self._tidied = -float(_HOUR)

    def find(self, digest: str) -> bytes | None:
        """The bytes of a blob, verified; None where they aren't here."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(content).hexdigest() != digest:
            return None
        self._mark_used(path)
        return content

    def path_of(self, digest: str) -> Path:
        """Where a blob lies, if it is here; it counts as used. What stands beside it under its name goes with it."""
        path = self._path(digest)
        with suppress(OSError):
            self._mark_used(path)
        return path

    def keep(self, digest: str, content: bytes) -> None:
        """Put a blob in; a cache that can't be written is no reason to stop."""
        with suppress(OutputError):
            write_atomically(self._path(digest), content)

    def is_due(self) -> bool:
        """Whether it wasn't tidied in the last hour; asked so, it counts as tidied."""
        due = time.monotonic() - self._tidied >= _HOUR
        if due:
            self._tidied = time.monotonic()
        return due

    def tidy(self, needed: Collection[str]) -> None:
        """Remove what nobody used in 30 days, and the longest unused where it is too much; never the `needed`."""
        kept = sorted(self._kept(), key=lambda file: file.used)
        size = sum(file.size for file in kept)
        oldest = time.time() - UNUSED_DAYS * _DAY
        for file in kept:
            is_left_over = file.path.suffix == ".tmp" and file.used < time.time() - _DAY
            if is_left_over or (file.path.stem not in needed and (file.used < oldest or size > self._most_bytes)):
                size -= file.size
                with suppress(OSError):
                    file.path.unlink()

    def _kept(self) -> list[_Kept]:
        found = []
        for path in self.folder.glob("blobs/*/*"):
            with suppress(OSError):  # another process may tidy up as well
                status = path.stat()
                found.append(_Kept(status.st_mtime, status.st_size, path))
        return found

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest[:2] / digest

    def _mark_used(self, path: Path) -> None:
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _DAY:
                os.utime(path)
