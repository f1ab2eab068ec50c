"""Cut a huge table between rows: stores and networks handle many files of a bearable size better than one."""

from __future__ import annotations

from collections.abc import Iterator

PART_BYTES = 64 << 20
"""A table up to this size is one file."""


def split_rows(content: bytes, limit: int = PART_BYTES) -> Iterator[tuple[bytes, int]]:
    """The pieces of a table message that has one repeated or map field, and how many rows each holds.

    Joined, they are `content`. A piece is larger than `limit` only where one row is.
    """
    start = position = rows = 0
    while position < len(content):
        end = _end_of_row(content, position)
        if rows and end - start > limit:
            yield content[start:position], rows
            start, rows = position, 0
        position, rows = end, rows + 1
    if rows or not content:
        yield content[start:], rows


def _end_of_row(content: bytes, position: int) -> int:
    """Where the row that begins at `position` ends: a tag, a length, and that many bytes."""
    _, position = _varint(content, position)
    size, position = _varint(content, position)
    return position + size


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
