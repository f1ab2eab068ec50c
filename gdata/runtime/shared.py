"""Rows are shared by all threads and not to be written to: what finds, in tests, the code that does it all the same.

protobuf can't hold a message from being changed, and one read changes it: `row.stats["luck"]` of a missing key puts the
key into the map, for everybody. Holding maps from it would take Python code in place of protobuf's for every map of
the process, which doubles the time of `row.stats["str"]` (0.4 to 0.9 µs). So stubs have `SharedMap`, which has no
`[…]`, and `gdata.load(…, check_shared=True)` compares rows with what they were.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, KeysView, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeVar, overload

from google.protobuf.message import Message

from gdata.bundles.lookup import RowMissing, Table
from gdata.errors import SharedRowChanged
from gdata.language import sentence
from gdata.proto.descriptors import is_map

_Key = TypeVar("_Key")
_Value = TypeVar("_Value", covariant=True)
_Default = TypeVar("_Default")

_PACKAGE = str(Path(__file__).parent.parent)
_RECENT = 16
"""So many rows are compared at each lookup: those that were looked up last."""
_CALLERS = 3


class SharedMap(Protocol[_Key, _Value]):
    """A map field of a shared row, as stubs have it: all of a mapping but `[…]`, which would write to it."""

    @overload
    def get(self, key: _Key) -> _Value | None: ...
    @overload
    def get(self, key: _Key, default: _Default) -> _Value | _Default: ...
    def get(self, key: _Key, default: Any = None) -> Any:
        """The value of a key, or `default`."""

    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[_Key]: ...
    def __len__(self) -> int: ...
    def keys(self) -> KeysView[_Key]:
        """The keys."""

    def values(self) -> ValuesView[_Value]:
        """The values."""

    def items(self) -> AbstractSet[tuple[_Key, _Value]]:
        """The pairs of key and value."""


class SharedRows:
    """The rows of all tables that were parsed: what they were, and who took them last."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._watched: list[_Watched] = []
        self._recent: deque[tuple[_Watched, int]] = deque(maxlen=_RECENT)

    def watch(self, name: str, parsed: Any) -> Any:
        """A table, or the record of a vertical one, that tells who takes its rows."""
        with self._lock:
            if not isinstance(parsed, Table):
                self._watched.append(_Watched(self, name, [parsed], ()))
                return parsed
            watched = _Watched(self, name, parsed.rows, parsed.key)
            self._watched.append(watched)
        return _WatchedTable(name, watched, parsed.key, parsed._row_type)

    def check(self) -> None:
        """Compare every row with what it was; raises SharedRowChanged at the first that is another."""
        with self._lock:
            for watched in self._watched:
                for position in range(len(watched)):
                    watched.check(position)

    def take(self, watched: _Watched, position: int) -> None:
        """Somebody takes a row: compare those that were taken last before, and remember who it is."""
        with self._lock:
            for other, taken in set(self._recent):
                other.check(taken)
            self._recent.append((watched, position))
            watched.callers.setdefault(position, deque(maxlen=_CALLERS)).append(_caller())


class _Watched(Sequence[Any]):
    """The rows of a table with their bytes as they were parsed, and who took each of them last."""

    def __init__(self, shared: SharedRows, name: str, rows: Sequence[Message], key: tuple[str, ...]) -> None:
        self._shared = shared
        self._name = name
        self._rows = rows
        self._key = key
        self._bytes = [_bytes(row) for row in rows]
        self.callers: dict[int, deque[str]] = {}

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        self._shared.take(self, position)
        return self._rows[position]

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __len__(self) -> int:
        return len(self._rows)

    def check(self, position: int) -> None:
        """Raise SharedRowChanged where a row isn't what it was; from then on it counts as it is."""
        row, before = self._rows[position], self._bytes[position]
        now = _bytes(row)
        if now == before:
            return
        self._bytes[position] = now
        old = type(row).FromString(before)
        key = ", ".join(repr(getattr(old, name)) for name in self._key) or f"rows[{position}]"
        takers = "; ".join(self.callers.get(position, ())) or sentence("unknown, the table has one record")
        raise SharedRowChanged(
            sentence(
                "{table}[{key}] was changed in memory, for all who share it: {changes}. It was taken last at {takers}",
                table=self._name,
                key=key,
                changes=", ".join(_differences(old, row)),
                takers=takers,
            ),
            hint=sentence(
                "read maps with .get(key, default): [key] puts a missing key in; to change a row, copy it: "
                "mine = type(row)(); mine.CopyFrom(row)"
            ),
        )


class _WatchedTable(Table[Any, Any]):
    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        position = self._position(key)
        if position is None:
            raise RowMissing(self, key)
        return self.rows[position]


def _bytes(row: Message) -> bytes:
    return row.SerializeToString(deterministic=True)


def _differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    for field in new.DESCRIPTOR.fields:
        before, now = getattr(old, field.name), getattr(new, field.name)
        if is_map(field):
            for key in sorted({*before, *now}, key=repr):
                pair = before.get(key), now.get(key)
                if pair[0] != pair[1]:
                    yield f"{path}{field.name}[{key!r}] {_shown(pair[0])} → {_shown(pair[1])}"
        elif field.message_type is not None and not field.is_repeated:
            yield from _differences(before, now, f"{path}{field.name}.")
        elif before != now:
            yield f"{path}{field.name} {_shown(before)} → {_shown(now)}"


def _shown(value: Any) -> str:
    text = " ".join(str(value).split()) if value is not None else "missing"
    return text if len(text) < 80 else f"{text[:80]}…"


def _caller() -> str:
    """The line of the first function up the stack that isn't gdata's: who asked."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
