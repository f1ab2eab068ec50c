"""Find the fields of a serialized message without parsing what is in them: of a table, these are its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import islice

from gdata._core import core

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


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
    try:
        for one in field_ends(content):
            if one > min(most, len(content)):
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
