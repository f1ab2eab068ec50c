"""Workbooks: .xlsx, .xlsm and .xlsb of Excel, .ods of LibreOffice, read by calamine.

calamine shows a failed formula, and one saved without its value, as a blank cell. A blank is something else,
so the file's own sheet is looked through for both (`xml`, `binary`, `ods`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from io import BytesIO
from typing import TYPE_CHECKING

from gdata.config import Spreadsheet
from gdata.errors import SourceError
from gdata.language import say, sentence
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.source import match_titles, read_file
from gdata.sources.workbook.archive import Archive, Area, Scan, Scanner, damage_named, damaged, open_archive
from gdata.sources.workbook.cells import SheetXml, read_book, typed_rows, xml_rows

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
    (content,) = map(bytes, pulled.files.values())
    name = pulled.location or pulled.spreadsheet
    archive = open_archive(content, name)
    scanner = _scanner(archive)
    opened = _Opened(content, archive)
    hidden = _hidden_by_title(opened, scanner)
    matched = match_titles(hidden, requests, pulled.spreadsheet)
    # The scans come first: they refuse a sheet whose cells would fill the memory, and mend what calamine refuses.
    plain = _plainly_read(opened, scanner, matched.wanted)
    wrong = _without_cells(archive, matched.missing)
    scans: dict[str, Scan] = {}
    for title in (one for one in matched.wanted if one not in plain):
        with _kept(wrong, title):
            scans[title] = scanner.scan(title)
    grids = []
    for title in (one for one in matched.wanted if one not in wrong):
        scan = scans.get(title, Scan([]))
        rows: Sequence[list[CellValue]] = []
        merges: tuple[Area, ...] = ()
        with _kept(wrong, title):
            rows, merges = (plain[title], ()) if title in plain else _read_sheet(opened, title, scan)
        if title in wrong:
            continue
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
    missing = [title for title in matched.missing if title not in wrong]
    return ReadSheets(grids, missing, wrong, titles=list(hidden))


@contextmanager
def _kept(wrong: dict[str, SourceError], title: str) -> Iterator[None]:
    """Keep why one sheet can't be read: the others are read all the same."""
    try:
        yield
    except SourceError as error:
        wrong[title] = error


def _without_cells(archive: Archive, titles: Sequence[str]) -> dict[str, SourceError]:
    """Those of the titles that are sheets of charts, macros or modules."""
    if archive.kind != "xml" or not titles:
        return {}
    from gdata.sources.workbook.xml import other_titles

    with damage_named(archive.name):
        found = other_titles(archive)
    return {
        title: SourceError(
            sentence("{place}, sheet {title}: is a chart, macro or module sheet", place=archive.name, title=title),
            hint=sentence("name a sheet of cells in sheets.yaml"),
        )
        for title in titles
        if title in found
    }


def _plainly_read(opened: _Opened, scanner: Scanner, titles: Iterable[str]) -> dict[str, Sequence[list[CellValue]]]:
    """The rows of those sheets that the core can read by itself."""
    found: dict[str, Sequence[list[CellValue]]] = {}
    with damage_named(opened.archive.name):
        book = read_book(opened.archive)
    for title in titles if book is not None else ():
        content = scanner.plain_content(title)
        if content is not None and book is not None:
            rows = xml_rows(SheetXml(content, book, partial(_read_anew, opened, scanner, title)))
            if rows is not None:
                found[title] = rows
    return found


def _read_anew(opened: _Opened, scanner: Scanner, title: str) -> list[list[CellValue]]:
    """What calamine makes of a sheet, once somebody asks for more than the core tells."""
    return _read_sheet(opened, title, scanner.scan(title))[0]


class _Opened:
    """The workbook as calamine has it, once somebody asks: where the core reads all sheets, nobody does."""

    def __init__(self, content: bytes, archive: Archive) -> None:
        self.content, self.archive = content, archive

    @cached_property
    def workbook(self) -> CalamineWorkbook:
        """With whatever was mended by then."""
        return _load(self.content, self.archive)


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


def _hidden_by_title(opened: _Opened, scanner: Scanner) -> dict[str, bool]:
    """Every sheet of cells, in the workbook's order, and whether it is hidden; charts and macros aren't sheets."""
    known = scanner.visible_sheets()
    if known is not None:
        return known
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    # Of its own: what is scanned afterwards may mend the workbook.
    workbook = _Opened(opened.content, opened.archive).workbook
    return {
        sheet.name: sheet.visible != SheetVisibleEnum.Visible
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    }


def _read_sheet(opened: _Opened, title: str, scan: Scan) -> tuple[list[list[CellValue]], tuple[Area, ...]]:
    with _calamine_named(f"{opened.archive.name}, sheet {title}"):
        return _read_with_calamine(opened.workbook, title, scan)


def _read_with_calamine(
    workbook: CalamineWorkbook, title: str, scan: Scan
) -> tuple[list[list[CellValue]], tuple[Area, ...]]:
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
