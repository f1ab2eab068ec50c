"""What calamine hides of the sheets of .xlsb: failed formulas, merged cells, and that a whole number is a date.

The parts are records of an id, a size and bytes, as Microsoft's [MS-XLSB] describes them. A formula always has
a value there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import cached_property

from gdata.sources.grid import CellValue
from gdata.sources.workbook.archive import Archive, Scan, damage_named, refuse_too_many_cells
from gdata.sources.workbook.cells import date_cell_of
from gdata.sources.workbook.xml import relation_targets

_ROW_HEADER, _CELL_SHORT, _CELL_ERROR, _CELL_REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_BOOK_PROPERTIES, _BUNDLE_SHEET, _MERGE_CELL = 153, 156, 176
_FORMAT, _CELL_STYLE, _CELL_STYLES_BEGIN, _CELL_STYLES_END = 44, 47, 617, 618
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
# Texts, escaped signs, and brackets, of which only elapsed hours, minutes and seconds stand for a date.
_NO_DATE = re.compile(r"""\"[^"]*\"|\\.|_.|\[(?!h+\]|m+\]|s+\])[^\]]*\]""", re.IGNORECASE)
_DAYS_TO_1904 = 1462
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


class BinaryScanner:
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
        row = last_row = last_column = 0
        with damage_named(place):
            for kind, start, content in _records(self._archive.read(self._parts[title])):
                if kind == _ROW_HEADER:
                    row = _number(content, start) + 1
                elif 1 < kind <= _FORMULA_ERROR:
                    column = _number(content, start) + 1
                    last_row, last_column = max(row, last_row), max(column, last_column)
                    value = self._hidden_value(kind, start, content)
                    if value is not None:
                        hidden.append((row, column, value))
                elif kind == _MERGE_CELL:
                    top, bottom, left, right = struct.unpack_from("<4I", content, start)
                    merges.append((top + 1, left + 1, bottom + 1, right + 1))
        refuse_too_many_cells(last_row, last_column, place)
        return Scan(hidden, tuple(merges))

    def _hidden_value(self, kind: int, start: int, content: bytes) -> CellValue:
        if kind in (_CELL_ERROR, _FORMULA_ERROR):
            return _ERRORS.get(content[start + 8], "#ERROR!")
        if kind not in (_CELL_SHORT, _CELL_REAL, _FORMULA_NUMBER):
            return None
        if _number(content, start + 4) & 0xFFFFFF not in self._date_styles:
            return None
        if kind == _CELL_SHORT:
            value = _short_number(_number(content, start + 8))
        else:
            (value,) = struct.unpack_from("<d", content, start + 8)
        # calamine takes whole numbers in the short form for no date, and negative ones for times of day.
        return date_cell_of(value + self._days_to_epoch) if kind == _CELL_SHORT or value < 0 else None

    @cached_property
    def _date_styles(self) -> frozenset[int]:
        """The numbers of the cell styles that show a number as a date, time or duration."""
        date_formats = set(_DATE_FORMATS)
        styles: list[int] = []
        within = False
        for kind, start, content in _records(self._archive.read("xl/styles.bin", missing=b"")):
            if kind == _FORMAT and _is_date_format(_string(content, start + 2)[0]):
                date_formats.add(int.from_bytes(content[start : start + 2], "little"))
            elif kind in (_CELL_STYLES_BEGIN, _CELL_STYLES_END):
                within = kind == _CELL_STYLES_BEGIN
            elif kind == _CELL_STYLE and within:
                styles.append(int.from_bytes(content[start + 2 : start + 4], "little"))
        return frozenset(number for number, its_format in enumerate(styles) if its_format in date_formats)

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
