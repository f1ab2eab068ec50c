"""Find the newest entry of a channel's log, with a listing or without, and refuse a log that went back."""

from __future__ import annotations

from gdata.errors import DamagedError, UsageError
from gdata.nearest import did_you_mean
from gdata.releases.records import Entry, check_channel_name
from gdata.releases.signatures import PublicKey, check_signature
from gdata.releases.store import CHANNELS, Store, WritableStore, entry_name, entry_number, is_own


def newest_entry(
    store: Store, channel: str, *, after: Entry | None = None, public_key: PublicKey | None = None
) -> Entry | None:
    """The newest entry of a channel, verified; None if it has none, or none newer than `after`.

    With `after` the answer "nothing newer" costs one small request.

    Raises:
        DamagedError: the entry is damaged, doesn't follow on `after`, or has a lower number than one that was
            seen before (by this reader, or by any that shares its cache).
        SignatureError: it isn't signed by `public_key`.
        UsageError: no channel can have this name.
    """
    check_channel_name(channel)
    seen = after.number if after else store.cache.last_seen(store.place, channel) if store.cache else 0
    number = _newest_number(store, channel, after, seen)
    if number < seen:
        raise DamagedError(
            f"{store.place}: channel {channel} ends at entry {number}, but entry {seen} was there before",
            hint="somebody put an old copy of the store in its place: restore the newer one",
        )
    if number == (after.number if after else 0):
        return None
    entry = read_entry(store, channel, number, public_key=public_key)
    if after is not None:
        following = entry if number == after.number + 1 else read_entry(store, channel, after.number + 1)
        check_follows(store.place, following, after)
    if store.cache:
        store.cache.remember_seen(store.place, channel, number)
    return entry


def read_entry(store: Store, channel: str, number: int, *, public_key: PublicKey | None = None) -> Entry:
    """One entry of a channel's log, verified.

    Raises:
        DamagedError: it is missing or damaged, or belongs elsewhere in the store.
        SignatureError: it isn't signed by `public_key`.
    """
    name = entry_name(channel, number)
    place = f"{store.place}: {name}"
    entry = Entry.from_bytes(store.get(name), place=place)
    if (entry.channel, entry.number) != (channel, number):
        raise DamagedError(
            f"{place} is damaged: it is entry {entry.number} of channel {entry.channel}",
            hint="restore the file from a backup of the store",
        )
    if public_key is not None:
        check_signature(entry.signature, entry.signed_bytes(), place=place, key=public_key)
    return entry


def channel_names(store: WritableStore) -> list[str]:
    """The channels that have a log, sorted."""
    names = {file.name.split("/")[1] for file in store.files(CHANNELS) if is_own(file.name)}
    return sorted(names)


def _newest_number(store: Store, channel: str, after: Entry | None, seen: int) -> int:
    """The number of the newest entry; 0 where there is none."""
    if after is not None:
        return _bisect(store, channel, after.number)
    if isinstance(store, WritableStore):
        return max((entry_number(file.name) for file in store.files(f"{CHANNELS}/{channel}")), default=0)
    return _bisect(store, channel, seen if seen and _has(store, channel, seen) else 0)


def _bisect(store: Store, channel: str, low: int) -> int:
    """Numbers have no gaps: double the step until an entry is missing, then halve the distance."""
    step = 1
    while _has(store, channel, low + step):
        low += step
        step *= 2
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _has(store, channel, middle) else (low, middle)
    return low


def _has(store: Store, channel: str, number: int) -> bool:
    # Asking for the size takes two requests of S3 where nothing is there; an entry is smaller than either.
    return store.find(entry_name(channel, number)) is not None


def check_follows(place: str, entry: Entry, before: Entry | None) -> None:
    """Raise DamagedError unless `entry` names the hash and the release of `before`, the one before it."""
    expected = (before.sha256, before.release) if before else (None, None)
    if (entry.prev, entry.base) != expected:
        raise DamagedError(
            f"{place}: {entry_name(entry.channel, entry.number)} doesn't follow on the entry before it",
            hint="one of the two was changed or put in another's place: restore the log from a backup",
        )


def no_such_channel(store: Store, name: str) -> UsageError:
    """The error for a channel without a release, with the nearest that has one."""
    known = channel_names(store) if isinstance(store, WritableStore) else []
    if known:
        hint = f"{did_you_mean(name, known)}there are {', '.join(known)}"
    else:
        hint = store.why_empty() or "`gdata publish` makes the first release"
    return UsageError(f"{store.place}: channel {name} has no release", hint=hint)
