"""A table's bytes as rows, without reading what is in them; the rows to be read are read later, and only those.

A message of one `repeated bytes` field in place of `repeated Row` takes the same bytes and gives each row's
own: protobuf's C code cuts ten million rows a second that way (benchmarks/diff.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError, Message

from gdata.diffs.schemas import TableShape, class_of
from gdata.errors import DamagedError

_WHOLE_FROM = 0.1
"""From this share of a table's rows up, reading the table whole beats reading them one by one."""


@dataclass(frozen=True)
class RawTable:
    """One side of a table: its bytes, and the bytes of each of its rows in order (of a map, of its entries)."""

    shape: TableShape
    content: bytes
    rows: Sequence[bytes]
    place: str
    """The bundle and table, for messages."""

    def messages(self, indexes: Sequence[int]) -> list[Message]:
        """The rows at `indexes`, as messages.

        Raises:
            DamagedError: they aren't rows of the schema's message.
        """
        try:
            if self.shape.rows is None:
                return [class_of(self.shape.row).FromString(self.content)] if indexes else []
            if self.shape.is_map:
                return [entry[1] for entry in self._entries(indexes)]
            if len(indexes) > len(self.rows) * _WHOLE_FROM:
                table = getattr(class_of(self.shape.table).FromString(self.content), self.shape.rows.name)
                return list(table) if len(indexes) == len(table) else [table[index] for index in indexes]
            read = class_of(self.shape.row).FromString
            return [read(self.rows[index]) for index in indexes]
        except DecodeError as error:
            raise damaged_table(self.place, error) from error

    def map_keys(self, indexes: Sequence[int]) -> list[Any]:
        """Of a map: the keys of the entries at `indexes`."""
        return [entry[0] for entry in self._entries(indexes)]

    def _entries(self, indexes: Sequence[int]) -> list[tuple[Any, Message]]:
        table_class, rows = class_of(self.shape.table), self.shape.rows
        assert rows is not None
        tag = _varint(rows.number << 3 | 2)
        found = []
        for index in indexes:
            row = self.rows[index]
            entries = getattr(table_class.FromString(b"".join((tag, _varint(len(row)), row))), rows.name)
            key = next(iter(entries))
            found.append((key, entries[key]))
        return found


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
    return DamagedError(f"{place}: its bytes aren't a table of its schema ({error})", hint="build the bundle again")


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
