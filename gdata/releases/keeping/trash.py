"""The trash of a store: what prune took out lies there under its name for two weeks, and can be put back.

Prune can't be kept apart from publishes by a lock: an object storage has none, and one that a killed process
left behind would stand in the way at 2 a.m. So each side looks twice. Prune takes files out and then reads the logs
again; who moves a channel writes the entry and then looks for its files again. One of the two sees the other, and
puts back what is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from gdata.bundles.manifest import sha256
from gdata.errors import DamagedError, UsageError
from gdata.releases.blobs import bundle_blobs, list_blobs, missing, source_blobs
from gdata.releases.reader import read_release
from gdata.releases.stores.store import BLOBS, TRASH, StoredFile, WritableStore, blob_name, release_name

GRACE = timedelta(days=14)
_TRASHED = re.compile(r"trash/(\d{8}-\d{6})/(.+)")
_TIME = "%Y%m%d-%H%M%S"


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
