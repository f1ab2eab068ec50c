"""Workbooks: .xlsx, .xlsm and .xlsb of Excel, .ods of LibreOffice, read by calamine.

calamine shows a failed formula, and one saved without its value, as a blank cell. A blank is something else,
so the file's own sheet is looked through for both (`xml`, `binary`, `ods`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

from gdata.config import Spreadsheet
from gdata.errors import SourceError
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.local import read_file
from gdata.sources.titles import match_titles
from gdata.sources.workbook.archive import Archive, Scanner, damaged, open_archive
from gdata.sources.workbook.cells import FindNegative, typed_rows

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

Merge = tuple[int, int, int, int]


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
    from python_calamine import load_workbook

    (content,) = pulled.files.values()
    name = pulled.location or pulled.spreadsheet
    scanner = _scanner(open_archive(content, name))
    with _calamine_named(name):
        workbook = load_workbook(BytesIO(content))
    hidden = _hidden_by_title(workbook)
    matched = match_titles(hidden, requests, pulled.spreadsheet)
    grids = []
    for title in matched.wanted:
        # The scan comes first: it refuses a sheet whose cells would fill the memory.
        scan = scanner.scan(title)
        with _calamine_named(f"{name}, sheet {title}"):
            rows, merges = _read_sheet(workbook, title, scan.find_negative)
        for row, column, value in scan.hidden_cells:
            _put(rows, row, column, value)
        grids.append(
            Grid(
                spreadsheet=pulled.spreadsheet,
                sheet=title,
                rows=rows,
                kind="workbook",
                merges=merges + scan.merges,
                hidden=hidden[title],
            )
        )
    return ReadSheets(grids, list(matched.missing), list(hidden))


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
        yield
    except PasswordError as error:
        raise SourceError(f"{place}: is protected by a password", hint="save it without one") from error
    except Exception as error:
        raise damaged(place, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(place, error) from error


def _hidden_by_title(workbook: CalamineWorkbook) -> dict[str, bool]:
    """Every sheet of cells, in the workbook's order, and whether it is hidden; charts and macros aren't sheets."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return {
        sheet.name: sheet.visible != SheetVisibleEnum.Visible
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    }


def _read_sheet(
    workbook: CalamineWorkbook, title: str, find_negative: FindNegative
) -> tuple[list[list[CellValue]], tuple[Merge, ...]]:
    sheet = workbook.get_sheet_by_name(title)
    merges = sheet.merged_cell_ranges or []
    rows = typed_rows(sheet.to_python(skip_empty_area=False), find_negative)
    return rows, tuple((top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in merges)


def _put(rows: list[list[CellValue]], row: int, column: int, value: CellValue) -> None:
    """Put a cell at `row` and `column`, from 1, into rows that may not reach that far."""
    rows.extend([] for _ in range(row - len(rows)))
    cells = rows[row - 1]
    cells.extend("" for _ in range(column - len(cells)))
    cells[column - 1] = value
