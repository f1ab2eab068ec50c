"""Answers of `values.get` and `values.batchGet`: rows are ragged, and a blank range has no `values` at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from gdata.testing.google_errors import Refusal, invalid_argument
from gdata.testing.google_ranges import GridRange, RangeError, parse_range
from gdata.testing.google_sheets import EmulatedSpreadsheet, render_cell

_CHOICES = {
    "valueRenderOption": ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA"),
    "dateTimeRenderOption": ("SERIAL_NUMBER", "FORMATTED_STRING"),
    "majorDimension": ("ROWS", "COLUMNS"),
}
"""The parameters of a values request and what each may be; the first is the default."""

Values = list[list[str | int | float | bool]]


@dataclass(frozen=True)
class RenderOptions:
    """How the caller wants cells to be answered."""

    values: str
    dates: str
    dimension: str

    @classmethod
    def of(cls, query: Mapping[str, list[str]]) -> RenderOptions:
        """Read them from a query.

        Raises:
            Refusal: a value that the API doesn't know.
        """
        return cls(*(_choice(name, query.get(name, choices[:1])[-1]) for name, choices in _CHOICES.items()))


def get_values(spreadsheet: EmulatedSpreadsheet, text: str, options: RenderOptions) -> dict[str, Any]:
    """The answer of `values.get` for one range.

    Raises:
        Refusal: the range doesn't parse.
    """
    try:
        area = parse_range(text, spreadsheet)
    except RangeError as error:
        raise Refusal(invalid_argument(str(error))) from error
    answer: dict[str, Any] = {"range": str(area), "majorDimension": options.dimension}
    if values := _read_area(area, options):
        answer["values"] = values
    return answer


def batch_get_values(spreadsheet: EmulatedSpreadsheet, ranges: list[str], options: RenderOptions) -> dict[str, Any]:
    """The answer of `values.batchGet`; one range that doesn't parse fails them all.

    Raises:
        Refusal: a range doesn't parse.
    """
    answer: dict[str, Any] = {"spreadsheetId": spreadsheet.id}
    if ranges:
        answer["valueRanges"] = [get_values(spreadsheet, text, options) for text in ranges]
    return answer


def _read_area(area: GridRange, options: RenderOptions) -> Values:
    rows: Values = [
        [render_cell(cell, options.values, options.dates) for cell in cells[area.first_column - 1 : area.last_column]]
        for cells in area.sheet.rows[area.first_row - 1 : area.last_row]
    ]
    if options.dimension == "COLUMNS":
        rows = [list(column) for column in zip_longest(*rows, fillvalue="")]
    return _cut_blank_ends(rows)


def _cut_blank_ends(rows: Values) -> Values:
    for row in rows:
        while row and row[-1] == "":
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _choice(name: str, value: str) -> str:
    if value not in _CHOICES[name]:
        kind = f"type.googleapis.com/google.apps.sheets.v4.{name[0].upper()}{name[1:]}"
        raise Refusal(invalid_argument(f"Invalid value at '{name}' ({kind}), \"{value}\""))
    return value
