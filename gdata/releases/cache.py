"""A folder in which a reader keeps what it once got from a distant store: blobs never change, so once is enough.

It may be deleted at any time, and shared by any number of processes. What it gives back is verified like
everything else; what is damaged or can't be written is simply fetched again.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from gdata.errors import OutputError
from gdata.files import write_atomically

_DAY = 86_400
_UNUSED_DAYS = 30


class BlobCache:
    """Blobs by their hex SHA-256 under `folder`; those not asked for in 30 days are removed by and by."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tidied = False

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

    def keep(self, digest: str, content: bytes) -> None:
        """Put a blob in; a cache that can't be written is no reason to stop."""
        with suppress(OutputError):
            write_atomically(self._path(digest), content)
        if not self._tidied:
            self._tidied = True
            self._remove_unused()

    def last_seen(self, place: str, channel: str) -> int:
        """The highest entry number of a channel that was seen by any reader with this cache; 0 for none."""
        try:
            return int(self._seen_path(place, channel).read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def remember_seen(self, place: str, channel: str, number: int) -> None:
        """Keep a channel's highest entry number, so that later readers refuse a lower one."""
        if number > self.last_seen(place, channel):
            with suppress(OutputError):
                write_atomically(self._seen_path(place, channel), str(number).encode())

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest[:2] / digest

    def _seen_path(self, place: str, channel: str) -> Path:
        name = hashlib.sha256(f"{place}\n{channel}".encode()).hexdigest()
        return self.folder / "seen" / name[:32]

    def _mark_used(self, path: Path) -> None:
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _DAY:
                os.utime(path)

    def _remove_unused(self) -> None:
        oldest = time.time() - _UNUSED_DAYS * _DAY
        for path in self.folder.glob("blobs/*/*"):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()
