"""The rows of a CSV text, kept as its bytes: a block of rows is cut into cells when its turn comes.

Cells that are made, converted and freed a block at a time stay in the processor's cache: all of a sheet's cells at
once take a third more time, and ten times the memory (`benchmarks/parse.py`). A text cell stays the bytes it came in:
most become numbers or go to protobuf, which takes UTF-8 as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, overload

from gdata._core import core
from gdata.longbytes import LongBytes
from gdata.sources import grid
from gdata.sources.cells import Utf8Cells
from gdata.sources.grid import BlockRows, RowBlock


class Separators(NamedTuple):
    """What stands between the cells of a row, and at the end of each row."""

    cell: bytes
    row: bytes


AS_WRITTEN = Separators(b",", b"\n")
UNQUOTED = Separators(b"\x1f", b"\x1e")
"""ASCII's own for units and records: they stand in no sheet, so that cells may hold commas and line breaks."""

_TO_UNQUOTED = bytes.maketrans(b",\n", UNQUOTED.cell + UNQUOTED.row)

_LONE_CR = re.compile(rb"\r(?!\n)")


class TextRows(BlockRows):
    """Rows of text cells in blocks."""

    blocks: Sequence[TextBlock]

    @classmethod
    def of(cls, content: bytes, separators: Separators = AS_WRITTEN) -> TextRows:
        """The rows of a text in UTF-8, every one of them with its end but perhaps the last; CRLF counts as LF."""
        row_end = separators.row
        content = content if content.endswith(row_end) or not content else content + row_end
        blocks, start, size, most = [], 0, len(content), grid.BLOCK_BYTES
        while start < size:
            end = size if size - start <= most else content.rfind(row_end, start, start + most) + 1
            # A row may be longer than a block.
            end = end or content.find(row_end, start) + 1
            blocks.append(TextBlock(content, start, end, separators))
            start = end
        return cls(blocks)

    def columns(self, wanted: Sequence[int]) -> dict[int, Utf8Cells]:
        """The cells of every row in the wanted columns, from 0; where a row has none, they are empty."""
        parts = [block.columns(wanted) for block in self.blocks]
        return {column: Utf8Cells([cell for part in parts for cell in part[column].raw]) for column in wanted}

    def longer(self, width: int) -> Iterator[tuple[int, list[str]]]:
        """The rows of more cells than `width`, and which they are, from 0."""
        for start, block in zip([0, *self._ends], self.blocks, strict=False):
            yield from ((start + index, line) for index, line in block.longer(width))


class TextBlock(RowBlock):
    """Some consecutive rows of a text."""

    def __init__(
        self, content: bytes | LongText, start: int, end: int, separators: Separators, count: int | None = None
    ) -> None:
        """`count`: how many rows these are, where that is known."""
        self._content, self._start, self._end, self._separators = content, start, end, separators
        self._width = 0
        """How many cells each row has, once that is known and where all have as many."""
        if count is not None:
            self._count = count

    @cached_property
    def _count(self) -> int:
        content, start, end = self._text
        return content.count(self._separators.row, start, end)

    @property
    def _text(self) -> tuple[bytes, int, int]:
        """The text that they stand in, and where in it they begin and end."""
        if isinstance(self._content, bytes):
            return self._content, self._start, self._end
        text = self._content.read(self._start, self._end, self._separators)
        return text, 0, len(text)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[str]]: ...
    def __getitem__(self, index: int | slice) -> list[str] | list[list[str]]:
        if isinstance(index, slice):
            return list(self)[index]
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError(index)
        start, content = self._start_of(number), self._text[0]
        return self._cells_of(content[start : content.find(self._separators.row, start)])

    def __iter__(self) -> Iterator[list[str]]:
        return map(self._cells_of, self._lines())

    def after(self, row: int) -> TextBlock:
        """The rows from `row` on."""
        content, _, end = self._text
        return TextBlock(content, self._start_of(row), end, self._separators) if row else self

    def columns(self, wanted: Sequence[int]) -> dict[int, Utf8Cells]:
        """The cells of every row in the wanted columns, from 0; where a row has none, they are empty."""
        cells, step = self._split()
        self._width = max(step - 1, 0)
        if not step:
            rows = [self._without_cr(line).split(self._separators.cell) for line in self._lines()]
            return {column: Utf8Cells([row[column] if column < len(row) else b"" for row in rows]) for column in wanted}
        end = len(cells) - 1
        return {
            column: Utf8Cells(cells[column:end:step] if column < step - 1 else [b""] * self._count) for column in wanted
        }

    def backwards(self) -> Iterator[list[str]]:
        """The rows from the last one on: that one is found from the end, the others from the block's start."""
        if self:
            yield self[-1]
            yield from reversed(list(self)[:-1])

    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""
        cell_end, row_end = self._separators
        drops_cr = self._separators == AS_WRITTEN
        return encoder.text(*self._text, cell_end[0], row_end[0], drops_cr)

    def longer(self, width: int) -> Iterator[tuple[int, list[str]]]:
        """The rows of more cells than `width`, and which they are, from 0."""
        if 0 < self._width <= width:
            return
        for index, line in enumerate(self._lines()):
            if line.count(self._separators.cell) >= width and len(cells := self._cells_of(line)) > width:
                yield index, cells

    def _split(self) -> tuple[list[bytes], int]:
        """All cells, one row after the other, a row's end after each row; and how far it is from row to row.

        The distance is 0 where rows have different widths. 1,500 rows of 12 columns take 1.3 ms, a list for each
        row 1.9 (`benchmarks/parse.py`).
        """
        cell, row = self._separators
        content, start, end = self._text
        content = content[start:end]
        width = content.count(cell, 0, content.find(row)) + 1
        if self._separators == AS_WRITTEN and b"\r" in content:
            # CRLF becomes a separator, the row's end as a cell, a separator; another CR would be one too many.
            content = content.replace(b"\r", cell).replace(row, row + cell)
        else:
            content = content.replace(row, cell + row + cell)
        cells = content.split(cell)
        step = width + 1
        is_even = len(cells) == self._count * step + 1 and cells[width::step].count(row) == self._count
        return cells, step if is_even else 0

    def _lines(self) -> list[bytes]:
        content, start, end = self._text
        lines = content[start:end].split(self._separators.row)
        lines.pop()  # what follows the last row
        return lines

    def _without_cr(self, line: bytes) -> bytes:
        return line.removesuffix(b"\r") if self._separators == AS_WRITTEN else line

    def _cells_of(self, line: bytes) -> list[str]:
        line = self._without_cr(line)
        return line.decode().split(self._separators.cell.decode()) if line else []

    def _start_of(self, row: int) -> int:
        content, start, end = self._text
        if row == self._count - 1:
            return max(content.rfind(self._separators.row, start, end - 1) + 1, start)
        for _ in range(row):
            start = content.find(self._separators.row, start) + 1
        return start


def has_lone_cr(content: bytes) -> bool:
    """Whether a carriage return stands anywhere but before a line feed."""
    native = core()
    return bool(native.lone_cr(content)) if native is not None else _LONE_CR.search(content) is not None


def read_rows(content: bytes, separator: str = ",") -> TextRows | None:
    """The rows of a CSV text in UTF-8; None where a quote or a carriage return stands where the csv module must look.

    A row may have line breaks inside quotes. The csv module takes a third more time, and makes a
    str of each cell.
    """
    if separator != ",":
        return _read_separated(content, separator.encode())
    if b'"' in content:
        unquoted = _unquote(content)
        return TextRows.of(unquoted, UNQUOTED) if unquoted is not None else None
    return None if has_lone_cr(content) else TextRows.of(content)


def _read_separated(content: bytes, separator: bytes) -> TextRows | None:
    """The rows of a text with another separator; None where the csv module must look."""
    separated = _separate(content, separator)
    return None if separated is None else TextRows.of(separated, UNQUOTED)


def _separate(content: bytes, separator: bytes) -> bytes | None:
    """The text with the UNQUOTED separators; None where something in it may be meant otherwise."""
    odd = (b'"', UNQUOTED.cell, UNQUOTED.row)
    if len(separator) > 1 or any(one in content for one in odd) or has_lone_cr(content):
        return None
    signs = bytes.maketrans(separator + b"\n", UNQUOTED.cell + UNQUOTED.row)
    return content.replace(b"\r", b"").translate(signs)


def _unquote(content: bytes) -> bytes | None:
    """The text with the UNQUOTED separators and without quotes; None where quotes aren't around whole cells."""
    parts = (content if content.endswith(b"\n") else content + b"\n").split(b'"')
    outside, inside = parts[::2], parts[1::2]
    if len(outside) == len(inside) or UNQUOTED.cell in content or UNQUOTED.row in content:
        return None
    # Nothing between two quotes is one that belongs to the text: "".
    after_cell = set(map(itemgetter(0), filter(None, outside[1:])))
    before_cell = set(map(itemgetter(-1), filter(None, outside[:-1])))
    # Joined, what is outside of quotes is changed as a whole.
    between = b'"'.join(outside)
    if not (after_cell <= set(b",\r\n") and before_cell <= set(b",\n") and not has_lone_cr(between)):
        return None
    between = between.replace(b"\r", b"").translate(_TO_UNQUOTED)
    parts[::2] = [part or b'"' for part in between.split(b'"')]
    # At either end it is the quote of a cell.
    for end in (0, -1):
        parts[end] = b"" if parts[end] == b'"' else parts[end]
    return b"".join(parts)


class LongText:
    """A CSV text that stays in its file. Its blocks end where rows do, so that each is read by itself."""

    def __init__(self, content: LongBytes, separator: bytes) -> None:
        self._content, self._separator = content, separator
        self._last: tuple[int, bytes] = -1, b""
        """The block that was read last: it is mostly asked for again."""

    def read(self, start: int, end: int, separators: Separators) -> bytes:
        """The rows that stand there, with these separators.

        Raises:
            ChangedError: the file changed since its rows were found.
        """
        at, text = self._last
        if at == start:
            return text
        content = _with_end(self._content[start:end])
        text = content if separators == AS_WRITTEN else self._unified(content) or b""
        self._last = start, text
        return text

    def rows(self, start: int) -> TextRows | None:
        """Its rows, the first of which begins at `start`; None where Python's own ways must look at the whole text:
        it isn't UTF-8, has a zero, or a quote or carriage return stands where only csv knows what it means.
        """
        blocks: list[TextBlock] = []
        text, at, rest = b"", start, self._content.part(start, len(self._content))
        unread = len(rest)
        for more in rest:
            text += more
            unread -= len(more)
            is_last = not unread
            if is_last:
                text = _with_end(text)
            done = 0
            while (end := _rows_end(text, done)) > done and (is_last or len(text) - end > grid.BLOCK_BYTES):
                block = self._block(text[done:end], at + done, at + end)
                if block is None:
                    return None
                blocks.append(block)
                done = end
            if len(text) - done > _LONGEST_ROW:
                return None
            text, at = text[done:], at + done
        return None if text else TextRows(blocks)

    def _block(self, text: bytes, start: int, end: int) -> TextBlock | None:
        if not _is_text(text):
            return None
        end = min(end, len(self._content))
        if self._separator == b"," and b'"' not in text:
            return None if has_lone_cr(text) else TextBlock(self, start, end, AS_WRITTEN, text.count(b"\n"))
        unified = self._unified(text)
        return None if unified is None else TextBlock(self, start, end, UNQUOTED, unified.count(UNQUOTED.row))

    def _unified(self, text: bytes) -> bytes | None:
        return _unquote(text) if self._separator == b"," else _separate(text, self._separator)


_LONGEST_ROW = 16 << 20
"""A row that is longer holds a quote that nobody closed."""


def _rows_end(text: bytes, start: int) -> int:
    """Where a block of rows ends that begins at `start`; `start` itself where no row does."""
    most = start + grid.BLOCK_BYTES
    end = text.rfind(b"\n", start, most) + 1 or text.find(b"\n", start) + 1
    quotes = text.count(b'"', start, end) if end else 0
    while quotes % 2:  # A line break within quotes belongs to a cell.
        following = text.find(b"\n", end) + 1
        quotes += text.count(b'"', end, following)
        end = following
        if not end:
            break
    return end or start


def _is_text(text: bytes) -> bool:
    """Whether it is UTF-8, without a zero."""
    native = core()
    if native is not None:
        return bool(native.utf8_error(text) < 0)
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in text


def _with_end(text: bytes) -> bytes:
    return text if text.endswith(b"\n") or not text else text + b"\n"
