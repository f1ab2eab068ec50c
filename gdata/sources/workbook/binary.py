"""What calamine hides of the sheets of .xlsb: failed formulas, merged cells, dates, and cells of the short records.

The parts are records of an id, a size and bytes, as Microsoft's [MS-XLSB] describes them. A formula always has
a value there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from gdata.sources.grid import CellValue
from gdata.sources.workbook.archive import Archive, Area, Scan, Scanner, damage_named, refuse_too_many_cells
from gdata.sources.workbook.cells import date_cell_of, is_percent_format
from gdata.sources.workbook.xml import relation_targets, sheet_tables

_ROW_HEADER, _CELL_BLANK, _CELL_SHORT, _CELL_ERROR, _CELL_REAL = 0, 1, 2, 3, 5
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_ERROR = 8, 9, 11
_SHORT_BLANK, _RICH_TEXT, _SHARED_TEXT, _LIST_BEGIN, _CALCULATION = 12, 62, 19, 343, 157
# Of the next cell in the row, whose column isn't written: a number, an error, a truth, a double, a text, a shared text.
_SHORT_RK, _SHORT_ERROR, _SHORT_BOOL, _SHORT_REAL, _SHORT_TEXT, _SHORT_SHARED_TEXT = range(13, 19)
_NUMBERS = frozenset([_CELL_SHORT, _CELL_REAL, _FORMULA_NUMBER, _SHORT_RK, _SHORT_REAL])
_BOOK_PROPERTIES, _BUNDLE_SHEET, _MERGE_CELL = 153, 156, 176
_SHEET_DATA_BEGIN, _DIMENSIONS, _TEXTS_BEGIN = 145, 148, 159
_FORMAT, _CELL_STYLE, _CELL_STYLES_BEGIN, _CELL_STYLES_END = 44, 47, 617, 618
_PERCENT_FORMATS = frozenset((9, 10))
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
# Texts, escaped signs, and brackets, of which only elapsed hours, minutes and seconds stand for a date.
_NO_DATE = re.compile(r"""\"[^"]*\"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]""", re.IGNORECASE)
_DAYS_TO_1904 = 1462
_TEXTS = "xl/sharedStrings.bin"
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


class BinaryScanner(Scanner):
    """Looks through the sheets of one .xlsb."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def scan(self, title: str) -> Scan:
        """The failed formulas and merged ranges of the sheet `title`.

        Raises:
            SourceError: the sheet is damaged, or reaches so far that reading it would fill the memory.
        """
        place = f"{self._archive.name}, sheet {title}"
        hidden: list[tuple[int, int, CellValue]] = []
        merges = []
        formulas, percents = set(), set()
        row = column = last_row = last_column = 0
        with damage_named(place):
            member = self._parts[title]
            for kind, start, content in _records(self._archive.read(member)):
                if kind == _ROW_HEADER:
                    row, column = _number(content, start) + 1, 0
                elif 1 <= kind <= _SHORT_SHARED_TEXT or kind == _RICH_TEXT:
                    is_short = _SHORT_BLANK <= kind <= _SHORT_SHARED_TEXT
                    column = column + 1 if is_short else _number(content, start) + 1
                    if kind not in (_CELL_BLANK, _SHORT_BLANK):
                        last_row, last_column = max(row, last_row), max(column, last_column)
                    style = _number(content, start if is_short else start + 4) & 0xFFFFFF
                    if kind in _NUMBERS and style in self._percent_styles:
                        percents.add((row, column))
                    value = self._short_value(kind, start, content) if is_short else None
                    value = value if is_short else self._hidden_value(kind, start, content)
                    if value is not None:
                        hidden.append((row, column, value))
                    elif _FORMULA_TEXT <= kind <= _FORMULA_ERROR:
                        formulas.add((row, column))
                elif kind == _MERGE_CELL:
                    top, bottom, left, right = struct.unpack_from("<4I", content, start)
                    merges.append((top + 1, left + 1, bottom + 1, right + 1))
            totals = tuple(self._totals(member))
            uncomputed = frozenset(formulas if self._is_uncomputed else ())
            self._count_texts()
            self._give_dimensions(member, max(last_row, 1), max(last_column, 1))
        refuse_too_many_cells(last_row, last_column, place)
        return Scan(hidden, tuple(merges), totals, uncomputed, frozenset(percents))

    def _count_texts(self) -> None:
        """calamine reads as many texts as are said to differ; Spire.XLS says 0."""
        content = self._archive.read(_TEXTS, missing=b"")
        kind, start, _ = next(_records(content), (None, 0, b""))
        if kind == _TEXTS_BEGIN and not _number(content, start + 4) and self._shared_texts:
            size = struct.pack("<I", len(self._shared_texts))
            self._archive.mend(_TEXTS, content[: start + 4] + size + content[start + 8 :])

    def _give_dimensions(self, member: str, rows: int, columns: int) -> None:
        """calamine looks for the record of a sheet's size to the part's end; Spire.XLS, as it may, writes none."""
        content = self._archive.read(member)
        for kind, start, _ in _records(content):
            if kind == _DIMENSIONS:
                return
            if kind == _SHEET_DATA_BEGIN:
                # The id of either record takes two bytes, and its size one.
                size = struct.pack("<HB4I", 0x0194, 16, 0, rows - 1, 0, columns - 1)
                self._archive.mend(member, content[: start - 3] + size + content[start - 3 :])
                return

    def _short_value(self, kind: int, start: int, content: bytes) -> CellValue:
        """The value of a cell without a column, which calamine leaves out."""
        value = start + 4
        if kind == _SHORT_ERROR:
            return _ERRORS.get(content[value], "#ERROR!")
        if kind == _SHORT_BOOL:
            return bool(content[value])
        if kind == _SHORT_TEXT:
            return _string(content, value)[0]
        if kind == _SHORT_SHARED_TEXT:
            return self._shared_texts[_number(content, value)]
        if kind == _SHORT_BLANK:
            return None
        number = float(_short_number(_number(content, value)) if kind == _SHORT_RK else _real(content, value))
        if _number(content, start) & 0xFFFFFF in self._date_styles:
            return date_cell_of(number + self._days_to_epoch)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number

    def _hidden_value(self, kind: int, start: int, content: bytes) -> CellValue:
        if kind == _RICH_TEXT:
            return _string(content, start + 9)[0]
        if kind in (_CELL_ERROR, _FORMULA_ERROR):
            return _ERRORS.get(content[start + 8], "#ERROR!")
        if kind not in (_CELL_SHORT, _CELL_REAL, _FORMULA_NUMBER):
            return None
        if _number(content, start + 4) & 0xFFFFFF not in self._date_styles:
            return None
        value = _short_number(_number(content, start + 8)) if kind == _CELL_SHORT else _real(content, start + 8)
        # calamine takes whole numbers in the short form for no date, and negative ones for times of day.
        return date_cell_of(value + self._days_to_epoch) if kind == _CELL_SHORT or value < 0 else None

    @cached_property
    def _date_styles(self) -> frozenset[int]:
        """The numbers of the cell styles that show a number as a date, time or duration."""
        return self._styles(_DATE_FORMATS, _is_date_format)

    @cached_property
    def _percent_styles(self) -> frozenset[int]:
        """The numbers of the cell styles that show a number as percent."""
        return self._styles(_PERCENT_FORMATS, is_percent_format)

    def _styles(self, known: Iterable[int], is_wanted: Callable[[str], bool]) -> frozenset[int]:
        """The numbers of the cell styles with a format that is known, or whose code is wanted."""
        formats = set(known)
        styles: list[int] = []
        within = False
        for kind, start, content in _records(self._archive.read("xl/styles.bin", missing=b"")):
            if kind == _FORMAT and is_wanted(_string(content, start + 2)[0]):
                formats.add(int.from_bytes(content[start : start + 2], "little"))
            elif kind in (_CELL_STYLES_BEGIN, _CELL_STYLES_END):
                within = kind == _CELL_STYLES_BEGIN
            elif kind == _CELL_STYLE and within:
                styles.append(int.from_bytes(content[start + 2 : start + 4], "little"))
        return frozenset(number for number, its_format in enumerate(styles) if its_format in formats)

    def _totals(self, member: str) -> Iterator[Area]:
        """The rows of totals that the sheet's tables declare."""
        for part in sheet_tables(self._archive, member):
            for kind, start, content in _records(self._archive.read(part)):
                if kind == _LIST_BEGIN:
                    _, bottom, left, right = struct.unpack_from("<4I", content, start)
                    count = _number(content, start + 28)
                    if count:
                        yield bottom + 2 - count, left + 1, bottom + 1, right + 1

    @cached_property
    def _is_uncomputed(self) -> bool:
        """Whether formulas are to be computed when the workbook is opened."""
        book = _records(self._archive.read("xl/workbook.bin"))
        return any(content[start + 24] & 1 for kind, start, content in book if kind == _CALCULATION)

    @cached_property
    def _shared_texts(self) -> list[str]:
        texts = _records(self._archive.read(_TEXTS, missing=b""))
        return [_string(content, start + 1)[0] for kind, start, content in texts if kind == _SHARED_TEXT]

    @cached_property
    def _days_to_epoch(self) -> int:
        book = _records(self._archive.read("xl/workbook.bin"))
        from_1904 = any(content[start] & 1 for kind, start, content in book if kind == _BOOK_PROPERTIES)
        return _DAYS_TO_1904 if from_1904 else 0

    @cached_property
    def _parts(self) -> dict[str, str]:
        """The archive member of each sheet, by title."""
        targets = relation_targets(self._archive, "xl/_rels/workbook.bin.rels")
        found = {}
        for kind, start, content in _records(self._archive.read("xl/workbook.bin")):
            if kind == _BUNDLE_SHEET:
                relation, start = _string(content, start + 8)
                title, _ = _string(content, start)
                found[title] = targets.get(relation, "")
        return found


def _records(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each record's id and where its bytes start in `content`."""
    place = 0
    while place < len(content):
        kind, place = _variable_number(content, place, 2)
        size, place = _variable_number(content, place, 4)
        if place + size > len(content):
            raise ValueError("a record is cut off")
        yield kind, place, content
        place += size


def _variable_number(content: bytes, place: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place after it."""
    number = 0
    for count in range(most):
        byte = content[place + count]
        number |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            break
    return number, place + count + 1


def _number(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 4], "little")


def _real(content: bytes, place: int) -> float:
    (number,) = struct.unpack_from("<d", content, place)
    return float(number)


def _string(content: bytes, place: int) -> tuple[str, int]:
    """A text behind the count of its UTF-16 units, and the place after it; no text has the count 0xFFFFFFFF."""
    length = _number(content, place)
    if length == 0xFFFFFFFF:
        return "", place + 4
    end = place + 4 + 2 * length
    return content[place + 4 : end].decode("utf-16-le"), end


def _short_number(raw: int) -> float:
    """An RkNumber: 30 bits of a whole number or of a double's upper half, and whether it is in hundredths."""
    if raw & 2:
        value: float = (raw ^ 0x80000000) - 0x80000000 >> 2
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))
    return value / 100 if raw & 1 else value


def _is_date_format(code: str) -> bool:
    return re.search("[dmyhs]", _NO_DATE.sub("", code), re.IGNORECASE) is not None
