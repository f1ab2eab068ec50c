"""tableau: names, types and notes in three rows, and a sheet `@TABLEAU` that says how the others lie.

Of csv files `Book#Sheet.csv` the first part is the workbook. Sheets with a mode define enums and messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.scaffold.declared import Declared, read_type
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import camel, row_words
from gdata.scaffold.sheets.sample import text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.definitions import (
    Definitions,
    Item,
    Line,
    Message,
    Sheets,
    ToolReading,
    has_types_below,
    lines_of,
    read_each,
)
from gdata.sources.grid import CellValue, Grid

_META = "@TABLEAU"
_PLACES = tuple("sheet alias namerow typerow noterow datarow nameline typeline noteline transpose".split())
_INSTEAD = {
    "merger": "list the sheets of all spreadsheets under their one table in sheets.yaml",
    "scatter": "list each sheet with a table of its own",
    "optional": "mark fields that sheets may lack `absent_ok`",
    "nested": "join the names with `.` or number the columns: `Reward1ID`",
    "orderedmap": "tables keep the order of the sheets",
    "index": "servers look up rows with `where`",
    "mode": "write a oneof by hand, and head its columns `target.@case`, `target.@1`…",
}
_LONGEST_NUMBER = 7
_ENUM, _STRUCT, _UNION = "MODE_ENUM_TYPE", "MODE_STRUCT_TYPE", "MODE_UNION_TYPE"
_MANY = "_MULTI"
"""A mode that ends so has several blocks, each below its name, with a blank row between."""


@dataclass(frozen=True)
class _Place:
    """Which workbook and sheet a grid is."""

    book: str
    title: str


def read_tableau(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Each sheet as `@TABLEAU` says, else with names in row 1, types in 2, notes in 3 and records from 4."""
    places = [_place(spreadsheet, grid) for spreadsheet, grid in sheets]
    meta = {place.book: grid for place, (_, grid) in zip(places, sheets, strict=True) if place.title == _META}
    if not (meta or is_asked):
        return None
    lines = {_Place(book, line["sheet"]): line for book, grid in meta.items() for line in _lines(grid)}
    listed = {place.book for place in lines if place.title != "#"}
    defined = Definitions(package)
    for place, (_, grid) in zip(places, sheets, strict=True):
        if place in lines:
            _define(grid, place.title, lines[place], defined)
            _tell_unmatched(lines[place], defined)

    def read(spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | str | None:
        place = _place(spreadsheet, grid)
        line = lines.get(place)
        if place.title == _META or (line is not None and _is_definition(line)):
            return say("it holds definitions, which were read")
        if line is None and place.book not in meta and not has_types_below(grid):
            return None
        if line is None and place.book in listed:
            return say("{meta} doesn't list it", meta=_META)
        return _read_sheet(spreadsheet, grid, place, line)

    return read_each(sheets, defined, read)


def _place(spreadsheet: Spreadsheet, grid: Grid) -> _Place:
    book, mark, title = grid.sheet.partition("#")
    in_book = mark and book and title
    return _Place(f"{spreadsheet.name}/{book}", title) if in_book else _Place(spreadsheet.name, grid.sheet)


def _lines(grid: Grid) -> Iterator[Line]:
    return lines_of(grid, _texts(grid.rows[0]), 2) if grid.rows else iter(())


def _texts(row: Sequence[CellValue]) -> list[str]:
    return [text_at(row, column) for column in range(len(row))]


# --- sheets that define ------------------------------------------------------------------------------------------


def _is_definition(line: Line) -> bool:
    return line["mode"].startswith((_ENUM, _STRUCT, _UNION))


def _define(grid: Grid, title: str, line: Line, defined: Definitions) -> None:
    """Keep the enums or messages of a sheet with a mode; one on its side is turned."""
    if not line["mode"].startswith((_ENUM, _STRUCT)):
        return
    rows = [_texts(row) for row in grid.rows]
    if line["transpose"].lower() == "true":
        width = max(map(len, rows), default=0)
        rows = [[row[column] if len(row) > column else "" for row in rows] for column in range(width)]
    for name, block in _blocks(rows, line["alias"] or title, is_many=line["mode"].endswith(_MANY)):
        header = [text.lower() for text in block[0]]
        body = [dict(zip(header, row, strict=False)) for row in block[1:]]
        if line["mode"].startswith(_ENUM):
            values = [Item(one.get("name", ""), one.get("alias", ""), one.get("number", "")) for one in body]
            defined.add_enum(name, [value for value in values if value.name])
        else:
            fields = [(one.get("name", ""), read_type(one.get("type", ""))) for one in body]
            known = tuple((text, declared) for text, declared in fields if text and declared is not None)
            defined.messages[name] = Message("", known)


def _blocks(rows: list[list[str]], name: str, *, is_many: bool) -> Iterator[tuple[str, list[list[str]]]]:
    """The definitions of a sheet: the whole of it, or blocks below their names with a blank row between."""
    if not is_many:
        if rows:
            yield name, rows
        return
    block: list[list[str]] = []
    for row in [*rows, []]:
        if any(row):
            block.append(row)
        elif len(block) > 1:
            yield block[0][0], block[1:]
            block = []


# --- sheets with records -----------------------------------------------------------------------------------------


def _read_sheet(spreadsheet: Spreadsheet, grid: Grid, place: _Place, line: Line | None) -> SheetFound:
    one = find_table_of(spreadsheet, grid, _entry(grid.sheet, line))
    in_lines = {what: _number(line[what]) for what in ("nameline", "typeline") if line is not None}
    if any(in_lines.values()):
        one = replace(one, columns=tuple(_in_lines(column, in_lines) for column in one.columns))
    name = line["alias"] if line is not None and line["alias"] else place.title if place.title != grid.sheet else ""
    key = tuple(column.header for column in one.columns if column.declared is not None and column.declared.is_key)
    return replace(one, table=f"{camel(row_words(name))}Table" if name else "", key=key or None)


def _in_lines(column: SourceColumn, numbers: Mapping[str, int]) -> SourceColumn:
    """A column whose name and type are lines of one cell."""
    lines = [one.strip() for one in column.header.split("\n")]

    def at(what: str) -> str:
        number = numbers.get(what, 0)
        return lines[number - 1] if 0 < number <= len(lines) else ""

    declared: Declared | None = read_type(at("typeline")) if len(lines) > 1 else column.declared
    return replace(column, program_name=at("nameline") or column.program_name, declared=declared or column.declared)


def _number(text: str) -> int:
    """The number of a row or line; 0 where the text is none that a sheet could have."""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


def _entry(title: str, line: Line | None) -> SheetEntry:
    def row(name: str, default: int) -> int:
        return (_number(line[name]) if line is not None else 0) or default

    on_its_side = line is not None and line["transpose"].lower() == "true"
    names = row("namerow", 1)
    return SheetEntry(title, (), "columns" if on_its_side else "rows", names, max(row("datarow", 4), names + 1))


def _tell_unmatched(line: Line, defined: Definitions) -> None:
    for name, text in line.texts.items():
        is_known = name in ("", *_PLACES) or (name == "mode" and text.startswith((_ENUM, _STRUCT)))
        if not is_known and text.lower() not in ("", "false", "0"):
            defined.tell(line.cell(name), f"{name}: {text}", _INSTEAD.get(name, say("it has no counterpart")))
