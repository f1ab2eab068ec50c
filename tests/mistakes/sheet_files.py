"""The sample game's sheets as rows of values, read from a csv file or a workbook and written back.

Workbooks go through openpyxl, so a formula is saved without its value, as programs other than Excel save it.
"""

from __future__ import annotations

import csv
import functools
import io
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.cell_range import MultiCellRange

Value = Any
"""None, text, a number, a bool, a datetime, a time or a timedelta; a text that starts with = is a formula."""


@dataclass
class SheetFile:
    """One sheet; rows are as long as the longest, and places are A1 names."""

    path: Path
    title: str
    rows: list[list[Value]]
    merges: list[str] = field(default_factory=list)
    encoding: str = "utf-8"

    def set(self, place: str, value: Value) -> None:
        """Write a cell, beyond the last row and column too."""
        row, column = position(place)
        width = max(column + 1, *map(len, self.rows))
        self.rows.extend([None] * width for _ in range(row + 1 - len(self.rows)))
        for cells in self.rows:
            cells.extend([None] * (width - len(cells)))
        self.rows[row][column] = value


def position(place: str) -> tuple[int, int]:
    """Row and column of an A1 name, from 0."""
    letters = place.rstrip("0123456789")
    return int(place[len(letters) :]) - 1, column_index_from_string(letters) - 1


def read_sheet(folder: Path, name: str) -> SheetFile:
    """The sheet `name`, as "items/Item" of a workbook or "shop/ShopTab" of a folder."""
    spreadsheet, _, title = name.partition("/")
    path = folder / spreadsheet / f"{title}.csv"
    if path.exists():
        rows: list[list[Value]] = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
        return SheetFile(path, title, rows)
    path = folder / f"{spreadsheet}.xlsx"
    sheet = _loaded(path.read_bytes())[title]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    return SheetFile(path, title, rows, [str(one) for one in sheet.merged_cells.ranges])


def write_sheet(sheet: SheetFile, *, title: str | None = None, copy: bool = False) -> None:
    """Write the sheet in place of what is there; `title` renames it, or with `copy` is a second sheet."""
    if sheet.path.suffix == ".csv":
        _write_csv(sheet, title, copy)
    else:
        _write_workbook(sheet, title, copy)


def remove_sheet(sheet: SheetFile) -> None:
    """Delete the sheet."""
    if sheet.path.suffix == ".csv":
        sheet.path.unlink()
    else:
        book = openpyxl.load_workbook(sheet.path)
        del book[sheet.title]
        book.save(sheet.path)


def _write_csv(sheet: SheetFile, title: str | None, copy: bool) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([map(_csv_text, row) for row in sheet.rows])
    path = sheet.path.with_stem(title) if title else sheet.path
    if title and not copy:
        sheet.path.unlink()
    path.write_bytes(text.getvalue().encode(sheet.encoding))


def _csv_text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).upper() if isinstance(value, bool) else str(value)


@functools.lru_cache(maxsize=16)
def _loaded(content: bytes) -> openpyxl.Workbook:
    """The same for all mistakes that begin with these bytes: who changes it puts it back."""
    return openpyxl.load_workbook(io.BytesIO(content))


def _write_workbook(sheet: SheetFile, title: str | None, copy: bool) -> None:
    book = _loaded(sheet.path.read_bytes())
    before = book[sheet.title]
    page = book.copy_worksheet(before) if copy else before
    kept = page.title, page._cells, page.merged_cells
    if title:
        page.title = title
    page._cells, page.merged_cells = {}, MultiCellRange()
    for number, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row, start=1):
            if value is not None and value != "":
                cell = page.cell(number, column, value)
                if isinstance(value, (datetime, time, timedelta, Percent)):
                    cell.number_format = _format_of(value)
    for area in sheet.merges:
        page.merge_cells(area)
    book.save(sheet.path)
    page.title, page._cells, page.merged_cells = kept
    if copy:
        book.remove(page)


class Percent(float):
    """A number that a workbook shows as percent."""


def _format_of(value: datetime | time | timedelta | Percent) -> str:
    if isinstance(value, Percent):
        return "0%"
    if isinstance(value, datetime):
        return "yyyy-mm-dd hh:mm"
    return "h:mm" if isinstance(value, time) else "[h]:mm"
