"""The blobs of a release: which it needs, whether they are there, and how they get into a store.

Only what isn't there is written, several at once; each is read back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gdata.errors import DamagedError, StoreError
from gdata.language import sentence
from gdata.longbytes import Content
from gdata.releases.pieces import pieces_of
from gdata.releases.reader import read_bundle
from gdata.releases.records import Release
from gdata.releases.stores.store import Store, WritableStore, blob_name


def blobs_of(store: Store, release: Release) -> frozenset[str]:
    """Every blob that a release needs."""
    return bundle_blobs(store, release) | source_blobs(store, release)


def bundle_blobs(store: Store, release: Release) -> frozenset[str]:
    """The blobs that servers need: the manifests, and the files that these name."""
    files = (read_bundle(store, release, target).manifest.files for target in release.targets)
    return list_blobs(release) - {release.snapshot} | {entry.sha256 for found in files for entry in found}


def source_blobs(store: Store, release: Release) -> frozenset[str]:
    """The blobs that the release can be built again from."""
    blobs = {digest for digest in (release.protos, release.snapshot) if digest}
    if release.snapshot:
        place = f"{store.place}: {blob_name(release.snapshot)}"
        blobs.update(pieces_of(store.get_blob(release.snapshot), place) or ())
    return frozenset(blobs)


def list_blobs(release: Release) -> frozenset[str]:
    """The blobs without which nobody knows what else it needs: manifests, and the snapshot's list of pieces."""
    return frozenset(filter(None, (release.snapshot, *(one.manifest for one in release.targets.values()))))


def missing(store: WritableStore, names: Iterable[str]) -> list[str]:
    """Those of the names under which the store has nothing."""
    asked = list(names)
    sizes = store.in_parallel(store.size_of, asked)
    return [name for name, size in zip(asked, sizes, strict=True) if size is None]


def check_whole(store: WritableStore, release: Release) -> None:
    """Raise DamagedError if a file that servers need of the release isn't whole: nobody is to be pointed at it."""
    for target in release.targets:
        bundle = read_bundle(store, release, target)
        files = bundle.manifest.files
        whole = store.in_parallel(lambda entry: store.has_blob(entry.sha256, entry.size), files)
        for entry, is_whole in zip(files, whole, strict=True):
            if not is_whole:
                raise DamagedError(
                    sentence(
                        "{place}: {blob_name} ({file}) is missing or damaged",
                        place=bundle.place,
                        blob_name=blob_name(entry.sha256),
                        file=entry.file,
                    ),
                    hint=sentence("`gdata repair` brings it back where there is a copy; or choose another release"),
                )


_TRIES = 3


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
    read: Callable[[], Content]


class Upload:
    """The blobs of one release on their way. `kept` are those that prune won't touch, if they are there at all.

    A blob that is there but not kept is written again: a prune under way may have chosen it for its age.
    """

    def __init__(self, store: WritableStore, kept: frozenset[str]) -> None:
        self._store = store
        self._kept = kept
        self._blobs: dict[str, _Blob] = {}
        self._sent: list[_Blob] = []

    def add(self, digest: str, size: int, read: Callable[[], Content]) -> None:
        """A blob that the release needs: its hex SHA-256, its size, and how to get its bytes, verified."""
        self._blobs[digest] = _Blob(digest, size, read)

    def finish(self) -> Traffic:
        """Write what is missing; when this returns, every blob is in the store.

        Raises:
            StoreError: a blob can't be written, or isn't there after it was.
        """
        blobs = self._blobs.values()
        kept = self._store.in_parallel(self._is_kept, blobs)
        self._sent = [blob for blob, is_kept in zip(blobs, kept, strict=True) if not is_kept]
        self._store.in_parallel(self._send, self._sent)
        return Traffic(len(self._sent), _size(self._sent), len(blobs), _size(blobs))

    def look_again(self) -> None:
        """Write again what a prune took out meanwhile; once a channel points at the release it won't any more."""
        sizes = self._store.in_parallel(lambda blob: self._store.size_of(blob_name(blob.digest)), self._sent)
        gone = [blob for blob, size in zip(self._sent, sizes, strict=True) if size != blob.size]
        self._store.in_parallel(self._send, gone)

    def _is_kept(self, blob: _Blob) -> bool:
        return blob.digest in self._kept and self._store.has_blob(blob.digest, blob.size)

    def _send(self, blob: _Blob) -> None:
        name, content = blob_name(blob.digest), blob.read()
        for _ in range(_TRIES):
            self._store.put(name, content)
            is_stored = self._store.is_stored(name, content)
            if is_stored:
                return
            if is_stored is not None:
                break  # else a prune took it out a moment ago, for the age of the one before
        raise StoreError(
            sentence("{place}: {name} isn't what was written a moment ago", place=self._store.place, name=name),
            hint=sentence("check the disk or the storage; nothing was published"),
        )


def _size(blobs: Iterable[_Blob]) -> int:
    return sum(blob.size for blob in blobs)
