"""Supercell's csv: names, types, and rows that go on without a name. Its definitions all stand in the sheets."""

from __future__ import annotations

from dataclasses import replace

from gdata.config import SheetEntry
from gdata.scaffold.declared import is_row_of_types
from gdata.scaffold.guess import SheetFound, SkippedSheet
from gdata.scaffold.sheets.sample import filled
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.reading import Sheets, ToolReading


def read_supercell(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Names in row 1, types in row 2, records from row 3, the first column the key; only where it is asked for."""
    del package
    if not is_asked:
        return None
    found: list[SheetFound | SkippedSheet] = []
    rest = []
    for spreadsheet, grid in sheets:
        if len(grid.rows) > 1 and is_row_of_types(filled(grid.rows[1])):
            one = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, (), "rows", 1, 3))
            found.append(replace(one, key=(one.columns[0].header,) if one.columns else None))
        else:
            rest.append((spreadsheet, grid))
    return ToolReading(found, rest=rest, tool="supercell")
