"""The rows of a CSV text, kept as its bytes: a block of rows is cut into cells when its turn comes.

Cells that are made, converted and freed a block at a time stay in the processor's cache: all of a sheet's cells at
once take a third more time, and ten times the memory (`benchmarks/parse.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice
from typing import overload

from gdata.sources.utf8cells import Utf8Cells

BLOCK_BYTES = 128 << 10
"""Of a block's text. With 32 KiB what every block costs begins to show, with 512 KiB the cells leave the cache."""


class TextRows(Sequence[list[str]]):
    """Rows of text cells in blocks; equal to a list of such rows."""

    def __init__(self, blocks: Sequence[TextBlock]) -> None:
        self.blocks = blocks

    @classmethod
    def of(cls, content: bytes) -> TextRows:
        """The rows of a CSV text in UTF-8 without quotes or NUL, whose lines end with LF or CRLF."""
        content = content if content.endswith(b"\n") or not content else content + b"\n"
        blocks, start, size = [], 0, len(content)
        while start < size:
            end = size if size - start <= BLOCK_BYTES else content.rfind(b"\n", start, start + BLOCK_BYTES) + 1
            # A line may be longer than a block.
            end = end or content.find(b"\n", start) + 1
            blocks.append(TextBlock(content, start, end))
            start = end
        return cls(blocks)

    @cached_property
    def _ends(self) -> list[int]:
        """How many rows there are up to the end of each block."""
        return list(accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | Sequence[list[str]]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return list(self)[index]
            return self._after(start) if stop == len(self) else list(islice(self._after(start), max(stop - start, 0)))
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        block = bisect_right(self._ends, number)
        return self.blocks[block][number - (self._ends[block - 1] if block else 0)]

    def __iter__(self) -> Iterator[list[str]]:
        return chain.from_iterable(self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, TextRows)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))

    def columns(self, wanted: Sequence[int]) -> dict[int, Utf8Cells]:
        """The cells of every row in the wanted columns, from 0; where a row has none, they are empty."""
        parts = [block.columns(wanted) for block in self.blocks]
        return {column: Utf8Cells([cell for part in parts for cell in part[column].raw]) for column in wanted}

    def _after(self, row: int) -> TextRows:
        """The rows from `row` on."""
        first = bisect_right(self._ends, row)
        if first == len(self.blocks):
            return TextRows([])
        skipped = row - (self._ends[first - 1] if first else 0)
        return TextRows([self.blocks[first].after(skipped), *self.blocks[first + 1 :]])


class TextBlock(Sequence[list[str]]):
    """Some consecutive rows of a CSV text."""

    def __init__(self, content: bytes, start: int, end: int) -> None:
        self._content, self._start, self._end = content, start, end

    @cached_property
    def _count(self) -> int:
        return self._content.count(b"\n", self._start, self._end)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return list(map(_split_line, self._lines()[index]))
        if not 0 <= index < self._count:
            raise IndexError(index)
        start = self._start_of(index)
        return _split_line(self._content[start : self._content.find(b"\n", start)].removesuffix(b"\r"))

    def __iter__(self) -> Iterator[list[str]]:
        return map(_split_line, self._lines())

    def after(self, row: int) -> TextBlock:
        """The rows from `row` on."""
        return TextBlock(self._content, self._start_of(row), self._end) if row else self

    def columns(self, wanted: Sequence[int]) -> dict[int, Utf8Cells]:
        """The cells of every row in the wanted columns, from 0; where a row has none, they are empty."""
        cells, step = self._split()
        if not step:
            rows = [line.split(b",") for line in self._lines()]
            return {column: Utf8Cells([row[column] if column < len(row) else b"" for row in rows]) for column in wanted}
        end = len(cells) - 1
        return {
            column: Utf8Cells(cells[column:end:step] if column < step - 1 else [b""] * self._count) for column in wanted
        }

    def _split(self) -> tuple[list[bytes], int]:
        """All cells, one row after the other, a line break after each row; and how far it is from row to row.

        The distance is 0 where rows have different widths. 1,500 rows of 12 columns take 1.3 ms, a list for each
        row 1.9 (`benchmarks/parse.py`).
        """
        content = self._content[self._start : self._end]
        width = content.count(b",", 0, content.find(b"\n")) + 1
        if b"\r" in content:
            # CRLF becomes a separator, the line break as a cell, a separator; another CR would be one separator more.
            content = content.replace(b"\r", b",").replace(b"\n", b"\n,")
        else:
            content = content.replace(b"\n", b",\n,")
        cells = content.split(b",")
        step = width + 1
        is_even = len(cells) == self._count * step + 1 and cells[width::step].count(b"\n") == self._count
        return cells, step if is_even else 0

    def _lines(self) -> list[bytes]:
        lines = self._content[self._start : self._end].replace(b"\r\n", b"\n").split(b"\n")
        lines.pop()  # what follows the last line break
        return lines

    def _start_of(self, row: int) -> int:
        start = self._start
        for _ in range(row):
            start = self._content.find(b"\n", start) + 1
        return start


def _split_line(line: bytes) -> list[str]:
    return line.decode().split(",") if line else []
