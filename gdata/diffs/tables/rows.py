"""A table's bytes as rows, without reading what is in them; the rows to be read are read later, and only those.

A message of one `repeated bytes` field in place of `repeated Row` takes the same bytes and gives each row's
own: protobuf's C code cuts ten million rows a second that way (benchmarks/diff.py).

With the core (`gdata/_core/align.c`) a table with a key isn't even cut: two files are walked through side by side, a
block at a time, and it gives the rows that differ. A million rows of which a thousand changed take 0.05 s, against
0.35 s for cutting both sides and comparing each row, and neither table is in memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError, Message

from gdata._core import MOST_FIELDS, SEED, core
from gdata.bundles.placed import PlacedRows
from gdata.diffs.tables.schemas import TableShape, class_of
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


NOWHERE = 0xFFFFFFFF
_TAIL = 1 << 10
"""Rows at the end that are compared at a time."""


@dataclass(frozen=True)
class Alignment:
    """Which rows of two tables are the same, by their bytes and, at the same place, by their keys."""

    places: Sequence[int]
    """Of each old row the new one of its bytes, or `NOWHERE`; empty where none stands at another place."""
    changed: Sequence[int]
    """The rows of the same key at the same place, with other bytes."""
    old_left: Sequence[int]
    new_left: Sequence[int]
    """All other rows that no row of the other side has the bytes of."""
    old_keys: Sequence[int] = ()
    new_keys: Sequence[int] = ()
    """What is the same for those of these that have the same key."""


def align(old: PlacedRows, new: PlacedRows, number: int, key: Sequence[int]) -> Alignment | None:
    """Compare two tables whose rows are field `number`, without reading them; None where the core can't.

    `key` has the numbers of the rows' key fields.
    """
    native = core()
    if native is None or not 0 < len(key) <= MOST_FIELDS:
        return None
    tail = 0 if len(old) == len(new) else _count_tail(old, new)
    ends, at = (len(old) - tail, len(new) - tail), 0
    parts: list[array[int]] = [array(code) for code in "IIIQQ"]
    while at < max(ends):
        end = min(rows.within(at, last) for rows, last in zip((old, new), ends, strict=True) if at < last)
        before, after = (
            rows.between(at, end) if at < last else b"" for rows, last in zip((old, new), ends, strict=True)
        )
        if before != after:
            found = native.compare(before, after, number, tuple(key), SEED, at)
            if found is None:
                return None
            for part, more in zip(parts, found, strict=True):
                part.frombytes(more)
            changed, old_left, new_left = map(numbers, found[:3])
            old.keep(chain(changed, old_left), at, before)
            new.keep(chain(changed, new_left), at, after)
        at = end
    return _with_moved(native, parts, len(old), len(new), tail)


def numbers(content: bytes) -> array[int]:
    """The numbers of 32 bits that the core gives."""
    found = array("I")
    found.frombytes(content)
    return found


def _count_tail(old: PlacedRows, new: PlacedRows) -> int:
    """How many rows at the end are the same: what came or went before them has only moved them."""
    tail, step = 0, _TAIL
    while step:
        ends = len(old) - tail, len(new) - tail
        step = min(step, *ends)
        if step and old.between(ends[0] - step, ends[0]) == new.between(ends[1] - step, ends[1]):
            tail += step
        else:
            step //= 2
    return tail


def _with_moved(native: Any, parts: Sequence[array[int]], old_count: int, new_count: int, tail: int) -> Alignment:
    """The rows that stand at no place of their own paired by their bytes."""
    changed, old_left, new_left, old_marks, new_marks = parts
    twins = numbers(native.pair(old_marks.tobytes(), new_marks.tobytes())) if old_left and new_left else ()
    pairs = [(old, new) for old, new in enumerate(twins) if new != NOWHERE]
    places: Sequence[int] = ()
    if tail or pairs:
        places = array("I", chain(range(old_count - tail), range(new_count - tail, new_count)))
        for at in (*changed, *old_left):
            places[at] = NOWHERE
        for old, new in pairs:
            places[old_left[old]] = new_left[new]
    taken_old, taken_new = {old for old, _ in pairs}, {new for _, new in pairs}
    rest_old = [at for at in range(len(old_left)) if at not in taken_old]
    rest_new = [at for at in range(len(new_left)) if at not in taken_new]
    return Alignment(
        places,
        changed,
        [old_left[at] for at in rest_old],
        [new_left[at] for at in rest_new],
        [old_marks[3 * at + 2] for at in rest_old],
        [new_marks[3 * at + 2] for at in rest_new],
    )


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
