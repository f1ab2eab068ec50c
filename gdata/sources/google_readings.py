"""A sheet read twice, once with dates as text and once as numbers: where the two differ, a date is in the cell.

The two answers are of different instants. Where they differ in anything but dates, the sheet was edited between
them, or a formula such as RAND() gives another value each time.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from gdata.sources.google_body import Values
from gdata.sources.grid import CellValue, DateCell

_BLANK_ROW: list[Any] = []


def find_disagreements(texts: Values, serials: Values) -> frozenset[tuple[int, int]]:
    """The cells, from 0, in which the two readings differ in more than how a date is written."""
    return frozenset(
        (row, column)
        for row, (first, second) in enumerate(zip_longest(texts, serials, fillvalue=_BLANK_ROW))
        if first != second
        for column, (text, serial) in enumerate(zip_longest(first, second, fillvalue=""))
        if text != serial and not is_date(text, serial)
    )


def combine_readings(texts: Values, serials: Values) -> list[list[CellValue]]:
    """The sheet's cells: dates as `DateCell`s, everything else as the first reading has it."""
    return [
        first if first == second else _combine_rows(first, second)
        for first, second in zip_longest(texts, serials, fillvalue=_BLANK_ROW)
    ]


def is_date(text: Any, serial: Any) -> bool:
    """Whether the two readings of a cell are of a date; one whose format shows nothing reads as ""."""
    return isinstance(text, str) and isinstance(serial, (int, float)) and not isinstance(serial, bool)


def _combine_rows(first: list[Any], second: list[Any]) -> list[CellValue]:
    return [
        DateCell(float(serial), text) if is_date(text, serial) else text
        for text, serial in zip_longest(first, second, fillvalue="")
    ]
