"""A channel or release of a store as a server's place, with a local cache that outlives the store's bad days."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from gdata.bundles.manifest import FileEntry, Manifest, Part, sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, OutsideError, StoreError, UnknownFormatError, UsageError
from gdata.language import say, sentence
from gdata.releases.log import newest_entry, no_such_channel
from gdata.releases.reader import read_bundle, read_release
from gdata.releases.records import Entry, Release
from gdata.releases.signatures import PublicKeys, check_signature
from gdata.releases.stores import open_store, read_identity
from gdata.releases.stores.cache import UNKNOWN, BlobCache, Loaded, Memory, needed_blobs
from gdata.releases.stores.store import Store, entry_name, shown
from gdata.runtime.places import Found, PartFiles

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
        public_key: PublicKeys | None = None,
    ) -> None:
        self.location = location
        self.shown = shown(location) if "://" in location else location
        self.channel = channel
        self.release = release
        self.target = target
        self.cache = BlobCache(cache) if cache is not None else None
        self.public_key = public_key
        self._what = [channel, release, target]
        where = self.shown if "://" in location else str(Path(location).resolve())
        # What a reader without a key saw is no one's word for a reader with one.
        self._memory = Memory(cache, where if public_key is None else f"{where}\nsigned")
        self._opened: tuple[int, Store] | None = None
        self._identity: str | None = None

    def files_of(self, bundle: Bundle, part: Part) -> PartFiles | None:
        """Those in the cache, where there is one; the part is fetched into it."""
        if self.cache is None:
            return None
        kept = self.cache.path_of(part.sha256)
        if not kept.is_file():
            bundle.read(part)
        return PartFiles(kept, kept.with_name(f"{kept.name}.index"), is_own=True) if kept.is_file() else None

    def find(self, last: Found | None) -> Found | None:
        """What the channel points at now; None if that is still `last`."""
        try:
            return self._find(last)
        except UsageError as error:
            if last is None and self._notes_of_what():  # it was here, so it isn't a wrong word that finds nothing
                raise DamagedError(str(error), hint=error.hint) from error
            raise

    def remembered(self) -> Found | None:
        """What was loaded last, if the cache has all of it still."""
        if self.cache is None:
            return None
        notes = self._notes_of_what()
        if len(notes) > 1 and self.release is None:
            raise DamagedError(
                sentence(
                    "{folder}: it holds releases of {stores} stores that were all read from {place}",
                    folder=self.cache.folder,
                    stores=len(notes),
                    place=self.shown,
                ),
                hint=sentence("give each game a cache of its own"),
            )
        if not notes:
            return None
        identity, loaded = notes[0]
        return Found(
            self._cached_bundle(self.cache, loaded),
            loaded.release,
            loaded.entry,
            loaded.signature,
            store=None if identity == UNKNOWN else identity,
            is_cached=True,
        )

    def keep(self, found: Found, last: Found | None) -> None:
        """Remember `found` in the cache, so that the next start needs no store."""
        if self.cache is None or found.is_cached:
            return
        with suppress(OutsideError, DamagedError):
            if last is not None:  # what it had already wasn't read anew, and may have left the cache meanwhile
                for entry in found.bundle.manifest.files:
                    self._store().get_blob(entry.sha256, entry.size)
            manifest = sha256(found.bundle.manifest_bytes)
            loaded = Loaded(found.release or "", manifest, found.signature, found.entry)
            self._memory.keep(self._notes(), self._what, loaded)
        if self.cache.is_due():
            self.cache.tidy(needed_blobs(self.cache))

    def _find(self, last: Found | None) -> Found | None:
        store = self._store()
        if last is None:
            self._identity = self._read_identity(store)
            self._recognize(store)
        if self.channel is not None:
            return self._find_newest(store, self.channel, last)
        if last is not None and not last.is_cached:
            return None
        assert self.release is not None
        return self._of(store, read_release(store, self.release))

    def _find_newest(self, store: Store, channel: str, last: Found | None) -> Found | None:
        after = last.entry if last is not None else self._memory.seen(self._notes(), channel)
        try:
            entry = newest_entry(store, channel, after=after, public_key=self.public_key)
        except DamagedError:
            self._check_same_store(store, last)
            raise
        if entry is None and last is not None:
            self._memory.mark_used(self._notes(), self._what)
            return None
        if entry is None and after is not None:  # as the cache has it, from a reader that may have had another key
            self._check_signature(after.signature, after.signed_bytes(), f"{store.place}: entry {after.number}")
            entry = after
        if entry is None:
            raise no_such_channel(store, channel)
        if last is not None:
            self._check_same_store(store, last)
            self._recognize(store)
        self._memory.see(self._notes(), entry)
        return replace(self._of(store, _record(store, entry)), entry=entry)

    def _of(self, store: Store, release: Release) -> Found:
        target = self.target or self._only_target(release)
        bundle = read_bundle(store, release, target, public_key=self.public_key)
        signature = release.targets[target].signature
        return Found(bundle, release.id, signature=signature, store=self._identity, threads=store.threads)

    def _only_target(self, release: Release) -> str:
        if len(release.targets) == 1:
            return next(iter(release.targets))
        raise UsageError(
            sentence(
                "{place}: release {release} has several targets: {targets}",
                place=self.shown,
                release=release.id,
                targets=", ".join(release.targets),
            ),
            hint=sentence('say which: target="{target}"', target=next(iter(release.targets), "server")),
        )

    def _store(self) -> Store:
        # Connections don't survive a fork, so a child opens its own.
        if self._opened is None or self._opened[0] != os.getpid():
            store = open_store(self.location)
            store.cache = self.cache
            self._opened = os.getpid(), store
        store = self._opened[1]
        if "://" not in self.location and not Path(self.location).is_dir():
            raise StoreError(
                sentence("{folder}: there is no such folder", folder=self.location),
                hint=sentence("is the disk or file server mounted?"),
            )
        return store

    def _read_identity(self, store: Store) -> str | None:
        try:
            return read_identity(store)
        except UnknownFormatError:
            raise
        except DamagedError as error:
            logger.warning("%s; going on without it", error)
            return None

    def _notes_of_what(self) -> list[tuple[str, Loaded]]:
        """What was loaded last, by the identities of the stores that it may have come from."""
        stores = [self._identity] if self._identity is not None else self._memory.stores()
        return [(store, loaded) for store in stores if (loaded := self._memory.loaded(store, self._what)) is not None]

    def _notes(self) -> str:
        """Under which identity the cache knows the store; one that lost its own is taken for the one known here."""
        known = [one for one in self._memory.stores() if one != UNKNOWN]
        return self._identity or (known[0] if len(known) == 1 else UNKNOWN)

    def _recognize(self, store: Store) -> None:
        """Compare the store with those that the cache knows to have been here."""
        if self._identity is None:
            return
        known = self._memory.stores()
        if UNKNOWN in known and self._identity not in known and self.channel is not None:
            seen = self._memory.seen(UNKNOWN, self.channel)
            if seen is not None and store.find(entry_name(seen.channel, seen.number)) == seen.to_bytes():
                self._memory.name_store(self._identity)
        others = [one for one in self._memory.stores() if one not in (self._identity, UNKNOWN)]
        if not others:
            return
        error = self._another_store(others[0])
        if self.public_key is not None:
            self._identity = others[0]
            raise error
        logger.warning("%s", error)

    def _check_same_store(self, store: Store, last: Found | None) -> None:
        """Raise DamagedError where another store is here than the one that `last` came from."""
        self._identity = self._read_identity(store) or self._identity
        if last is not None and last.store is not None and self._identity not in (None, last.store):
            error = self._another_store(last.store)
            self._identity = last.store
            raise error

    def _another_store(self, before: str) -> DamagedError:
        hint = sentence("put the right store back; if this one is meant, start the server anew with it")
        if self.cache is not None:
            hint = sentence("{hint} and an empty cache ({folder})", hint=hint, folder=self.cache.folder)
        return DamagedError(
            sentence(
                "{place}: another store is here now: its identity is {identity}, and was {before}",
                place=self.shown,
                identity=(self._identity or UNKNOWN)[:12],
                before=before[:12],
            ),
            hint=hint,
        )

    def _check_signature(self, signature: str | None, content: bytes, place: str) -> None:
        if self.public_key is not None:
            check_signature(signature, content, place=place, key=self.public_key)

    def _cached_bundle(self, cache: BlobCache, loaded: Loaded) -> Bundle:
        place = say(
            "{folder} (cache of {store}), release {release}",
            folder=cache.folder,
            store=self.shown,
            release=loaded.release,
        )

        def blob(digest: str) -> bytes:
            content = cache.find(digest)
            if content is None:
                raise DamagedError(
                    sentence("{place}: {blob} is missing or damaged", place=place, blob=digest[:12]),
                    hint=sentence("reach the store once"),
                )
            return content

        def fetch(entry: FileEntry) -> bytes:
            return blob(entry.sha256)

        content = blob(loaded.manifest)
        self._check_signature(loaded.signature, content, place)
        if loaded.entry is not None:
            self._check_signature(loaded.entry.signature, loaded.entry.signed_bytes(), place)
        manifest = Manifest.from_bytes(content, place=place)
        if manifest.target != (self.target or manifest.target):
            raise DamagedError(
                sentence(
                    "{place}: is of the target {target}, not of {expected}",
                    place=place,
                    target=manifest.target,
                    expected=self.target,
                )
            )
        return Bundle(manifest, content, place, fetch)


def _record(store: Store, entry: Entry) -> Release:
    """The record of the release that a channel points at: where it is missing, the store is damaged."""
    try:
        return read_release(store, entry.release, entry)
    except UsageError as error:
        raise DamagedError(
            str(error), hint=sentence("restore it from a backup, or `gdata rollback` to another one")
        ) from error
