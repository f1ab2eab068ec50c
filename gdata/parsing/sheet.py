"""Lay a sheet out as a header and records, whichever way its layout turns it, and leave out what is no record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from gdata.config import SheetEntry
from gdata.parsing.cell import is_blank, shown
from gdata.parsing.column import blanks
from gdata.parsing.view import HeaderTexts
from gdata.problems import Cell
from gdata.sources.grid import ERROR_TEXTS, CellValue, Grid
from gdata.sources.textrows import TextBlock, TextRows
from gdata.sources.utf8cells import Utf8Cells, choose_cells

_FALSE_TEXTS = frozenset(["FALSE", "false", "False"])
"""A checkbox that nobody touched, in CSV."""


@dataclass(frozen=True)
class Sheet:
    """A grid turned so that every record is a line: `lines[i][c]` is the cell of record line i in column c.

    Columns count from 0 here; `cell_at` and `header_cell` know where they really are.
    """

    grid: Grid
    entry: SheetEntry
    header: Sequence[CellValue]
    lines: Sequence[Sequence[CellValue]]
    first_line: int
    """Number of the first of the lines: a row's, in the columns layout a column's, from 1."""

    def cell_at(self, line: int, column: int) -> Cell:
        """The place of `lines[line][column]`."""
        number = self.first_line + line
        if self.entry.layout == "rows":
            return self.grid.cell(number, column + 1)
        if self.entry.layout == "columns":
            return self.grid.cell(column + 1, number)
        return self.grid.cell(self.first_vertical_row + column, 2)

    def header_cell(self, column: int | None = None) -> Cell:
        """The place of a header, or without a column of the header as a whole."""
        if self.entry.layout == "vertical":
            return self.grid.cell(0 if column is None else self.first_vertical_row + column, 1)
        if self.entry.layout == "columns":
            return self.grid.cell(0 if column is None else column + 1, self.entry.header_row)
        return self.grid.cell(self.entry.header_row, 0 if column is None else column + 1)

    @property
    def header_texts(self) -> HeaderTexts:
        """The header as texts."""
        texts = tuple(shown(cell).strip() for cell in self.header)
        if self.entry.layout == "vertical":
            return HeaderTexts(texts, is_down=True, first=self.first_vertical_row)
        return HeaderTexts(texts, is_down=self.entry.layout == "columns")

    @property
    def first_vertical_row(self) -> int:
        """Of the vertical layout: the row of the first name."""
        return self.entry.first_row or 1

    def blocks(self) -> Iterator[Sheet]:
        """The sheet in parts that can be parsed one after the other; of many sheets it is the only one."""
        if not isinstance(self.lines, TextRows) or not self.lines or self.entry.multirow:
            yield self
            return
        first = self.first_line
        for block in self.lines.blocks:
            yield replace(self, lines=block, first_line=first)
            first += len(block)

    def columns(self, wanted: Sequence[int]) -> dict[int, Sequence[CellValue]]:
        """The cells of every line in the wanted columns."""
        lines = self.lines
        if not lines or not wanted:
            return {column: [] for column in wanted}
        if isinstance(lines, (TextRows, TextBlock)):
            return dict(lines.columns(wanted))
        shortest = min(map(len, lines))
        if shortest > max(wanted) and len(wanted) * 2 > shortest and shortest == max(map(len, lines)):
            every = list(zip(*lines, strict=True))
            return {column: every[column] for column in wanted}
        return {
            column: [line[column] for line in lines]
            if column < shortest
            else [line[column] if column < len(line) else None for line in lines]
            for column in wanted
        }


def lay_out(grid: Grid, entry: SheetEntry) -> Sheet:
    """The sheet as its entry's layout says, merged cells filled where the entry asks for it."""
    rows: Sequence[Sequence[CellValue]] = _fill_merged(grid) if entry.merged == "fill" else grid.rows
    if entry.layout == "vertical":
        rows = rows[(entry.first_row or 1) - 1 :]
        names = [row[0] if row else None for row in rows]
        values = [row[1] if len(row) > 1 else None for row in rows]
        return Sheet(grid, entry, names, [values], 2)
    if entry.layout == "columns":
        rows = _transpose(rows)
    first = entry.first_row or entry.header_row + 1
    header = rows[entry.header_row - 1] if len(rows) >= entry.header_row else []
    return Sheet(grid, entry, header, rows[first - 1 :], first)


def _transpose(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    rows = list(rows)
    width = max(map(len, rows), default=0)
    return [[row[column] if column < len(row) else None for row in rows] for column in range(width)]


def _fill_merged(grid: Grid) -> list[list[CellValue]]:
    rows = [list(row) for row in grid.rows]
    for first_row, first_column, last_row, last_column in grid.merges:
        if first_row > len(rows):
            continue
        top = rows[first_row - 1]
        value = top[first_column - 1] if first_column <= len(top) else None
        for row in rows[first_row - 1 : last_row]:
            row.extend([None] * (last_column - len(row)))
            row[first_column - 1 : last_column] = [value] * (last_column - first_column + 1)
    return rows


def record_cells(sheet: Sheet, mapped: Collection[int]) -> tuple[Sequence[int], dict[int, Sequence[CellValue]]]:
    """Which lines hold records, and their cells in the mapped columns.

    Records aren't notes, nor blank under every mapped column. A line that holds nothing but FALSE counts as blank: so
    do checkboxes that nobody touched.
    """
    lines: Sequence[int] = range(len(sheet.lines))
    if sheet.entry.layout == "vertical":
        return lines, sheet.columns(sorted(mapped))
    columns = sheet.columns(sorted({0, *mapped}))
    first = () if 0 in mapped else columns.pop(0)
    dropped = _blank_lines(len(lines), columns) | {index for index, cell in enumerate(first) if _is_note(cell)}
    if dropped:
        flags = [index not in dropped for index in lines]
        columns = {column: choose_cells(cells, flags) for column, cells in columns.items()}
        lines = list(compress(lines, flags))
    return lines, columns


def _blank_lines(count: int, columns: dict[int, Sequence[CellValue]]) -> set[int]:
    blank: Sequence[int] = range(count)
    for cells in columns.values():
        if len(blank) == count and blanks(cells) is None and _has_no_false(cells):
            return set()
        texts = cells.texts if isinstance(cells, Utf8Cells) else cells
        blank = [index for index in blank if _is_empty(texts[index])]
        if not blank:
            break
    return set(blank)


def _has_no_false(cells: Sequence[CellValue]) -> bool:
    if isinstance(cells, Utf8Cells) and b"F" not in cells.joined and b"f" not in cells.joined:
        return True
    return False not in cells and _FALSE_TEXTS.isdisjoint(cells)


def _is_empty(cell: CellValue) -> bool:
    return is_blank(cell) or cell is False or (isinstance(cell, str) and cell in _FALSE_TEXTS)


def _is_note(cell: CellValue) -> bool:
    return isinstance(cell, str) and cell.startswith("#") and cell not in ERROR_TEXTS
