"""A channel's log: numbered entries, each naming the hash of the one before, added by one publisher at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gdata.errors import RefusedError, StoreError
from gdata.releases.reader import check_follows, newest_entry, read_entry
from gdata.releases.records import Entry
from gdata.releases.signatures import PublicKey, SigningKey
from gdata.releases.store import Store, WritableStore, entry_name


class ChannelMoved(RefusedError):
    """Somebody else published between the review and this; `entries` are what came between, oldest first."""

    def __init__(self, channel: str, entries: tuple[Entry, ...]) -> None:
        came = "; ".join(describe(entry) for entry in entries)
        super().__init__(
            f"channel {channel} moved meanwhile: {came}",
            hint="look at `gdata diff` against what is there now, then publish again",
        )
        self.entries = entries


@dataclass(frozen=True)
class Log:
    """A channel's whole log, oldest first, its chain checked."""

    channel: str
    entries: tuple[Entry, ...]

    @property
    def newest(self) -> Entry | None:
        """The entry that the channel stands at."""
        return self.entries[-1] if self.entries else None

    def bad_releases(self) -> dict[str, Entry]:
        """The releases that were rolled back from, with the rollback; one that was allowed again isn't bad."""
        bad: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.action == "rollback" and entry.base:
                bad[entry.base] = entry
            bad = {release: why for release, why in bad.items() if not is_same_build(release, entry.release)}
        return bad

    def release_before(self) -> str | None:
        """The release that a rollback leads to: the last other one that isn't bad; None where there is none."""
        bad = self.bad_releases()
        current = self.newest.release if self.newest else None
        for entry in reversed(self.entries):
            if entry.release != current and entry.release not in bad:
                return entry.release
        return None


def read_log(store: Store, channel: str, *, public_key: PublicKey | None = None) -> Log:
    """The whole log of a channel, each entry verified and each chained to the one before.

    Raises:
        DamagedError: an entry is missing, damaged, or doesn't name the one before it.
        SignatureError: one isn't signed by `public_key`.
    """
    newest = newest_entry(store, channel, public_key=public_key)
    if newest is None:
        return Log(channel, ())

    def read(number: int) -> Entry:
        return read_entry(store, channel, number, public_key=public_key)

    entries = [*store.in_parallel(read, range(1, newest.number)), newest]
    for before, entry in zip([None, *entries], entries, strict=False):
        check_follows(store.place, entry, before)
    return Log(channel, tuple(entries))


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


def is_same_build(one: str, other: str) -> bool:
    """Whether two release ids end with the same build."""
    return one.rpartition("-")[2] == other.rpartition("-")[2]


def describe(entry: Entry) -> str:
    """One line on an entry: who did what, when."""
    note = f" ({entry.message})" if entry.message else ""
    return f"{entry.author or 'somebody'}: {entry.action} {entry.release} at {entry.time:%Y-%m-%d %H:%M:%S}Z{note}"
