"""Bring back what is damaged or missing in a store, from whatever still has a copy; every copy is verified first.

A blob's name is its hash. A record counts where it is the one that a log's entry names, an entry where it fits between
its neighbours. A single flipped bit of a record or an entry is found by trying: its hash, or its checksum, tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gdata.bundles.manifest import sha256
from gdata.errors import DamagedError, GdataError, StoreError, UnknownFormatError
from gdata.language import say
from gdata.releases.keeping.prune import copies_of
from gdata.releases.keeping.verify import Damage, verify_store
from gdata.releases.log import mark_of, read_entry
from gdata.releases.records import Entry, Release
from gdata.releases.stores import ensure_identity
from gdata.releases.stores.store import (
    BLOBS,
    CHANNELS,
    IDENTITY,
    RELEASES,
    WritableStore,
    entry_name,
    entry_number,
    is_own,
    release_name,
)

_ROUNDS = 4
"""A record that came back may need blobs that are missing, and these may list more."""
_LARGEST_FLIPPED = 1 << 15


@dataclass(frozen=True)
class Copies:
    """A place that may have copies of a store's files: its name for people, and how to ask it for one by its name."""

    place: str
    find: Callable[[str], bytes | None]


@dataclass(frozen=True)
class Restored:
    """A file that is whole again, and where its bytes came from."""

    file: str
    source: str


@dataclass(frozen=True)
class Repaired:
    """What came back, and what is still wrong."""

    place: str
    mended: tuple[Restored, ...]
    faults: tuple[Damage, ...]


def repair(store: WritableStore, copies: Sequence[Copies] = ()) -> Repaired:
    """Verify the store, and put back every file that is damaged or missing and that the trash or a copy has whole.

    Raises:
        StoreError: the store can't be listed, read or written.
        UsageError: there is none.
    """
    mended: list[Restored] = []
    for _ in range(_ROUNDS):
        faults = verify_store(store).faults
        files = dict.fromkeys(fault.file for fault in faults)
        found = [one for one in (_mend(store, file, copies) for file in files) if one is not None]
        mended += found
        if not found:
            break
    return Repaired(store.place, tuple(mended), tuple(faults))


def _mend(store: WritableStore, file: str, copies: Sequence[Copies]) -> Restored | None:
    if file == IDENTITY:
        known = (record.provenance.get("store") for record in readable_records(store))
        ensure_identity(store, next(filter(None, known), None))
        return Restored(file, say("the releases' records"))
    if not is_own(file):
        return None
    if file.startswith(CHANNELS) and not entry_number(file):
        store.put(file, mark_of(file[-13:-5]))
        return Restored(file, say("the log"))
    fits = _judge_of(store, file)
    for source, content in _candidates(store, file, copies):
        if fits(content):
            store.put(file, content)
            return Restored(file, source)
    return None


def _candidates(store: WritableStore, file: str, copies: Sequence[Copies]) -> Iterator[tuple[str, bytes]]:
    """What may be the bytes of a file, and where each comes from."""
    yield from copies_of(store, file)
    for one in copies:
        try:
            found = one.find(file)
        except GdataError:
            continue  # a copy is as likely to be damaged as the store
        if found is not None:
            yield one.place, found
    held = None if file.startswith(BLOBS) else store.find(file)
    if held is not None and len(held) <= _LARGEST_FLIPPED:
        yield from ((say("a flipped bit"), one) for one in _flips(held))


def _flips(content: bytes) -> Iterator[bytes]:
    flipped = bytearray(content)
    for at in range(len(content)):
        for bit in range(8):
            flipped[at] ^= 1 << bit
            yield bytes(flipped)
            flipped[at] ^= 1 << bit


def _judge_of(store: WritableStore, file: str) -> Callable[[bytes], bool]:
    """What tells whether some bytes are those of a file."""
    if file.startswith(BLOBS):
        return lambda content: sha256(content) == file.rpartition("/")[2]
    if file.startswith(RELEASES):
        vouched = {entry.record for entry in _entries(store) if release_name(entry.release) == file}
        if vouched:
            return lambda content: sha256(content) in vouched
        return lambda content: _is_record(content, file)
    channel, number = file.split("/")[1], entry_number(file)
    before, after = _read(store, channel, number - 1), _read(store, channel, number + 1)
    return lambda content: _is_entry(content, file, before, after)


def _is_record(content: bytes, file: str) -> bool:
    try:
        return release_name(Release.from_bytes(content, place=file).id) == file
    except DamagedError:
        return False


def _is_entry(content: bytes, file: str, before: Entry | None, after: Entry | None) -> bool:
    try:
        entry = Entry.from_bytes(content, place=file)
    except DamagedError:
        return False
    follows = before is None or entry.prev == before.sha256
    return entry_name(entry.channel, entry.number) == file and follows and (not after or after.prev == entry.sha256)


def _entries(store: WritableStore) -> Iterator[Entry]:
    """Every entry that can be read."""
    for file in store.files(CHANNELS):
        if is_own(file.name) and entry_number(file.name):
            entry = _read(store, file.name.split("/")[1], entry_number(file.name))
            if entry is not None:
                yield entry


def _read(store: WritableStore, channel: str, number: int) -> Entry | None:
    try:
        return read_entry(store, channel, number) if number > 0 else None
    except UnknownFormatError:
        raise
    except DamagedError:
        return None


def readable_records(store: WritableStore) -> Iterator[Release]:
    """Every record that can be read, newest first."""
    for file in reversed(store.files(RELEASES)):
        try:
            yield Release.from_bytes(store.find(file.name) or b"", place=file.name)
        except (DamagedError, StoreError):
            continue
