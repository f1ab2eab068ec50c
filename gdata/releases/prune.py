"""Remove what no channel needs any more: old releases, the blobs of them alone, leftovers of publishers that died.

Logs are never cut: numbers have no gaps, so that a reader without a listing finds the newest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gdata.errors import DamagedError, RefusedError, UsageError
from gdata.releases.blobs import blobs_of
from gdata.releases.log import channel_names, read_log
from gdata.releases.reader import read_release
from gdata.releases.store import (
    BLOBS,
    CHANNELS,
    RELEASES,
    StoredFile,
    WritableStore,
    is_own,
    is_temporary,
    release_name,
)

KEPT_ENTRIES = 20
_YOUNG = timedelta(days=1)
_TRIES = 3


@dataclass(frozen=True)
class Pruned:
    """What was removed, or with `dry_run` would be: names of files, and their bytes together."""

    releases: tuple[str, ...]
    blobs: tuple[str, ...]
    leftovers: tuple[str, ...]
    bytes: int
    kept_releases: int
    dry_run: bool


@dataclass(frozen=True)
class _Heads:
    """Where all channels stand, and the releases of their last entries."""

    numbers: tuple[tuple[str, int], ...]
    releases: frozenset[str]


def prune(
    store: WritableStore, *, keep: int = KEPT_ENTRIES, dry_run: bool = False, now: datetime | None = None
) -> Pruned:
    """Keep what the last `keep` entries of each channel need, and everything younger than a day.

    Raises:
        DamagedError: something in the store can't be read, so that nothing can be said to be useless.
        RefusedError: channels move all the time.
        UsageError: `keep` is less than 1.
    """
    if keep < 1:
        raise UsageError("at least the newest entry of each channel is kept", hint="give --keep 1 or more")
    oldest = (now or datetime.now(UTC)) - _YOUNG
    for _ in range(_TRIES):
        heads = _read_heads(store, keep)
        useless, kept = _find_useless(store, heads, oldest)
        if dry_run or _read_heads(store, keep).numbers == heads.numbers:
            # Records go first: a record that is there has all its blobs.
            for group in useless:
                if not dry_run:
                    store.in_parallel(lambda file: store.remove(file.name), group)
            return _pruned(useless, kept, dry_run)
    raise RefusedError(f"{store.place}: channels move all the time", hint="prune when nobody publishes")


def _read_heads(store: WritableStore, keep: int) -> _Heads:
    logs = [read_log(store, channel) for channel in channel_names(store)]
    # All of each log is read: where one entry can't be, nothing can be said to be useless.
    releases = {entry.release for log in logs for entry in log.entries[-keep:]}
    newest = {log.newest.release for log in logs if log.newest}
    there = {file.name for file in store.files(RELEASES)}
    lost = sorted(release for release in newest if release_name(release) not in there)
    if lost:
        raise DamagedError(
            f"{store.place}: {release_name(lost[0])} is missing, and a channel points at it",
            hint="run `gdata verify` before anything is removed",
        )
    return _Heads(tuple((log.channel, log.newest.number) for log in logs if log.newest), frozenset(releases))


def _find_useless(
    store: WritableStore, heads: _Heads, oldest: datetime
) -> tuple[tuple[list[StoredFile], list[StoredFile], list[StoredFile]], int]:
    """The files of releases, blobs and leftovers that may go, and how many releases stay."""
    listed = {folder: store.files(folder) for folder in (RELEASES, BLOBS, CHANNELS)}
    kept, useless_releases = [], []
    for file in _whole(listed[RELEASES]):
        release = file.name.rpartition("/")[2].removesuffix(".json")
        if release in heads.releases or file.modified > oldest:
            kept.append(read_release(store, release))
        else:
            useless_releases.append(file)
    needed = frozenset().union(*(blobs_of(store, release) for release in kept))
    useless_blobs = [
        file for file in _whole(listed[BLOBS]) if file.name.rpartition("/")[2] not in needed and file.modified <= oldest
    ]
    leftovers = [
        file for files in listed.values() for file in files if is_temporary(file.name) and file.modified <= oldest
    ]
    return (useless_releases, useless_blobs, leftovers), len(kept)


def _whole(files: Iterable[StoredFile]) -> list[StoredFile]:
    return [file for file in files if is_own(file.name)]


def _pruned(useless: tuple[list[StoredFile], list[StoredFile], list[StoredFile]], kept: int, dry_run: bool) -> Pruned:
    releases, blobs, leftovers = (tuple(file.name for file in group) for group in useless)
    size = sum(file.size for group in useless for file in group)
    return Pruned(releases, blobs, leftovers, size, kept, dry_run)
