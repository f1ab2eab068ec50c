"""A workbook's cells as grids hold them: whole numbers as int, dates, times and durations as DateCell.

They are calamine's, or of .xlsx the XML itself, which the core reads where a sheet is plainly written: no failed
formula, no merged cell, no percent, no date, no text with `_x000D_`. As soon as somebody asks for more of such a sheet
than some single rows (a block has a problem), calamine reads the whole of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from math import isfinite
from typing import Any
from xml.etree import ElementTree

from gdata._core import core
from gdata.sources import grid
from gdata.sources.grid import SERIAL_EPOCH, BlockRows, CellValue, DateCell, PlacedBlock, cut_places
from gdata.sources.workbook.archive import MAX_CELLS, Archive, FindNegative

_DAY = timedelta(days=1)
# Excel's serial 60 is 1900-02-29, a day that never was; before it, its serials count from a day later.
_LEAP, _LEAP_SERIAL = datetime(1900, 3, 1), 60
_EXACT = 2**53
_LAST_SERIAL = 2_958_466
"""Of 9999-12-31, and one more."""

# Texts and escaped signs, in which a % is only a sign.
_NO_FORMAT = re.compile(r"""\"[^"]*"|\\.|_.""")

# Of Excel's own formats: General, numbers, thousands, thousands of dollars, exponents, fractions, text.
_PLAIN_FORMATS = frozenset([*range(5), 11, 12, 13, *range(37, 41), 48, 49])
# Texts, escaped signs and colors, in which letters are only letters.
_NO_CODE = re.compile(r"""\"[^"]*"|\\.|_.|\*.|\[(?:Red|Blue|Green|Black|White|Cyan|Magenta|Yellow|Color\d+)\]""", re.I)
_MAY_BE_DATE = re.compile(r"[ymdhsegb%@\[]", re.IGNORECASE)
_BLOCK_FACTOR = 4
"""XML has as many times the bytes of csv."""


def typed_rows(rows: list[list[Any]], find_negative: FindNegative) -> list[list[CellValue]]:
    """The rows that calamine gives, as grids hold them; `find_negative` gives the numbers below zero by place.

    All rows are of one length. By columns, so that those without dates and numbers aren't looked through: a
    third of the time that going cell by cell takes; calamine itself takes ten times as long.
    """
    columns: list[Sequence[Any]] = []
    has_dates = False
    column: Sequence[Any]
    for column in zip(*rows, strict=True):
        types = set(map(type, column))
        if not types.isdisjoint(_DATE_CELLS):
            column = [_DATE_CELLS[type(cell)](cell) if type(cell) in _DATE_CELLS else cell for cell in column]
            has_dates = True
        columns.append(_with_whole_numbers(column) if float in types else column)
    typed = list(map(list, zip(*columns, strict=True)))
    if has_dates:
        _restore_negative_dates(typed, find_negative)
    return typed


def _with_whole_numbers(column: Sequence[Any]) -> list[Any]:
    """A column with its whole numbers as int."""
    # Most are texts of a header, then numbers alone.
    first = next(index for index, cell in enumerate(column) if type(cell) is float)
    numbers = column[first:]
    whole = _whole_numbers(numbers) if set(map(type, numbers)) == {float} else None
    if whole is not None:
        return [*column[:first], *whole]
    return [
        int(cell) if type(cell) is float and cell.is_integer() and -_EXACT < cell < _EXACT else cell for cell in column
    ]


def _whole_numbers(column: Sequence[float]) -> list[int] | None:
    """A column of whole numbers as int; None where one isn't whole, or too large to be sure of."""
    if not all(map(isfinite, column)) or max(column) >= _EXACT or min(column) <= -_EXACT:
        return None
    whole = list(map(int, column))
    return whole if whole == list(column) else None


def is_percent_format(code: str) -> bool:
    """Whether a number format shows a hundred times the number, and a %."""
    return "%" in _NO_FORMAT.sub("", code)


def date_cell_of(serial: float) -> DateCell:
    """The cell of a number, in days as Excel counts them, whose format is a date's."""
    if not 0 <= serial < _LAST_SERIAL:
        return DateCell(serial, f"{serial:g}")
    shown = SERIAL_EPOCH + serial * _DAY
    if 1 <= serial < _LEAP_SERIAL:
        shown += _DAY
    if serial == int(serial) and serial >= 1:
        return DateCell(serial, shown.date().isoformat())
    shown = shown.replace(microsecond=0) + timedelta(milliseconds=round(shown.microsecond / 1000))
    text = shown.isoformat(" ", "milliseconds" if shown.microsecond else "seconds")
    return DateCell(serial, text if serial >= 1 else text.partition(" ")[2])


_ISO_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def iso_date_cell(text: str) -> DateCell | None:
    """The cell of a date, time or duration in ISO 8601's words; None where it is none.

    A spreadsheet's cells have no time zone: one that is named (SheetJS writes a Z) is what the writing program
    thinks in, and the cell shows the clock's time all the same.
    """
    found = _ISO_DURATION.fullmatch(text)
    if found is not None and text[-1] != "P":
        days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return _duration_cell(-length if found[1] else length)
    with suppress(ValueError):
        value = datetime.fromisoformat(text).replace(tzinfo=None)
        return _date_cell(value.date()) if value.time() == time() else _date_time_cell(value)
    with suppress(ValueError):
        return _time_cell(time.fromisoformat(text).replace(tzinfo=None))
    return None


def early_date_cell(text: str) -> DateCell:
    """The cell of a date before March 1900 in ISO 8601's words, as LibreOffice counts: 1899-12-31 is a day.

    A length of time in a cell whose format is a date's is such a date.
    """
    value = datetime.fromisoformat(text)
    serial = (value - SERIAL_EPOCH) / _DAY
    cell = _time_cell(value.time()) if 0 <= serial < 1 else iso_date_cell(text)
    assert cell is not None
    return DateCell(serial, cell.text)


def _restore_negative_dates(rows: list[list[CellValue]], find_negative: FindNegative) -> None:
    """Put back the negative numbers that calamine shows as a time of day where their format is a date's.

    Excel shows them as `####`.
    """
    suspects = [
        (row, column)
        for row, cells in enumerate(rows, 1)
        for column, cell in enumerate(cells, 1)
        if type(cell) is DateCell and 0 <= cell.serial < 1
    ]
    negative = find_negative() if suspects else {}
    for row, column in suspects:
        if (row, column) in negative:
            rows[row - 1][column - 1] = date_cell_of(negative[row, column])


def _date_time_cell(value: datetime) -> DateCell:
    epoch = SERIAL_EPOCH if value >= _LEAP else SERIAL_EPOCH + _DAY
    return DateCell((value - epoch) / _DAY, value.isoformat(" ", "milliseconds" if value.microsecond else "seconds"))


def _date_cell(value: date) -> DateCell:
    return DateCell(_date_time_cell(datetime.combine(value, time())).serial, value.isoformat())


def _time_cell(value: time) -> DateCell:
    since_midnight = datetime.combine(SERIAL_EPOCH, value) - SERIAL_EPOCH
    return DateCell(since_midnight / _DAY, value.isoformat("milliseconds" if value.microsecond else "seconds"))


def _duration_cell(value: timedelta) -> DateCell:
    seconds = abs(value).total_seconds()
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    sign = "-" if value < timedelta() else ""
    shown = f"{rest:06.3f}" if rest % 1 else f"{int(rest):02}"
    return DateCell(value / _DAY, f"{sign}{hours}:{minutes:02}:{shown}")


_DATE_CELLS: dict[type, Callable[[Any], DateCell]] = {
    datetime: _date_time_cell,
    date: _date_cell,
    time: _time_cell,
    timedelta: _duration_cell,
}


Book = tuple[bytes, bytes, bytes]
"""Shared texts, where each ends, and for each style whether it shows a number as what it is."""


@dataclass(frozen=True)
class SheetXml:
    """A sheet's XML, and the rows that calamine makes of it."""

    content: bytes
    book: Book
    read: Callable[[], list[list[CellValue]]]

    @cached_property
    def rows(self) -> list[list[CellValue]]:
        """All rows, as calamine sees them.

        Raises:
            SourceError: it can't read the sheet.
        """
        return self.read()


class XmlBlock(PlacedBlock):
    """Some consecutive rows of a sheet."""

    def __init__(self, sheet: SheetXml, width: int, first: int, places: memoryview[int]) -> None:
        """`width` is how many columns the sheet has, `first` the number of the first row, from 0."""
        super().__init__(places)
        self._sheet, self._width, self._first = sheet, width, first

    @cached_property
    def _rows(self) -> list[list[CellValue]]:
        rows = self._sheet.rows[self._first : self._first + len(self)]
        return rows + [[] for _ in range(len(self) - len(rows))]

    def _row_alone(self, number: int) -> list[CellValue] | None:
        native = core()
        if "rows" in vars(self._sheet) or native is None:
            return None
        start, end = self._places[number], self._places[number + 1]
        cells = native.xml_cells(self._sheet.content, start, end, self._sheet.book)
        return [*map(_cell_of, cells), *[""] * (self._width - len(cells))] if cells is not None else None

    def after(self, row: int) -> XmlBlock:
        """The rows from `row` on."""
        return XmlBlock(self._sheet, self._width, self._first + row, self._places[row:]) if row else self

    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""
        return encoder.xml(self._sheet.content, self._places[0], self._places[-1], self._sheet.book)


def xml_rows(sheet: SheetXml) -> Sequence[list[Any]] | None:
    """The rows of a sheet; None where its XML is written in another way than the core knows."""
    native = core()
    found = native.xml_rows(sheet.content, sheet.book) if native is not None else None
    if found is None:
        return None
    places, width = found
    starts = memoryview(places).cast("Q")
    if len(starts) * width > MAX_CELLS:
        return None  # It is refused by who knows its words.
    cut = cut_places(starts, _BLOCK_FACTOR * grid.BLOCK_BYTES)
    return BlockRows([XmlBlock(sheet, width, first, own) for first, own in cut])


def read_book(archive: Archive) -> Book | None:
    """What the cells of a workbook refer to; None where it is written in another way than the core knows."""
    native = core()
    if native is None or archive.kind != "xml":
        return None
    content = archive.read("xl/sharedStrings.xml", missing=b"<sst/>")
    texts = native.xml_strings(content)
    return (*texts, _plain_styles(archive)) if texts is not None else None


def _plain_styles(archive: Archive) -> bytes:
    content = archive.read("xl/styles.xml", missing=b"")
    if not content:
        return b""
    root = ElementTree.fromstring(content)
    codes = {one.get("numFmtId", ""): one.get("formatCode", "") for one in root.iter() if one.tag.endswith("}numFmt")}
    styles = (style for one in root if one.tag.endswith("}cellXfs") for style in one)
    return bytes(_is_plain(style.get("numFmtId", "0"), codes) for style in styles)


def _is_plain(number: str, codes: dict[str, str]) -> bool:
    """Whether a number format shows a number as what it is, and no date, share or the like."""
    if number in codes:
        code = codes[number]
        return code == "General" or not _MAY_BE_DATE.search(_NO_CODE.sub("", code))
    return number.isascii() and number.isdigit() and int(number) in _PLAIN_FORMATS


def _cell_of(cell: bytes) -> CellValue:
    """A cell as `typed_rows` would have it."""
    kind, content = cell[:1], cell[1:]
    if kind == b"s":
        return content.decode()
    if kind == b"n":
        number = float(content)
        return int(number) if number.is_integer() and -_EXACT < number < _EXACT else number
    return "" if not kind else kind == b"t"
