"""Bring blobs into a store: only those that aren't there, several at once, each read back after it was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gdata.errors import StoreError
from gdata.releases.store import WritableStore, blob_name


@dataclass(frozen=True)
class Traffic:
    """What was moved, and how much there was to move: numbers of files, bytes."""

    files: int = 0
    bytes: int = 0
    total_files: int = 0
    total_bytes: int = 0


@dataclass(frozen=True)
class _Blob:
    digest: str
    size: int
    read: Callable[[], bytes]


class Upload:
    """The blobs of one release on their way. `kept` are those that prune won't touch, if they are there at all.

    A blob that is there but not kept is written again: a prune under way may have chosen it for its age.
    """

    def __init__(self, store: WritableStore, kept: frozenset[str]) -> None:
        self._store = store
        self._kept = kept
        self._blobs: dict[str, _Blob] = {}

    def add(self, digest: str, size: int, read: Callable[[], bytes]) -> None:
        """A blob that the release needs: its hex SHA-256, its size, and how to get its bytes, verified."""
        self._blobs[digest] = _Blob(digest, size, read)

    def finish(self) -> Traffic:
        """Write what is missing; when this returns, every blob is in the store.

        Raises:
            StoreError: a blob can't be written, or isn't there after it was.
        """
        sent = [size for size in self._store.in_parallel(self._send, self._blobs.values()) if size is not None]
        total = sum(blob.size for blob in self._blobs.values())
        return Traffic(len(sent), sum(sent), len(self._blobs), total)

    def _send(self, blob: _Blob) -> int | None:
        name = blob_name(blob.digest)
        if blob.digest in self._kept and self._store.size_of(name) == blob.size:
            return None
        content = blob.read()
        self._store.put(name, content)
        if self._store.find(name) != content:
            raise StoreError(
                f"{self._store.place}: {name} isn't what was written a moment ago",
                hint="check the disk or the storage; nothing was published",
            )
        return blob.size
