"""What the emulator holds: spreadsheets, their sheets, what a cell answers under each render option; and ranges in A1
notation, as the Sheets API reads and echoes them.

Recorded: a whole sheet may be asked by its quoted title; open ranges are clamped to the grid (`A:A` → `A1:A1000`);
the echo quotes a title only where it must, and a title that looks like a cell ('D3') is such a case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from gdata.problems import column_letters
from gdata.sources.grid import CellValue, DateCell, FormulaCell

GOOGLE_EPOCH = datetime(1899, 12, 30)
DEFAULT_ROWS, DEFAULT_COLUMNS = 1000, 26


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell with a formula: its text ("=4/2") and the value it shows."""

    text: str
    value: CellValue


EmulatedCell = CellValue | Formula


@dataclass
class EmulatedSheet:
    """One tab. `row_count` and `column_count` are the grid's size; 0 means Google's default, or more if needed."""

    title: str
    rows: list[list[EmulatedCell]] = field(default_factory=list)
    id: int = 0
    hidden: bool = False
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column, from 1, inclusive."""
    notes: dict[tuple[int, int], str] = field(default_factory=dict)
    """Notes by row and column, both from 1."""
    row_count: int = 0
    column_count: int = 0

    @property
    def height(self) -> int:
        """How many rows the grid has."""
        return self.row_count or max(DEFAULT_ROWS, len(self.rows))

    @property
    def width(self) -> int:
        """How many columns the grid has."""
        return self.column_count or max(DEFAULT_COLUMNS, *map(len, self.rows), 0)

    def cell(self, row: int, column: int) -> EmulatedCell:
        """The cell at `row` and `column`, both from 1; None where there is none."""
        cells = self.rows[row - 1] if row <= len(self.rows) else []
        return cells[column - 1] if column <= len(cells) else None

    def write(self, row: int, column: int, value: object) -> None:
        """Put `value` into a cell; dates and times become what a spreadsheet makes of them."""
        self.rows.extend([] for _ in range(row - len(self.rows)))
        cells = self.rows[row - 1]
        cells.extend([None] * (column - len(cells)))
        cells[column - 1] = as_cell(value)


@dataclass
class EmulatedSpreadsheet:
    """One Google file. `time_zone` is its own setting, which date cells count in."""

    id: str
    title: str
    sheets: list[EmulatedSheet] = field(default_factory=list)
    time_zone: str = "Etc/GMT"
    locale: str = "en_US"
    named_ranges: list[dict[str, Any]] = field(default_factory=list)
    """As the API writes them."""
    created: str = "2023-07-25T15:38:59.768Z"
    modified: str = "2023-07-25T15:39:00.952Z"

    @classmethod
    def of(cls, id: str, sheets: dict[str, list[list[object]]], title: str = "") -> EmulatedSpreadsheet:
        """A spreadsheet from plain rows: {sheet title: rows of Python values}."""
        tabs = [
            EmulatedSheet(name, [[as_cell(value) for value in row] for row in rows], id=number)
            for number, (name, rows) in enumerate(sheets.items())
        ]
        return cls(id, title or id, tabs)

    def sheet(self, title: str) -> EmulatedSheet:
        """The tab of that title.

        Raises:
            KeyError: there is none.
        """
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
        raise KeyError(title)


def as_cell(value: object) -> EmulatedCell:
    """A Python value as a cell: dates, times and durations become date cells, whole floats stay floats."""
    match value:
        case datetime():
            return DateCell(_days(value - GOOGLE_EPOCH), f"{value:%Y-%m-%d %H:%M:%S}")
        case date():
            return DateCell(float((value - GOOGLE_EPOCH.date()).days), f"{value:%Y-%m-%d}")
        case time():
            return DateCell(_days(datetime.combine(GOOGLE_EPOCH, value) - GOOGLE_EPOCH), f"{value:%H:%M:%S}")
        case timedelta():
            return DateCell(_days(value), _hours_text(value))
        case None | str() | bool() | int() | float() | DateCell() | FormulaCell() | Formula():
            return value
    raise TypeError(f"a cell can't hold a {type(value).__name__}: {value!r}")


def render_cell(cell: EmulatedCell, values: str, dates: str) -> str | int | float | bool:
    """What the API answers for a cell under `valueRenderOption` and `dateTimeRenderOption`; blank is ""."""
    if isinstance(cell, FormulaCell):
        cell = Formula(cell.formula, "#ERROR!")  # a workbook without the value; Google would show why it can't compute
    if isinstance(cell, Formula):
        return cell.text if values == "FORMULA" else render_cell(cell.value, values, dates)
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, DateCell):
        as_text = values == "FORMATTED_VALUE" or dates == "FORMATTED_STRING"
        return cell.text if as_text else plain_number(cell.serial)
    if values == "FORMATTED_VALUE":
        return str(cell).upper() if isinstance(cell, bool) else str(plain_number(cell))
    return cell if isinstance(cell, bool) else plain_number(cell)


def plain_number(value: float) -> int | float:
    """A number as Google writes it: a double, and 2, not 2.0."""
    value = float(value)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


def _hours_text(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02}:{rest % 60:02}"


_REFERENCE = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d{0,7})(?::\$?([A-Za-z]{0,3})\$?(\d{0,7}))?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?", re.DOTALL)
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RangeError(ValueError):
    """A range that the API refuses; `str()` is its message."""


@dataclass(frozen=True)
class GridRange:
    """A rectangle of a sheet; rows and columns from 1, inclusive."""

    sheet: EmulatedSheet
    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        start = f"{column_letters(self.first_column)}{self.first_row}"
        end = f"{column_letters(self.last_column)}{self.last_row}"
        return f"{quote_title(self.sheet.title)}!{start if start == end else f'{start}:{end}'}"


def quote_title(title: str) -> str:
    """A title as the API echoes it: in quotes unless it is a plain word that can't be taken for a cell."""
    if _PLAIN_TITLE.fullmatch(title) and not _LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def parse_range(text: str, spreadsheet: EmulatedSpreadsheet) -> GridRange:
    """The rectangle that `text` means in `spreadsheet`.

    Raises:
        RangeError: no such sheet, no such notation, or outside the grid.
    """
    title, reference = _split(text)
    sheet = _find_sheet(title, spreadsheet) if title is not None else spreadsheet.sheets[0]
    if sheet is None:
        raise RangeError(f"Unable to parse range: {text}")
    if reference is None:
        return GridRange(sheet, 1, 1, sheet.height, sheet.width)
    return _clamp(_corners(reference, text), sheet)


def parse_cell(text: str) -> tuple[int, int]:
    """Row and column of one cell, both from 1: "C14" → (14, 3).

    Raises:
        RangeError: `text` is no cell.
    """
    first_row, first_column, last_row, last_column = _corners(text, text)
    if (first_row, first_column) != (last_row, last_column) or not first_row or not first_column:
        raise RangeError(f"Unable to parse range: {text}")
    return first_row, first_column


def _split(text: str) -> tuple[str | None, str | None]:
    """Title and reference; either may be absent. An unquoted text that looks like a cell is one."""
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1].replace("''", "'"), quoted[2]
    title, mark, reference = text.rpartition("!")
    if mark and _REFERENCE.fullmatch(reference):
        return title, reference
    if _REFERENCE.fullmatch(text) and (_LIKE_CELL.fullmatch(text) or ":" in text):
        return None, text
    return text, None


def _find_sheet(title: str, spreadsheet: EmulatedSpreadsheet) -> EmulatedSheet | None:
    """Titles in ranges don't distinguish case, as in the editor, where two that differ in it can't exist."""
    folded = title.casefold()
    return next((sheet for sheet in spreadsheet.sheets if sheet.title.casefold() == folded), None)


def _corners(reference: str, text: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column; 0 where the reference leaves it open."""
    match = _REFERENCE.fullmatch(reference)
    if not match or not reference:
        raise RangeError(f"Unable to parse range: {text}")
    first_column, first_row, last_column, last_row = match.groups()
    if last_column is None:
        last_column, last_row = first_column, first_row
    return int(first_row or 0), _column_number(first_column), int(last_row or 0), _column_number(last_column)


def _clamp(corners: tuple[int, int, int, int], sheet: EmulatedSheet) -> GridRange:
    first_row, first_column, last_row, last_column = corners
    if first_row > sheet.height or first_column > sheet.width:
        limits = f"Max rows: {sheet.height}, max columns: {sheet.width}"
        raise RangeError(f"Range ({quote_title(sheet.title)}) exceeds grid limits. {limits}")
    return GridRange(
        sheet,
        first_row or 1,
        first_column or 1,
        min(last_row or sheet.height, sheet.height),
        min(last_column or sheet.width, sheet.width),
    )


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
