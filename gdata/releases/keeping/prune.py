"""Take out what no channel needs any more: old releases, the blobs of them alone, leftovers of publishers that died.

It goes to the store's trash, where it lies under its name for two weeks and can be put back. Logs are never cut:
numbers have no gaps, so that a reader without a listing finds the newest.

Prune can't be kept apart from publishes by a lock: an object storage has none, and one that a killed process
left behind would stand in the way at 2 a.m. So each side looks twice. Prune takes files out and then reads the logs
again; who moves a channel writes the entry and then looks for its files again. One of the two sees the other, and
puts back what is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gdata.bundles.manifest import sha256
from gdata.errors import DamagedError, RefusedError, UsageError
from gdata.language import counted, sentence
from gdata.releases.blobs import blobs_of, bundle_blobs, list_blobs, missing, source_blobs
from gdata.releases.log import channel_names, read_log
from gdata.releases.reader import read_release
from gdata.releases.records import Entry
from gdata.releases.stores.store import (
    BLOBS,
    CHANNELS,
    RELEASES,
    TRASH,
    StoredFile,
    WritableStore,
    blob_name,
    is_own,
    is_temporary,
    release_name,
)

KEPT_ENTRIES = 20
_YOUNG = timedelta(days=1)
GRACE = timedelta(days=14)
_TRASHED = re.compile(r"trash/(\d{8}-\d{6})/(.+)")
_TIME = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Pruned:
    """What goes, or went: to the trash `releases` and `blobs`, for good `leftovers` and `expired` (of the trash).

    `unnamed`: releases that stay because no log names them, as after a publish that was cut off, or where the log
    of their channel is missing here. `back`: files that were needed, and came back from the trash.
    """

    releases: tuple[StoredFile, ...] = ()
    blobs: tuple[StoredFile, ...] = ()
    leftovers: tuple[StoredFile, ...] = ()
    expired: tuple[StoredFile, ...] = ()
    unnamed: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    kept_releases: int = 0
    missing: frozenset[str] = field(default=frozenset(), repr=False)
    """What the releases that stay need, and only the trash has: it comes back."""

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """All that goes."""
        return (*self.releases, *self.blobs, *self.leftovers, *self.expired)

    @property
    def trashed_bytes(self) -> int:
        """How much goes to the trash."""
        return sum(file.size for file in (*self.releases, *self.blobs))

    @property
    def freed_bytes(self) -> int:
        """How much goes for good."""
        return sum(file.size for file in (*self.leftovers, *self.expired))


@dataclass(frozen=True)
class _Logs:
    """Of every release the entry that vouches for its record; those that stay, those that a channel points at."""

    entries: Mapping[str, Entry]
    kept: frozenset[str]
    newest: frozenset[str]


def plan_prune(
    store: WritableStore, *, keep: int = KEPT_ENTRIES, unnamed: bool = False, now: datetime | None = None
) -> Pruned:
    """What may go: all that the last `keep` entries of each channel don't need, if it is older than a day.

    A release that no log names goes with `unnamed` alone.

    Raises:
        DamagedError: something can't be read that is needed, so that nothing can be said to be useless.
        RefusedError: there are releases and no channel.
        StoreError: the store can't be listed.
        UsageError: `keep` is less than 1, or there is no store.
    """
    if keep < 1:
        raise UsageError(
            sentence("at least the newest entry of each channel is kept"), hint=sentence("give --keep 1 or more")
        )
    now = now or datetime.now(UTC)
    logs = _read_logs(store, keep)
    listed = {folder: store.files(folder) for folder in (RELEASES, BLOBS, CHANNELS, TRASH)}
    _check_plausible(store, logs, listed)
    old = {file.name for files in listed.values() for file in files if file.modified <= now - _YOUNG}
    records = {_id_of(file): file for file in listed[RELEASES] if is_own(file.name)}
    strangers = [one for one, file in records.items() if one not in logs.entries and file.name in old]
    useless = {one for one in logs.entries.keys() - logs.kept if one in records and records[one].name in old}
    if unnamed:
        useless.update(strangers)
    needed = _needed(store, logs, records.keys() - useless)
    lost = needed.intersection(original_name(file.name) for file in listed[TRASH]) - {f.name for f in listed[BLOBS]}
    return Pruned(
        releases=tuple(records[one] for one in sorted(useless)),
        blobs=tuple(file for file in listed[BLOBS] if is_own(file.name) and file.name in old - needed),
        leftovers=tuple(f for files in listed.values() for f in files if is_temporary(f.name) and f.name in old),
        expired=tuple(f for f in listed[TRASH] if is_expired(f.name, now) and original_name(f.name) not in lost),
        unnamed=() if unnamed else tuple(sorted(strangers)),
        kept_releases=len(records) - len(useless),
        missing=lost,
    )


def prune(
    store: WritableStore,
    *,
    keep: int = KEPT_ENTRIES,
    unnamed: bool = False,
    shown: Pruned | None = None,
    now: datetime | None = None,
) -> Pruned:
    """Take out what may go; of what was `shown` to somebody before, no more than that.

    Raises:
        As `plan_prune`.
    """
    now = now or datetime.now(UTC)
    plan = plan_prune(store, keep=keep, unnamed=unnamed, now=now)
    if shown is not None:
        plan = _no_more_than(plan, shown)
    back = put_back(store, plan.missing)
    take_out(store, plan.releases, now)
    take_out(store, plan.blobs, now)
    gone = [file.name for file in (*plan.leftovers, *plan.expired)]
    store.in_parallel(store.remove, gone)
    store.settle(gone)
    return _look_again(store, replace(plan, back=tuple(back)), keep)


def _look_again(store: WritableStore, plan: Pruned, keep: int) -> Pruned:
    """Put back what is needed after all: somebody may have moved a channel, or publish just now, with files of old."""
    gone = {file.name for file in (*plan.releases, *plan.blobs)}
    if not gone:
        return plan
    logs = _read_logs(store, keep)
    back = put_back(store, gone & {release_name(one) for one in logs.kept})
    records = [_id_of(file) for file in store.files(RELEASES) if is_own(file.name)]
    back += put_back(store, gone & _needed(store, logs, records, trashed=True))
    return replace(
        plan,
        releases=tuple(file for file in plan.releases if file.name not in back),
        blobs=tuple(file for file in plan.blobs if file.name not in back),
        back=(*plan.back, *back),
        kept_releases=plan.kept_releases + sum(name.startswith(RELEASES) for name in back),
    )


def _read_logs(store: WritableStore, keep: int) -> _Logs:
    """All of each log is read: where one entry can't be, nothing can be said to be useless."""
    entries: dict[str, Entry] = {}
    kept: set[str] = set()
    newest: set[str] = set()
    for channel in channel_names(store):
        for number, entry in enumerate(read_log(store, channel).backwards()):
            known = entries.setdefault(entry.release, entry)
            if known.record != entry.record:
                raise DamagedError(
                    sentence(
                        "{place}: {channel} and {other_channel} name two records of {release}",
                        place=store.place,
                        channel=known.channel,
                        other_channel=channel,
                        release=entry.release,
                    ),
                    hint=sentence("run `gdata verify` before anything is taken out"),
                )
            if number < keep:
                kept.add(entry.release)
            if number == 0:
                newest.add(entry.release)
    return _Logs(entries, frozenset(kept), frozenset(newest))


def _check_plausible(store: WritableStore, logs: _Logs, listed: Mapping[str, list[StoredFile]]) -> None:
    """Raise where what is seen can't be the whole store: nothing may be taken out then."""
    releases = sum(is_own(file.name) for file in listed[RELEASES])
    if not any(listed.values()) and (reason := store.why_empty()):
        raise UsageError(sentence("{place}: there is no release store", place=store.place), hint=reason)
    if releases and not logs.entries:
        raise RefusedError(
            counted(
                "{place}: there is {count} release and no channel, so nothing says whether it is needed",
                "{place}: there are {count} releases and no channel, so nothing says which are needed",
                releases,
                place=store.place,
            ),
            hint=sentence(
                "is all of the store here, its folder {folder}/ too? Restore that from a backup", folder=CHANNELS
            ),
        )
    lost = logs.newest - {_id_of(file) for file in listed[RELEASES]}
    if lost:
        raise DamagedError(
            sentence(
                "{place}: {release_name} is missing, and a channel points at it",
                place=store.place,
                release_name=release_name(min(lost)),
            ),
            hint=sentence("run `gdata repair` before anything is taken out"),
        )


def _needed(store: WritableStore, logs: _Logs, releases: Iterable[str], *, trashed: bool = False) -> frozenset[str]:
    """The names of the blobs that these releases need; `trashed`: whose manifests may be in the trash by now."""
    needed: set[str] = set()
    for one in releases:
        entry = logs.entries.get(one)
        try:
            record = read_release(store, one, entry)
            if trashed:
                put_back(store, missing(store, map(blob_name, list_blobs(record))))
            needed.update(map(blob_name, blobs_of(store, record)))
        except (DamagedError, UsageError):
            # Nobody vouches for what no log names: it may be cut off or gone, and keeps nothing.
            if one in logs.kept:
                raise
    return frozenset(needed)


def _no_more_than(plan: Pruned, shown: Pruned) -> Pruned:
    known = {file.name for file in shown.files}

    def only_known(files: tuple[StoredFile, ...]) -> tuple[StoredFile, ...]:
        return tuple(file for file in files if file.name in known)

    return replace(
        plan,
        releases=only_known(plan.releases),
        blobs=only_known(plan.blobs),
        leftovers=only_known(plan.leftovers),
        expired=only_known(plan.expired),
    )


def _id_of(file: StoredFile) -> str:
    return file.name.rpartition("/")[2].removesuffix(".json")


def take_out(store: WritableStore, files: Iterable[StoredFile], now: datetime) -> None:
    """Move files to the trash; when this returns, a power cut doesn't bring them back."""
    names = [file.name for file in files]
    folder = f"{TRASH}/{now.astimezone(UTC).strftime(_TIME)}"
    store.in_parallel(lambda name: store.move(name, f"{folder}/{name}"), names)
    store.settle(names)


def set_aside(store: WritableStore, names: Iterable[str]) -> None:
    """Move damaged files to the trash, so that others can be written in their place."""
    take_out(store, (StoredFile(name, 0, datetime.now(UTC)) for name in names), datetime.now(UTC))


def put_back(store: WritableStore, names: Iterable[str]) -> list[str]:
    """Copy files from the trash to where they belong; the names of those that it had, whole."""
    wanted = set(names)
    copies = _find_copies(store, wanted) if wanted else {}
    return [name for name, found in sorted(copies.items()) if any(_copy(store, copy, name) for copy in found)]


def copies_of(store: WritableStore, name: str) -> Iterator[tuple[str, bytes]]:
    """The copies of a file in the trash, newest first, each with the name that it has there."""
    for copy in _find_copies(store, {name}).get(name, ()):
        content = store.find(copy)
        if content is not None:
            yield copy, content


def _find_copies(store: WritableStore, names: set[str]) -> dict[str, list[str]]:
    """Where the trash has copies of files, newest first."""
    copies: dict[str, list[str]] = {}
    for file in reversed(store.files(TRASH)):
        if (name := original_name(file.name)) in names:
            copies.setdefault(name, []).append(file.name)
    return copies


def bring_back(store: WritableStore, release: str) -> None:
    """Put back what of a release lies in the trash, be it there to prune or because it is being pruned just now."""
    put_back(store, missing(store, [release_name(release)]))
    with suppress(DamagedError, UsageError):
        record = read_release(store, release)
        put_back(store, missing(store, map(blob_name, list_blobs(record))))
        for blobs in (bundle_blobs, source_blobs):
            with suppress(DamagedError):
                put_back(store, missing(store, map(blob_name, blobs(store, record))))


def original_name(name: str) -> str:
    """Where a file of the trash belongs; "" where it isn't one."""
    found = _TRASHED.fullmatch(name)
    return found[2] if found else ""


def is_expired(name: str, now: datetime) -> bool:
    """Whether a file of the trash has lain there for the whole grace."""
    found = _TRASHED.fullmatch(name)
    try:
        return found is not None and datetime.strptime(found[1], _TIME).replace(tzinfo=UTC) <= now - GRACE
    except ValueError:
        return False


def _copy(store: WritableStore, copy: str, name: str) -> bool:
    content = store.find(copy)
    if content is None or (name.startswith(BLOBS) and sha256(content) != name.rpartition("/")[2]):
        return False
    store.put(name, content)
    return True
