"""A channel or release of a store as a server's place, with a local cache that outlives the store's bad days."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gdata.bundles.manifest import FileEntry, Manifest, canonical_json, sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, GdataError, OutsideError, StoreError, UsageError
from gdata.files import write_atomically
from gdata.releases.cache import BlobCache
from gdata.releases.reader import newest_entry, open_store, read_bundle, read_release
from gdata.releases.records import Release
from gdata.releases.signatures import PublicKey, check_signature
from gdata.releases.store import Store
from gdata.runtime.places import Found

logger = logging.getLogger("gdata")


class StorePlace:
    """The release that a channel points at, or a release named by its id; of it, one target."""

    def __init__(
        self,
        location: str,
        *,
        channel: str | None = None,
        release: str | None = None,
        target: str | None = None,
        cache: Path | None = None,
        public_key: PublicKey | None = None,
    ) -> None:
        self.location = location
        self.channel = channel
        self.release = release
        self.target = target
        self.cache = BlobCache(cache) if cache is not None else None
        self.public_key = public_key
        self._opened: tuple[int, Store] | None = None

    def find(self, last: Found | None) -> Found | None:
        """What the channel points at now; None if that is still `last`. Without a store, at first, the cached."""
        try:
            return self._find(last)
        except OutsideError as error:
            remembered = self._remembered() if last is None else None
            if remembered is None:
                raise
            logger.warning("%s; starting with %s from the cache", error, remembered.release)
            return remembered

    def keep(self, found: Found, last: Found | None) -> None:
        """Remember `found` in the cache, so that the next start needs no store."""
        if self.cache is None or found.is_stale:
            return
        with suppress(OutsideError):
            if last is not None:  # what it had already wasn't read anew, and may have left the cache meanwhile
                for entry in found.bundle.manifest.files:
                    self._store().get_blob(entry.sha256)
            write_atomically(self._memory(), _note(found))

    def _find(self, last: Found | None) -> Found | None:
        store = self._store()
        if self.release is not None:
            return (
                None if last is not None and not last.is_stale else self._of(store, read_release(store, self.release))
            )
        assert self.channel is not None
        after = last.entry if last is not None else None
        entry = newest_entry(store, self.channel, after=after, public_key=self.public_key)
        if entry is None:
            if after is not None:
                return None
            raise UsageError(
                f"{self.location}: the channel {self.channel} has no release",
                hint=store.why_empty() or "publish one: `gdata publish --channel " + self.channel + "`",
            )
        found = self._of(store, read_release(store, entry.release, entry))
        return replace(found, entry=entry)

    def _of(self, store: Store, release: Release) -> Found:
        target = self.target or self._only_target(release)
        bundle = read_bundle(store, release, target, public_key=self.public_key)
        return Found(bundle, release.id, signature=release.targets[target].signature, threads=store.threads)

    def _only_target(self, release: Release) -> str:
        if len(release.targets) == 1:
            return next(iter(release.targets))
        raise UsageError(
            f"{self.location}: release {release.id} has several targets: {', '.join(release.targets)}",
            hint=f'say which: target="{next(iter(release.targets), "server")}"',
        )

    def _store(self) -> Store:
        # Connections don't survive a fork, so a child opens its own.
        if self._opened is None or self._opened[0] != os.getpid():
            store = open_store(self.location)
            store.cache = self.cache
            self._opened = os.getpid(), store
        store = self._opened[1]
        if "://" not in self.location and not Path(self.location).is_dir():
            raise StoreError(f"{self.location}: there is no such folder", hint="is the disk or file server mounted?")
        return store

    def _memory(self) -> Path:
        assert self.cache is not None
        name = canonical_json([self.location, self.channel, self.release, self.target])
        return self.cache.folder / "loaded" / f"{sha256(name)[:32]}.json"

    def _remembered(self) -> Found | None:
        """What was loaded last, if the cache has all of it still."""
        if self.cache is None:
            return None
        try:
            note = json.loads(self._memory().read_bytes())
            return Found(self._cached_bundle(self.cache, note), str(note["release"]), is_stale=True)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, GdataError) as error:
            logger.warning("%s: the cached release can't be used: %s", self.cache.folder, error)
            return None

    def _cached_bundle(self, cache: BlobCache, note: Any) -> Bundle:
        place = f"{cache.folder} (cache of {self.location}), release {note['release']}"

        def blob(digest: str) -> bytes:
            content = cache.find(digest)
            if content is None:
                raise DamagedError(f"{place}: {digest[:12]} is missing or damaged", hint="reach the store once")
            return content

        def fetch(entry: FileEntry) -> bytes:
            return blob(entry.sha256)

        content = blob(str(note["manifest"]))
        if self.public_key is not None:
            check_signature(note["signature"], content, place=place, key=self.public_key)
        manifest = Manifest.from_bytes(content, place=place)
        if manifest.target != (self.target or manifest.target):
            raise DamagedError(f"{place}: is of the target {manifest.target}, not of {self.target}")
        return Bundle(manifest, content, place, fetch)


def _note(found: Found) -> bytes:
    manifest = sha256(found.bundle.manifest_bytes)
    return canonical_json({"release": found.release, "manifest": manifest, "signature": found.signature})
