"""Read what was published: a channel's newest entry and its history, a release, the bundles of it. Trusts no byte.

This is the part of releases that servers use. A local folder needs nothing but the standard library and
protobuf; fsspec is imported for s3:// and gs:// alone, cryptography only where a public key is given.

    store = open_store("s3://bucket/game")
    entry = newest_entry(store, "live")
    bundle = read_bundle(store, read_release(store, entry.release, entry), "server")
    newer = newest_entry(store, "live", after=entry)        # None, after two small requests, if there is none
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from gdata.bundles.manifest import FileEntry, Manifest, sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, SignatureError, UnknownFormatError, UsageError
from gdata.language import say, sentence
from gdata.releases.log import Log, newest_entry, no_such_channel, read_log_so_far
from gdata.releases.records import Entry, Release, is_release_id
from gdata.releases.signatures import PublicKeys, check_signature
from gdata.releases.stores.cache import RecentFiles
from gdata.releases.stores.store import Store, blob_name, release_name
from gdata.text import did_you_mean

_MANIFEST_BYTES = 64 << 20


@dataclass(frozen=True)
class Published:
    """The bundles of a release, by target; of a channel without a release, none."""

    name: str
    """As it was asked for: a channel or a release id."""
    release: str | None
    build: str | None
    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    entry: Entry | None = None
    """Where a channel was asked for: its newest entry."""
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Where the data came from, as the release's record has it."""


def read_release(store: Store, release: str, entry: Entry | None = None) -> Release:
    """The record of a release; where `entry` led to it, it must be the very one that the entry names.

    Raises:
        UsageError: there is no such release.
        DamagedError: the record is damaged.
    """
    name = release_name(release)
    recent = store.cache if isinstance(store.cache, RecentFiles) else None
    content = recent.find(name) if recent is not None else None
    if content is None and is_release_id(release):
        content = store.find(name)
    if content is None:
        raise UsageError(
            sentence("{place}: there is no release {release}", place=store.place, release=release),
            hint=store.why_empty() or sentence("`gdata releases` lists them; old ones may have been pruned"),
        )
    place = f"{store.place}: {name}"
    record = Release.from_bytes(content, place=place)
    if record.id != release or (entry is not None and sha256(content) != entry.record):
        raise DamagedError(
            sentence("{place} is damaged: it isn't the record that was written under this name", place=place),
            hint=sentence("restore the file from a backup of the store"),
        )
    if recent is not None:
        recent.keep(name, content)
    return record


def release_at(store: Store, entry: Entry) -> Release:
    """The record of the release that a channel's newest entry points at.

    Raises:
        DamagedError: it is damaged, or missing.
    """
    try:
        return read_release(store, entry.release, entry)
    except UsageError as error:
        raise DamagedError(
            sentence(
                "{place}: {release_name} is missing, and channel {channel} points at it",
                place=store.place,
                release_name=release_name(entry.release),
                channel=entry.channel,
            ),
            hint=sentence("`gdata repair` brings it back where there is a copy; or `gdata rollback`"),
        ) from error


def read_bundle(store: Store, release: Release, target: str, *, public_key: PublicKeys | None = None) -> Bundle:
    """One target's bundle of a release; its files are read, and verified, when they are asked for.

    Raises:
        UsageError: the release has no such target.
        DamagedError: its manifest is damaged, or is that of another target or build.
        SignatureError: it isn't signed by `public_key`.
    """
    if target not in release.targets:
        raise UsageError(
            sentence("{place}: release {id} has no target {target}", place=store.place, id=release.id, target=target),
            hint=sentence(
                "{near}it has {names}", near=did_you_mean(target, release.targets), names=", ".join(release.targets)
            ),
        )
    released = release.targets[target]
    name = blob_name(released.manifest)
    content = store.get_blob(released.manifest, _MANIFEST_BYTES)
    place = say(
        "{place}: {name} (manifest of {target} in {release})",
        place=store.place,
        name=name,
        target=target,
        release=release.id,
    )
    if public_key is not None:
        check_signature(released.signature, content, place=place, key=public_key)
    manifest = Manifest.from_bytes(content, place=place)
    if (manifest.target, manifest.build) != (target, release.build):
        fault = SignatureError if public_key is not None else DamagedError
        raise fault(
            say(
                "{place} is that of target {target} in build {build}, "
                "not of {expected_target} in build {expected_build}",
                place=place,
                target=manifest.target,
                build=manifest.build[:12],
                expected_target=target,
                expected_build=release.build[:12],
            ),
            hint=say("somebody changed the release's record: restore the store from a backup"),
        )

    def fetch(entry: FileEntry) -> bytes:
        return store.get_blob(entry.sha256, entry.size)

    place = say("{place}, release {release}, target {target}", place=store.place, release=release.id, target=target)
    return Bundle(manifest, content, place, fetch, find=lambda entry: store.path_of_blob(entry.sha256))


def bundles_of(store: Store, release_or_channel: str, *, missing_ok: bool = False) -> Published:
    """The bundles of a release, or of the one that a channel points at.

    Raises:
        UsageError: there is no such release, or no such channel (with `missing_ok`, that is one without bundles).
        DamagedError: a record or a manifest is damaged.
    """
    name = release_or_channel
    if is_release_id(name):
        return _published(store, name, read_release(store, name), None)
    entry = newest_entry(store, name)
    if entry is not None:
        return bundles_at(store, entry)
    if missing_ok:
        return Published(name, None, None)
    raise no_such_channel(store, name)


def bundles_at(store: Store, entry: Entry) -> Published:
    """The bundles of the release that a channel's entry points at.

    Raises:
        DamagedError: the record or a manifest is damaged or missing.
    """
    return _published(store, entry.channel, release_at(store, entry), entry)


def _published(store: Store, name: str, release: Release, entry: Entry | None) -> Published:
    found = store.in_parallel(lambda target: read_bundle(store, release, target), release.targets)
    bundles = dict(zip(release.targets, found, strict=True))
    return Published(name, release.id, release.build, bundles, entry, release.provenance)


@dataclass(frozen=True)
class HistoryLine:
    """One entry of a log, with what is known of its release; `release` is None where that was pruned."""

    entry: Entry
    release: Release | None
    is_current: bool
    is_bad: bool
    """It was rolled back from, and not allowed again since."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What the release changed against the one before it, as a diff's summary; {} where that isn't known."""
        return self.release.summary if self.release and self.entry.action == "publish" else {}

    def as_json(self) -> dict[str, Any]:
        """The line in the shape of the JSON output."""
        entry = self.entry
        return {
            "number": entry.number,
            "action": entry.action,
            "channel": entry.channel,
            "release": entry.release,
            "build": self.release.build if self.release else None,
            "base": entry.base,
            "author": entry.author,
            "time": f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
            "message": entry.message,
            "allowed": [{"name": one.name, "reason": one.reason} for one in entry.allowed],
            "signed": entry.signature is not None,
            "current": self.is_current,
            "bad": self.is_bad,
            "summary": dict(self.summary),
        }


@dataclass(frozen=True)
class History:
    """A channel's last entries, newest first; `total` counts all of them, `faults` say what can't be read."""

    channel: str
    lines: tuple[HistoryLine, ...] = ()
    total: int = 0
    faults: tuple[str, ...] = ()


def read_history(store: Store, channel: str, *, limit: int | None = None) -> History:
    """The last `limit` entries of a channel (default all), newest first, as far as they can be read.

    Raises:
        UnknownFormatError: an entry or a record was written by a newer gdata.
    """
    log, damaged = read_log_so_far(store, channel)
    faults = list(map(str, damaged.values()))
    shown: list[tuple[Entry, Entry | None]] = []
    with _noting(faults):
        for line in islice(log.marked(), limit):
            shown.append(line)
    releases = store.in_parallel(lambda line: _release_of(store, log, line[0], faults), shown)
    lines = [
        HistoryLine(entry, release, entry is log.newest, why is not None)
        for (entry, why), release in zip(shown, releases, strict=True)
    ]
    return History(channel, tuple(lines), log.newest.number if log.newest else 0, tuple(faults))


def _release_of(store: Store, log: Log, entry: Entry, faults: list[str]) -> Release | None:
    with _noting(faults):
        try:
            return read_release(store, entry.release, entry)
        except UsageError:
            if entry is log.newest:
                return release_at(store, entry)
    return None


@contextmanager
def _noting(faults: list[str]) -> Iterator[None]:
    """Note what is damaged, and go on: somebody may look for a release to go back to."""
    try:
        yield
    except UnknownFormatError:
        raise
    except DamagedError as error:
        faults.append(str(error))
