"""What calamine hides of the sheets of .xlsb: failed formulas and merged cells.

The parts are records of an id, a size and bytes, as Microsoft's [MS-XLSB] describes them. A formula always has
a value there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property

from gdata.sources.grid import CellValue
from gdata.sources.workbook_archive import Archive, Scan, damage_named, refuse_too_many_cells
from gdata.sources.workbook_xml import relation_targets

_ROW_HEADER, _CELL_ERROR, _FORMULA_ERROR, _LAST_CELL = 0, 3, 11, 11
_BUNDLE_SHEET, _MERGE_CELL = 156, 176
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
        errors: list[tuple[int, int, CellValue]] = []
        merges = []
        row = last_row = last_column = 0
        with damage_named(place):
            for kind, start, content in _records(self._archive.read(self._parts[title])):
                if kind == _ROW_HEADER:
                    row = _number(content, start) + 1
                elif 1 < kind <= _LAST_CELL:
                    column = _number(content, start) + 1
                    last_row, last_column = max(row, last_row), max(column, last_column)
                    if kind in (_CELL_ERROR, _FORMULA_ERROR):
                        errors.append((row, column, _ERRORS.get(content[start + 8], "#ERROR!")))
                elif kind == _MERGE_CELL:
                    top, bottom, left, right = struct.unpack_from("<4I", content, start)
                    merges.append((top + 1, left + 1, bottom + 1, right + 1))
        refuse_too_many_cells(last_row, last_column, place)
        return Scan(errors, tuple(merges))

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
