"""Compare one table: its rows matched, the matched ones compared field by field."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count, repeat

from google.protobuf.message import Message

from gdata._core import core
from gdata.bundles.placed import PlacedRows
from gdata.diffs.changes import ChangedRows, WholeRows
from gdata.diffs.model import ColumnDiff, FieldChange, Json, Key, Row, RowChange, TableDiff, plain
from gdata.diffs.tables.fields import MessageComparer, filled, leaf_changes, leaves
from gdata.diffs.tables.match import Alignment, Matching, ReadKeys, align, match_aligned, match_rows, match_unequal
from gdata.diffs.tables.rows import AT_ONCE, RawTable, RowKeys, TableSide, keys_of_both
from gdata.diffs.tables.schemas import fields_missing, is_alike, means_the_same, pairs_by_number
from gdata.diffs.tables.shapes import FieldShape, Shapes
from gdata.diffs.tables.titles import path_by_number


def one_sided(side: TableSide, *, is_new: bool) -> TableDiff:
    """The table that only one side has."""
    shapes = Shapes()
    paths = dict(shapes.whole(side.shape.row).paths())

    keys = RowKeys.of(side.entry.key, side.shape, shapes)
    raw = cache(side.raw)

    def read(places: Sequence[int]) -> list[Row]:
        return _rows(side, raw(), places, keys, shapes)

    parts = [part.sha256 for part in side.entry.parts]
    rows = WholeRows(range(side.entry.rows), read, parts, lambda: None if keys is None else keys.hashes(raw()))
    return TableDiff(
        side.name,
        "added" if is_new else "removed",
        old_rows=0 if is_new else side.entry.rows,
        new_rows=side.entry.rows if is_new else 0,
        added=rows if is_new else (),
        removed=() if is_new else rows,
        key=side.entry.key,
        kind=side.entry.kind,
        kinds={path: one.kind for path, one in paths.items()},
        maps=frozenset(path for path, one in paths.items() if one.is_map),
        refs=frozenset(side.entry.refs),
    )


def compare_tables(old: TableSide, new: TableSide) -> TableDiff | None:
    """What changed in a table that both sides have; None where nothing did."""
    shapes = Shapes()
    alike = is_alike(old.shape.row, new.shape.row) and old.shape.is_map == new.shape.is_map
    alike = alike and old.shape.rows_number == new.shape.rows_number
    old_shape = new.shape if alike else old.shape
    keys = keys_of_both(old_shape, new.shape, new.entry.key, shapes)
    raw = old.raw(old_shape), new.raw(new.shape)
    found = _aligned(*raw, keys[1]) if keys is not None else None
    if found is None:
        raw = raw[0].cut(), raw[1].cut()
    return _Comparison(old, new, *raw, keys, shapes, alike, found).diff()


def _aligned(old: RawTable, new: RawTable, keys: RowKeys) -> Alignment | None:
    """Which rows are the same, where their bytes tell and the core is there."""
    number = new.shape.rows_number
    if not (isinstance(old.rows, PlacedRows) and isinstance(new.rows, PlacedRows)) or old.shape.rows_number != number:
        return None
    if not means_the_same(old.shape.row, new.shape.row):
        return None
    return align(old.rows, new.rows, number, [new.shape.row.fields_by_name[name].number for name in keys.fields])


@dataclass(frozen=True)
class _Comparison:
    old: TableSide
    new: TableSide
    old_raw: RawTable
    new_raw: RawTable
    keys: tuple[RowKeys, RowKeys] | None
    shapes: Shapes
    alike: bool
    aligned: Alignment | None = None
    """Which rows are the same, where the core has found it."""

    def diff(self) -> TableDiff | None:
        old_keys, new_keys = (None, None) if self.keys is None else self.keys
        matching = self._match()
        changed = self._changed(matching.pairs)
        added = self._whole(self.new, self.new_raw, matching.added, new_keys)
        removed = self._whole(self.old, self.old_raw, matching.removed, old_keys)
        reordered = matching.reordered and not self.new.shape.is_map
        renamed_from = self.old.name if self.old.name != self.new.name else ""
        columns = () if self.alike else tuple(self._columns(old_keys, new_keys))
        if not (changed or added or removed or reordered or renamed_from or columns):
            return None
        paths = self._paths()
        return TableDiff(
            self.new.name,
            "renamed" if renamed_from else "changed",
            old_rows=len(self.old_raw.rows),
            new_rows=len(self.new_raw.rows),
            added=added,
            removed=removed,
            changed=changed,
            columns=columns,
            reordered=reordered,
            renamed_from=renamed_from,
            key=self.new.entry.key,
            kind=self.new.entry.kind,
            kinds={path: one.kind for path, one in paths.items()},
            maps=frozenset(path for path, one in paths.items() if one.is_map),
            moved=self._moved(),
            refs=self.refs,
            renamed=self._renamed(paths),
        )

    def _whole(self, side: TableSide, raw: RawTable, places: Sequence[int], keys: RowKeys | None) -> WholeRows:
        return WholeRows(array("I", places), lambda some: _rows(side, raw, some, keys, self.shapes))

    def _renamed(self, paths: Iterable[str]) -> dict[str, str]:
        rows = self.new_raw.shape.row, self.old_raw.shape.row
        before = {} if self.alike else {path: path_by_number(path, *rows) for path in paths}
        return {path: was for path, was in before.items() if was != path}

    @cached_property
    def refs(self) -> frozenset[str]:
        """The paths, without indexes, whose values refer to rows."""
        return frozenset((*self.old.entry.refs, *self.new.entry.refs))

    def _columns(self, old_keys: RowKeys | None, new_keys: RowKeys | None) -> Iterator[ColumnDiff]:
        yield from self._one_sided(self.new_raw, self.old_raw, new_keys, is_new=True)
        yield from self._one_sided(self.old_raw, self.new_raw, old_keys, is_new=False)

    def _one_sided(self, raw: RawTable, other: RawTable, keys: RowKeys | None, *, is_new: bool) -> Iterator[ColumnDiff]:
        """The fields that the other side's schema lacks and that have values."""
        missing = list(fields_missing(raw.shape.row, other.shape.row, pairs_by_number))
        if not missing:
            return
        kinds = {path: one.kind for path, one in self.shapes.whole(raw.shape.row).paths()}
        maps = [path for path, one in self.shapes.whole(raw.shape.row).paths() if one.is_map]
        messages = list(raw.read(range(len(raw.rows))))
        for steps in missing:
            found: dict[int, list[FieldChange]] = {}
            for index, path, value in filled(messages, steps, self.shapes):
                change = FieldChange(path, None, value) if is_new else FieldChange(path, value, None)
                found.setdefault(index, []).extend(leaf_changes(change, maps))
            known = map(keys.to_json, keys.of_rows(raw, list(found))) if keys else repeat(None)
            rows = [
                RowChange(key, index + 1, index + 1, tuple(changes))
                for key, (index, changes) in zip(known, found.items(), strict=False)
            ]
            whole = ".".join(step.name for step in steps)
            for path, ones in _by_leaf(rows).items():
                column = ColumnDiff(path, is_new, kinds.get(path, ""), ones)
                # Of a message that is there, each field is written, filled or not.
                if path == whole or any(value not in (0, "", "0") for value in column.values):
                    yield column

    def _moved(self) -> dict[str, tuple[Mapping[int, str], Mapping[int, str]]]:
        """The enums with values that moved to another number, by path: names by number on either side."""
        if self.alike:
            return {}
        old, new = self.shapes.common(self.old_raw.shape.row, self.new_raw.shape.row)
        names = {path: one.moved for path, one in old.paths()}
        return {path: (names.get(path, {}), one.moved) for path, one in new.paths() if one.moved}

    def _paths(self) -> dict[str, FieldShape]:
        old, new = self.shapes.whole(self.old_raw.shape.row), self.shapes.whole(self.new_raw.shape.row)
        return {**dict(old.paths()), **dict(new.paths())}

    def _match(self) -> Matching:
        old, new = self.old_raw, self.new_raw
        if (old.shape.rows is None) != (new.shape.rows is None):  # a record became a table, or the other way
            return Matching(removed=list(range(len(old.rows))), added=list(range(len(new.rows))))
        keys: tuple[ReadKeys, ReadKeys] | None = None
        if self.keys is not None:
            old_keys, new_keys = self.keys
            keys = (lambda at: old_keys.of_rows(old, at), lambda at: new_keys.of_rows(new, at))
            if self.aligned is not None:
                return match_aligned(self.aligned, len(old.rows))
        if old.shape.is_map == new.shape.is_map and means_the_same(old.shape.row, new.shape.row):
            return match_rows(old.rows, new.rows, keys)
        return match_unequal(len(old.rows), len(new.rows), keys)

    def _changed(self, pairs: Sequence[tuple[int, int]]) -> ChangedRows:
        shapes = self.shapes.common(self.old_raw.shape.row, self.new_raw.shape.row)
        comparer = MessageComparer(shapes, same_class=self.alike)
        fields, olds, news = comparer.fields, array("I"), array("I")
        for at in range(0, len(pairs), AT_ONCE):
            old_at, new_at = zip(*pairs[at : at + AT_ONCE], strict=True)
            numbers = fields_that_differ(self.old_raw, self.new_raw, old_at, new_at) if self.alike else None
            old, new = self.old_raw.read_chunk(old_at), self.new_raw.read_chunk(new_at)
            found = list(comparer.compare(old, new, numbers))
            indexes = sorted(set().union(*(one.indexes for one in found), *(one.inside for one in found)))
            places = dict(zip(indexes, count(len(news)), strict=False))
            for one in found:
                field = fields[one.position]
                field.add([places[index] for index in one.indexes], one.old, one.new)
                field.inside.update((places[index], inside) for index, inside in one.inside.items())
            olds.extend([old_at[index] for index in indexes])
            news.extend([new_at[index] for index in indexes])
        return ChangedRows(fields, olds, news, self._made, self._keys_of)

    def _keys_of(self, news: Sequence[int]) -> list[Key] | None:
        keys = None if self.keys is None else self.keys[1]
        return None if keys is None else list(map(keys.to_json, keys.of_rows(self.new_raw, news)))

    def _made(self, olds: Sequence[int], news: Sequence[int], changes: Sequence[list[FieldChange]]) -> list[RowChange]:
        messages = self.new_raw.read_chunk(news)
        if self.refs:
            changes = self._titled(self.old_raw.read_chunk(olds), messages, changes)
        titles, keys = self.new.titles.of(self.new.name), None if self.keys is None else self.keys[1]
        places = zip(changes, olds, news, messages, strict=True)
        if keys is None:
            convert = self.shapes.whole(self.new_raw.shape.row).to_json
            rows = (Row(None, new + 1, message, convert, titles) for new, message in zip(news, messages, strict=True))
            return [
                RowChange(None, new + 1, old + 1, tuple(fields), row, row.title)
                for row, (fields, old, new, _) in zip(rows, places, strict=True)
            ]
        known = self.new_raw.map_keys(news) if keys.of_map else keys.of_messages(messages)
        return [
            RowChange(keys.to_json(key), new + 1, old + 1, tuple(fields), None, titles.of(message))
            for key, (fields, old, new, message) in zip(known, places, strict=True)
        ]

    def _titled(
        self, old: Sequence[Message], new: Sequence[Message], changes: Sequence[list[FieldChange]]
    ) -> list[list[FieldChange]]:
        """The changes with the titles of the rows that values refer to."""
        before, after = (side.titles.referents(side.name) for side in (self.old, self.new))
        rows = self.new_raw.shape.row, self.old_raw.shape.row
        maps = [path for path, one in self._paths().items() if one.is_map]
        holders = {*self.refs, *(ref[: dot.start()] for ref in self.refs for dot in re.finditer(r"\.", ref))}

        def old_title(row: Message, path: str) -> str:
            return before.title(row, path if self.alike else path_by_number(path, *rows))

        def titles(title: Callable[[Message, str], str], row: Message, one: FieldChange, value: Json) -> dict[str, str]:
            paths = [path for path, _ in leaves(one.path, value, maps) if plain(path) in self.refs]
            return {path: told for path in paths if (told := title(row, path))}

        def titled(was: Message, now: Message, one: FieldChange) -> FieldChange:
            if plain(one.path) not in holders:
                return one
            found = titles(old_title, was, one, one.old), titles(after.title, now, one, one.new)
            return one._replace(titles=found) if any(found) else one

        return [[titled(was, now, one) for one in ones] for was, now, ones in zip(old, new, changes, strict=True)]


def _by_leaf(rows: Sequence[RowChange]) -> dict[str, list[RowChange]]:
    """The changes of a field by path without indexes: of a message, each of its fields is a column of its own."""
    found: dict[str, list[RowChange]] = {}
    for row in rows:
        columns: dict[str, list[FieldChange]] = {}
        for one in row.fields:
            columns.setdefault(plain(one.path), []).append(one)
        for path, changes in columns.items():
            found.setdefault(path, []).append(row._replace(fields=tuple(changes)))
    return found


def _rows(side: TableSide, raw: RawTable, indexes: Sequence[int], keys: RowKeys | None, shapes: Shapes) -> list[Row]:
    titles, referents = side.titles.of(side.name), side.titles.referents(side.name)
    convert = shapes.whole(raw.shape.row).to_json
    messages = list(raw.read(indexes))
    if keys is None:
        pairs = zip(indexes, messages, strict=True)
        return [Row(None, index + 1, message, convert, titles, 0, referents) for index, message in pairs]
    found = raw.map_keys(indexes) if keys.of_map else keys.of_messages(messages)
    return [
        Row(keys.to_json(key), index + 1, message, convert, titles, 0, referents)
        for key, index, message in zip(found, indexes, messages, strict=True)
    ]


def fields_that_differ(
    old: RawTable, new: RawTable, old_at: Sequence[int], new_at: Sequence[int]
) -> Collection[int] | None:
    """The numbers of the fields whose bytes differ in a pair of rows of one message; None: any may."""
    native, rows = core(), new.shape.rows
    if native is None or rows is None or new.shape.is_map:
        return None
    found: tuple[int, ...] | None = native.odd_fields(old.wire(old_at), new.wire(new_at), rows.number)
    if found is None:
        return None
    # Of a oneof the last member counts, wherever it stands.
    members = [{one.number for one in oneof.fields} for oneof in new.shape.row.oneofs]
    return set(found).union(*(one for one in members if not one.isdisjoint(found)))
