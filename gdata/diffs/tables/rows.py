"""A table's bytes as rows, without reading what is in them; the rows to be read are read later, and only those.

A message of one `repeated bytes` field in place of `repeated Row` takes the same bytes and gives each row's
own: protobuf's C code cuts ten million rows a second that way (benchmarks/diff.py).

With the core (`gdata/_core/align.c`) a table with a key isn't even cut: it gives the rows that differ. A million
rows of which a thousand changed take 0.03 s, against 0.35 s for cutting both sides and comparing each row.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, overload

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError, Message

from gdata._core import MOST_FIELDS, SEED, core
from gdata.diffs.tables.schemas import TableShape, class_of
from gdata.errors import DamagedError
from gdata.language import sentence

_WHOLE_FROM = 0.1
"""From this share of a table's rows up, reading the table whole beats reading them one by one."""


@dataclass(frozen=True)
class RawTable:
    """One side of a table: its bytes, and the bytes of each of its rows in order (of a map, of its entries).

    Rows are read one at a time and let go: a million messages held at once take over a gigabyte.
    """

    shape: TableShape
    content: bytes
    rows: Sequence[bytes]
    place: str
    """The bundle and table, for messages."""

    def reader(self, expected: int) -> Callable[[int], Message]:
        """Reads the row at an index; `expected` is how many will be read, which decides how.

        Raises:
            DamagedError: (the reader, too) a row isn't one of the schema's message.
        """
        rows = self.shape.rows
        if rows is None:
            return lambda _: self._parse(class_of(self.shape.row), self.content)
        if self.shape.is_map:
            return lambda index: self._entry(index)[1]
        if expected > len(self.rows) * _WHOLE_FROM:
            read: Callable[[int], Message] = self._table.__getitem__
            return read
        row_class = class_of(self.shape.row)
        return lambda index: self._parse(row_class, self.rows[index])

    @cached_property
    def _table(self) -> Sequence[Message]:
        assert self.shape.rows is not None
        rows: Sequence[Message] = getattr(self._parse(class_of(self.shape.table), self.content), self.shape.rows.name)
        return rows

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
        rows, row = self.shape.rows, self.rows[index]
        assert rows is not None
        content = b"".join((_varint(rows.number << 3 | 2), _varint(len(row)), row))
        entries = getattr(self._parse(class_of(self.shape.table), content), rows.name)
        key = next(iter(entries))
        return key, entries[key]


def cut_rows(content: bytes, shape: TableShape, place: str) -> RawTable:
    """The rows of the table whose bytes are `content`.

    Raises:
        DamagedError: `content` isn't a protobuf message.
    """
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


class PlacedRows(Sequence[bytes]):
    """The rows of a table of which it is known where each stands: cut when they are asked for."""

    def __init__(self, content: bytes, starts: bytes) -> None:
        self._content = content
        self._starts = numbers(starts)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        at, end = self._starts[index], self._starts[index + 1]
        for _ in ("tag", "size"):
            while self._content[at] > 0x7F:
                at += 1
            at += 1
        return self._content[at:end]


def numbers(content: bytes) -> array[int]:
    """The numbers of 32 bits that the core gives."""
    found = array("I")
    found.frombytes(content)
    return found


NOWHERE = 0xFFFFFFFF


@dataclass(frozen=True)
class Alignment:
    """Which rows of two tables are the same, by their bytes and, at the same place, by their keys."""

    old: PlacedRows
    new: PlacedRows
    places: Sequence[int]
    """Of each old row the new one of its bytes, or `NOWHERE`; empty where none stands at another place."""
    changed: Sequence[int]
    """The rows of the same key at the same place, with other bytes."""
    old_left: Sequence[int]
    new_left: Sequence[int]
    """All other rows that no row of the other side has the bytes of."""


def align(old: bytes, new: bytes, number: int, key: Sequence[int]) -> Alignment | None:
    """Compare two tables whose rows are field `number`, without reading them; None where the core can't.

    `key` has the numbers of the rows' key fields.
    """
    native = core()
    if native is None or not 0 < len(key) <= MOST_FIELDS:
        return None
    found = native.align(old, new, number, tuple(key), SEED)
    if found is None:  # something else is in it, or its bytes end within a row: cutting says what is wrong with them
        return None
    old_starts, new_starts, *others = found
    return Alignment(PlacedRows(old, old_starts), PlacedRows(new, new_starts), *map(numbers, others))
