"""A table in memory, as servers and custom checks read it: by key, by field values, in the table's order.

Indexes hold positions, not rows: a row's Python object is made when it is asked for. With 1 M rows of 12
fields that halves the time to the first lookup and spares 160 MiB over a dict of rows (benchmarks/load.py),
and what a server forks its workers from stays shared between them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import product
from operator import attrgetter
from typing import Any, Generic, TypeVar, overload

from gdata.bundles.fieldpath import FieldPath, Order, orders_by
from gdata.bundles.picker import Picker, Randomness, weights_of
from gdata.bundles.titles import Titles
from gdata.errors import LookupFailed
from gdata.language import say, sentence
from gdata.text import nearest

Key = TypeVar("Key")
Row = TypeVar("Row", covariant=True)
Default = TypeVar("Default")

_RECENT = 65_536
"""So many rows that were looked up keep their Python objects: looking one up again takes a quarter of the time,
and a worker's own memory grows by 15 MiB at most for a table, however big (benchmarks/load.py)."""
_MANY = 5_000  # more names than this aren't searched for a near one: it would take longer than a tenth of a second


class Table(Generic[Key, Row]):
    """The rows of one table: `table[1001]`, `table[1001, 3]` where the key has two fields, `for row in table`.

    A table without a key has rows and `where`, but no lookup: its positions would mean other rows tomorrow.
    Threads may share it.
    """

    __slots__ = (
        "__weakref__",
        "_groups",
        "_indexed",
        "_orders",
        "_positions",
        "_recent",
        "_row_type",
        "_titles",
        "key",
        "name",
        "rows",
    )

    def __init__(self, name: str, rows: Sequence[Row], key: Iterable[str], row_type: Any = None) -> None:
        """`rows` in the table's order; `key` the names of its key fields; `row_type` the rows' Descriptor.

        Where two rows have one key (a table still under check), lookups find the first. Without `row_type`
        it is taken from the first row.
        """
        self.name = name
        self.rows = rows
        """The rows, by position."""
        self.key = tuple(key)
        self._row_type = row_type
        self._positions: dict[Any, int] = {}
        self._indexed = not rows
        self._recent: dict[Any, Row] = {}
        self._titles: Callable[[str], Titles] | None = None
        self._groups: dict[tuple[str, ...], dict[Any, list[int]]] = {}
        self._orders: dict[tuple[str, ...], Mapping[Any, Order]] = {}

    def __getitem__(self, key: Key) -> Row:
        try:
            row = self._recent.get(key)
        except TypeError:  # a list, a message: nothing that a key can be
            raise RowMissing(self, key) from None
        return self._find(key) if row is None else row

    @overload
    def get(self, key: Key) -> Row | None: ...
    @overload
    def get(self, key: Key, default: Default) -> Row | Default: ...
    def get(self, key: Key, default: Any = None) -> Any:
        """The row with this key, or `default`."""
        position = self._position(key)
        return default if position is None else self.rows[position]

    def __contains__(self, key: object) -> bool:
        return self._position(key) is not None

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.key)}" if self.key else ""
        return f"<{self.name}: {len(self.rows)} rows{by}>"

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and self._row_type is not None and name in self._row_type.fields_by_name:
            raise LookupFailed(
                sentence(
                    "{table} is a table, and {field} a field of its rows: {example}.{field}",
                    table=self.name,
                    field=name,
                    example=self._example(),
                )
            )
        raise AttributeError(f"{self.name} is a table, and has no {name}")

    def where(self, **values: Any) -> list[Row]:
        """The rows whose fields have these values, in the table's order; all of them without a condition.

        A field in a nested message is written with dots: `where(**{"reward.item_id": 1})`. A list matches
        where one of its elements does. An enum's value may be its number or its name; None finds the rows
        in which the field isn't set. The first call for some fields makes their index, later ones use it.

        Raises:
            LookupFailed: the rows have no such field, or it can't have such a value.
        """
        if not values or not self.rows:
            return list(self.rows)
        names = tuple(sorted(values))
        fields = [self._field(name) for name in names]
        wanted = tuple(field.accept(values[name]) for name, field in zip(names, fields, strict=True))
        groups = self._groups_by(names, fields)
        rows = self.rows
        return [rows[position] for position in groups.get(wanted if len(wanted) > 1 else wanted[0], ())]

    def at_most(self, **values: Any) -> Row | None:
        """The row with the largest value that isn't above the one given: `at_most(level=17)`; None where there is none.

        Of several fields the last is the one with an order, and the others must be equal:
        `at_most(hero_id=7, level=17)`. Where several rows have that value it is the first of them.

        Raises:
            LookupFailed: the rows have no such field, or it can't have such a value.
        """
        order, value = self._order(values)
        if order is not None and value is None:
            raise LookupFailed(
                sentence(
                    "{table}.at_most takes a value last: at_most({field}=17)",
                    table=self.name,
                    field=next(reversed(values)),
                )
            )
        position = order.at_most(value) if order is not None else None
        return None if position is None else self.rows[position]

    def between(self, **values: Any) -> list[Row]:
        """The rows from one value to another, both included, rising: `between(level=(10, 20))`; None for no end.

        Of several fields the last is the one with an order, and the others must be equal:
        `between(hero_id=7, level=(10, None))`.

        Raises:
            LookupFailed: the rows have no such field, or it can't have such a value.
        """
        name, ends = next(reversed(values.items()), ("", None))
        if not isinstance(ends, tuple) or len(ends) != 2:
            raise LookupFailed(
                sentence(
                    "{table}.between takes two ends last: between({field}=(10, 20))",
                    table=self.name,
                    field=name or "level",
                )
            )
        order, low = self._order({**values, name: ends[0]})
        high = self._field(name).accept(ends[1]) if self.rows else None
        return [self.rows[position] for position in order.between(low, high)] if order is not None else []

    def picker(self, weight: str, *, rng: Randomness | None = None, **values: Any) -> Picker[Row]:
        """Weighted draws among the rows whose fields have these values: `picker("weight", group_id=7).pick()`.

        `weight` is the field with the weights, which needn't sum to anything. Make it once and draw often. `rng` is a
        `random.Random(seed)`, or numpy's `default_rng(seed)`, for draws that can be replayed.

        Raises:
            LookupFailed: there is no such field, a weight is below zero, or there is nothing to draw.
        """
        rows = self.where(**values)
        weights = weights_of(rows, self._field(weight)) if rows else []
        return Picker(rows, weights, rng, name=self.name)

    def keys(self) -> list[Key]:
        """The keys of all rows, in the table's order; of a key of several fields tuples."""
        if not self.key:
            raise LookupFailed(sentence("{table} has no key: read its rows in order", table=self.name))
        key: Callable[[Any], Any] = attrgetter(*self.key)
        return list(map(key, self.rows))

    def values(self) -> list[Row]:
        """All rows, in the table's order."""
        return list(self.rows)

    def items(self) -> list[tuple[Key, Row]]:
        """All keys and their rows, in the table's order."""
        return list(zip(self.keys(), self.rows, strict=True))

    def title(self, row: Any, language: str = "") -> str:
        """What people call a row of this table: its key and text are for programs, this is for logs and tools.

        Where the title is a reference to a table of texts it is the text in `language` ("ko"); without one, in the
        first language of that table. "" where nobody named the row.
        """
        return "" if self._titles is None else self._titles(language).of(row)

    def call_rows_by(self, titles: Callable[[str], Titles]) -> None:
        """Let `title` give these, which are asked for by language."""
        self._titles = titles

    def prepare(self) -> None:
        """Make the index of the key now, not at the first lookup."""
        if self.key and not self._indexed:
            make_once(lambda: self._indexed or None, self._index)

    def prepare_like(self, other: Table[Any, Any]) -> None:
        """Make the indexes that `other`, this table in another release, has by now."""
        if other._indexed:
            self.prepare()
        for names in list(other._groups):
            # A field that is gone in this release has no index in it.
            with suppress(LookupFailed):
                self._groups_by(names, [self._field(name) for name in names])
        for names in list(other._orders):
            with suppress(LookupFailed):
                self._orders_by(names, [self._field(name) for name in names])

    def _find(self, key: Any) -> Row:
        position = self._positions.get(key)
        if position is None:
            position = self._position(key)
            if position is None:
                raise RowMissing(self, key)
        recent = self._recent
        if len(recent) >= _RECENT:
            recent.clear()
        row = recent[key] = self.rows[position]
        return row

    def _position(self, key: Any) -> int | None:
        if not self._indexed:
            self.prepare()
        try:
            position = self._positions.get(key)
        except TypeError:  # a list, a message: nothing that a key can be
            raise RowMissing(self, key) from None
        if position is None and not self.key:
            raise LookupFailed(
                sentence(
                    "{table} has no key to look {key} up by: read its rows in order, or with where(field=value)",
                    table=self.name,
                    key=repr(key),
                )
            )
        return position

    def _index(self) -> bool:
        keys = list(map(attrgetter(*self.key), self.rows))
        last = len(keys) - 1
        self._positions = dict(zip(reversed(keys), range(last, -1, -1), strict=True))
        self._indexed = True
        return True

    def _groups_by(self, names: tuple[str, ...], fields: list[FieldPath]) -> dict[Any, list[int]]:
        groups = self._groups.get(names)
        return groups or make_once(lambda: self._groups.get(names), lambda: self._group(names, fields))

    def _group(self, names: tuple[str, ...], fields: list[FieldPath]) -> dict[Any, list[int]]:
        groups: dict[Any, list[int]] = {}
        columns = [field.column(self.rows) for field in fields]
        for position, found in enumerate(columns[0] if len(columns) == 1 else map(product, *columns)):
            for value in found:
                groups.setdefault(value, []).append(position)
        self._groups[names] = groups
        return groups

    def _order(self, values: Mapping[str, Any]) -> tuple[Order | None, Any]:
        """The order of the rows by the last of the fields, among those in which the others are equal, and its value."""
        if not values:
            raise LookupFailed(
                sentence("{table}: say by which field: at_most(level=17), between(level=(10, 20))", table=self.name)
            )
        if not self.rows:
            return None, None
        fields = [self._field(name) for name in values]
        *group, value = [field.accept(one) for field, one in zip(fields, values.values(), strict=True)]
        return self._orders_by(tuple(values), fields).get(tuple(group)), value

    def _orders_by(self, names: tuple[str, ...], fields: list[FieldPath]) -> Mapping[Any, Order]:
        def make() -> Mapping[Any, Order]:
            return self._orders.setdefault(names, orders_by(self.rows, fields))

        return self._orders.get(names) or make_once(lambda: self._orders.get(names), make)

    def _field(self, path: str) -> FieldPath:
        if self._row_type is None:
            self._row_type = self.rows[0].DESCRIPTOR  # type: ignore[attr-defined]  # rows are messages
        return FieldPath.of(self._row_type, path, table=self.name)

    def _example(self) -> str:
        return f"{self.name}[{', '.join(self.key)}]" if self.key else f"{self.name}.rows[0]"


class RowMissing(LookupFailed):
    """No row has this key. The words are found only when they are read: servers catch this in hot loops."""

    def __init__(self, table: Table[Any, Any], key: Any) -> None:
        super().__init__(table.name)
        self._table = table
        self._key = key

    def __str__(self) -> str:
        table, key = self._table, self._key
        known = next(iter(table.rows), None)
        example = _key_of(known, table.key) if known is not None else key
        words = {"table": table.name, "fields": ", ".join(table.key), "key": repr(key)}
        if known is None:
            return str(sentence("{table} is empty, so it has no row with {fields} = {key}").with_words(**words))
        missing = sentence("{table} has no row with {fields} = {key}").with_words(**words)
        if _shape(example) != _shape(key):
            return say("{missing}: its keys are like {example}", missing=missing, example=repr(example))
        near = self._nearest() if isinstance(key, str) and len(table) <= _MANY else None
        return say("{missing}; did you mean {near}?", missing=missing, near=repr(near)) if near else str(missing)

    def _nearest(self) -> str | None:
        return nearest(self._key, (_key_of(row, self._table.key) for row in self._table.rows))

    def __reduce__(self) -> tuple[Any, ...]:
        return LookupFailed, (str(self),)


def _key_of(row: Any, key: tuple[str, ...]) -> Any:
    return attrgetter(*key)(row)


def _shape(key: Any) -> Any:
    return tuple(map(type, key)) if isinstance(key, tuple) else type(key)


Made = TypeVar("Made")

# One lock for all: what is made under it is made once in a process's life, and mostly holds the GIL anyway.
_making = threading.RLock()


def make_once(find: Callable[[], Made | None], make: Callable[[], Made]) -> Made:
    """What `find` finds; where it finds nothing, what `make` makes, in one thread at a time."""
    with _making:
        found = find()
        return make() if found is None else found


def _renew_lock() -> None:
    # A thread that held it doesn't live in the forked child, and would never release it there.
    global _making
    _making = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
