"""A table's bytes as rows of which it is known where each stands: nothing of them is read before somebody asks.

With the core (`gdata/_core/align.c`) a large table needn't be in memory for that: its file is walked through a block
at a time, which leaves four bytes a row (`benchmarks/diff.py`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import gt
from typing import Protocol, overload

from gdata._core import core
from gdata.longbytes import Content, LongBytes

_BLOCK = 1 << 18
"""Bytes that are walked through at a time: they stay in the processor's cache."""
_NEAR = 16 << 10
"""Rows no farther apart than this are read from a file in one go."""
_SCATTERED = 1_000
"""Rows asked for at once that stand before the one before them: of more, each read on its own, a file takes ten times
as long as memory does."""
_KEPT_MOST = 8 << 20
"""Bytes of rows that were seen to differ, and stay in memory for who reads them."""


class Digest(Protocol):
    """What hashes bytes."""

    def update(self, data: memoryview, /) -> None:
        """Take some more."""


class PlacedRows(Sequence[bytes]):
    """The rows of a table, each cut when it is asked for."""

    def __init__(self, content: Content, starts: array[int]) -> None:
        self.content = content
        self._starts = starts
        self._kept: dict[int, bytes] = {}
        self._room = _KEPT_MOST

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[at] for at in range(len(self))[index]]
        row, at = self.content[self._starts[index] : self._starts[index + 1]], 0
        for _ in ("tag", "size"):
            while row[at] > 0x7F:
                at += 1
            at += 1
        return row[at:]

    def between(self, first: int, last: int) -> bytes:
        """The rows from one to before another, as they stand in the table."""
        return self.content[self._starts[first] : self._starts[last]]

    def in_memory(self) -> PlacedRows:
        """The same with all bytes in memory."""
        return PlacedRows(bytes(self.content), self._starts) if isinstance(self.content, LongBytes) else self

    def keep(self, indexes: Iterable[int], first: int, rows: bytes) -> None:
        """Keep some of the `rows` that begin with the one at `first`, as far as they are few: they will be read."""
        if rows and isinstance(self.content, LongBytes):
            base = self._starts[first]
            for at in indexes:
                row = rows[self._starts[at] - base : self._starts[at + 1] - base]
                self._room -= len(row)
                if self._room < 0:
                    return
                self._kept[at] = row

    def within(self, first: int, last: int) -> int:
        """Up to where the rows from `first` on, not behind `last`, take no more than a block; one row at the least."""
        end = bisect_right(self._starts, self._starts[first] + _BLOCK, first + 1, last + 1)
        return max(first + 1, end - 1)

    def some(self, indexes: Sequence[int]) -> bytes:
        """Some rows, one after the other, as they stand in the table."""
        if not indexes:
            return b""
        starts = self._starts
        if indexes[-1] - indexes[0] == len(indexes) - 1 and all(other - one == 1 for one, other in pairwise(indexes)):
            return self.between(indexes[0], indexes[-1] + 1)
        if isinstance(self.content, LongBytes) and sum(map(gt, indexes, indexes[1:])) > _SCATTERED:
            self.content = bytes(self.content)
        content = self.content
        if not isinstance(content, LongBytes):
            return b"".join([content[starts[at] : starts[at + 1]] for at in indexes])
        found, low, high, held = [], 0, 0, b""
        for at in indexes:
            if at in self._kept:
                found.append(self._kept[at])
                continue
            start, end = starts[at], starts[at + 1]
            if not low <= start <= end <= high:
                low, high = start, min(starts[-1], max(end, start + _NEAR))
                held = content[low:high]
            found.append(held[start - low : end - low])
        return b"".join(found)


def place_rows(content: Content, number: int, digest: Digest | None = None) -> PlacedRows | None:
    """Where the rows of a table stand, which are its field `number`; None where the core can't tell.

    Where it can, all bytes went through `digest`.
    """
    native = core()
    if native is None:
        return None
    starts, at, size = array("I"), 0, _BLOCK
    while at < len(content):
        table = content[at : at + size]
        found = native.scan(table, number, at)
        if found is None or (not found[0] and at + size >= len(content)):  # no table of rows, or one that breaks off
            return None
        if digest is not None:
            digest.update(memoryview(table)[: found[0]])
        starts.frombytes(found[1])
        at, size = at + found[0], _BLOCK if found[0] else 2 * size
    starts.append(at)
    return PlacedRows(content, starts)
