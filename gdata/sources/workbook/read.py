"""Workbooks: .xlsx, .xlsm and .xlsb of Excel, .ods of LibreOffice, read by calamine.

calamine shows a failed formula, and one saved without its value, as a blank cell. A blank is something else,
so the file's own sheet is looked through for both (`xml`, `binary`, `ods`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from gdata.config import Spreadsheet
from gdata.errors import SourceError
from gdata.language import say, sentence
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.local import read_file
from gdata.sources.titles import match_titles
from gdata.sources.workbook.archive import Archive, Area, Scan, Scanner, damaged, open_archive
from gdata.sources.workbook.cells import typed_rows

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook


def pull_workbook(spreadsheet: Spreadsheet) -> Pulled:
    """Read the bytes of a workbook.

    Raises:
        SourceError: the file can't be read, or is plainly no workbook.
    """
    path = spreadsheet.path
    assert path is not None, "only spreadsheets with a path are workbooks"
    name = spreadsheet.location or path.name
    content = read_file(path, name)
    open_archive(content, name)
    return Pulled(spreadsheet.name, "workbook", {path.name: content}, datetime.now(UTC), location=name)


def read_workbook(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """Turn a pulled workbook into the grids of the sheets asked for, in the order of `requests`.

    Raises:
        SourceError: the workbook is damaged, protected by a password, or too large.
        ConfigError: two globs take the same sheet.
    """
    (content,) = pulled.files.values()
    name = pulled.location or pulled.spreadsheet
    archive = open_archive(content, name)
    scanner = _scanner(archive)
    workbook = _load(content, archive)
    hidden = _hidden_by_title(workbook)
    matched = match_titles(hidden, requests, pulled.spreadsheet)
    # The scan comes first: it refuses a sheet whose cells would fill the memory, and mends what calamine refuses.
    scans = {title: scanner.scan(title) for title in matched.wanted}
    workbook = _load(content, archive) if archive.is_mended else workbook
    grids = []
    for title, scan in scans.items():
        with _calamine_named(f"{name}, sheet {title}"):
            rows, merges = _read_sheet(workbook, title, scan)
        grids.append(
            Grid(
                spreadsheet=pulled.spreadsheet,
                sheet=title,
                rows=rows,
                kind="workbook",
                merges=merges,
                hidden=hidden[title],
                uncomputed=scan.uncomputed,
                percents=scan.percents,
            )
        )
    return ReadSheets(grids, list(matched.missing), titles=list(hidden))


def _load(content: bytes, archive: Archive) -> CalamineWorkbook:
    from python_calamine import load_workbook

    with _calamine_named(archive.name):
        return load_workbook(BytesIO(archive.to_bytes() if archive.is_mended else content))


def _scanner(archive: Archive) -> Scanner:
    from gdata.sources.workbook.binary import BinaryScanner
    from gdata.sources.workbook.ods import OdsScanner
    from gdata.sources.workbook.xml import XmlScanner

    scanners: dict[str, Callable[[Archive], Scanner]] = {"xml": XmlScanner, "binary": BinaryScanner, "ods": OdsScanner}
    return scanners[archive.kind](archive)


@contextmanager
def _calamine_named(place: str) -> Iterator[None]:
    """Turn calamine's errors, and the panics that pyo3 makes BaseExceptions of, into a SourceError about `place`."""
    from python_calamine import PasswordError

    try:
        with _without_panics():
            yield
    except PasswordError as error:
        raise SourceError(
            sentence("{place}: is protected by a password", place=place), hint=sentence("save it without one")
        ) from error
    except Exception as error:
        raise damaged(place, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(place, ValueError(say("its parts don't fit together"))) from error


@contextmanager
def _without_panics() -> Iterator[None]:
    """Keep what Rust prints of a panic off the terminal; what others wrote there meanwhile comes after."""
    try:
        terminal = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            caught.seek(0)
            written = caught.read()
            if written and b"panicked at" not in written:
                os.write(2, written)


def _hidden_by_title(workbook: CalamineWorkbook) -> dict[str, bool]:
    """Every sheet of cells, in the workbook's order, and whether it is hidden; charts and macros aren't sheets."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return {
        sheet.name: sheet.visible != SheetVisibleEnum.Visible
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    }


def _read_sheet(workbook: CalamineWorkbook, title: str, scan: Scan) -> tuple[list[list[CellValue]], tuple[Area, ...]]:
    sheet = workbook.get_sheet_by_name(title)
    known = sheet.merged_cell_ranges or []
    merges = *((top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in known), *scan.merges
    rows = typed_rows(sheet.to_python(skip_empty_area=False), scan.find_negative)
    for row, column, value in scan.hidden_cells:
        _put(rows, row, column, value)
    for area in merges:
        top, left, *_ = area
        shown = rows[top - 1][left - 1] if top <= len(rows) and left <= len(rows[top - 1]) else ""
        _clear(rows, area)
        if shown != "":
            _put(rows, top, left, shown)
    for area in scan.totals:
        _clear(rows, area)
    return rows, merges


def _clear(rows: list[list[CellValue]], area: Area) -> None:
    """Make all cells of an area blank."""
    top, left, bottom, right = area
    for cells in rows[top - 1 : bottom]:
        for column in range(left - 1, min(right, len(cells))):
            cells[column] = ""


def _put(rows: list[list[CellValue]], row: int, column: int, value: CellValue) -> None:
    """Put a cell at `row` and `column`, from 1, into rows that may not reach that far."""
    rows.extend([] for _ in range(row - len(rows)))
    cells = rows[row - 1]
    cells.extend("" for _ in range(column - len(cells)))
    cells[column - 1] = value
