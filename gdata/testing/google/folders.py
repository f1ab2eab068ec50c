"""Workbooks and folders of .csv files as the emulator's spreadsheets.

A workbook's cells keep their types. A csv file's text becomes what Google's import makes of plain cases: `1001` a
number, `TRUE` a boolean, `2026-12-01 18:00:00` a date. Google would also turn `007` into 7, `1.50` into 1.5 and `true`
into TRUE; here such text stays text, so that the same bundle comes from the file and from the emulator.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from gdata.config import SheetEntry, Spreadsheet
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.grid import CellValue, DateCell, Grid, SheetRequest
from gdata.testing.google.sheets import GOOGLE_EPOCH, EmulatedSheet, EmulatedSpreadsheet, plain_number

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".ods"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")
_PLAIN_TEXT = ("@since", "@until")
"""Headers of columns that planners format as plain text: the version 1.10 is no number."""
_ID_LENGTH = 44


def import_folder(folder: Path, time_zone: str = "Etc/GMT") -> list[EmulatedSpreadsheet]:
    """Every workbook below `folder`, and every folder there that holds .csv files, as a spreadsheet each.

    Raises:
        SourceError: one of them can't be read.
    """
    found = sorted(find_spreadsheets(folder))
    return [import_spreadsheet(path, spreadsheet_id(path, folder), time_zone) for path in found]


def import_spreadsheet(path: Path, id: str, time_zone: str = "Etc/GMT") -> EmulatedSpreadsheet:
    """One workbook, or one folder of .csv files, with all its sheets.

    Raises:
        SourceError: it can't be read.
    """
    whole = Spreadsheet(path.stem, (SheetEntry("*", ()),), path=path, location=path.name)
    read = read_sheets(pull_local(whole), [SheetRequest("*", is_glob=True, needs_merges=True)]).require_all()
    by_title = {grid.sheet: grid for grid in read.grids}
    titles = [title for title in read.titles if title in by_title] or list(by_title)
    sheets = [_import_sheet(by_title[title], number) for number, title in enumerate(titles)]
    return EmulatedSpreadsheet(id, path.stem, sheets, time_zone=time_zone)


def spreadsheet_id(path: Path, folder: Path) -> str:
    """An id as long as Google's, the same on every machine: it starts with the name, where that is plain ASCII."""
    place = path.relative_to(folder).as_posix()
    name = re.sub(r"[^A-Za-z0-9_]+", "-", path.stem).strip("-")[:20]
    digest = base64.urlsafe_b64encode(sha256(place.encode()).digest()).decode().rstrip("=")
    return f"{name}-{digest}"[:_ID_LENGTH].ljust(_ID_LENGTH, "0")


def import_text(text: str) -> CellValue:
    """What a cell of a csv file becomes."""
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if _NUMBER.fullmatch(text):
        number = plain_number(float(text))
        return number if str(number) == text else text
    if _DATE.fullmatch(text):
        return _import_date(text)
    return text


def _import_date(text: str) -> CellValue:
    try:
        days = (datetime.fromisoformat(text) - GOOGLE_EPOCH).total_seconds() / 86400
    except ValueError:
        return text
    return DateCell(days, text)


def import_rows(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    """What the cells of a csv file become; under @since and @until they stay text."""
    plain = {column for row in rows for column, cell in enumerate(row) if cell in _PLAIN_TEXT}
    return [
        [
            import_text(cell) if isinstance(cell, str) and column not in plain else cell
            for column, cell in enumerate(row)
        ]
        for row in rows
    ]


def _import_sheet(grid: Grid, number: int) -> EmulatedSheet:
    rows = grid.rows
    if grid.kind == "csv":
        rows = import_rows(rows)
    gid = zlib.crc32(grid.sheet.encode()) & 0x7FFFFFFF if number else 0
    merges = [(first, left, last, right) for first, left, last, right in grid.merges]
    return EmulatedSheet(grid.sheet, [list(row) for row in rows], gid, grid.hidden, merges)


def find_spreadsheets(folder: Path) -> Iterator[Path]:
    """Every folder that holds .csv files, and every workbook, at and below `folder`."""
    if any(path.suffix.lower() == ".csv" for path in folder.iterdir()):
        yield folder
    for path in folder.iterdir():
        if path.is_dir():
            yield from find_spreadsheets(path)
        elif path.suffix.lower() in WORKBOOKS and not path.name.startswith("~$"):
            yield path
