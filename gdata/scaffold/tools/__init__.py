"""Other tools of the field: what their own definitions say of sheets, so that these need not be changed.

Headers, types and comments that stand in the sheets themselves are read without them (gdata.scaffold.sheets.header).
A tool here knows what stands elsewhere: enums, messages, which sheet is which table, what its key is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gdata.config import SheetEntry, Spreadsheet
from gdata.scaffold.guess import SheetFound
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.definitions import Definitions, ReadTool, Sheets, ToolReading, has_types_below, read_each
from gdata.scaffold.tools.luban import read_luban
from gdata.scaffold.tools.tableau import read_tableau
from gdata.scaffold.tools.tabtoy import read_tabtoy
from gdata.sources.grid import Grid


def read_supercell(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Supercell's csv, where it is asked for: names in row 1, types in 2, records from 3, the first column its key.

    All that it defines stands in the sheets.
    """

    def read(spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | None:
        if not has_types_below(grid):
            return None
        one = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, (), "rows", 1, 3))
        return replace(one, key=(one.columns[0].header,) if one.columns else None)

    return read_each(sheets, Definitions(package), read) if is_asked else None


TOOLS: Mapping[str, ReadTool] = {
    "luban": read_luban,
    "tableau": read_tableau,
    "tabtoy": read_tabtoy,
    "supercell": read_supercell,
}


def read_with(tool: str, sheets: Sheets, package: str) -> ToolReading:
    """What a tool's definitions say of these sheets; with `auto`, those of the first tool that knows them."""
    for name, read in TOOLS.items():
        if tool in ("auto", name):
            reading = read(sheets, package, is_asked=tool == name)
            if reading is not None:
                return reading
    return ToolReading(rest=sheets)
