"""Compare one table: its rows matched, the matched ones compared field by field."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

from google.protobuf.message import Message

from gdata.bundles.manifest import TableEntry
from gdata.bundles.reader import Bundle
from gdata.diffs.fields import compare_messages
from gdata.diffs.match import Matching, ReadKeys, match_rows, match_unequal
from gdata.diffs.model import FieldChange, Key, Row, RowChange, TableDiff, TableRows
from gdata.diffs.rows import RawTable, cut_rows
from gdata.diffs.schemas import TableShape, is_alike, means_the_same
from gdata.diffs.shapes import FieldShape, Shapes


@dataclass(frozen=True)
class TableSide:
    """One side of a table, and its bytes where they are being read already."""

    name: str
    entry: TableEntry
    shape: TableShape
    bundle: Bundle
    content: Future[bytes] | None = field(default=None, repr=False)

    def reading(self, readers: Executor) -> TableSide:
        """The side with its bytes being read."""
        return replace(self, content=readers.submit(self.bundle.table, self.name))

    def cut(self, shape: TableShape | None = None) -> RawTable:
        """The side's rows as bytes, to be read by `shape` in place of its own."""
        content = self.bundle.table(self.name) if self.content is None else self.content.result()
        return cut_rows(content, shape or self.shape, f"{self.bundle.place}: {self.name}")


def one_sided(side: TableSide, *, is_new: bool) -> TableDiff:
    """The table that only one side has."""
    shapes = Shapes()
    paths = dict(shapes.whole(side.shape.row).paths())

    def read() -> list[Row]:
        raw = side.cut()
        return _rows(raw, range(len(raw.rows)), _Keys.of(side.entry.key, side.shape, shapes), shapes)

    rows = TableRows(side.entry.rows, read)
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
    )


def compare_tables(old: TableSide, new: TableSide) -> TableDiff | None:
    """What changed in a table that both sides have; None where nothing did."""
    alike = is_alike(old.shape.row, new.shape.row) and old.shape.is_map == new.shape.is_map
    old_raw, new_raw = old.cut(new.shape if alike else None), new.cut()
    comparison = _Comparison(old, new, old_raw, new_raw, Shapes(), alike)
    return comparison.diff()


@dataclass(frozen=True)
class _Keys:
    """How the rows of one side are known: by the fields of this side, or by the key of their map."""

    fields: tuple[str, ...]
    writers: tuple[Callable[[Any], Any], ...]
    of_map: bool = False

    @classmethod
    def of(cls, names: Sequence[str], shape: TableShape, shapes: Shapes) -> _Keys | None:
        if shape.rows is None or not (names or shape.is_map):
            return None
        whole = shapes.whole(shape.row)
        known = {one.name: one for one in whole.fields}
        if not names or any(name not in known for name in names):
            return cls((), (str,), of_map=True) if shape.is_map else None
        return cls(tuple(names), tuple(known[name].write for name in names))

    def of_rows(self, raw: RawTable, indexes: Sequence[int]) -> Sequence[Hashable]:
        """The keys of some rows, to be matched."""
        if self.of_map:
            return raw.map_keys(indexes)
        return self.of_messages(raw.messages(indexes))

    def of_messages(self, messages: Sequence[Message]) -> Sequence[Hashable]:
        return list(map(attrgetter(*self.fields), messages))

    def to_json(self, key: Any) -> Key:
        values = (key,) if len(self.writers) == 1 else key
        return tuple(write(value) for write, value in zip(self.writers, values, strict=True))


@dataclass(frozen=True)
class _Comparison:
    old: TableSide
    new: TableSide
    old_raw: RawTable
    new_raw: RawTable
    shapes: Shapes
    alike: bool

    def diff(self) -> TableDiff | None:
        old_keys, new_keys = self._keys()
        matching = self._match(old_keys, new_keys)
        changed = self._changed(matching, new_keys)
        added = _rows(self.new_raw, matching.added, new_keys, self.shapes)
        removed = _rows(self.old_raw, matching.removed, old_keys, self.shapes)
        reordered = matching.reordered and not self.new.shape.is_map
        renamed_from = self.old.name if self.old.name != self.new.name else ""
        if not (changed or added or removed or reordered or renamed_from):
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
            reordered=reordered,
            renamed_from=renamed_from,
            key=self.new.entry.key,
            kind=self.new.entry.kind,
            kinds={path: one.kind for path, one in paths.items()},
            maps=frozenset(path for path, one in paths.items() if one.is_map),
        )

    def _paths(self) -> dict[str, FieldShape]:
        old, new = self.shapes.whole(self.old_raw.shape.row), self.shapes.whole(self.new_raw.shape.row)
        return {**dict(old.paths()), **dict(new.paths())}

    def _keys(self) -> tuple[_Keys | None, _Keys | None]:
        """The keys of both sides: the new one's fields, found on the old side by their numbers."""
        new_shape, old_shape = self.new_raw.shape, self.old_raw.shape
        new_keys = _Keys.of(self.new.entry.key, new_shape, self.shapes)
        if new_keys is None or new_keys.of_map:
            both_maps = new_keys is not None and old_shape.is_map
            return (new_keys, new_keys) if both_maps else (None, None)
        numbers = [new_shape.row.fields_by_name[name].number for name in new_keys.fields]
        twins = [old_shape.row.fields_by_number.get(number) for number in numbers]
        if any(twin is None or twin.message_type is not None or twin.is_repeated for twin in twins):
            return None, None
        return _Keys.of([twin.name for twin in twins if twin is not None], old_shape, self.shapes), new_keys

    def _match(self, old_keys: _Keys | None, new_keys: _Keys | None) -> Matching:
        old, new = self.old_raw, self.new_raw
        if (old.shape.rows is None) != (new.shape.rows is None):  # a record became a table, or the other way
            return Matching(removed=list(range(len(old.rows))), added=list(range(len(new.rows))))
        keys: tuple[ReadKeys, ReadKeys] | None = None
        if old_keys is not None and new_keys is not None:
            keys = (lambda at: old_keys.of_rows(old, at), lambda at: new_keys.of_rows(new, at))
        comparable = old.shape.is_map == new.shape.is_map and means_the_same(old.shape.row, new.shape.row)
        if comparable:
            return match_rows(old.rows, new.rows, keys)
        return match_unequal(len(old.rows), len(new.rows), keys)

    def _changed(self, matching: Matching, keys: _Keys | None) -> list[RowChange]:
        old_messages = self.old_raw.messages([old for old, _ in matching.pairs])
        new_messages = self.new_raw.messages([new for _, new in matching.pairs])
        shapes = self.shapes.common(self.old_raw.shape.row, self.new_raw.shape.row)
        found = compare_messages(old_messages, new_messages, shapes, same_class=self.alike)
        indexes = sorted(found)
        pairs = [matching.pairs[index] for index in indexes]
        if keys is None:
            return [
                self._keyless(pair, new_messages[index], found[index])
                for pair, index in zip(pairs, indexes, strict=True)
            ]
        if keys.of_map:
            found_keys = keys.of_rows(self.new_raw, [new for _, new in pairs])
        else:
            found_keys = keys.of_messages([new_messages[index] for index in indexes])
        return [
            RowChange(keys.to_json(key), new + 1, old + 1, tuple(found[index]))
            for key, (old, new), index in zip(found_keys, pairs, indexes, strict=True)
        ]

    def _keyless(self, pair: tuple[int, int], message: Message, fields: list[FieldChange]) -> RowChange:
        old, new = pair
        convert = self.shapes.whole(self.new_raw.shape.row).to_json
        return RowChange(None, new + 1, old + 1, tuple(fields), Row(None, new + 1, message, convert))


def _rows(raw: RawTable, indexes: Sequence[int], keys: _Keys | None, shapes: Shapes) -> list[Row]:
    convert = shapes.whole(raw.shape.row).to_json
    messages = raw.messages(indexes)
    if keys is None:
        return [Row(None, index + 1, message, convert) for index, message in zip(indexes, messages, strict=True)]
    found = raw.map_keys(indexes) if keys.of_map else keys.of_messages(messages)
    return [
        Row(keys.to_json(key), index + 1, message, convert)
        for key, index, message in zip(found, indexes, messages, strict=True)
    ]
