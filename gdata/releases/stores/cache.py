"""A folder in which readers keep what they once got from a distant store, and remember what they saw there.

    blobs/3f/3f9a…                         blobs never change, so once is enough
    places/3f9a…/e1c4…/seen-live.json      the newest entry of a channel, as the store had it
    places/3f9a…/e1c4…/loaded-77b0….json   which bundle to start with where the store is down or damaged

It may be deleted at any time, and shared by any number of processes. What it gives back is verified like
everything else; what is damaged or can't be written is simply fetched again. Notes lie under the place that the store
was read from, and below that under the store's identity: two games may share a cache, and a place may get another
store.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from gdata.bundles.manifest import Manifest, canonical_json, sha256
from gdata.errors import DamagedError, GdataError, OutputError
from gdata.files import read_plain, write_atomically
from gdata.language import sentence
from gdata.releases.records import Entry

UNKNOWN = "unknown"
"""In place of the identity of a store that has none yet."""
_UNUSED_DAYS = 30
_DAY = 86_400
_HOUR = 3_600
_MOST_BYTES = 4 << 30
_IN_MEMORY = 64 << 20


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
            content = read_plain(path)
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
        oldest = time.time() - _UNUSED_DAYS * _DAY
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


class RecentFiles:
    """What was read a moment ago and never changes, in memory, the oldest making room: each takes a distant store a
    request. Blobs are kept by their hash, releases' records by their name."""

    def __init__(self, most_bytes: int = _IN_MEMORY) -> None:
        self._room = most_bytes
        self._files: dict[str, bytes] = {}
        self._lock = Lock()

    def find(self, name: str) -> bytes | None:
        """The bytes of a file; None where they aren't here."""
        return self._files.get(name)

    def keep(self, name: str, content: bytes) -> None:
        """Put a verified file in."""
        with self._lock:
            self._room -= len(content) if name not in self._files else 0
            self._files[name] = content
            while self._room < 0:
                oldest = next(iter(self._files))
                self._room += len(self._files.pop(oldest))


@dataclass(frozen=True)
class Loaded:
    """A bundle that was read whole: its release, its manifest's hash and signature, the entry that led to it."""

    release: str
    manifest: str
    signature: str | None
    entry: Entry | None

    def to_bytes(self) -> bytes:
        """The note of it."""
        entry = self.entry.to_bytes().decode() if self.entry else None
        note = {"release": self.release, "manifest": self.manifest, "signature": self.signature, "entry": entry}
        return canonical_json(note)

    @classmethod
    def from_bytes(cls, content: bytes, *, place: str) -> Loaded:
        """Read a note; raises DamagedError where it isn't one."""
        try:
            note = json.loads(content)
            entry = Entry.from_bytes(note["entry"].encode(), place=place) if note["entry"] is not None else None
            return cls(str(note["release"]), str(note["manifest"]), note["signature"], entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedError(
                sentence("{place}: damaged ({error})", place=place, error=error),
                hint=sentence("it is made anew when the store is read"),
            ) from error


class Memory:
    """The notes of one place in a cache, by the identity of the store; without a cache, none and nowhere."""

    def __init__(self, cache: Path | None, place: str) -> None:
        self._folder = cache / "places" / sha256(place.encode())[:32] if cache is not None else None

    def stores(self) -> list[str]:
        """The identities of the stores that were read here."""
        if self._folder is not None:
            with suppress(OSError):
                return sorted(path.name for path in self._folder.iterdir())
        return []

    def seen(self, store: str, channel: str) -> Entry | None:
        """The newest entry of a channel that any reader with this cache saw; None where none did."""
        content = self._read(store, _seen(channel))
        with suppress(DamagedError):
            entry = Entry.from_bytes(content, place=_seen(channel)) if content is not None else None
            return entry if entry is not None and entry.channel == channel else None
        return None

    def see(self, store: str, entry: Entry) -> None:
        """Remember a channel's newest entry, so that later readers refuse a log that lacks it."""
        known = self.seen(store, entry.channel)
        if known is None or known.number < entry.number:
            self._write(store, _seen(entry.channel), entry.to_bytes())

    def loaded(self, store: str, what: object) -> Loaded | None:
        """What was loaded last as `what` (any JSON value); a damaged note is none."""
        content = self._read(store, _loaded(what))
        with suppress(DamagedError):
            return Loaded.from_bytes(content, place=_loaded(what)) if content is not None else None
        return None

    def keep(self, store: str, what: object, loaded: Loaded) -> None:
        """Remember what was loaded as `what`."""
        self._write(store, _loaded(what), loaded.to_bytes())

    def mark_used(self, store: str, what: object) -> None:
        """Say, once a day, that somebody would start with this."""
        if self._folder is not None:
            path = self._folder / store / _loaded(what)
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - _DAY:
                    os.utime(path)

    def name_store(self, store: str) -> None:
        """The store that had no identity has this one now."""
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / UNKNOWN).rename(self._folder / store)

    def _read(self, store: str, name: str) -> bytes | None:
        if self._folder is not None:
            with suppress(OSError):
                return read_plain(self._folder / store / name)
        return None

    def _write(self, store: str, name: str, content: bytes) -> None:
        if self._folder is not None:
            with suppress(OutputError):  # a cache that can't be written is no reason to stop
                write_atomically(self._folder / store / name, content)


def _seen(channel: str) -> str:
    return f"seen-{channel}.json"


def _loaded(what: object) -> str:
    return f"loaded-{sha256(canonical_json(what))[:32]}.json"


def needed_blobs(cache: BlobCache) -> set[str]:
    """The blobs that a start from the cache would need, by what was loaded in the last 30 days; older notes go."""
    needed: set[str] = set()
    for path in cache.folder.glob("places/*/*/loaded-*.json"):
        with suppress(OSError, GdataError):
            if path.stat().st_mtime < time.time() - _UNUSED_DAYS * _DAY:
                path.unlink()
                continue
            manifest = Loaded.from_bytes(read_plain(path), place=str(path)).manifest
            needed.add(manifest)
            content = cache.find(manifest)
            if content is not None:
                needed.update(entry.sha256 for entry in Manifest.from_bytes(content).files)
    return needed
