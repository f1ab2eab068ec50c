"""The rows of a diff, made where they are shown. Those that changed are kept by column: a million of them in tens of
MiB, where one by one they take a gigabyte.

Who looks at a whole column gets it as it is, and who shows rows gets each made when he asks for it: most of many are
counted and never shown (benchmarks/diff.py).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, overload

from gdata.diffs.model import FieldChange, Json, Key, Row, RowChange, plain

_AT_ONCE = 20_000
"""Rows that are made together; of a table with no more than this they are kept."""

_READ_TOGETHER = 1000
"""Whole rows that are read together; of a table with no more than this they are kept."""

Values = Sequence[Any]


class ChangedColumn(NamedTuple):
    """What changed in one field: rows by their place among the changed ones, rising, with old and new value.

    A value is JSON, but for integers, which are numbers whatever their size.
    """

    path: str
    """Without indexes."""
    rows: Sequence[int]
    old: Values
    new: Values
    only_path: str
    """The path with its index or map's key, where all changes are of the same; else ""."""

    @property
    def has_parts(self) -> bool:
        """Whether a value is a message, a list or a map, which has values of its own."""
        both = (side for side in (self.old, self.new) if not isinstance(side, array))
        return any(isinstance(value, (dict, list)) for side in both for value in side)


@dataclass
class ChangedField:
    """What changed in one field of a row's message: its value as a whole, or parts of it."""

    name: str
    write: Callable[[Any], Json] | None = None
    """Makes JSON of the values; None: they are that."""
    rows: array[int] = field(default_factory=lambda: array("I"))
    old: Values = field(default_factory=list)
    new: Values = field(default_factory=list)
    inside: dict[int, list[FieldChange]] = field(default_factory=dict)
    """By row, where parts of it changed."""

    def add(self, rows: Iterable[int], old: Values, new: Values) -> None:
        """Add the values of some rows that come after all others."""
        self.rows.extend(rows)
        self.old, self.new = _joined(self.old, old), _joined(self.new, new)

    def changes(self, first: int, last: int) -> Iterator[tuple[int, list[FieldChange]]]:
        """The changes of the rows from one to before another, in no order."""
        low, high = bisect_left(self.rows, first), bisect_left(self.rows, last)
        old, new = self.old[low:high], self.new[low:high]
        if self.write is not None:
            old, new = list(map(self.write, old)), list(map(self.write, new))
        for row, was, now in zip(self.rows[low:high], old, new, strict=True):
            yield row, [FieldChange(self.name, was, now)]
        if self.inside:
            yield from ((row, self.inside[row]) for row in range(first, last) if row in self.inside)

    def columns(self, count: int) -> Iterable[ChangedColumn]:
        """The same by path without indexes; the table has so many changed rows."""
        if not self.inside:
            return [ChangedColumn(self.name, self.rows, self.old, self.new, self.name)] if self.rows else []
        return _by_path(sorted(self.changes(0, count), key=lambda one: one[0]))


Make = Callable[[Sequence[int], Sequence[int], Sequence[list[FieldChange]]], list[RowChange]]


class ChangedRows(Sequence[RowChange]):
    """The changed rows: their places on either side from 0, and what changed by field.

    `make` gives the row changes of some, by the old and new rows and what changed; `keys` the keys of new rows, None:
    they have none.
    """

    def __init__(
        self,
        fields: Sequence[ChangedField],
        old: array[int],
        new: array[int],
        make: Make,
        keys: Callable[[Sequence[int]], Sequence[Key] | None],
    ) -> None:
        self._fields = fields
        self._old = old
        self._new = new
        self._make = make
        self._keys = keys

    def __len__(self) -> int:
        return len(self._new)

    @overload
    def __getitem__(self, index: int) -> RowChange: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowChange]: ...
    def __getitem__(self, index: int | slice) -> RowChange | list[RowChange]:
        if len(self) <= _AT_ONCE:
            return self._all[index]
        if isinstance(index, slice):
            wanted = range(len(self))[index]
            return self._between(wanted.start, wanted.stop) if wanted.step == 1 else [self[at] for at in wanted]
        at = range(len(self))[index]
        return self._between(at, at + 1)[0]

    def __iter__(self) -> Iterator[RowChange]:
        if len(self) <= _AT_ONCE:
            yield from self._all
            return
        for first in range(0, len(self), _AT_ONCE):
            yield from self._between(first, min(first + _AT_ONCE, len(self)))

    def at(self, rows: Sequence[int]) -> Iterator[RowChange]:
        """Some of them, by their places, which rise."""
        for first in range(0, len(self), _AT_ONCE):
            some = rows[bisect_left(rows, first) : bisect_left(rows, first + _AT_ONCE)]
            if len(some) > _AT_ONCE // 100:
                made = self[first : first + _AT_ONCE]
                yield from (made[row - first] for row in some)
            else:
                yield from map(self.__getitem__, some)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _all(self) -> list[RowChange]:
        return self._between(0, len(self))

    def _between(self, first: int, last: int) -> list[RowChange]:
        changes: list[list[FieldChange]] = [[] for _ in range(first, last)]
        for one in self._fields:
            for row, found in one.changes(first, last):
                changes[row - first] += found
        return self._make(self._old[first:last], self._new[first:last], changes)

    @cached_property
    def keys(self) -> Sequence[Key | None]:
        """The key of each."""
        return self._keys(self._new) or [None] * len(self)

    def each(self) -> Iterator[tuple[Key | int, FieldChange]]:
        """Every value that changed, field by field, with its row's key, else its place, and without titles."""
        keys, last = self.keys, len(self)
        for one in self._fields:
            for row, found in one.changes(0, last):
                yield from ((keys[row] or self._new[row] + 1, change) for change in found)

    @property
    def cells(self) -> int:
        """How many values changed."""
        return sum(len(one.rows) + sum(map(len, one.inside.values())) for one in self._fields)

    def columns(self) -> list[ChangedColumn]:
        """What changed by column, in the order in which the rows have them."""
        found = (column for one in self._fields for column in one.columns(len(self)))
        return sorted(found, key=lambda column: column.rows[0])


class WholeRows(Sequence[Row]):
    """Rows that only one side has: where they lie in their table, and read when and as far as they are asked for.

    `read` gives the rows at some places, `numbers` a number for the key of each, None: they have none.
    """

    def __init__(
        self,
        places: Sequence[int],
        read: Callable[[Sequence[int]], list[Row]],
        content: Sequence[str] = (),
        numbers: Callable[[], Sequence[int] | None] = lambda: None,
    ) -> None:
        self._places = places
        self._read = read
        self._numbers = numbers
        self._users: Mapping[int, int] = {}
        self.content = tuple(content)
        """The hashes of the table's bytes, where these are all of its rows; else ()."""

    @cached_property
    def numbers(self) -> Sequence[int] | None:
        """A number for each row's key, the same for the same key in another target; None: the rows have none.

        Of a whole table alone.
        """
        return self._numbers()

    def with_users(self, users: Mapping[int, int]) -> WholeRows:
        """The same, with how many rows referred to each of them, by its place among them."""
        found = WholeRows(self._places, self._read, self.content, self._numbers)
        found._users = users
        return found

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if len(self) <= _READ_TOGETHER:
            return self._all[index]
        if isinstance(index, int):
            at = range(len(self))[index]
            return self[at : at + 1][0]
        return self._between(index)

    @cached_property
    def _all(self) -> list[Row]:
        return self._between(slice(None))

    def _between(self, index: slice) -> list[Row]:
        rows = self._read(self._places[index])
        if not self._users:
            return rows
        return [
            replace(row, users=self._users.get(at, 0)) for at, row in zip(range(len(self))[index], rows, strict=True)
        ]

    def __iter__(self) -> Iterator[Row]:
        for start in range(0, len(self), _READ_TOGETHER):
            yield from self[start : start + _READ_TOGETHER]


def mark(*values: object) -> int:
    """A number that is the same for the same values, and for no others: of text, since -1 and -2 have the same hash."""
    return hash(repr(values))


def cells_of(changed: Sequence[RowChange]) -> int:
    """How many values changed in some rows."""
    return changed.cells if isinstance(changed, ChangedRows) else sum(len(row.fields) for row in changed)


def cells_in(changed: Sequence[RowChange]) -> Iterator[tuple[Key | int, FieldChange]]:
    """Every value that changed in some rows, with its row's key, else its place from 1."""
    if isinstance(changed, ChangedRows):
        return changed.each()
    return ((row.key or row.number, one) for row in changed for one in row.fields)


def keys_of(rows: Iterable[Row | RowChange]) -> Iterable[Key | None]:
    """The key of each row."""
    return rows.keys if isinstance(rows, ChangedRows) else (row.key for row in rows)


def columns_of(changed: Sequence[RowChange]) -> list[ChangedColumn]:
    """What changed in some rows by column, in the order in which the rows have them."""
    if isinstance(changed, ChangedRows):
        return changed.columns()
    return list(_by_path((row, change.fields) for row, change in enumerate(changed)))


def _by_path(rows: Iterable[tuple[int, Iterable[FieldChange]]]) -> Iterator[ChangedColumn]:
    found: dict[str, list[tuple[int, FieldChange]]] = {}
    known: dict[str, list[tuple[int, FieldChange]]] = {}
    for row, changes in rows:
        for one in changes:
            column = known.get(one.path)
            if column is None:
                column = known[one.path] = found.setdefault(plain(one.path), [])
            column.append((row, one))
    for path, ones in found.items():
        first = ones[0][1].path
        only_path = first if all(one.path == first for _, one in ones) else ""
        places, old, new = zip(*((row, one.old, one.new) for row, one in ones), strict=True)
        yield ChangedColumn(path, places, old, new, only_path)


def _joined(held: Values, more: Values) -> Values:
    """The values and some more; integers of 64 bits in eight bytes each."""
    if not held:
        return more
    if isinstance(held, array) and isinstance(more, array):
        held.extend(more)
        return held
    joined = held if isinstance(held, list) else list(held)
    joined.extend(more)
    return joined


def packed(integers: list[int]) -> Values:
    """Integers in eight bytes each, where they have no more."""
    try:
        return array("q", integers)
    except OverflowError:  # of uint64
        return integers
