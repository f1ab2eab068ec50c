"""tableau: names, types and notes in three rows, and a sheet `@TABLEAU` that says how the others lie."""

from __future__ import annotations

from dataclasses import replace

from gdata.config import SheetEntry
from gdata.language import say
from gdata.scaffold.declared import is_row_of_types
from gdata.scaffold.guess import SheetFound, SkippedSheet
from gdata.scaffold.names import camel, words_of
from gdata.scaffold.sheets.header import filled, text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.reading import Line, Sheets, ToolReading, Unmatched, lines_of

_META = "@TABLEAU"
_PLACES = ("sheet", "alias", "namerow", "typerow", "noterow", "datarow", "transpose")
_INSTEAD = {
    "merger": "list the sheets of all spreadsheets under their one table in sheets.yaml",
    "scatter": "list each sheet with a table of its own",
    "optional": "mark fields that sheets may lack `absent_ok`",
    "nested": "join the names with `.` or number the columns: `Reward1ID`",
    "orderedmap": "tables keep the order of the sheets",
    "index": "servers look up rows with `where`",
    "mode": "write enums and messages of the sheet by hand",
}


def read_tableau(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Each sheet as `@TABLEAU` says, else with names in row 1, types in 2, notes in 3 and records from 4."""
    del package
    meta = {spreadsheet.name: grid for spreadsheet, grid in sheets if grid.sheet == _META}
    if not (meta or is_asked):
        return None
    found: list[SheetFound | SkippedSheet] = []
    unmatched: list[Unmatched] = []
    rest = []
    lines = {
        (name, line["sheet"]): line
        for name, grid in meta.items()
        for line in lines_of(grid, [text_at(grid.rows[0], n) for n in range(len(grid.rows[0]))] if grid.rows else [], 2)
    }
    for spreadsheet, grid in sheets:
        line = lines.get((spreadsheet.name, grid.sheet))
        if grid.sheet == _META:
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, say("it holds definitions, which were read")))
        elif line is None and not (len(grid.rows) > 1 and is_row_of_types(filled(grid.rows[1]))):
            rest.append((spreadsheet, grid))
        elif spreadsheet.name in meta and line is None and any(name == spreadsheet.name for name, _ in lines):
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, say("{meta} doesn't list it", meta=_META)))
        else:
            one = find_table_of(spreadsheet, grid, _entry(grid.sheet, line))
            alias = line["alias"] if line is not None else ""
            found.append(replace(one, table=f"{camel(words_of(alias)[0])}Table" if alias else ""))
            unmatched += _unmatched(line) if line is not None else []
    return ToolReading(found, (), unmatched, rest, "tableau")


def _entry(title: str, line: Line | None) -> SheetEntry:
    def row(name: str, default: int) -> int:
        text = line[name] if line is not None else ""
        return int(text) if text.isdigit() and int(text) > 0 else default

    on_its_side = line is not None and line["transpose"].lower() == "true"
    return SheetEntry(title, (), "columns" if on_its_side else "rows", row("namerow", 1), row("datarow", 4))


def _unmatched(line: Line) -> list[Unmatched]:
    return [
        Unmatched(line.cell(name), f"{name}: {text}", _INSTEAD.get(name, say("it has no counterpart")))
        for name, text in line.texts.items()
        if text and name and name not in _PLACES and text.lower() not in ("false", "0")
    ]
