"""The rows of a sheet of .xlsx as its XML, which the core reads by itself where it is plainly written.

Only a sheet in which there is nothing else comes here: no failed formula, no merged cell, no percent, no date, no text
with `_x000D_`. As soon as somebody asks for more than some single rows (a block has a problem), calamine reads the
whole sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.etree import ElementTree

from gdata._core import core
from gdata.sources import blockrows
from gdata.sources.blockrows import BlockRows, PlacedBlock, cut_places
from gdata.sources.grid import CellValue
from gdata.sources.workbook.archive import MAX_CELLS, Archive

# Of Excel's own formats: General, numbers, thousands, thousands of dollars, exponents, fractions, text.
_PLAIN_FORMATS = frozenset([*range(5), 11, 12, 13, *range(37, 41), 48, 49])
# Texts, escaped signs and colors, in which letters are only letters.
_NO_CODE = re.compile(r"""\"[^"]*"|\\.|_.|\*.|\[(?:Red|Blue|Green|Black|White|Cyan|Magenta|Yellow|Color\d+)\]""", re.I)
_MAY_BE_DATE = re.compile(r"[ymdhsegb%@\[]", re.IGNORECASE)
_EXACT = 2**53
_BLOCK_FACTOR = 4
"""XML has as many times the bytes of csv."""

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
    cut = cut_places(starts, _BLOCK_FACTOR * blockrows.BLOCK_BYTES)
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
