"""Cut a huge table between rows: stores and networks handle many files of a bearable size better than one."""

from __future__ import annotations

from collections.abc import Iterator

from gdata.proto.wire import field_ends

PART_BYTES = 64 << 20
"""A table up to this size is one file."""


def split_rows(content: bytes, limit: int = PART_BYTES) -> Iterator[tuple[bytes, int]]:
    """The pieces of a table message that has one repeated or map field, and how many rows each holds.

    Joined, they are `content`. A piece is larger than `limit` only where one row is.
    """
    start = position = rows = 0
    for end in field_ends(content):
        if rows and end - start > limit:
            yield content[start:position], rows
            start, rows = position, 0
        position, rows = end, rows + 1
    if rows or not content:
        yield content[start:], rows
