"""calamine's cells as grids hold them: whole numbers as int, dates, times and durations as DateCell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

from gdata.sources.grid import CellValue, DateCell

_DAY = timedelta(days=1)
_EPOCH = datetime(1899, 12, 30)
# Excel's serial 60 is 1900-02-29, a day that never was; before it, its serials count from a day later.
_LEAP, _LEAP_SERIAL = datetime(1900, 3, 1), 60
_EXACT = 2**53
_LAST_SERIAL = 2_958_466
"""Of 9999-12-31, and one more."""

# Texts and escaped signs, in which a % is only a sign.
_NO_FORMAT = re.compile(r"""\"[^"]*"|\\.|_.""")

FindNegative = Callable[[], Mapping[tuple[int, int], float]]
"""Finds a sheet's numbers below zero, by row and column from 1."""


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
    shown = _EPOCH + serial * _DAY
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
    epoch = _EPOCH if value >= _LEAP else _EPOCH + _DAY
    return DateCell((value - epoch) / _DAY, value.isoformat(" ", "milliseconds" if value.microsecond else "seconds"))


def _date_cell(value: date) -> DateCell:
    return DateCell(_date_time_cell(datetime.combine(value, time())).serial, value.isoformat())


def _time_cell(value: time) -> DateCell:
    since_midnight = datetime.combine(_EPOCH, value) - _EPOCH
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
