"""What the emulator answers to each kind of read, and the `fields` parameter: the parts of an answer that are wanted
(`sheets(properties.title,merges),spreadsheetId`).

spreadsheets.get and the Drive API say what a spreadsheet is; values.get and values.batchGet have its values, in which
rows are ragged and a blank range has no `values` at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from gdata.testing.google.refusals import Refusal, invalid_argument
from gdata.testing.google.sheets import (
    EmulatedSheet,
    EmulatedSpreadsheet,
    GridRange,
    RangeError,
    parse_range,
    render_cell,
)

Json = dict[str, Any]

_WHITE = {"red": 1, "green": 1, "blue": 1}
_THEME = {
    "TEXT": {},
    "BACKGROUND": _WHITE,
    "ACCENT1": {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275},
    "ACCENT2": {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314},
    "ACCENT3": {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275},
    "ACCENT4": {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902},
    "ACCENT5": {"red": 1, "green": 0.42745098, "blue": 0.003921569},
    "ACCENT6": {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706},
    "LINK": {"red": 0.06666667, "green": 0.33333334, "blue": 0.8},
}
"""The colours of a new spreadsheet, which every answer without a field mask carries."""


def describe_spreadsheet(spreadsheet: EmulatedSpreadsheet, mask: Mask, areas: list[GridRange], *, data: bool) -> Json:
    """The answer of `spreadsheets.get`. `data` adds cells; with a mask, the mask alone decides on that."""
    wants_data = "data" in mask.get("sheets", {}) if mask else data
    wanted = [area.sheet.title for area in areas]
    tabs = [
        _describe_sheet(sheet, index, [area for area in areas if area.sheet is sheet] if wants_data else None)
        for index, sheet in enumerate(spreadsheet.sheets)
        if not areas or sheet.title in wanted
    ]
    answer = {
        "spreadsheetId": spreadsheet.id,
        "properties": _describe_properties(spreadsheet),
        "sheets": tabs,
        **({"namedRanges": spreadsheet.named_ranges} if spreadsheet.named_ranges else {}),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit",
    }
    selected: Json = select_fields(answer, mask)
    return selected


def describe_file(spreadsheet: EmulatedSpreadsheet) -> Json:
    """The spreadsheet as a file of Drive's."""
    return {
        "id": spreadsheet.id,
        "name": spreadsheet.title,
        "createdTime": spreadsheet.created,
        "modifiedTime": spreadsheet.modified,
    }


def _describe_properties(spreadsheet: EmulatedSpreadsheet) -> Json:
    return {
        "title": spreadsheet.title,
        "locale": spreadsheet.locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": spreadsheet.time_zone,
        "defaultFormat": {
            "backgroundColor": _WHITE,
            "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
            "verticalAlignment": "BOTTOM",
            "wrapStrategy": "OVERFLOW_CELL",
            "textFormat": {
                "foregroundColor": {},
                "fontFamily": "arial,sans,sans-serif",
                "fontSize": 10,
                **dict.fromkeys(("bold", "italic", "strikethrough", "underline"), False),
                "foregroundColorStyle": {"rgbColor": {}},
            },
            "backgroundColorStyle": {"rgbColor": _WHITE},
        },
        "spreadsheetTheme": {
            "primaryFontFamily": "Arial",
            "themeColors": [{"colorType": name, "color": {"rgbColor": color}} for name, color in _THEME.items()],
        },
    }


def _describe_sheet(sheet: EmulatedSheet, index: int, areas: list[GridRange] | None) -> Json:
    properties: Json = {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": index,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": sheet.height, "columnCount": sheet.width},
    }
    if sheet.hidden:
        properties["hidden"] = True
    answer: Json = {"properties": properties}
    if areas is not None:
        whole = GridRange(sheet, 1, 1, sheet.height, sheet.width)
        answer["data"] = [_describe_area(area) for area in areas or [whole]]
    if sheet.merges:
        answer["merges"] = [_describe_merge(*merge) for merge in sheet.merges]
    return answer


def _describe_merge(first_row: int, first_column: int, last_row: int, last_column: int) -> Json:
    """Half-open and from 0, and zeros are written."""
    return {
        "startRowIndex": first_row - 1,
        "endRowIndex": last_row,
        "startColumnIndex": first_column - 1,
        "endColumnIndex": last_column,
    }


def _describe_area(area: GridRange) -> Json:
    start = {"startRow": area.first_row - 1, "startColumn": area.first_column - 1}
    last_row = min(area.last_row, max(len(area.sheet.rows), *(row for row, _ in area.sheet.notes), 0))
    rows = [_describe_row(area, row) for row in range(area.first_row, last_row + 1)]
    return {**{name: value for name, value in start.items() if value}, "rowData": rows}


def _describe_row(area: GridRange, row: int) -> Json:
    cells = [_describe_cell(area.sheet, row, column) for column in range(area.first_column, area.last_column + 1)]
    while cells and not cells[-1]:
        cells.pop()
    return {"values": cells} if cells else {}


def _describe_cell(sheet: EmulatedSheet, row: int, column: int) -> Json:
    cell, answer = sheet.cell(row, column), Json()
    value = render_cell(cell, "UNFORMATTED_VALUE", "SERIAL_NUMBER")
    if value != "":
        kind = {bool: "boolValue", str: "stringValue"}.get(type(value), "numberValue")
        answer["effectiveValue"] = {kind: value}
        answer["formattedValue"] = render_cell(cell, "FORMATTED_VALUE", "")
    if note := sheet.notes.get((row, column)):
        answer["note"] = note
    return answer


Mask = dict[str, "Mask"]
"""Wanted names, each with the names wanted below it; empty: all of it."""


def parse_fields(text: str) -> Mask:
    """Read a mask; `a.b`, `a/b` and `a(b)` mean the same, `*` means all.

    Raises:
        Refusal: the parentheses don't match, or a name is missing.
    """
    mask, rest = _parse_list(text)
    if rest:
        raise Refusal(invalid_argument(f"Request contains an invalid argument: fields={text}"))
    return mask


def select_fields(value: Any, mask: Mask) -> Any:
    """The parts of `value` that `mask` wants; a mask of nothing wants everything."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [select_fields(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select_fields(item, mask[name]) for name, item in value.items() if name in mask}


def _parse_list(text: str) -> tuple[Mask, str]:
    mask: Mask = {}
    while text and text[0] != ")":
        text = _parse_path(text.lstrip(","), mask)
    return mask, text


def _parse_path(text: str, mask: Mask) -> str:
    """Put one path into `mask`; returns what follows it."""
    name, text = _take_name(text)
    below = mask.setdefault(name, {})
    if text[:1] in (".", "/"):
        return _parse_path(text[1:], below)
    if text[:1] == "(":
        inner, text = _parse_list(text[1:])
        below.update(inner)
        if text[:1] != ")":
            raise Refusal(invalid_argument("Request contains an invalid argument: fields"))
        text = text[1:]
    return text


def _take_name(text: str) -> tuple[str, str]:
    end = next((index for index, sign in enumerate(text) if sign in ",./()"), len(text))
    if not end:
        raise Refusal(invalid_argument("Request contains an invalid argument: fields"))
    return text[:end].strip(), text[end:]


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
