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
from gdata.errors import DamagedError, RefusedError, StoreError, UnknownFormatError, UsageError
from gdata.language import say, sentence
from gdata.longbytes import Content
from gdata.releases.blobs import Traffic, Upload, blobs_of, check_whole, cut
from gdata.releases.keeping.prune import bring_back
from gdata.releases.log import ChannelMoved, Log, append, channel_names, entries_after, no_such_channel, read_log
from gdata.releases.reader import read_release
from gdata.releases.records import Action, Allowance, Entry, Release, ReleasedTarget, release_id
from gdata.releases.signatures import SigningKey
from gdata.releases.stores import ensure_identity
from gdata.releases.stores.store import WritableStore, release_name

YANKED = "yanked"
"""The name under which publishing a release that was rolled back from is allowed again."""
_SHORTEST_BUILD = 8
_ID_TRIES = 30


@dataclass(frozen=True)
class Move:
    """A channel's next step, as the one who moves it says it: what, where, why, under which conditions.

    `origin`: of a promote the channel whose release it is, of a rollback the release (None: the one before).
    `expect`: the id of the build that was reviewed, or at least its first 8 digits; a `protected` channel needs it.
    `against`: the release that it was reviewed against. `allow` names what may be broken, for `reason`.
    `time` is set by tests; without it, now.
    """

    action: Action
    channel: str
    origin: str | None = None
    author: str = ""
    message: str = ""
    expect: str | None = None
    against: str | None = None
    allow: tuple[str, ...] = ()
    reason: str = ""
    protected: bool = False
    key: SigningKey | None = field(default=None, repr=False)
    time: datetime | None = None


@dataclass(frozen=True)
class Parts:
    """What a release keeps beside its bundles, so that it can be built again and traced.

    `protos` is the serialized FileDescriptorSet with options and source info, `snapshot` the grids as the pull
    wrote them; `provenance` and `summary` (of the diff) are JSON objects.
    """

    protos: bytes | None = field(default=None, repr=False)
    snapshot: Content | None = field(default=None, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moved:
    """Where the channel stands now. `changed` is False where it stood there already, and nothing was done."""

    entry: Entry
    changed: bool = True
    traffic: Traffic = field(default_factory=Traffic)


def move_channel(
    store: WritableStore,
    move: Move,
    to: Mapping[str, Bundle] | Release,
    *,
    base: Entry | None,
    parts: Parts = Parts(),
    anew: bool = False,
) -> Moved:
    """Point the channel at a build (the bundles of all its targets, with `parts`) or at a release that is there.

    `base` is the channel's entry that it was compared with; with `anew` it gets an entry even where it stays there.

    Raises:
        ChannelMoved: the channel isn't at `base` any more.
        RefusedError: the build isn't the expected one, or was rolled back from and isn't allowed again.
        DamagedError: a bundle or the release isn't whole, or the store's log is damaged.
        StoreError: the store can't be written; the channel is where it was.
        UsageError: the channel's name can't be, or the bundles aren't one build.
    """
    build = to.build if isinstance(to, Release) else check_one_build(to)
    log = _open_log(store, move.channel, base)
    if isinstance(to, Release):
        if base is not None and base.release == to.id and not anew:
            return Moved(base, changed=False)
        check_may_move(store, log, build, move)
        check_whole(store, to)
        moved = Moved(_append(store, move, to, base))
        bring_back(store, to.id)  # for the same reason as below
        return moved
    before = _release_at(store, base)
    upload = Upload(store, _blobs_if_whole(store, before))
    if base and before and before.build == build:
        _load(upload, build, to, _parts_of(before, parts), move)
        return Moved(base, changed=False, traffic=upload.finish())  # mends what is missing or damaged of it
    draft = _load(upload, build, to, parts, move)
    check_may_move(store, log, build, move)
    identity = ensure_identity(store, before.provenance.get("store") if before else None)
    draft = replace(draft, provenance={**draft.provenance, "store": identity})
    traffic = upload.finish()
    release = _create_record(store, draft)
    moved = Moved(_append(store, move, release, base), traffic=traffic)
    # A prune may have been at what was there before; now that a channel points at the release it won't any more.
    upload.look_again()
    if store.size_of(release_name(release.id)) is None:
        store.put(release_name(release.id), release.to_bytes())
    return moved


def sign_channel(store: WritableStore, move: Move, key: SigningKey) -> Moved:
    """Sign what the channel points at: its build goes out again, under a release and an entry that `key` signed.

    Releases and entries never change, so the unsigned ones stay; a rollback passes them by.

    Raises:
        UsageError: the channel has no release.
        DamagedError: its release isn't whole.
        ChannelMoved: somebody else moved the channel meanwhile.
        StoreError: the store can't be written.
    """
    base = read_log(store, move.channel).newest
    if base is None:
        raise no_such_channel(store, move.channel)
    release = read_release(store, base.release, base)
    targets = {name: replace(one, signature=_signed(store, one, key)) for name, one in release.targets.items()}
    if targets == release.targets and base.signature == key.sign(base.signed_bytes()):
        return Moved(base, changed=False)
    check_whole(store, release)
    signed = _create_record(store, replace(release, id=release_id(release.build, _time(move)), targets=targets))
    return Moved(_append(store, replace(move, key=key), signed, base))


def _signed(store: WritableStore, released: ReleasedTarget, key: SigningKey) -> str:
    return key.sign(store.get_blob(released.manifest))


def rollback_target(store: WritableStore, log: Log, release: str | None = None) -> Release:
    """The release that a rollback of the channel leads to; what of it was pruned comes back from the trash.

    Raises:
        UsageError: there is no such release, or no earlier one.
    """
    found = release or log.release_before()
    if found is None:
        raise UsageError(
            sentence(
                "{place}: channel {channel} has no earlier release to roll back to",
                place=store.place,
                channel=log.channel,
            ),
            hint=sentence("name one: `gdata rollback --channel CHANNEL RELEASE`"),
        )
    bring_back(store, found)
    return read_release(store, found)


def check_one_build(bundles: Mapping[str, Bundle]) -> str:
    """The id of the build that these bundles are, by target; raises UsageError where they aren't one."""
    builds = {bundle.manifest.build for bundle in bundles.values()}
    if len(builds) != 1:
        raise UsageError(
            sentence("there is no build to publish")
            if not builds
            else sentence("the bundles come from different builds"),
            hint=sentence("run `gdata build`"),
        )
    for name, bundle in bundles.items():
        if bundle.manifest.target != name:
            raise UsageError(
                sentence(
                    "{place}: the bundle of {target}, not of {name}",
                    place=bundle.place,
                    target=bundle.manifest.target,
                    name=name,
                )
            )
    return builds.pop()


def check_may_move(store: WritableStore, log: Log, build: str, move: Move) -> None:
    """Raise RefusedError unless the build is the expected one, and marked bad neither where it comes from nor here."""
    check_expected(build, move)
    if YANKED in move.allow:
        return
    check_not_bad(log, build)
    if move.action == "promote" and move.origin is not None:
        check_not_bad(read_log(store, move.origin), build)


def check_expected(build: str, move: Move) -> None:
    """Raise RefusedError unless the build is the one that was reviewed, where that is asked for."""
    expected = move.expect
    if expected is None:
        if move.protected:
            raise RefusedError(
                sentence("channel {channel} is protected: say which build was reviewed", channel=move.channel),
                hint=sentence("review the diff, then give `--expect {build}`", build=build[:12]),
            )
        return
    if len(expected) < _SHORTEST_BUILD or not build.startswith(expected.lower()):
        raise RefusedError(
            sentence(
                "this is build {build}, not {expected}, the one that was reviewed", build=build[:12], expected=expected
            ),
            hint=sentence("build and review again, or publish the build that was reviewed"),
        )


def check_not_bad(log: Log, build: str) -> None:
    """Raise RefusedError if the channel was rolled back from this build, and it wasn't allowed again since."""
    entry = log.why_bad(build)
    if entry is not None:
        raise RefusedError(
            sentence(
                "build {build} is marked bad: {author} rolled {channel} back from {base} at {time}Z{note}",
                build=build[:12],
                author=entry.author or say("somebody"),
                channel=log.channel,
                base=entry.base,
                time=f"{entry.time:%Y-%m-%d %H:%M:%S}",
                note=f" ({entry.message})" if entry.message else "",
            ),
            hint=sentence("if it is good after all, add `--allow {rule} --reason TEXT`", rule=YANKED),
        )


def _open_log(store: WritableStore, channel: str, base: Entry | None) -> Log:
    """The channel's log, which must end at `base`."""
    log = read_log(store, channel)
    if base is None and log.newest is None:
        _check_no_twin(store, channel)
    if log.newest != base:
        came = entries_after(store, channel, base)
        if not came:
            raise DamagedError(
                sentence(
                    "{place}: the log of {channel} isn't the one that was read before",
                    place=store.place,
                    channel=channel,
                ),
                hint=sentence("somebody put another in its place: restore it from a backup"),
            )
        raise ChannelMoved(channel, came)
    return log


def _check_no_twin(store: WritableStore, channel: str) -> None:
    """On some file systems `Live` and `live` are one folder, on others two channels: never let both be."""
    for name in channel_names(store):
        if name != channel and name.casefold() == channel.casefold():
            raise UsageError(
                sentence(
                    "{place}: there is a channel {name}; {channel} differs from it by case alone",
                    place=store.place,
                    name=name,
                    channel=channel,
                ),
                hint=sentence("use {name}, or another name", name=name),
            )


def _release_at(store: WritableStore, entry: Entry | None) -> Release | None:
    """What a channel points at; None where that is damaged or missing: it is no reason to stay there."""
    try:
        return read_release(store, entry.release, entry) if entry is not None else None
    except UnknownFormatError:
        raise
    except (DamagedError, StoreError, UsageError):
        return None


def _blobs_if_whole(store: WritableStore, release: Release | None) -> frozenset[str]:
    """The blobs of a release; none where they can't be told, so that all are written again."""
    try:
        return blobs_of(store, release) if release is not None else frozenset()
    except (DamagedError, StoreError):
        return frozenset()


def _load(upload: Upload, build: str, bundles: Mapping[str, Bundle], parts: Parts, move: Move) -> Release:
    """Put all that the release of a build needs into the upload; what its record will be."""
    return Release(
        id=release_id(build, _time(move)),
        build=build,
        targets={name: _load_target(upload, bundle, move.key) for name, bundle in bundles.items()},
        protos=_load_blob(upload, parts.protos),
        snapshot=_load_pieces(upload, parts.snapshot),
        provenance=parts.provenance,
        summary=parts.summary,
    )


def _parts_of(release: Release, parts: Parts) -> Parts:
    """Those of the parts that are the release's own: the sheets may have been pulled again since, with no change."""
    return Parts(
        protos=parts.protos if parts.protos and sha256(parts.protos) == release.protos else None,
        snapshot=parts.snapshot if parts.snapshot and cut(parts.snapshot).digest == release.snapshot else None,
    )


def _load_target(upload: Upload, bundle: Bundle, key: SigningKey | None) -> ReleasedTarget:
    for entry in bundle.manifest.files:
        upload.add(entry.sha256, entry.size, partial(bundle.content, entry))
    digest = sha256(bundle.manifest_bytes)
    upload.add(digest, len(bundle.manifest_bytes), lambda: bundle.manifest_bytes)
    return ReleasedTarget(digest, key.sign(bundle.manifest_bytes) if key else None)


def _load_pieces(upload: Upload, content: Content | None) -> str | None:
    if content is None:
        return None
    pieces = cut(content)
    for digest, piece in pieces.blobs.items():
        upload.add(digest, len(piece), partial(_itself, piece))
    return pieces.digest


def _itself(content: Content) -> Content:
    return content


def _load_blob(upload: Upload, content: bytes | None) -> str | None:
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
                sentence("{place}: this storage overwrites files that it was told only to create", place=store.place),
                hint=sentence(
                    "use one with conditional writes (S3, GCS, R2, MinIO, SeaweedFS): without them one "
                    "of two publishers at once would be lost"
                ),
            )
        return release
    raise StoreError(
        sentence("{place}: every id for build {build} is taken", place=store.place, build=draft.build[:12]),
        hint=sentence("run it again"),
    )


def _append(store: WritableStore, move: Move, release: Release, base: Entry | None) -> Entry:
    entry = Entry(
        number=base.number + 1 if base else 1,
        prev=base.sha256 if base else None,
        action=move.action,
        channel=move.channel,
        release=release.id,
        record=sha256(release.to_bytes()),
        base=base.release if base else None,
        author=_unicode(move.author),
        time=_time(move),
        message=_unicode(move.message),
        allowed=tuple(Allowance(_unicode(name), _unicode(move.reason)) for name in move.allow),
    )
    return append(store, entry, base, move.key)


def _time(move: Move) -> datetime:
    return (move.time or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)


def _unicode(text: str) -> str:
    """The text without what a wrongly set-up terminal puts into arguments, and no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
