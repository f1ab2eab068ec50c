"""Ranges in A1 notation, as the Sheets API reads them and as it echoes them.

Recorded: a whole sheet may be asked by its quoted title; open ranges are clamped to the grid (`A:A` → `A1:A1000`);
the echo quotes a title only where it must, and a title that looks like a cell ('D3') is such a case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gdata.problems import column_letters
from gdata.testing.google_sheets import EmulatedSheet, EmulatedSpreadsheet

_REFERENCE = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d{0,7})(?::\$?([A-Za-z]{0,3})\$?(\d{0,7}))?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'(?:!(.*))?", re.DOTALL)
_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RangeError(ValueError):
    """A range that the API refuses; `str()` is its message."""


@dataclass(frozen=True)
class GridRange:
    """A rectangle of a sheet; rows and columns from 1, inclusive."""

    sheet: EmulatedSheet
    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        start = f"{column_letters(self.first_column)}{self.first_row}"
        end = f"{column_letters(self.last_column)}{self.last_row}"
        return f"{quote_title(self.sheet.title)}!{start if start == end else f'{start}:{end}'}"


def quote_title(title: str) -> str:
    """A title as the API echoes it: in quotes unless it is a plain word that can't be taken for a cell."""
    if _PLAIN_TITLE.fullmatch(title) and not _LIKE_CELL.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def parse_range(text: str, spreadsheet: EmulatedSpreadsheet) -> GridRange:
    """The rectangle that `text` means in `spreadsheet`.

    Raises:
        RangeError: no such sheet, no such notation, or outside the grid.
    """
    title, reference = _split(text)
    sheet = _find_sheet(title, spreadsheet) if title is not None else spreadsheet.sheets[0]
    if sheet is None:
        raise RangeError(f"Unable to parse range: {text}")
    if reference is None:
        return GridRange(sheet, 1, 1, sheet.height, sheet.width)
    return _clamp(_corners(reference, text), sheet)


def parse_cell(text: str) -> tuple[int, int]:
    """Row and column of one cell, both from 1: "C14" → (14, 3).

    Raises:
        RangeError: `text` is no cell.
    """
    first_row, first_column, last_row, last_column = _corners(text, text)
    if (first_row, first_column) != (last_row, last_column) or not first_row or not first_column:
        raise RangeError(f"Unable to parse range: {text}")
    return first_row, first_column


def _split(text: str) -> tuple[str | None, str | None]:
    """Title and reference; either may be absent. An unquoted text that looks like a cell is one."""
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1].replace("''", "'"), quoted[2]
    title, mark, reference = text.rpartition("!")
    if mark and _REFERENCE.fullmatch(reference):
        return title, reference
    if _REFERENCE.fullmatch(text) and (_LIKE_CELL.fullmatch(text) or ":" in text):
        return None, text
    return text, None


def _find_sheet(title: str, spreadsheet: EmulatedSpreadsheet) -> EmulatedSheet | None:
    """Titles in ranges don't distinguish case, as in the editor, where two that differ in it can't exist."""
    folded = title.casefold()
    return next((sheet for sheet in spreadsheet.sheets if sheet.title.casefold() == folded), None)


def _corners(reference: str, text: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column; 0 where the reference leaves it open."""
    match = _REFERENCE.fullmatch(reference)
    if not match or not reference:
        raise RangeError(f"Unable to parse range: {text}")
    first_column, first_row, last_column, last_row = match.groups()
    if last_column is None:
        last_column, last_row = first_column, first_row
    return int(first_row or 0), _column_number(first_column), int(last_row or 0), _column_number(last_column)


def _clamp(corners: tuple[int, int, int, int], sheet: EmulatedSheet) -> GridRange:
    first_row, first_column, last_row, last_column = corners
    if first_row > sheet.height or first_column > sheet.width:
        limits = f"Max rows: {sheet.height}, max columns: {sheet.width}"
        raise RangeError(f"Range ({quote_title(sheet.title)}) exceeds grid limits. {limits}")
    return GridRange(
        sheet,
        first_row or 1,
        first_column or 1,
        min(last_row or sheet.height, sheet.height),
        min(last_column or sheet.width, sheet.width),
    )


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
