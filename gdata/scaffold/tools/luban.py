"""Luban: sheets whose first rows begin with `##var`, `##type`, `##`, and what its own files define of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.scaffold.declared import Declared, read_type, tagged, without_tags
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import camel, words_of
from gdata.scaffold.sheets.sample import text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.definitions import Line, Sheets, ToolReading, read_each
from gdata.scaffold.tools.luban_definitions import LubanDefinitions, definition_of, find_xml, read_definitions
from gdata.sources.grid import Grid


def read_luban(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Enums and beans from their sheets; tables from `__tables__`, else each sheet that begins with `##var`."""
    defined = LubanDefinitions(package)
    marked = [one for one in sheets if _mark(one[1]).startswith("##")]
    is_own = any(definition_of(*one) for one in sheets) or any(_is_luban(*one) for one in marked)
    if not (is_asked or is_own or (marked and find_xml(sheets))):
        return None
    read_definitions(sheets, defined)
    lines = _find_lines(sheets, defined)

    def read(spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | str | None:
        if definition_of(spreadsheet, grid):
            return say("it holds definitions, which were read")
        line = lines.get((spreadsheet.name, grid.sheet))
        if not _is_luban(spreadsheet, grid, is_named=line is not None):
            return None
        on_its_side = _mark(grid).startswith(("##column", "##vertical"))
        found = (_on_its_side if on_its_side else _in_rows)(spreadsheet, grid, line, defined)
        _tell_kinds(found, defined)
        return _named(found, line, defined)

    return read_each(sheets, defined, read)


def _mark(grid: Grid) -> str:
    return text_at(grid.rows[0], 0).lower() if len(grid.rows) else ""


def _is_luban(spreadsheet: Spreadsheet, grid: Grid, *, is_named: bool = False) -> bool:
    mark = _mark(grid)
    if mark.startswith(("##var", "##column", "##vertical")):
        return True
    # Names may stand beside a bare `##` too, where a definition or the file's name says that the sheet is a table.
    names_itself = spreadsheet.path is not None and spreadsheet.path.name.startswith("#")
    return mark.startswith("##") and (is_named or names_itself)


def _in_rows(spreadsheet: Spreadsheet, grid: Grid, line: Line | None, defined: LubanDefinitions) -> SheetFound:
    """One sheet: its rows of `##` are its header block."""
    marks = [text_at(row, 0).lower() for row in grid.rows[:12]]
    heads = next((index for index, mark in enumerate(marks) if not mark.startswith("##")), len(marks))
    names = [
        n
        for n, mark in enumerate(marks[:heads])
        if mark.startswith("##var") or mark == "##+" or (mark == "##" and not n)
    ]
    names = names or [0]
    is_two = names[1:2] == [names[0] + 1]
    if len(names) > (2 if is_two else 1):
        what = say("names in three rows, or in rows apart")
        instead = say("{rows} are read: move or join the others", rows="1–2" if is_two else "1")
        defined.tell(grid.cell(names[-1] + 1, 1), what, instead)
    _tell_tags(grid, heads, defined)
    entry = SheetEntry(grid.sheet, (), "rows", names[0] + 1, heads + 1, header_rows=2 if is_two else 1)
    found = find_table_of(spreadsheet, grid, entry)
    columns = tuple(_own_column(column, grid, heads, _bean_of(line), defined) for column in found.columns)
    is_multirow = found.entry.multirow or any(column.header.startswith("*") for column in columns)
    return replace(found, columns=columns, entry=replace(found.entry, multirow=is_multirow))


def _tell_tags(grid: Grid, heads: int, defined: LubanDefinitions) -> None:
    """Tell of the first row that is marked for some targets: here a column of its own says it."""
    marks = ((number, text_at(row, 0)) for number, row in enumerate(grid.rows, 1) if number > heads)
    number, tag = next(((number, mark) for number, mark in marks if mark and not mark.startswith("#")), (0, ""))
    if tag:
        what = say("rows have tags: {tag}", tag=tag)
        instead = say("head the first column @tags; targets with one of them get these rows")
        defined.tell(grid.cell(number, 1), what, instead)


def _own_column(column: SourceColumn, grid: Grid, heads: int, bean: str, defined: LubanDefinitions) -> SourceColumn:
    """A column with its type: what `##type` says, else what the table's bean does; its header may hold tags too."""
    header, tags = without_tags(column.header)
    if tags:
        column = replace(column, program_name=header.lstrip("*"))
    row = next((n for n in range(heads) if text_at(grid.rows[n], 0).lower().startswith("##type")), None)
    text = text_at(grid.rows[row], column.index) if row is not None else ""
    declared = read_type(text) or _of_bean(header, bean, defined)
    if row is not None and text and (declared is None or _is_undefined(declared, defined)):
        what = say("{type} isn't known as a type", type=text)
        instead = say("it is guessed from the values; write the field by hand where that is wrong")
        defined.tell(grid.cell(row + 1, column.index + 1), what, instead)
    if declared is not None and tags:
        declared = tagged(declared, tags)
    kind = declared.tags.get("path", "") if declared is not None else ""
    if kind and not kind.startswith(("normal;", "normal?;", "unity")):
        what = say("paths of the kind {kind}", kind=kind)
        defined.tell(grid.cell(1, column.index + 1), what, say("write a check of your own"))
    return replace(column, declared=declared or column.declared)


def _bean_of(line: Line | None) -> str:
    return line["value_type"].rpartition(".")[2] if line is not None else ""


def _of_bean(header: str, bean: str, defined: LubanDefinitions) -> Declared | None:
    """What a bean declares of a field, `cost.id` of one of its messages'."""
    declared = None
    for name in header.split("."):
        fields = dict(defined.messages[bean].fields) if bean in defined.messages else {}
        declared = fields.get(name.strip("* "))
        bean = declared.name.rpartition(".")[2] if declared is not None else ""
    return declared


def _is_undefined(declared: Declared, defined: LubanDefinitions) -> bool:
    """Whether a bean or enum is named that no sheet defines."""
    name = declared.name.rpartition(".")[2]
    known = (*defined.enums, *defined.messages, *defined.parents.values())
    return declared.is_own and bool(name) and name not in known and declared.name not in known


def _tell_kinds(found: SheetFound, defined: LubanDefinitions) -> None:
    """Tell of a column's bean that has kinds, since no column says which."""
    for column in found.columns:
        name = column.declared.name.rpartition(".")[2] if column.declared is not None else ""
        if name and name in defined.parents.values() and column.declared is not None and not column.is_merged:
            what = say("{type} has kinds: {kinds}", type=name, kinds=", ".join(_kinds_of(name, defined)))
            instead = say("write a oneof of them, and head its columns {name}.@case, {name}.@1…", name=column.header)
            place = found.grid.cell(found.entry.header_row, column.index + 1)
            defined.tell(place, what, instead)


def _kinds_of(name: str, defined: LubanDefinitions) -> list[str]:
    return [one for one, parent in defined.parents.items() if parent == name]


def _find_lines(sheets: Sheets, defined: LubanDefinitions) -> dict[tuple[str, str], Line]:
    """By spreadsheet and title, the line of `__tables__` that names a sheet: `item.xlsx`, `Sheet1@item.xlsx`,
    `item.csv`, with folders or not."""
    found: dict[tuple[str, str], Line] = {}
    paths = [(spreadsheet, grid, _path_of(spreadsheet, grid)) for spreadsheet, grid in sheets]
    for place, line in defined.tables.items():
        sheet, _, named = place.rpartition("@")
        own = [one for one in paths if sheet in ("", "*", one[1].sheet.lower())]
        file = named.rpartition("/")[2]
        # Where a folder was named by itself, the paths from there on say less.
        it = [one for one in own if one[2].endswith(f"/{named}")] or [one for one in own if one[2].endswith(f"/{file}")]
        for spreadsheet, grid, _ in it:
            found.setdefault((spreadsheet.name, grid.sheet), line)
        if not it:
            what = say("there is no sheet of {place}", place=place)
            instead = say("name its workbook or folder too, or delete the line")
            defined.tell(line.cell("input"), what, instead)
    return found


def _path_of(spreadsheet: Spreadsheet, grid: Grid) -> str:
    path = spreadsheet.path if spreadsheet.path is not None else Path(spreadsheet.name)
    return f"/{path.as_posix()}{f'/{grid.sheet}.csv' if path.is_dir() else ''}".lower()


def _named(found: SheetFound, line: Line | None, defined: LubanDefinitions) -> SheetFound:
    """The sheet with the name and the key that `__tables__` gives its table."""
    if line is None:
        path = found.spreadsheet.path
        stem = path.stem if path is not None and path.is_file() else found.title
        plain = re.fullmatch(r"#(?:\w+\.)*([A-Za-z]\w*)(-.*)?", stem)
        return replace(found, table=f"{camel(words_of(plain[1])[0])}Table") if plain else found
    name = line["value_type"].rpartition(".")[2] or line["full_name"].rpartition(".")[2].removeprefix("Tb")
    words = words_of(name)[0]
    mode = line["mode"].lower()
    index = [one.strip() for one in re.split(r"[,+]", line["index"]) if one.strip()]
    if mode == "list" and "," in line["index"]:
        what = say("the list has several indexes of its own")
        defined.tell(line.cell("index"), what, say("servers look up rows with `where`"))
        index = []
    headers = {column.header.lower().lstrip("*") for column in found.columns}
    for name in (one for one in index if one.lower() not in headers):
        what = say("no column is called {name}", name=name)
        defined.tell(line.cell("index"), what, say("mark the key by hand"))
    key = tuple(index) or None
    if mode in ("one", "singleton"):
        key = ()
        what, instead = say("a table of one record lies in a row"), say("it is a table of one row")
        defined.tell(line.cell("mode"), what, instead)
    return replace(found, table=f"{camel(words)}Table", key=key, comment=line["comment"])


def _on_its_side(spreadsheet: Spreadsheet, grid: Grid, line: Line | None, defined: LubanDefinitions) -> SheetFound:
    first = next((index for index, cell in enumerate(grid.rows[0]) if not shown(cell).startswith("##")), 1)
    found = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, (), "columns", 1, first + 1))
    types = next((index for index, cell in enumerate(grid.rows[0]) if shown(cell).lower().startswith("##type")), None)
    columns = []
    for column in found.columns:
        text = text_at(grid.rows[column.index], types) if types is not None else ""
        declared = read_type(text) or _of_bean(column.header, _bean_of(line), defined)
        columns.append(replace(column, declared=declared))
    return replace(found, columns=tuple(columns))
