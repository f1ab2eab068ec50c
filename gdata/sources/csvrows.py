"""Rows of one width as one long list of cells: a column of them is a slice, and nobody makes a list for every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload


class FlatRows(Sequence[list[str]]):
    """Rows of text cells that all have the same width; equal to a list of such rows."""

    def __init__(self, cells: list[str], width: int, first: int = 0) -> None:
        """`cells` are those of all rows, one row after the other; rows before `first` aren't counted."""
        self._cells = cells
        self.width = width
        self._first = first

    def __len__(self) -> int:
        return max(len(self._cells) // self.width - self._first, 0)

    @overload
    def __getitem__(self, index: int) -> list[str]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[list[str]]: ...

    def __getitem__(self, index: int | slice) -> list[str] | Sequence[list[str]]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if stop == len(self) and step == 1:
                return FlatRows(self._cells, self.width, self._first + start)
            return [self[number] for number in range(start, stop, step)]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        start = (self._first + number) * self.width
        return self._cells[start : start + self.width]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, FlatRows)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))

    def column(self, column: int) -> list[str]:
        """The cells of every row in a column, from 0."""
        return self._cells[self._first * self.width + column :: self.width]


def split_flat(text: str) -> FlatRows | None:
    """The rows of a CSV text without quotes or carriage returns; None where they aren't all of one width.

    10,000 rows of 12 columns take 6 ms; a list for each row and turning them takes 10 (`benchmarks/parse.py`).
    """
    lines = text.count("\n") + (not text.endswith("\n"))
    width = text.count(",", 0, text.find("\n") if "\n" in text else len(text)) + 1
    if width < 2:
        return None
    # The line break goes into the first cell of the next row, where it shows that each row ends where it should.
    cells = text.removesuffix("\n").replace("\n", ",\n").split(",")
    if len(cells) != lines * width:
        return None
    firsts = [cell[1:] for cell in cells[width::width] if cell[:1] == "\n"]
    if len(firsts) != lines - 1:
        return None
    cells[width::width] = firsts
    return FlatRows(cells, width)
