"""A channel's log: numbered entries, each naming the hash of the one before, added by one publisher at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gdata.errors import RefusedError, StoreError
from gdata.releases.entries import check_follows, newest_entry, read_entry
from gdata.releases.records import Entry
from gdata.releases.signatures import PublicKey, SigningKey
from gdata.releases.store import Store, WritableStore, entry_name

_FEW, _MANY = 8, 256


class ChannelMoved(RefusedError):
    """Somebody else published between the review and this; `entries` are what came between, oldest first."""

    def __init__(self, channel: str, entries: tuple[Entry, ...]) -> None:
        came = "; ".join(describe(entry) for entry in entries)
        super().__init__(
            f"channel {channel} moved meanwhile: {came}",
            hint="look at `gdata diff` against what is there now, then publish again",
        )
        self.entries = entries


class Log:
    """A channel's log, read backwards and only as far as somebody asks; every entry verified and chained."""

    def __init__(self, store: Store, channel: str, newest: Entry | None, public_key: PublicKey | None) -> None:
        self.channel = channel
        self.newest = newest
        """The entry that the channel stands at."""
        self._store = store
        self._public_key = public_key
        self._read = [newest] if newest else []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of it, oldest first."""
        return tuple(self.backwards())[::-1]

    def backwards(self) -> Iterator[Entry]:
        """The entries, newest first.

        Raises:
            DamagedError: an entry is missing, damaged, or doesn't name the one before it.
            SignatureError: one isn't signed by the public key.
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
        """Read as many entries again as were read already, at least a few, at most a few hundred."""
        last = self._read[-1].number
        numbers = range(last - 1, max(0, last - 1 - min(max(len(self._read), _FEW), _MANY)), -1)
        for entry in self._store.in_parallel(self._entry, numbers):
            check_follows(self._store.place, self._read[-1], entry)
            self._read.append(entry)

    def _entry(self, number: int) -> Entry:
        return read_entry(self._store, self.channel, number, public_key=self._public_key)

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
        return next((why for entry, why in self.marked() if build_of(entry.release) == build[:8]), None)

    def release_before(self) -> str | None:
        """The release that a rollback leads to: the last other one that isn't bad; None where there is none."""
        current = self.newest.release if self.newest else None
        found = (entry.release for entry, why in self.marked() if entry.release != current and why is None)
        return next(found, None)


def read_log(store: Store, channel: str, *, public_key: PublicKey | None = None) -> Log:
    """The log of a channel, of which only the newest entry is read so far.

    Raises:
        DamagedError: that entry is damaged.
        SignatureError: it isn't signed by `public_key`.
    """
    return Log(store, channel, newest_entry(store, channel, public_key=public_key), public_key)


def append(store: WritableStore, entry: Entry, before: Entry | None, key: SigningKey | None = None) -> Entry:
    """Seal, sign and write `entry`, which follows on `before`: from then on the channel points at its release.

    Raises:
        ChannelMoved: another entry took the place after `before`.
        StoreError: the store can't be written.
    """
    sealed = entry.sealed()
    if key is not None:
        sealed = replace(sealed, signature=key.sign(sealed.signed_bytes()))
    name = entry_name(sealed.channel, sealed.number)
    if not store.create(name, sealed.to_bytes()):
        raise ChannelMoved(sealed.channel, entries_after(store, sealed.channel, before))
    if store.find(name) != sealed.to_bytes():
        raise StoreError(
            f"{store.place}: {name} isn't what was written a moment ago",
            hint="the storage doesn't honour exclusive creation: see what `gdata releases` shows, and use another",
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


def describe(entry: Entry) -> str:
    """One line on an entry: who did what, when."""
    note = f" ({entry.message})" if entry.message else ""
    return f"{entry.author or 'somebody'}: {entry.action} {entry.release} at {entry.time:%Y-%m-%d %H:%M:%S}Z{note}"
