"""A channel's log: numbered entries, each naming the hash of the one before, added by one publisher at a time.

The newest is found with a listing or without; a log that isn't the one that was read before is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from gdata.bundles.manifest import canonical_json
from gdata.errors import DamagedError, RefusedError, StoreError, UnknownFormatError, UsageError
from gdata.language import say, sentence
from gdata.releases.records import Entry, check_channel_name
from gdata.releases.signatures import PublicKeys, SigningKey, check_signature
from gdata.releases.stores.store import CHANNELS, Store, WritableStore, entry_name, entry_number, is_own, mark_name
from gdata.text import did_you_mean

_FEW, _MANY = 8, 256


class ChannelMoved(RefusedError):
    """Somebody else published between the review and this; `entries` are what came between, oldest first."""

    def __init__(self, channel: str, entries: tuple[Entry, ...]) -> None:
        came = "; ".join(describe(entry) for entry in entries)
        super().__init__(
            sentence("channel {channel} moved meanwhile: {came}", channel=channel, came=came),
            hint=sentence("look at `gdata diff` against what is there now, then publish again"),
        )
        self.entries = entries


class Log:
    """A channel's log, read backwards and only as far as somebody asks; every entry verified and chained."""

    def __init__(self, store: Store, channel: str, newest: Entry | None) -> None:
        self.channel = channel
        self.newest = newest
        """The entry that the channel stands at."""
        self._store = store
        self._read = [newest] if newest else []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of it, oldest first."""
        return tuple(self.backwards())[::-1]

    def backwards(self) -> Iterator[Entry]:
        """The entries, newest first.

        Raises:
            DamagedError: an entry is missing, damaged, or doesn't name the one before it.
        """
        at = 0
        while self.newest is not None and at < self.newest.number:
            if at == len(self._read):
                self._read_more()
            yield self._read[at]
            at += 1
        if self._read:
            check_follows(self._store.place, self._read[-1], None)

    def _read_more(self) -> None:
        """Read as many entries as were read already, at least a few, at most a few hundred; up to a damaged one."""
        last = self._read[-1].number
        numbers = range(last - 1, max(0, last - 1 - min(max(len(self._read), _FEW), _MANY)), -1)
        for found in self._store.in_parallel(self._entry, numbers):
            if isinstance(found, DamagedError):
                if self._read[-1].number < last:
                    return  # it may not be asked for
                raise found
            check_follows(self._store.place, self._read[-1], found)
            self._read.append(found)

    def _entry(self, number: int) -> Entry | DamagedError:
        try:
            return read_entry(self._store, self.channel, number)
        except DamagedError as error:
            return error

    def marked(self) -> Iterator[tuple[Entry, Entry | None]]:
        """The entries, newest first, each with the rollback that marks its release bad today."""
        good: set[str] = set()
        bad: dict[str, Entry] = {}
        for entry in self.backwards():
            yield entry, bad.get(build_of(entry.release))
            # A later entry that points at the build again says that it is good after all.
            good.add(build_of(entry.release))
            if entry.action == "rollback" and entry.base and build_of(entry.base) not in good:
                bad.setdefault(build_of(entry.base), entry)

    def why_bad(self, build: str) -> Entry | None:
        """The rollback that marks this build bad; None where it isn't."""
        if self._store.find(mark_name(self.channel, build)) is None:
            return None  # it never was: most builds are new, and the log may be long
        return next((why for entry, why in self.marked() if build_of(entry.release) == build[:8]), None)

    def release_before(self) -> str | None:
        """The release that a rollback leads to: the last of another build that isn't bad; None where there is none.

        A release that was signed later has the build of the unsigned one before it.
        """
        current = build_of(self.newest.release) if self.newest else None
        found = (entry.release for entry, why in self.marked() if build_of(entry.release) != current and why is None)
        return next(found, None)


def read_log(store: Store, channel: str) -> Log:
    """The log of a channel, of which only the newest entry is read so far.

    Raises:
        DamagedError: that entry is damaged.
    """
    return Log(store, channel, newest_entry(store, channel))


def read_log_so_far(store: Store, channel: str) -> tuple[Log, dict[str, DamagedError]]:
    """The log up to the newest entry that can be read, and what is wrong with those after it, by their names.

    Raises:
        DamagedError: no entry can be read.
        UnknownFormatError: an entry was written by a newer gdata.
    """
    damaged: dict[str, DamagedError] = {}
    for number in range(_newest_number(store, channel), 0, -1):
        try:
            return Log(store, channel, read_entry(store, channel, number)), damaged
        except UnknownFormatError:
            raise
        except DamagedError as error:
            damaged[entry_name(channel, number)] = error
    return read_log(store, channel), {}


def append(store: WritableStore, entry: Entry, before: Entry | None, key: SigningKey | None = None) -> Entry:
    """Seal, sign and write `entry`, which follows on `before`: from then on the channel points at its release.

    Raises:
        ChannelMoved: another entry took the place after `before`.
        StoreError: the store can't be written.
    """
    sealed = entry.sealed()
    if key is not None:
        sealed = replace(sealed, signature=key.sign(sealed.signed_bytes()))
    if sealed.action == "rollback" and sealed.base is not None:
        build = build_of(sealed.base)
        store.put(mark_name(sealed.channel, build), mark_of(build))
    name = entry_name(sealed.channel, sealed.number)
    if not store.create(name, sealed.to_bytes()):
        raise ChannelMoved(sealed.channel, entries_after(store, sealed.channel, before))
    if store.find(name) != sealed.to_bytes():
        raise StoreError(
            sentence("{place}: {name} isn't what was written a moment ago", place=store.place, name=name),
            hint=sentence(
                "the storage doesn't honour exclusive creation: see what `gdata releases` shows, and use another"
            ),
        )
    return sealed


def entries_after(store: Store, channel: str, before: Entry | None) -> tuple[Entry, ...]:
    """The entries that follow on `before` (None: all), oldest first."""
    newest = newest_entry(store, channel, after=before)
    if newest is None:
        return ()
    first = before.number + 1 if before else 1
    return (*store.in_parallel(lambda number: read_entry(store, channel, number), range(first, newest.number)), newest)


def build_of(release: str) -> str:
    """The first 8 digits of the build in a release's id."""
    return release.rpartition("-")[2]


def mark_of(build: str) -> bytes:
    """What the mark of a build holds."""
    return canonical_json({"build": build[:8], "features": []})


def describe(entry: Entry) -> str:
    """One line on an entry: who did what, when."""
    note = f" ({entry.message})" if entry.message else ""
    return say(
        "{author}: {action} {release} at {time}Z{note}",
        author=entry.author or say("somebody"),
        action=entry.action,
        release=entry.release,
        time=f"{entry.time:%Y-%m-%d %H:%M:%S}",
        note=note,
    )


def newest_entry(
    store: Store, channel: str, *, after: Entry | None = None, public_key: PublicKeys | None = None
) -> Entry | None:
    """The newest entry of a channel, verified; None if it has none, or none newer than `after`.

    `after` is one that was read before: the log must still have it, and go on from it. So the answer "nothing
    newer" costs two small requests.

    Raises:
        DamagedError: the entry is damaged, or the log isn't the one that `after` was read from.
        SignatureError: it isn't signed by `public_key`.
        UsageError: no channel can have this name.
    """
    check_channel_name(channel)
    if after is not None:
        number = _bisect(store, channel, after.number)
        if number == after.number:
            _check_holds(store, after)
    else:
        number = _newest_number(store, channel)
    if number == (after.number if after else 0):
        return None
    entry = read_entry(store, channel, number, public_key=public_key)
    if after is not None:
        following = entry if number == after.number + 1 else read_entry(store, channel, after.number + 1)
        if following.prev != after.sha256:
            raise _other_log(
                store, after, say("doesn't go on from entry {number}, as that was read before", number=after.number)
            )
    return entry


def read_entry(store: Store, channel: str, number: int, *, public_key: PublicKeys | None = None) -> Entry:
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
            sentence(
                "{place} is damaged: it is entry {number} of channel {channel}",
                place=place,
                number=entry.number,
                channel=entry.channel,
            ),
            hint=sentence("restore the file from a backup of the store"),
        )
    if public_key is not None:
        check_signature(entry.signature, entry.signed_bytes(), place=place, key=public_key)
    return entry


def channel_names(store: WritableStore) -> list[str]:
    """The channels that have a log, sorted."""
    names = {name.split("/")[1] for name in store.names(CHANNELS) if is_own(name) and entry_number(name)}
    return sorted(names)


def _check_holds(store: Store, entry: Entry) -> None:
    """Raise DamagedError unless the log still has an entry that was read from it before."""
    content = store.find(entry_name(entry.channel, entry.number))
    if content is None:
        end = _bisect(store, entry.channel, 0)
        raise _other_log(
            store, entry, say("ends at entry {end}, but entry {number} was there before", end=end, number=entry.number)
        )
    if content != entry.to_bytes():
        raise _other_log(
            store, entry, say("has another entry {number} than the one that was there before", number=entry.number)
        )


def _other_log(store: Store, entry: Entry, what: str) -> DamagedError:
    return DamagedError(
        sentence(
            "{place}: the log of channel {channel} {fault}: an older copy or another log is in its place",
            place=store.place,
            channel=entry.channel,
            fault=what,
        ),
        hint=sentence(
            "restore the newer one: readers go on by themselves when the log goes on from the "
            "entry that they had; if this one is meant, start them anew with an empty cache, or "
            "fetch into an empty folder"
        ),
    )


def _newest_number(store: Store, channel: str) -> int:
    """The number of the newest entry; 0 where there is none."""
    if not isinstance(store, WritableStore):
        return _bisect(store, channel, 0)
    check_channel_name(channel)
    return max(map(entry_number, store.names(f"{CHANNELS}/{channel}")), default=0)


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
            sentence(
                "{place}: {entry_name} doesn't follow on the entry before it",
                place=place,
                entry_name=entry_name(entry.channel, entry.number),
            ),
            hint=sentence("one of the two was changed or put in another's place: restore the log from a backup"),
        )


def no_such_channel(store: Store, name: str) -> UsageError:
    """The error for a channel without a release, with the nearest that has one."""
    known: list[str] = []
    if isinstance(store, WritableStore):
        with suppress(StoreError):  # A server may have the right to read files, and none to list them.
            known = channel_names(store)
    if known:
        hint = did_you_mean(name, known) + say("there are {names}", names=", ".join(known))
    else:
        hint = store.why_empty() or say("`gdata publish` makes the first release")
    return UsageError(sentence("{place}: channel {name} has no release", place=store.place, name=name), hint=hint)
