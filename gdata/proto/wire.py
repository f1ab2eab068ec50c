"""Messages as they are serialized: their fields found without parsing what is in them, and the order of map entries.

Of a table, the fields are its rows. Map entries stand by key in a bundle, for protobuf promises no order and its
libraries differ: numbers rise, false comes before true, texts stand by their UTF-8 bytes (which is by code point).
Entries only change places, so every length on the wire stays; a table without maps isn't looked at. 10,000 rows of 12
fields with a map of 4 entries take 0.1 s (`benchmarks/parse.py` has none).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.empty_pb2 import Empty

from gdata._core import core
from gdata.proto.descriptors import is_map_entry

_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = 0, 1, 2, 3, 4, 5

_EMPTY: Descriptor = Empty.DESCRIPTOR
"""Stands for a group in which there are no maps: it is only gone through."""


def field_ends(content: bytes | memoryview) -> Iterator[int]:
    """Where each field of the message ends, in their order; the next one begins there.

    Rows of up to 16 KiB in a field with a small number are measured on the spot: half of the time for a million.

    Raises:
        IndexError: it isn't a message.
    """
    position, end = 0, len(content)
    while position < end:
        if content[position] & 0x87 == _BYTES:
            size = content[position + 1]
            above = content[position + 2] if size > 0x7F else 0
            if above < 0x80:
                position += size + 2 if size < 0x80 else (size & 0x7F | above << 7) + 3
                yield position
                continue
        tag, position = read_varint(content, position)
        if tag & 7 == _BYTES:
            size, position = read_varint(content, position)
            position += size
        elif tag & 7 == _VARINT:
            _, position = read_varint(content, position)
        elif tag & 7 in (_FIXED64, _FIXED32):
            position += 8 if tag & 7 == _FIXED64 else 4
        else:
            raise IndexError(f"wire type {tag & 7}")
        yield position


def whole_fields(blocks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """A message's blocks, cut anywhere, as ones that end where a field does; what is no field comes last, as it is."""
    rest = b""
    for block in blocks:
        content = rest + block if rest else bytes(block)
        end, _ = fields_within(content, sys.maxsize)
        yield from (content[:end],) if end else ()
        rest = content[end:]
    if rest:
        yield rest


def fields_within(content: bytes | memoryview, most: int) -> tuple[int, int]:
    """How many bytes the whole fields at a message's beginning take, `most` at most, and how many fields these are."""
    native = core()
    if native is not None:
        found: tuple[int, int] = native.fields(content, most)
        return found
    end = count = 0
    limit = min(most, len(content))
    try:
        for one in field_ends(content):
            if one > limit:
                break
            end, count = one, count + 1
    except IndexError:
        pass
    return end, count


def split_fields(blocks: Iterable[bytes], limit: int) -> Iterator[tuple[int, int]]:
    """A message of whole fields in pieces: how many bytes each has, and fields; only one field alone passes `limit`."""
    size = rows = 0
    for block in blocks:
        view = memoryview(block)
        while view:
            end, count = fields_within(view, limit - size)
            if not count and rows:
                yield size, rows
                size = rows = 0
                continue
            if not count:
                end, count = next(islice(field_ends(view), 1)), 1
            size, rows, view = size + end, rows + count, view[end:]
    yield size, rows


def read_varint(content: bytes | bytearray | memoryview, position: int) -> tuple[int, int]:
    """The number that begins at a place, and where it ends."""
    value = shift = 0
    while True:
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _zigzag(number: int) -> int:
    return number >> 1 ^ -(number & 1)


_OF_VARINT: dict[int, Callable[[int], int]] = {
    FieldDescriptor.TYPE_INT32: _signed,
    FieldDescriptor.TYPE_INT64: _signed,
    FieldDescriptor.TYPE_SINT32: _zigzag,
    FieldDescriptor.TYPE_SINT64: _zigzag,
}
"""How the keys of signed numbers are to be read; those of the others are what they are."""
_OF_FIXED = {
    FieldDescriptor.TYPE_FIXED32: "<I",
    FieldDescriptor.TYPE_SFIXED32: "<i",
    FieldDescriptor.TYPE_FIXED64: "<Q",
    FieldDescriptor.TYPE_SFIXED64: "<q",
}


@dataclass(frozen=True)
class _Way:
    """A field that is a map, or in which there are some."""

    inner: Descriptor | None
    """The message in which to look further: of a map, that of its entries."""
    key_type: int = 0
    """Of a map: the type of its keys."""


def sort_maps(content: bytes, message: Any) -> bytes:
    """A message on the wire with the entries of all its maps in the order of their keys."""
    if not _ways(message):
        return content
    ordered = bytearray(content)
    _sort(ordered, 0, len(ordered), message)
    return bytes(ordered)


@lru_cache(maxsize=1_000)
def _ways(message: Descriptor) -> Mapping[int, _Way]:
    """By number, the fields of a message that lead to maps."""
    ways: dict[int, _Way] = {}
    for field in message.fields:
        inner: Any = field.message_type
        if inner is not None and _holds_maps(inner, {message.full_name}):
            ways[field.number] = _Way(inner)
        if is_map_entry(inner):
            value = inner.fields_by_name["value"].message_type
            within = inner if value is not None and _holds_maps(value, set()) else None
            ways[field.number] = _Way(within, inner.fields_by_name["key"].type)
    return ways


def _holds_maps(message: Any, seen: set[str]) -> bool:
    """Whether there are maps in a message that lies in those of `seen`."""
    if is_map_entry(message):
        return True
    if message.full_name in seen:
        return False
    seen = {*seen, message.full_name}
    return any(field.message_type is not None and _holds_maps(field.message_type, seen) for field in message.fields)


def _sort(content: bytearray, position: int, end: int, message: Descriptor) -> int:
    """Sort the maps of the message between two places; returns where it ends, of a group before `end`."""
    ways = _ways(message)
    entries: list[tuple[Any, bytes]] = []
    current = start = 0
    while position < end:
        at = position
        tag, position = read_varint(content, position)
        number, kind = tag >> 3, tag & 7
        way = ways.get(number)
        if entries and number != current:
            _put(content, start, entries)
            entries = []
        if kind == _GROUP_END:
            break
        inner_start, position = _value(content, position, end, kind, way.inner if way is not None else None)
        if way is None or not way.key_type:
            continue
        if not entries:
            current, start = number, at
        entries.append((_key(content, inner_start, position, way.key_type), bytes(content[at:position])))
    if entries:
        _put(content, start, entries)
    return position


def _value(content: bytearray, position: int, end: int, kind: int, inner: Descriptor | None) -> tuple[int, int]:
    """Where a value starts and ends; the maps in it are sorted where it is a message to be looked into."""
    if kind == _BYTES:
        size, position = read_varint(content, position)
        if inner is not None:
            _sort(content, position, position + size, inner)
        return position, position + size
    if kind == _GROUP:
        return position, _sort(content, position, end, inner or _EMPTY)
    if kind == _VARINT:
        return position, read_varint(content, position)[1]
    return position, position + (8 if kind == _FIXED64 else 4)


def _key(content: bytearray, position: int, end: int, type_: int) -> Any:
    """The key of a map's entry; protobuf writes it first, and zero if it isn't there."""
    is_text = type_ == FieldDescriptor.TYPE_STRING
    if position == end or content[position] >> 3 != 1:
        return b"" if is_text else 0
    if type_ in _OF_FIXED:
        return struct.unpack_from(_OF_FIXED[type_], content, position + 1)[0]
    number, position = read_varint(content, position + 1)
    return bytes(content[position : position + number]) if is_text else _OF_VARINT.get(type_, int)(number)


def _put(content: bytearray, start: int, entries: list[tuple[Any, bytes]]) -> None:
    entries.sort()
    ordered = b"".join([entry for _, entry in entries])
    content[start : start + len(ordered)] = ordered
