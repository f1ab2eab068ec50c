"""The blobs of a release: which it needs, whether they are there, and how they get into a store.

Only what isn't there is written, several at once; each is read back afterwards. A large file lies in pieces, so that a
release uploads only those that changed: a snapshot is a zip archive with a member a sheet or spreadsheet, and cut where
its members begin, all pieces but those of changed sheets are the last release's. The blob that the record names is then
a list of pieces, as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from gdata.bundles.manifest import MANIFEST, FileEntry, canonical_json, sha256
from gdata.errors import DamagedError, StoreError, UsageError
from gdata.language import say, sentence
from gdata.longbytes import Content, blocks_of, digest_of, part_of
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.records import Release
from gdata.releases.stores.store import Store, WritableStore, blob_name

_WHOLE_BYTES = 1 << 16
_MOST_BYTES = 16 << 20
"""Of a piece: so much is in memory while it is on its way."""
_LIST = b'{"pieces":['
# What a member of a zip archive begins with, and its directory. By chance elsewhere, they cut as well: no harm done.
_MEMBER, _DIRECTORY = re.compile(rb"PK\x03\x04"), b"PK\x01\x02"
_TRIES = 3


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
    for target, released in release.targets.items():
        bundle = read_bundle(store, release, target)  # whose manifest may have been read long ago, before a question
        manifest = FileEntry(MANIFEST, released.manifest, len(bundle.manifest_bytes))
        files = (manifest, *bundle.manifest.files)
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


@dataclass(frozen=True)
class Pieces:
    """A file to be stored: the hash that names it, and every blob that it takes, by hash."""

    digest: str
    blobs: dict[str, Content]


def cut(content: Content) -> Pieces:
    """A small file as it is; a larger one in pieces, and the list of them."""
    if len(content) <= _WHOLE_BYTES and not content[: len(_LIST)].startswith(_LIST):
        return Pieces(digest_of(content), {digest_of(content): content})
    at = sorted({0, len(content), *_boundaries(content)})
    parts = [
        part_of(content, first, min(first + _MOST_BYTES, end))
        for start, end in pairwise(at)
        for first in range(start, end, _MOST_BYTES)
    ]
    names = [digest_of(part) for part in parts]
    listed = canonical_json({"pieces": names, "sha256": digest_of(content), "size": len(content)})
    return Pieces(sha256(listed), {**dict(zip(names, parts, strict=True)), sha256(listed): listed})


def _boundaries(content: Content) -> list[int]:
    """Where members begin, and where the directory after the last of them does."""
    members: list[int] = []
    directory = -1
    at, tail = 0, b""
    for block in blocks_of(content):
        text, begins = tail + block, at - len(tail)
        found = [begins + one.start() for one in _MEMBER.finditer(text)]
        members += found
        directory = -1 if found else directory
        if directory < 0:
            place = text.find(_DIRECTORY, max(members[-1] - begins, 0) if members else 0)
            directory = begins + place if place >= 0 else -1
        at, tail = at + len(block), text[1 - len(_DIRECTORY) :]
    return [*members, directory] if directory >= 0 else members


def pieces_of(content: bytes, place: str) -> list[str] | None:
    """The hashes of the pieces that a blob lists; None where it is no list but the file itself.

    Raises:
        DamagedError: it begins like a list and isn't one.
    """
    if not content.startswith(_LIST):
        return None
    try:
        pieces = json.loads(content)["pieces"]
        for digest in pieces:
            if not re.fullmatch("[0-9a-f]{64}", digest):
                raise ValueError(f"{digest!r} is not a SHA-256")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedError(
            sentence("{place} is damaged: not a list of pieces ({error})", place=place, error=error)
        ) from error
    return list(pieces)


def read_pieces(store: Store, digest: str) -> bytes:
    """The file under a hash, verified, be it in pieces or not.

    Raises:
        DamagedError: something of it is missing or damaged.
    """
    content = store.get_blob(digest)
    place = f"{store.place}: {blob_name(digest)}"
    pieces = pieces_of(content, place)
    if pieces is None:
        return content
    listed = json.loads(content)
    size = listed.get("size") if isinstance(listed.get("size"), int) else None
    whole = b"".join(store.in_parallel(lambda piece: store.get_blob(piece, size), pieces))
    if sha256(whole) != listed.get("sha256"):
        raise DamagedError(
            sentence("{place} is damaged: its pieces together aren't the file that it names", place=place)
        )
    return whole


def snapshot_of(store: Store, release: str) -> bytes:
    """The snapshot of the sheets that a release was built from.

    Raises:
        UsageError: there is no such release, or it was published without one.
    """
    return _part_of(store, release, read_release(store, release).snapshot, say("snapshot of its sheets"))


def descriptors_of(store: Store, release: str) -> bytes:
    """The full descriptors (options, source info) that a release was built with, as a FileDescriptorSet.

    Raises:
        UsageError: there is no such release, or it was published without them.
    """
    return _part_of(store, release, read_release(store, release).protos, say(".proto descriptors"))


def _part_of(store: Store, release: str, digest: str | None, what: str) -> bytes:
    if digest is None:
        raise UsageError(
            sentence(
                "release {release} was published without the {part}, so it can't be built again",
                release=release,
                part=what,
            ),
            hint=sentence("use a release that was published from the machine that had built it"),
        )
    return read_pieces(store, digest)
