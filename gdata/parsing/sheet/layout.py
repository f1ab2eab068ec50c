"""Lay a sheet out as a header and records, whichever way its layout turns it, and leave out what is no record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

from gdata.config import Area, SheetEntry
from gdata.parsing.cells.cell import is_blank, shown
from gdata.parsing.view import HeaderTexts
from gdata.problems import Cell
from gdata.sources.cells import Cells, TypedCells
from gdata.sources.grid import ERROR_TEXTS, BlockRows, CellValue, Grid
from gdata.sources.textrows import TextBlock, TextRows

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1."""

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
    spans: Mapping[int, int] = field(default_factory=dict)
    """Of each column whose header is merged with one before it: that first column."""
    lower: frozenset[int] = frozenset()
    """The columns whose header has something in the lower of two rows."""
    first_column: int = 0
    """Where the sheet's cells begin, if a range leaves out those before."""

    def cell_at(self, line: int, column: int) -> Cell:
        """The place of `lines[line][column]`."""
        number = self.first_line + line
        if self.entry.layout == "rows":
            return self.grid.cell(number, column + 1)
        if self.entry.layout == "columns":
            return self.grid.cell(column + 1, number)
        return self.grid.cell(self.first_vertical_row + column, number)

    def header_cell(self, column: int | None = None) -> Cell:
        """The place of a header, or without a column of the header as a whole."""
        if self.entry.layout == "vertical":
            return self.grid.cell(0 if column is None else self.first_vertical_row + column, self.first_line - 1)
        if self.entry.layout == "columns":
            return self.grid.cell(0 if column is None else column + 1, self.entry.header_row + (column in self.lower))
        return self.grid.cell(self.entry.header_row + (column in self.lower), 0 if column is None else column + 1)

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

    def first_cell(self, line: Sequence[CellValue]) -> CellValue:
        """The one that makes a line a note."""
        return line[self.first_column] if len(line) > self.first_column else None

    def own_cells(self, line: Sequence[CellValue]) -> Sequence[CellValue]:
        """A line without what lies beside the sheet's range."""
        area = _area_along(self.entry)
        return line if area is None else line[area.first_column - 1 : area.last_column or None]

    def blocks(self) -> Iterator[Sheet]:
        """The sheet in parts that can be parsed one after the other; of many sheets it is the only one."""
        if not isinstance(self.lines, BlockRows) or not self.lines or self.entry.multirow:
            yield self
            return
        first = self.first_line
        for block in self.lines.blocks:
            yield replace(self, lines=block, first_line=first)
            first += len(block)

    def longer(self) -> Iterable[tuple[int, Sequence[CellValue]]]:
        """Lines of csv that are longer than the header, and which they are."""
        if self.grid.kind != "csv" or self.entry.layout != "rows":
            return ()
        width, lines = len(self.header), self.lines
        if isinstance(lines, (TextRows, TextBlock)):
            return lines.longer(width)
        return ((index, line) for index, line in enumerate(lines) if len(line) > width)

    def text_beyond(self, column: int) -> str:
        """Of csv in the vertical layout: what follows a value after a blank, as the rest of a text does."""
        rows, number = self.grid.rows, self.first_vertical_row + column
        if self.grid.kind != "csv" or self.entry.layout != "vertical" or number > len(rows):
            return ""
        rest = rows[number - 1][self.first_line :]
        text = str(rest[0]) if rest and rest[0] is not None else ""
        return shown(",".join(map(shown, rest)).strip(" ,")) if text[:1] == " " and text.strip() else ""

    def texts_going_on(self, columns: Collection[int]) -> dict[int, str]:
        """Of csv in the vertical layout: what follows the values of `columns` where nothing follows any other, or where
        the row is longer than any other with its note.

        Only in a file in which rows are as long as somebody wrote them: a program that writes notes writes the blank
        ones, too.
        """
        if self.grid.kind != "csv" or self.entry.layout != "vertical":
            return {}
        rows = self.grid.rows[self.first_vertical_row - 1 :]
        rests = {number: row[self.first_line :] for number, row in enumerate(rows)}
        found = {number: rest for number, rest in rests.items() if not all(map(is_blank, rest))}
        shortest = min(map(len, filter(None, rows)), default=0)
        if not found.keys() <= set(columns) or any(len(rows[number]) == shortest for number in found):
            longest = max((len(row) for number, row in enumerate(rows) if number not in columns), default=0)
            beyond = {number: rows[number][longest:] for number in columns if longest and number < len(rows)}
            found = {number: rests[number] for number, cells in beyond.items() if not all(map(is_blank, cells))}
        return {number: shown(",".join(map(shown, rest)).strip(" ,")) for number, rest in found.items()}

    def columns(self, wanted: Sequence[int]) -> dict[int, Cells]:
        """The cells of every line in the wanted columns."""
        lines = self.lines
        if not lines or not wanted:
            return {column: TypedCells() for column in wanted}
        if isinstance(lines, (TextRows, TextBlock)):
            return dict(lines.columns(wanted))
        lines = lines if isinstance(lines, list) else list(lines)
        shortest = min(map(len, lines))
        if shortest > max(wanted) and len(wanted) * 2 > shortest and shortest == max(map(len, lines)):
            every = list(zip(*lines, strict=True))
            return {column: TypedCells(every[column]) for column in wanted}
        return {
            column: TypedCells(
                [line[column] for line in lines]
                if column < shortest
                else [line[column] if column < len(line) else None for line in lines]
            )
            for column in wanted
        }


def lay_out(grid: Grid, entry: SheetEntry) -> Sheet:
    """The sheet as its entry's layout says, merged cells filled where the entry asks for it."""
    rows = _fill_merged(grid) if entry.merged == "fill" else grid.rows
    if entry.layout == "vertical":
        return _lay_out_vertical(grid, entry, rows)
    merges, area = grid.merges, _area_along(entry)
    if entry.layout == "columns":
        rows, merges = _transpose(rows), tuple(map(_turn, merges))
    number = entry.header_row
    first = entry.first_row or number + entry.header_rows
    header, spans = _merged_header(_row(rows, number), number, merges, rows)
    lower = frozenset[int]()
    if entry.header_rows == 2:
        below = [one for one in merges if one[0] > number]
        header, spans, lower = _join_headers(
            header, spans, *_merged_header(_row(rows, number + 1), number + 1, below, rows)
        )
    if area is None:
        return Sheet(grid, entry, header, rows[first - 1 :], first, spans, lower)
    first_column, end = area.first_column - 1, area.last_column or len(header)
    header = [cell if first_column <= column < end else None for column, cell in enumerate(header)]
    spans = {column: over for column, over in spans.items() if first_column <= over and column < end}
    lines = rows[first - 1 : area.last_row or len(rows)]
    return Sheet(grid, entry, header, lines, first, spans, lower, first_column)


def _lay_out_vertical(grid: Grid, entry: SheetEntry, rows: Sequence[Sequence[CellValue]]) -> Sheet:
    first, column, last_row = entry.first_row or 1, 0, len(rows)
    if entry.range is not None:
        column, last_row = entry.range.first_column - 1, entry.range.last_row or last_row
    rows = rows[first - 1 : last_row]
    names = [row[column] if len(row) > column else None for row in rows]
    if entry.notes != "#":  # which makes any header a note
        names = [None if is_note(name, entry.notes) else name for name in names]
    values = [row[column + 1] if len(row) > column + 1 else None for row in rows]
    merges = [_turn(one, first - 1, column) for one in grid.merges if one[1] > column]
    header, spans = _merged_header(names, 1, merges, [names])
    return Sheet(grid, entry, header, [values], column + 2, spans)


def _area_along(entry: SheetEntry) -> Area | None:
    """The range of a sheet turned so that every record is a line."""
    return entry.range.turned() if entry.range is not None and entry.layout == "columns" else entry.range


def _row(rows: Sequence[Sequence[CellValue]], number: int) -> Sequence[CellValue]:
    return rows[number - 1] if len(rows) >= number else []


def _join_headers(
    upper: Sequence[CellValue], over: Mapping[int, int], lower: Sequence[CellValue], under: Mapping[int, int]
) -> tuple[list[CellValue], dict[int, int], frozenset[int]]:
    """Two header rows as one, its spans, and in which columns the lower one has something.

    A blank upper cell repeats its left neighbour where both have something below.
    """
    texts: list[CellValue] = []
    spans = dict(under)
    above, was_below = "", False
    for column in range(max(len(upper), len(lower))):
        own = shown(upper[over.get(column, column)]).strip() if column < len(upper) else ""
        below = shown(lower[column]).strip() if column < len(lower) else ""
        above = own or (above if below and was_below else "")
        was_below = bool(below)
        if not below and column in over:
            spans[column] = over[column]
        # An error, and a note below, stand for themselves.
        alone = above if above in ERROR_TEXTS else below if not above or below.startswith("#") else ""
        texts.append(alone or (f"{above}.{below}" if below else own or None))
    return texts, spans, frozenset(column for column, cell in enumerate(lower) if not is_blank(cell))


def _merged_header(
    header: Sequence[CellValue], number: int, merges: Sequence[Merge], rows: Sequence[Sequence[CellValue]]
) -> tuple[Sequence[CellValue], dict[int, int]]:
    """The header, which is row `number`, with the texts of cells that are merged down to it; and its spans."""
    cells, spans = list(header), dict[int, int]()
    for first_row, first_column, last_row, last_column in merges:
        if first_row <= number <= last_row and first_column > 0:
            cells += [None] * (last_column - len(cells))
            top = rows[first_row - 1]
            cells[first_column - 1] = top[first_column - 1] if first_column <= len(top) else None
            spans |= dict.fromkeys(range(first_column, last_column), first_column - 1)
    return cells if spans or cells != header else header, spans


def _turn(merge: Merge, rows: int = 0, columns: int = 0) -> Merge:
    """A merge of a sheet on its side, of which the first rows and columns are skipped."""
    first_row, first_column, last_row, last_column = merge
    return first_column - columns, first_row - rows, last_column - columns, last_row - rows


def _transpose(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    rows = list(rows)
    width = max(map(len, rows), default=0)
    return [[row[column] if column < len(row) else None for row in rows] for column in range(width)]


def _fill_merged(grid: Grid) -> Sequence[Sequence[CellValue]]:
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


@dataclass(frozen=True)
class KeptLines:
    """The lines of a sheet, or of a block of it, that hold records."""

    lines: Sequence[int]
    columns: dict[int, Cells]
    """Their cells in the mapped columns."""
    notes: Sequence[int] = ()
    """The lines that are notes."""


def keep_records(
    sheet: Sheet,
    mapped: Collection[int],
    *,
    enabled: int | None = None,
    end: int | None = None,
    texts: Collection[int] = (),
) -> KeptLines:
    """Leave out notes, what is blank under every mapped column, and the unticked checkboxes from line number `end` on.

    In the column `enabled`, FALSE counts as blank: whatever such a line may lack, it is switched off. `texts` are the
    columns in which no text counts as blank.
    """
    lines: Sequence[int] = range(len(sheet.lines))
    columns = sheet.columns(sorted({sheet.first_column, *mapped} if sheet.entry.layout != "vertical" else mapped))
    notes = _note_lines(columns[sheet.first_column], sheet.entry.notes) if sheet.entry.layout != "vertical" else []
    if sheet.first_column not in mapped:
        columns.pop(sheet.first_column, None)
    if sheet.entry.blank:
        columns |= {one: columns[one].without(sheet.entry.blank) for one in columns.keys() - set(texts)}
    if sheet.entry.layout == "vertical":
        return KeptLines(lines, columns)
    dropped = _blank_lines(len(lines), columns, enabled).union(notes)
    if end is not None:
        dropped.update(range(max(end - sheet.first_line, 0), len(lines)))
    if dropped:
        flags = [index not in dropped for index in lines]
        columns = {column: cells.chosen(flags) for column, cells in columns.items()}
        lines = list(compress(lines, flags))
    return KeptLines(lines, columns, notes)


def _note_lines(cells: Cells, start: str) -> list[int]:
    if not start or not cells.may_have(start):
        return []
    return [
        index for index, cell in enumerate(cells) if isinstance(cell, str) and start in cell and is_note(cell, start)
    ]


def _blank_lines(count: int, columns: dict[int, Cells], enabled: int | None) -> set[int]:
    blank: Sequence[int] = range(count)
    for column, cells in columns.items():
        if column != enabled:
            flags = cells.blanks()
            blank = [index for index in blank if flags[index]] if flags is not None else []
            if not blank:
                return set()
    return {index for index in blank if enabled is None or is_unticked(columns[enabled][index])}


def find_unticked(sheet: Sheet, mapped: Collection[int], key: Collection[int]) -> tuple[int | None, int]:
    """From which line number on there are only checkboxes that nobody ticked, and how many such lines there are.

    Where a key tells that a line is no record, nothing else in it counts; where there is none, a line that has anything
    else, in a column of notes too, is a record that somebody wrote.
    """
    end, found = sheet.first_line + len(sheet.lines), 0
    if sheet.entry.layout == "vertical":
        return None, 0
    for line in _from_the_end(sheet.lines):
        cells = _cells(line, mapped)
        if not all(map(is_blank, cells)) and not is_note(sheet.first_cell(line), sheet.entry.notes):
            if not all(map(is_unticked, cells if key else sheet.own_cells(line))) or not all(
                map(is_blank, _cells(line, key))
            ):
                break
            found += 1
        end -= 1
    return (end, found) if found else (None, 0)


def _cells(line: Sequence[CellValue], columns: Collection[int]) -> list[CellValue]:
    return [line[column] for column in columns if column < len(line)]


def _from_the_end(lines: Sequence[Sequence[CellValue]]) -> Iterator[Sequence[CellValue]]:
    if not isinstance(lines, BlockRows):
        yield from reversed(lines)
        return
    for block in reversed(lines.blocks):
        yield from block.backwards()


def is_unticked(cell: CellValue) -> bool:
    """Whether a cell is blank, or FALSE: so is a checkbox that nobody touched."""
    return is_blank(cell) or cell is False or (isinstance(cell, str) and cell in _FALSE_TEXTS)


def is_note(cell: CellValue, start: str) -> bool:
    """Whether a line that begins with this cell is for people alone."""
    if not start or not isinstance(cell, str) or not cell.lstrip().startswith(start):
        return False
    return cell.strip().upper() not in ERROR_TEXTS
