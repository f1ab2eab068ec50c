"""What readers of the old schema make of the new data: where they'd misread a row, lose it or fail on it.

A server that runs on generated code of the old schema loads the new release. `buf breaking` can only guess from
the two schemas how that ends; the bytes are here, so they are asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from gdata.diffs.model import Misreading, plain, row_name, value_text
from gdata.diffs.tables.fields import filled
from gdata.diffs.tables.readings import Finding, Readings, pair_fields
from gdata.diffs.tables.rows import RowKeys, TableSide
from gdata.diffs.tables.schemas import class_of, fields_missing
from gdata.language import Sentence, counted, say, sentence

SHOWN = 100
"""Rows told one by one of what is wrong with one field; of more, how many."""

_READS = sentence("{name}: with the old schema {path} reads {reads}, it should be {should}")
_UNKNOWN = sentence("{name}: {path} is {should}; the old schema has no such value, its readers see {reads}")
_FAILS = sentence("{name} can't be read with the old schema, and with it the whole table: {why}")
_MORE = counted("{path}: the same in {count} more row", "{path}: the same in {count} more rows", 0)
_FIELD_GONE = counted(
    "{path} is gone: {count} row had a value ({name} {old}), with the old schema it reads {reads}",
    "{path} is gone: {count} rows had a value ({name} {old}), with the old schema it reads {reads}",
    0,
)
_WITHHELD = counted(
    "{path} isn't for this target any more: {count} row had a value ({name} {old}), now it reads {reads}",
    "{path} isn't for this target any more: {count} rows had a value ({name} {old}), now it reads {reads}",
    0,
)
_TABLE_GONE = counted(
    "the table is gone, and readers of the old schema look for its {count} row",
    "the table is gone, and readers of the old schema look for its {count} rows",
    0,
)
_ROWS_LOST = sentence("with the old schema it has no rows, it should have {count}")
_KEY_MOVED = sentence("its key was {old}, now it is {new}: who looks rows up by {old} finds none")
_REFERENCE_MOVED = sentence("{path} referred to {old}, now it refers to {new}")
_REFERENCE_GONE = sentence("{path} referred to {old}, now it refers to nothing: who follows it fails")


def old_readings(
    old: Mapping[str, TableSide], new: Mapping[str, TableSide], kept_elsewhere: Callable[[FieldDescriptor], bool]
) -> Iterator[Misreading]:
    """Everything in the tables of `new` that readers of the schema of `old` would misread, lose or fail on.

    `kept_elsewhere` tells whether another target has a field that this one no longer gets: it was withheld, not lost.

    Raises:
        DamagedError: a table's bytes aren't what its manifest says.
    """
    for name, side in sorted(old.items()):
        if name in new:
            yield from _TableReading(side, new[name], kept_elsewhere, Readings()).misreadings()
        elif side.entry.rows:
            yield Misreading(name, _TABLE_GONE.counting(side.entry.rows))


@dataclass(frozen=True)
class _TableReading:
    """One table whose bytes are read by the schema of `old` and by that of `new`."""

    old: TableSide
    new: TableSide
    kept_elsewhere: Callable[[FieldDescriptor], bool]
    readings: Readings

    def misreadings(self) -> Iterator[Misreading]:
        if self.new.entry.rows:
            yield from self._key()
            yield from self._references()
        old, new = self.old.shape, self.new.shape
        if old.table is new.table:
            return
        yield from self._gone()
        if self.readings.are_alike(old.table, new.table) and old.is_map == new.is_map and not self._may_lack:
            return
        yield from self._rows()

    def _key(self) -> Iterator[Misreading]:
        names = self._new_names()
        meant = tuple(names.get(name, name) for name in self.old.entry.key)
        if meant != self.new.entry.key:
            old, new = ", ".join(self.old.entry.key), ", ".join(self.new.entry.key)
            yield self._told(_KEY_MOVED.with_words(old=old or "—", new=new or "—"))

    def _new_names(self) -> dict[str, str]:
        pairs = pair_fields(self.old.shape.row, self.new.shape.row)
        return {pair.old.name: pair.new.name for pair in pairs if pair.new is not None}

    def _references(self) -> Iterator[Misreading]:
        names = self._new_names()
        for path, references in self.old.entry.refs.items():
            first, dot, rest = path.partition(".")
            now = {one.table for one in self.new.entry.refs.get(f"{names.get(first, first)}{dot}{rest}", ())}
            was = {one.table for one in references}
            words = {"path": path, "old": ", ".join(sorted(was)), "new": ", ".join(sorted(now))}
            if not now:
                yield self._told(_REFERENCE_GONE.with_words(**words), field=path)
            elif not was <= now:
                yield self._told(_REFERENCE_MOVED.with_words(**words), field=path)

    def _gone(self) -> Iterator[Misreading]:
        """Fields that the new schema has no more, and that had values."""
        gone = list(fields_missing(self.old.shape.row, self.new.shape.row, _twins))
        if not gone:
            return
        raw = self.old.raw()
        rows = list(raw.read(range(len(raw.rows))))
        keys = RowKeys.of(self.old.entry.key, self.old.shape, self.readings.shapes)
        for steps in gone:
            found = list(filled(rows, steps, self.readings.shapes))
            if found:
                index, path, value = found[0]
                zero = None if steps[-1].has_presence or steps[-1].is_repeated else steps[-1].default_value
                words = {
                    "path": plain(path),
                    "count": f"{len({at for at, _, _ in found}):,}",
                    "name": row_name(keys.of_row(raw, index) if keys else None, index + 1),
                    "old": value_text(value),
                    "reads": value_text(zero),
                }
                withheld = self.kept_elsewhere(steps[-1])
                told = _WITHHELD if withheld else _FIELD_GONE
                yield self._told(told.with_words(**words), field=plain(path), blocks=not withheld)

    @cached_property
    def _may_lack(self) -> bool:
        """Whether the old schema has required fields, that the new one may leave out."""
        return not _required(self.old.shape.table) <= _required(self.new.shape.table)

    def _rows(self) -> Iterator[Misreading]:
        old, new = self.old.shape, self.new.shape
        content = bytes(self.new.read()[0])
        if old.rows is None or new.rows is None:
            yield from self._tell(self._record(content), lambda _: None)
            return
        if (old.rows.number, old.is_map, old.rows.type) != (new.rows.number, new.is_map, new.rows.type):
            if self.new.entry.rows:
                yield self._told(_ROWS_LOST.with_words(count=f"{self.new.entry.rows:,}"))
            return
        raw = self.new.cut()
        keys = RowKeys.of(self.new.entry.key, new, self.readings.shapes)
        yield from self._tell(
            self._map_rows(content) if new.is_map else self._list_rows(content, raw.rows),
            lambda index: keys.of_row(raw, index) if keys is not None else None,
        )

    def _record(self, content: bytes) -> Iterator[tuple[int, Finding]]:
        new = class_of(self.new.shape.table).FromString(content)
        old = self._parsed(class_of(self.old.shape.table), content)
        if isinstance(old, Finding):
            yield 0, old
        elif self.old.shape.rows is None and self.new.shape.rows is None:
            yield from ((0, one) for one in self.readings.message(old, new))
        elif self.new.entry.rows:
            yield (
                0,
                Finding(
                    "",
                    None,
                    say(
                        "it was {old_kind}, now it is {new_kind}",
                        old_kind=self.old.entry.kind,
                        new_kind=self.new.entry.kind,
                    ),
                ),
            )

    def _list_rows(self, content: bytes, rows: Sequence[bytes]) -> Iterator[tuple[int, Finding]]:
        old, new = self.old.shape, self.new.shape
        assert old.rows is not None and new.rows is not None
        news = getattr(class_of(new.table).FromString(content), new.rows.name)
        table = self._parsed(class_of(old.table), content)
        if not isinstance(table, Finding):
            yield from self.readings.of_rows(old.row, new.row, getattr(table, old.rows.name), news)
            return
        row_class = class_of(old.row)
        for index, row in enumerate(rows):
            read = self._parsed(row_class, row)
            if isinstance(read, Finding):
                yield index, read
            else:
                yield from ((index, one) for one in self.readings.message(read, news[index]))

    def _map_rows(self, content: bytes) -> Iterator[tuple[int, Finding]]:
        old, new = self.old.shape, self.new.shape
        assert old.rows is not None and new.rows is not None
        table = self._parsed(class_of(old.table), content)
        if isinstance(table, Finding):
            yield 0, table
            return
        before = getattr(table, old.rows.name)
        after = getattr(class_of(new.table).FromString(content), new.rows.name)
        keys = self.new.cut().map_keys(range(len(after)))
        for index, key in enumerate(keys):
            if key in before:
                yield from ((index, one) for one in self.readings.message(before[key], after[key]))
            else:
                yield index, Finding("key", None, key)

    def _parsed(self, message_class: Any, content: bytes) -> Message | Finding:
        try:
            message = message_class.FromString(content)
        except DecodeError as error:
            return Finding("", None, str(error))
        missing = message.FindInitializationErrors() if self._may_lack else ()
        return Finding("", None, say("{missing} is required", missing=", ".join(missing[:3]))) if missing else message

    def _tell(self, found: Iterator[tuple[int, Finding]], key_at: Callable[[int], Any]) -> Iterator[Misreading]:
        told: Counter[tuple[str, bool]] = Counter()
        for index, one in found:
            sort = plain(one.path), one.is_unknown
            told[sort] += 1
            if told[sort] <= SHOWN:
                yield self._misreading(one, key_at(index), index)
        for (path, is_unknown), number in told.items():
            if number > SHOWN:
                words = {"path": path or self.new.name, "count": f"{number - SHOWN:,}"}
                yield self._told(_MORE.with_words(**words), field=path or None, blocks=not is_unknown)

    def _misreading(self, one: Finding, key: Any, index: int) -> Misreading:
        name = row_name(key, index + 1) if self.new.shape.rows is not None else self.new.name
        if not one.path:
            return self._told(_FAILS.with_words(name=name, why=value_text(one.should)), key=key)
        template = _UNKNOWN if one.is_unknown else _READS
        words = {"name": name, "path": one.path, "reads": value_text(one.reads), "should": value_text(one.should)}
        return self._told(template.with_words(**words), key=key, field=one.path, blocks=not one.is_unknown)

    def _told(self, told: Sentence, *, key: Any = None, field: str | None = None, blocks: bool = True) -> Misreading:
        return Misreading(self.new.name, told, key, field, blocks)


def _twins(old: Descriptor, new: Descriptor) -> Iterator[tuple[FieldDescriptor, FieldDescriptor | None]]:
    yield from ((pair.old, pair.new) for pair in pair_fields(old, new))


def _required(message: Descriptor) -> set[str]:
    """The full names of all required fields that a message holds, however deep."""
    seen, waiting, found = {message.full_name}, [message], set()
    while waiting:
        for one in waiting.pop().fields:
            if one.is_required:
                found.add(one.full_name)
            inner = one.message_type
            if inner is not None and inner.full_name not in seen:
                seen.add(inner.full_name)
                waiting.append(inner)
    return found
