"""One side of a table: its bytes as rows, without reading what is in them, and how each row is known. The rows to be
read are read later, and only those.

A message of one `repeated bytes` field in place of `repeated Row` takes the same bytes and gives each row's
own: protobuf's C code cuts ten million rows a second that way (benchmarks/diff.py).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError, Message

from gdata._core import MOST_FIELDS, SEED, core
from gdata.bundles.manifest import TableEntry
from gdata.bundles.placed import PlacedRows
from gdata.bundles.reader import Bundle
from gdata.diffs.changes import mark
from gdata.diffs.model import Key
from gdata.diffs.tables.schemas import TableShape, class_of
from gdata.diffs.tables.shapes import Shape, Shapes
from gdata.diffs.tables.titles import SideTitles
from gdata.errors import DamagedError
from gdata.language import sentence
from gdata.longbytes import Content

AT_ONCE = 20_000
"""Rows that are messages at the same time: a million of them take over a gigabyte."""


@dataclass(frozen=True)
class RawTable:
    """One side of a table: its bytes, and the bytes of each of its rows in order (of a map, of its entries)."""

    shape: TableShape
    content: Content
    rows: Sequence[bytes]
    place: str
    """The bundle and table, for messages."""

    def cut(self) -> RawTable:
        """The same with the bytes of each row in memory."""
        return cut_rows(self.content, self.shape, self.place) if isinstance(self.rows, PlacedRows) else self

    def read(self, indexes: Sequence[int]) -> Iterator[Message]:
        """The rows at some indexes, a chunk of them at a time.

        Raises:
            DamagedError: one isn't a row of the schema's message.
        """
        for first in range(0, len(indexes), AT_ONCE):
            yield from self.read_chunk(indexes[first : first + AT_ONCE])

    def read_chunk(self, indexes: Sequence[int]) -> Sequence[Message]:
        """The same, all at once."""
        rows = self.shape.rows
        if rows is None:
            return [self._parse(class_of(self.shape.row), bytes(self.content)) for _ in indexes]
        if self.shape.is_map:
            return [self._entry(index)[1] for index in indexes]
        found: Sequence[Message] = getattr(self._parse(class_of(self.shape.table), self.wire(indexes)), rows.name)
        return found

    def wire(self, indexes: Sequence[int]) -> bytes:
        """Some rows as a table of their own on the wire."""
        if isinstance(self.rows, PlacedRows):
            return self.rows.some(indexes)
        return b"".join(chain.from_iterable(map(self._framed, indexes)))

    def _framed(self, index: int) -> tuple[bytes, bytes, bytes]:
        rows, row = self.shape.rows, self.rows[index]
        assert rows is not None
        return _varint(rows.number << 3 | 2), _varint(len(row)), row

    def _parse(self, message_class: Any, content: bytes) -> Message:
        try:
            message: Message = message_class.FromString(content)
        except DecodeError as error:
            raise damaged_table(self.place, error) from error
        return message

    def map_keys(self, indexes: Sequence[int]) -> list[Any]:
        """Of a map: the keys of the entries at `indexes`."""
        return [self._entry(index)[0] for index in indexes]

    def _entry(self, index: int) -> tuple[Any, Message]:
        rows = self.shape.rows
        assert rows is not None
        entries = getattr(self._parse(class_of(self.shape.table), b"".join(self._framed(index))), rows.name)
        key = next(iter(entries))
        return key, entries[key]


def cut_rows(content: Content, shape: TableShape, place: str) -> RawTable:
    """The rows of the table whose bytes are `content`.

    Raises:
        DamagedError: `content` isn't a protobuf message.
    """
    content = bytes(content)
    if shape.rows is None:
        return RawTable(shape, content, [content], place)
    try:
        cut = _cutter(shape.rows.number).FromString(content)
    except DecodeError as error:
        raise damaged_table(place, error) from error
    return RawTable(shape, content, cut.rows, place)


def damaged_table(place: str, error: Exception) -> DamagedError:
    """The error for a table whose bytes aren't a message of its schema."""
    return DamagedError(
        sentence("{place}: its bytes aren't a table of its schema ({error})", place=place, error=error),
        hint=sentence("build the bundle again"),
    )


@lru_cache(maxsize=16)
def _cutter(number: int) -> Any:
    file = FileDescriptorProto(name=f"rows{number}.proto", syntax="proto3")
    file.message_type.add(name="Cut").field.add(
        name="rows",
        number=number,
        type=FieldDescriptorProto.TYPE_BYTES,
        label=FieldDescriptorProto.LABEL_REPEATED,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Cut"))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


@dataclass(frozen=True)
class TableSide:
    """One side of a table, and its bytes where they are being read already."""

    name: str
    entry: TableEntry
    shape: TableShape
    bundle: Bundle
    titles: SideTitles
    reader: Future[tuple[Content, PlacedRows | None]] | None = field(default=None, repr=False)

    def reading(self, readers: Executor) -> TableSide:
        """The side with its bytes being read."""
        return replace(self, reader=readers.submit(self.read))

    def read(self) -> tuple[Content, PlacedRows | None]:
        """The table's bytes, verified, and where its rows stand, where that is known."""
        if self.reader is not None:
            return self.reader.result()
        return self.bundle.placed(self.name, 0 if self.shape.is_map else self.shape.rows_number)

    def raw(self, shape: TableShape | None = None) -> RawTable:
        """The side's rows where they lie, for who reads some of them by `shape`, in place of the side's own."""
        content, placed = self.read()
        shape = shape or self.shape
        return (
            RawTable(shape, content, placed, self.place) if placed is not None else cut_rows(content, shape, self.place)
        )

    def cut(self) -> RawTable:
        """The same with the bytes of each row in memory, for who looks at all of them."""
        return self.raw().cut()

    @property
    def place(self) -> str:
        """The bundle and table, for messages."""
        return f"{self.bundle.place}: {self.name}"


@dataclass(frozen=True)
class RowKeys:
    """How the rows of one side are known: by the fields of this side, or by the key of their map."""

    fields: tuple[str, ...]
    writers: tuple[Callable[[Any], Any], ...]
    of_map: bool = False

    @classmethod
    def of(cls, names: Sequence[str], shape: TableShape, shapes: Shapes, fields: Shape | None = None) -> RowKeys | None:
        """The keys of a table whose key fields are `names` (written as `fields` has them); None: its rows have none."""
        if shape.rows is None or not (names or shape.is_map):
            return None
        known = {one.source: one for one in (fields or shapes.whole(shape.row)).fields}
        if not names or any(name not in known for name in names):
            return cls((), (str,), of_map=True) if shape.is_map else None
        return cls(tuple(names), tuple(known[name].write for name in names))

    def of_rows(self, raw: RawTable, indexes: Sequence[int]) -> Sequence[Hashable]:
        """The keys of some rows, to be matched."""
        if self.of_map:
            return raw.map_keys(indexes)
        return self.of_messages(raw.read(indexes))

    def hashes(self, raw: RawTable) -> Sequence[int]:
        """A number for the key of each row, the same in each target."""
        found, rows = None, raw.shape.rows
        if isinstance(raw.rows, PlacedRows) and rows is not None and 0 < len(self.fields) <= MOST_FIELDS:
            numbers = [raw.shape.row.fields_by_name[name].number for name in self.fields]
            found = hash_keys(raw.rows, rows.number, numbers)
        if found is not None:
            return found
        return array("q", map(mark, self.of_rows(raw, range(len(raw.rows)))))

    def of_row(self, raw: RawTable, index: int) -> Key:
        """The key of one row, as the diff has it."""
        return self.to_json(self.of_rows(raw, [index])[0])

    def of_messages(self, messages: Iterable[Message]) -> Sequence[Hashable]:
        """The keys of rows that are read already; not those of a map."""
        return list(map(attrgetter(*self.fields), messages))

    def to_json(self, key: Any) -> Key:
        """A key that was read, as the diff has it."""
        if len(self.writers) == 1:
            return (self.writers[0](key),)
        return tuple(write(value) for write, value in zip(self.writers, key, strict=True))


def keys_of_both(
    old: TableShape, new: TableShape, names: Sequence[str], shapes: Shapes
) -> tuple[RowKeys, RowKeys] | None:
    """The keys of both sides: the new one's fields, found on the old side by their numbers; None: there are none."""
    old_fields, new_fields = shapes.common(old.row, new.row)
    new_keys = RowKeys.of(names, new, shapes, new_fields) or RowKeys.of(names, new, shapes)
    if new_keys is None:
        return None
    if new_keys.of_map:
        return (new_keys, new_keys) if old.is_map else None
    numbers = [new.row.fields_by_name[name].number for name in new_keys.fields]
    twins = [old.row.fields_by_number.get(number) for number in numbers]
    if any(twin is None or twin.message_type is not None or twin.is_repeated for twin in twins):
        return None
    old_keys = RowKeys.of([twin.name for twin in twins if twin is not None], old, shapes, old_fields)
    return None if old_keys is None else (old_keys, new_keys)


def hash_keys(rows: PlacedRows, number: int, key: Sequence[int]) -> array[int] | None:
    """A number for the key of each row of a table whose rows are field `number`; None where the core can't."""
    native, found, at = core(), array("Q"), 0
    while at < len(rows):
        end = rows.within(at, len(rows))
        made = native.compare(b"", rows.between(at, end), number, tuple(key), SEED, at)
        if made is None:
            return None
        marks = array("Q")
        marks.frombytes(made[4])
        found += marks[2::3]
        at = end
    return found
