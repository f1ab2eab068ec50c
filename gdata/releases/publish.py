"""Move a channel: publish a build, promote a release from another channel, roll back to an earlier release.

The order makes it safe to die at any instant: blobs first, then the release's record, then the one entry that
makes the channel point at it. What comes before that entry is invisible, and harmless when left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from gdata.bundles.manifest import sha256
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError, StoreError, UsageError
from gdata.releases.blobs import Traffic, Upload, blobs_of, check_whole
from gdata.releases.conditions import (
    YANKED,
    Move,
    check_expected,
    check_no_twin,
    check_not_bad,
    check_one_build,
)
from gdata.releases.identity import ensure_identity
from gdata.releases.log import ChannelMoved, Log, append, entries_after, read_log
from gdata.releases.pieces import cut
from gdata.releases.reader import read_release
from gdata.releases.records import Action, Allowance, Entry, Release, ReleasedTarget, release_id
from gdata.releases.signatures import SigningKey
from gdata.releases.store import WritableStore, release_name

__all__ = ["YANKED", "Move", "Moved", "Parts", "promote", "publish", "rollback", "rollback_target"]

_ID_TRIES = 30


@dataclass(frozen=True)
class Parts:
    """What a release keeps beside its bundles, so that it can be built again and traced.

    `protos` is the serialized FileDescriptorSet with options and source info, `snapshot` the grids as the pull
    wrote them; `provenance` and `summary` (of the diff) are JSON objects.
    """

    protos: bytes | None = field(default=None, repr=False)
    snapshot: bytes | None = field(default=None, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """Where the channel stands now. `changed` is False where it stood there already, and nothing was done."""

    entry: Entry
    changed: bool = True
    traffic: Traffic = field(default_factory=Traffic)


def publish(
    store: WritableStore,
    bundles: Mapping[str, Bundle],
    channel: str,
    move: Move,
    *,
    base: Entry | None,
    parts: Parts = Parts(),
) -> Moved:
    """Publish a build: the bundles of all its targets. `base` is the channel's entry that it was compared with.

    Raises:
        ChannelMoved: the channel isn't at `base` any more.
        RefusedError: the build isn't the expected one, or was rolled back from and isn't allowed again.
        DamagedError: a bundle isn't what its manifest says, or the store's log is damaged.
        StoreError: the store can't be written; the channel is where it was.
        UsageError: the channel's name can't be, or the bundles aren't one build.
    """
    build = check_one_build(bundles)
    log = _open_log(store, channel, base)
    before = read_release(store, base.release, base) if base else None
    upload = Upload(store, blobs_of(store, before) if before else frozenset())
    targets = {name: _upload_target(upload, bundle, move.key) for name, bundle in bundles.items()}
    if base and before and before.build == build:
        return Moved(base, changed=False, traffic=upload.finish())  # mends what is missing of it
    check_expected(channel, build, move)
    check_not_bad(log, build, move)
    identity = ensure_identity(store, before.provenance.get("store") if before else None)
    draft = Release(
        id=release_id(build, _time(move)),
        build=build,
        targets=targets,
        protos=_upload_blob(upload, parts.protos),
        snapshot=_upload_pieces(upload, parts.snapshot),
        provenance={**parts.provenance, "store": identity},
        summary=parts.summary,
    )
    traffic = upload.finish()
    release = _create_record(store, draft)
    return Moved(_append(store, "publish", channel, release, base, move), traffic=traffic)


def promote(store: WritableStore, source: Entry, channel: str, move: Move, *, base: Entry | None) -> Moved:
    """Point `channel` at the release that `source`, another channel's newest entry, points at.

    Raises:
        ChannelMoved: the channel isn't at `base` any more.
        RefusedError: the build isn't the expected one, or was rolled back from and isn't allowed again.
        DamagedError, StoreError, UsageError: as in `publish`.
    """
    log = _open_log(store, channel, base)
    release = read_release(store, source.release, source)
    if base is not None and base.release == release.id:
        return Moved(base, changed=False)
    check_expected(channel, release.build, move)
    for one in (log, read_log(store, source.channel)):
        check_not_bad(one, release.build, move)
    check_whole(store, release)
    return Moved(_append(store, "promote", channel, release, base, move))


def rollback(store: WritableStore, channel: str, move: Move, *, base: Entry, release: str | None = None) -> Moved:
    """Point `channel` at an earlier release again (default: the one before), and mark the present one bad.

    Raises:
        ChannelMoved: the channel isn't at `base` any more.
        RefusedError: the release is marked bad and isn't allowed again.
        UsageError: there is no such release, or no earlier one.
        DamagedError: the release isn't whole any more.
    """
    log = _open_log(store, channel, base)
    record = rollback_target(store, log, release)
    if record.id == base.release:
        return Moved(base, changed=False)
    check_not_bad(log, record.build, move)
    check_whole(store, record)
    return Moved(_append(store, "rollback", channel, record, base, move))


def rollback_target(store: WritableStore, log: Log, release: str | None = None) -> Release:
    """The release that a rollback of the channel leads to.

    Raises:
        UsageError: there is no such release, or no earlier one.
    """
    found = release or log.release_before()
    if found is None:
        raise UsageError(
            f"{store.place}: channel {log.channel} has no earlier release to roll back to",
            hint="name one: `gdata rollback --channel CHANNEL RELEASE`",
        )
    return read_release(store, found)


def _open_log(store: WritableStore, channel: str, base: Entry | None) -> Log:
    """The channel's log, which must end at `base`."""
    log = read_log(store, channel)
    if base is None and log.newest is None:
        check_no_twin(store, channel)
    if log.newest != base:
        came = entries_after(store, channel, base)
        if not came:
            raise DamagedError(
                f"{store.place}: the log of {channel} isn't the one that was read before",
                hint="somebody put another in its place: restore it from a backup",
            )
        raise ChannelMoved(channel, came)
    return log


def _upload_target(upload: Upload, bundle: Bundle, key: SigningKey | None) -> ReleasedTarget:
    for entry in bundle.manifest.files:
        upload.add(entry.sha256, entry.size, partial(bundle.read, entry))
    digest = sha256(bundle.manifest_bytes)
    upload.add(digest, len(bundle.manifest_bytes), lambda: bundle.manifest_bytes)
    return ReleasedTarget(digest, key.sign(bundle.manifest_bytes) if key else None)


def _upload_pieces(upload: Upload, content: bytes | None) -> str | None:
    if content is None:
        return None
    pieces = cut(content)
    for digest, piece in pieces.blobs.items():
        upload.add(digest, len(piece), partial(bytes, piece))
    return pieces.digest


def _upload_blob(upload: Upload, content: bytes | None) -> str | None:
    if content is None:
        return None
    digest = sha256(content)
    upload.add(digest, len(content), lambda: content)
    return digest


def _create_record(store: WritableStore, draft: Release) -> Release:
    """Write the release's record under an id of its own: that of another publish in the same second is taken."""
    for seconds in range(_ID_TRIES):
        release = replace(draft, id=release_id(draft.build, draft.time + timedelta(seconds=seconds)))
        content = release.to_bytes()
        if not store.create(release_name(release.id), content):
            continue
        if not store.keeps_first(release_name(release.id), content):
            raise StoreError(
                f"{store.place}: this storage overwrites files that it was told only to create",
                hint="use one with conditional writes (S3, GCS, R2, MinIO, SeaweedFS): without them one of two "
                "publishers at once would be lost",
            )
        return release
    raise StoreError(f"{store.place}: every id for build {draft.build[:12]} is taken", hint="run it again")


def _append(
    store: WritableStore, action: Action, channel: str, release: Release, base: Entry | None, move: Move
) -> Entry:
    entry = Entry(
        number=base.number + 1 if base else 1,
        prev=base.sha256 if base else None,
        action=action,
        channel=channel,
        release=release.id,
        record=sha256(release.to_bytes()),
        base=base.release if base else None,
        author=_unicode(move.author),
        time=_time(move),
        message=_unicode(move.message),
        allowed=tuple(Allowance(_unicode(one.name), _unicode(one.reason)) for one in move.allowed),
    )
    return append(store, entry, base, move.key)


def _time(move: Move) -> datetime:
    return (move.time or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)


def _unicode(text: str) -> str:
    """The text without what a wrongly set-up terminal puts into arguments, and no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
