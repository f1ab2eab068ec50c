"""Other tools of the field: what their own definitions say of sheets, so that these need not be changed.

Headers, types and comments that stand in the sheets themselves are read without them (gdata.scaffold.sheets.header).
A tool here knows what stands elsewhere: enums, messages, which sheet is which table, what its key is.
"""

from __future__ import annotations

from collections.abc import Mapping

from gdata.scaffold.tools.luban import read_luban
from gdata.scaffold.tools.reading import ReadTool, Sheets, ToolReading
from gdata.scaffold.tools.supercell import read_supercell
from gdata.scaffold.tools.tableau import read_tableau
from gdata.scaffold.tools.tabtoy import read_tabtoy

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


__all__ = ["TOOLS", "ToolReading", "read_with"]
