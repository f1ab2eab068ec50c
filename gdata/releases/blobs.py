"""The blobs of a release: which it needs, whether they are there, and how they get into a store.

Only what isn't there is written, several at once; each is read back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gdata.errors import DamagedError, StoreError
from gdata.releases.pieces import pieces_of
from gdata.releases.reader import read_bundle
from gdata.releases.records import Release
from gdata.releases.store import Store, WritableStore, blob_name


def blobs_of(store: Store, release: Release) -> frozenset[str]:
    """Every blob that a release needs."""
    blobs = {one.manifest for one in release.targets.values()}
    if release.protos:
        blobs.add(release.protos)
    if release.snapshot:
        blobs.add(release.snapshot)
        listed = pieces_of(store.get_blob(release.snapshot), f"{store.place}: {blob_name(release.snapshot)}")
        blobs.update(listed or ())
    for target in release.targets:
        blobs.update(entry.sha256 for entry in read_bundle(store, release, target).manifest.files)
    return frozenset(blobs)


def check_whole(store: WritableStore, release: Release) -> None:
    """Raise DamagedError if a file of the release is missing: nobody is to be pointed at it."""
    for target in release.targets:
        bundle = read_bundle(store, release, target)
        files = bundle.manifest.files
        sizes = store.in_parallel(lambda entry: store.size_of(blob_name(entry.sha256)), files)
        for entry, size in zip(files, sizes, strict=True):
            if size != entry.size:
                raise DamagedError(
                    f"{bundle.place}: {blob_name(entry.sha256)} ({entry.file}) is missing or cut off",
                    hint="choose another release, or restore the file from a backup",
                )


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
        if self._store.find(name, blob.size) != content:
            raise StoreError(
                f"{self._store.place}: {name} isn't what was written a moment ago",
                hint="check the disk or the storage; nothing was published",
            )
        return blob.size
