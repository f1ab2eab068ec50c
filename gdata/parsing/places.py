"""Where a table's values were written: its blocks, and the cell of a value in one of them.

Reading a block is imported when somebody asks for a cell: a build in which nothing changed starts without it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from gdata.parsing.view import Path, Tags
from gdata.problems import Cell

if TYPE_CHECKING:
    from gdata.parsing.head import SheetHead
    from gdata.parsing.records import SheetRecords
    from gdata.parsing.sheet import Sheet

Block = tuple["SheetHead", "Sheet"]
"""The head of a sheet, and some of its lines."""


def blocks_of(heads: Iterable[SheetHead]) -> list[Block]:
    """All blocks of a table's sheets, in order."""
    return [(head, block) for head in heads for block in head.sheet.blocks()]


class Places:
    """The `Locate` of a view: reads the block of a row again, so that nobody needs to keep cells."""

    def __init__(self, blocks: Callable[[], Sequence[Block]], ends: Sequence[int], tags: Tags) -> None:
        """`blocks` gives those of the table; `ends` is how many of the view's rows there are up to each one's end."""
        self._blocks, self._ends, self._tags = blocks, ends, tags
        self._read: dict[int, tuple[SheetRecords, Sequence[int]]] = {}

    def __call__(self, index: int, path: Path) -> Cell:
        """The cell of the value at `path` in a row."""
        from gdata.parsing.locate import locate

        number = bisect_right(self._ends, index)
        records, seen = self._read.get(number) or self._read_block(number)
        return locate(records, seen[index - (self._ends[number - 1] if number else 0)], path, self._tags)

    def _read_block(self, number: int) -> tuple[SheetRecords, Sequence[int]]:
        from gdata.parsing.records import SheetRecords

        records = SheetRecords(*self._blocks()[number])
        self._read[number] = records, records.seen_by(self._tags)
        return self._read[number]
