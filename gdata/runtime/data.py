"""The data a server holds: the newest release that it has read whole, and the way to the next one."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from operator import attrgetter
from types import ModuleType
from typing import Any, Self

from gdata.bundles.references import Use
from gdata.errors import DamagedError, GdataError, OutsideError, UsageError
from gdata.language import sentence
from gdata.runtime.freshness import Freshness, Health, Watch
from gdata.runtime.places import Found, Place
from gdata.runtime.shared import SharedRows
from gdata.runtime.snapshot import Snapshot, TypedSnapshot

logger = logging.getLogger("gdata")

_RETRIES = 3
"""A folder may be built anew while it is read; the next try then reads the new one."""


class TypedData:
    """A server's data without tables that a type checker knows of: what the stubs of a bundle add theirs to.

    Tables are those of the newest release that was read whole. Between two of its lines a refresh may happen:
    code that must not see two releases takes a `snapshot()` first. Threads may share it, and so may the
    children that a process forks.
    """

    def __init__(
        self,
        place: Place,
        *,
        types: Sequence[ModuleType] = (),
        eager: bool = False,
        max_age: timedelta | None = None,
        check_shared: bool = False,
    ) -> None:
        """What `gdata.load` makes of a `Data`; raises what that raises."""
        self._place = place
        self._generated = types
        self._eager = eager
        self._pid = os.getpid()
        self._refreshing = threading.Lock()
        self._watch: Watch | None = None
        self._freshness = Freshness(max_age)
        self._shared = SharedRows() if check_shared else None
        self._found, self._snapshot = self._start()
        _all.add(self)

    @property
    def release(self) -> str | None:
        """The id of the release in use; None where the data comes from a folder that `gdata fetch` didn't write."""
        return self._snapshot.release

    @property
    def build(self) -> str:
        """The id of the build in use, the same in all its targets."""
        return self._snapshot.build

    @property
    def target(self) -> str:
        """The target in use."""
        return self._snapshot.target

    @property
    def version(self) -> str:
        """The version of the game that the data in use is of; "" where the target has none."""
        return self._snapshot.version

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return self._snapshot.tables

    @property
    def stale(self) -> bool:
        """Whether there may be newer data: the last try to read it failed or hangs, or what it found is too old."""
        return self._freshness.trouble(self._found.entry) is not None

    def health(self) -> Health:
        """Which data is in use, and why and since when there may be newer: `health().as_json()` for a check."""
        found = self._found
        trouble = self._freshness.trouble(found.entry)
        return Health(
            release=found.release,
            build=found.bundle.manifest.build,
            target=found.bundle.manifest.target,
            entry=found.entry.number if found.entry else None,
            stale=trouble is not None,
            reason=trouble.reason if trouble else "",
            since=trouble.since if trouble else None,
            checked=self._freshness.checked,
        )

    def snapshot(self) -> TypedSnapshot:
        """The release in use now, which stays as it is however often this is refreshed: one for each request."""
        return self._snapshot

    def resolve(self, row: Any, field: str) -> Any:
        """The row that a reference field of `row` points at; see `Snapshot.resolve`."""
        return self._snapshot.resolve(row, field)

    def users(self, row: Any, table: str = "") -> list[Use]:
        """The rows and fields that refer to a row; see `Snapshot.users`."""
        return self._snapshot.users(row, table)

    def refresh(self) -> bool:
        """Swap in what is newer at the place this was loaded from, whole; True if there was something newer.

        It takes as long as reading and verifying what has changed; meanwhile, and where it raises, readers see
        the old data. In asyncio: `await asyncio.to_thread(data.refresh)`.

        Raises:
            OutsideError: the place can't be reached.
            DamagedError: what it has is damaged, unknown or not signed.
            UsageError: it holds no data any more, or the classes given as `types` don't fit.
        """
        if self._shared is not None:
            self._shared.check()
        with self._refreshing:
            self._freshness.begin()
            try:
                read = self._read(self._found)
            except BaseException as error:
                self._freshness.end(str(error) or type(error).__name__)
                raise
            old = self._found
            if read is not None:
                self._found, self._snapshot = read
            self._freshness.end()
            return not self._found.has_same_data(old)

    def check_shared(self) -> None:
        """Compare every row with what it was when it was loaded with `check_shared=True`: the end of a test.

        Raises:
            SharedRowChanged: somebody wrote to one.
            UsageError: it was loaded without.
        """
        if self._shared is None:
            raise UsageError(sentence("the data isn't watched"), hint=sentence("load it with check_shared=True"))
        self._shared.check()

    def watch(self, interval: float = 10.0, on_change: Callable[[Self], object] | None = None) -> Watch:
        """Refresh every `interval` seconds in a thread of its own, until `stop()` of what this returns.

        `on_change` is called in that thread after each swap. A refresh that fails is logged (logger `gdata`),
        and tried again. Children forked later watch by themselves; so does one that calls this again.
        """
        if self._watch is not None:
            self._watch.stop()
        if self._pid != os.getpid():
            self._renew_after_fork()
        self._watch = Watch(self.refresh, interval, None if on_change is None else partial(on_change, self))
        return self._watch

    def __getitem__(self, name: str) -> Any:
        return self._snapshot[name]

    def __contains__(self, name: object) -> bool:
        return name in self._snapshot

    def __iter__(self) -> Iterator[str]:
        return iter(self._snapshot)

    def __len__(self) -> int:
        return len(self._snapshot)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.tables})

    def __repr__(self) -> str:
        return repr(self._snapshot)

    def _start(self) -> tuple[Found, Snapshot]:
        """The newest; where that can't be read, what the place remembers to have given last."""
        try:
            read = self._read(None)
        except (OutsideError, DamagedError) as error:
            remembered = self._remembered()
            if remembered is None:
                raise
            logger.error(
                "starting with %s from the cache, for the newest can't be read: %s", remembered[0].release, error
            )
            self._freshness.end(str(error))
            return remembered
        assert read is not None
        self._freshness.end()
        return read

    def _remembered(self) -> tuple[Found, Snapshot] | None:
        try:
            found = self._place.remembered()
            return None if found is None else (found, self._open(found))
        except GdataError as error:
            logger.warning("the cached release can't be used: %s", error)
            return None

    def _read(self, last: Found | None) -> tuple[Found, Snapshot] | None:
        found = self._place.find(last)
        if found is None:
            return None
        found, snapshot = self._open_settled(found)
        self._place.keep(found, last)
        return found, snapshot

    def _open_settled(self, found: Found) -> tuple[Found, Snapshot]:
        for _ in range(_RETRIES):
            try:
                return found, self._open(found)
            except DamagedError:
                # Of a folder that was built anew meanwhile, the old files may be gone.
                newer = self._place.find(found)
                if newer is None:
                    raise
                found = newer
        return found, self._open(found)

    def _open(self, found: Found) -> Snapshot:
        old: Snapshot | None = self.__dict__.get("_snapshot")
        snapshot = Snapshot(
            found, self._generated, old, shared=self._shared, find_files=None if self._eager else self._place.files_of
        )
        if self._eager:
            snapshot.parse_all()
        if old is not None:
            snapshot.warm_like(old)
        _add_properties(type(self), snapshot.tables)
        return snapshot

    def _renew_after_fork(self) -> None:
        # The thread that held the lock, or watched, doesn't live in the child.
        self._pid = os.getpid()
        self._refreshing = threading.Lock()
        self._freshness.abandon()
        if self._watch is not None:
            self._watch = self._watch.again()


class Data(TypedData):
    """A server's data: `data.ItemTable[1001].name`, and `data.refresh()` for a newer release.

    Its tables are attributes; one whose name isn't a Python name, or is one of ours, is `data["release"]`.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """A Data with a class of its own, whose properties its tables can be."""
        return super().__new__(type(cls.__name__, (cls,), {"__module__": cls.__module__, "__doc__": cls.__doc__}))

    def snapshot(self) -> Snapshot:
        """The release in use now, which stays as it is however often this is refreshed: one for each request."""
        return self._snapshot

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._snapshot, name)


def _add_properties(owner: type[TypedData], tables: Iterable[str]) -> None:
    """Let `data.ItemTable` be found without `__getattr__`, which takes 1.1 µs in Python 3.11; so it is 0.14.

    A table that a later release doesn't have raises there what `__getattr__` says.
    """
    for name in tables:
        if not hasattr(owner, name) and not name.startswith("_"):
            setattr(owner, name, property(attrgetter(f"_snapshot.{name}")))


_all: weakref.WeakSet[TypedData] = weakref.WeakSet()


def _renew_all() -> None:
    for data in list(_all):
        data._renew_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
