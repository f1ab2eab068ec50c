"""Luban: `__tables__`, `__enums__`, `__beans__`, and sheets whose first rows begin with `##var`, `##type`, `##`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.scaffold.declared import Declared, read_type
from gdata.scaffold.guess import SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import camel, words_of
from gdata.scaffold.sheets.sample import text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.definitions import Definitions, Message, number_of
from gdata.scaffold.tools.reading import Line, Sheets, ToolReading, Unmatched, lines_of
from gdata.sources.grid import Grid

_DEFINITIONS = ("__tables__", "__enums__", "__beans__")
_EVERY_GROUP = ""


@dataclass
class _Defined(Definitions):
    """What the definition sheets hold."""

    parents: dict[str, str] = field(default_factory=dict)
    """By bean, the one that it goes on from; those named here have kinds, and no fields of a cell's own."""
    tables: dict[str, Line] = field(default_factory=dict)
    """By the places that they are read from."""
    found: set[str] = field(default_factory=set)
    """The places of which there is a sheet."""
    unmatched: list[Unmatched] = field(default_factory=list)


def read_luban(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Enums and beans from their sheets; tables from `__tables__`, else each sheet that begins with `##var`."""
    definitions = [grid for spreadsheet, grid in sheets if _definition(spreadsheet, grid)]
    own = [one for one in sheets if _is_luban(one[1])]
    if not (is_asked or definitions or own):
        return None
    defined = _Defined(package)
    for spreadsheet, grid in sheets:
        read = {"__enums__": _read_enums, "__beans__": _read_beans, "__tables__": _read_tables}
        name = _definition(spreadsheet, grid)
        if name and not any(text_at(row, 0).lower().startswith("##var") for row in grid.rows[:10]):
            what = say("no row begins with ##var, which names the columns")
            defined.unmatched.append(Unmatched(grid.cell(1, 1), what, say("write it, and scaffold again")))
        elif name:
            read[name](grid, defined)
    _inherit(defined)
    found: list[SheetFound | SkippedSheet] = []
    rest = []
    for spreadsheet, grid in sheets:
        if _definition(spreadsheet, grid):
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, say("it holds definitions, which were read")))
        elif _is_luban(grid):
            found.append(_read_sheet(spreadsheet, grid, defined))
        else:
            rest.append((spreadsheet, grid))
    for place, line in defined.tables.items():
        if place not in defined.found:
            what = say("there is no sheet of {place}", place=place)
            instead = say("name its workbook or folder too, or delete the line")
            defined.unmatched.append(Unmatched(line.cell("input"), what, instead))
    return ToolReading(found, defined.every_enum, defined.unmatched, rest, "luban")


def _definition(spreadsheet: Spreadsheet, grid: Grid) -> str:
    names = (grid.sheet.lower(), spreadsheet.path.stem.lower() if spreadsheet.path is not None else "")
    return next((one for one in _DEFINITIONS if one in names), "")


def _is_luban(grid: Grid) -> bool:
    return any(text_at(row, 0).lower().startswith(("##var", "##column", "##vertical")) for row in grid.rows[:1])


# --- definitions -----------------------------------------------------------------------------------------------


def _lines(grid: Grid) -> Iterator[Line]:
    """The lines below all rows that begin with `##`; where two rows of names stand there, the lower one goes on."""
    heads = [row for row in grid.rows[:10] if text_at(row, 0).startswith("##")]
    names = [row for row in heads if text_at(row, 0).lower().startswith("##var")]
    if not names:
        return
    width = max(map(len, names))
    upper = [text_at(names[0], column).lstrip("*") for column in range(width)]
    lower = [text_at(names[-1], column) for column in range(width)] if len(names) > 1 else [""] * width
    header = [f"item.{below}" if below else above for above, below in zip(upper, lower, strict=True)]
    for line in lines_of(grid, header, len(heads) + 1):
        if not text_at(grid.rows[line.row - 1], 0).startswith("##"):
            yield line


def _read_tables(grid: Grid, defined: _Defined) -> None:
    for line in _lines(grid):
        for place in filter(None, map(str.strip, line["input"].split(","))):
            if defined.tables.setdefault(place.lower(), line) is not line:
                what = say("{place} fills several tables", place=place)
                instead = say("write a list of them in its line of sheets.yaml")
                defined.unmatched.append(Unmatched(line.cell("input"), what, instead))


def _read_enums(grid: Grid, defined: _Defined) -> None:
    groups: list[list[Line]] = []
    for line in _lines(grid):
        if line["full_name"]:
            groups.append([line])
        elif groups:
            groups[-1].append(line)
    for lines in groups:
        items = [(line["item.name"], line["item.alias"], line["item.value"]) for line in lines if line["item.name"]]
        numbers: set[int] = set()
        for line in lines:
            number = number_of(line["item.value"])
            if line["item.name"] and line["item.value"] and (number is None or number in numbers):
                what = say("{number} can't be the number of an enum's value", number=line["item.value"])
                place = line.cell("item.value")
                defined.unmatched.append(Unmatched(place, what, say("it gets the next one; write another")))
            numbers |= {number} if number is not None else set()
        is_flags = lines[0]["flags"].lower() in ("true", "1", "yes")
        defined.add_enum(lines[0]["full_name"], items, is_flags=is_flags)


def _read_beans(grid: Grid, defined: _Defined) -> None:
    name = ""
    for line in _lines(grid):
        if line["full_name"]:
            name = line["full_name"].rpartition(".")[2]
            defined.messages[name] = Message(line["sep"], ())
            if line["parent"]:
                defined.parents[name] = line["parent"].rpartition(".")[2]
        declared = read_type(line["item.type"])
        if line["item.name"] and name and declared is not None:
            declared = replace(declared, tags={**declared.tags, "alias": line["item.alias"]})
            bean = defined.messages[name]
            defined.messages[name] = replace(bean, fields=(*bean.fields, (line["item.name"], declared)))
        elif line["item.name"] and name:
            what = say("{type} isn't known as a type", type=line["item.type"])
            defined.unmatched.append(Unmatched(line.cell("item.type"), what, say("write the field by hand")))


def _inherit(defined: _Defined) -> None:
    """Each bean with the fields of those that it goes on from; which kind stands in a cell, no column can say."""
    for name in defined.parents:
        above: list[str] = []
        parent = defined.parents[name]
        while parent in defined.messages and parent not in above:
            above.append(parent)
            parent = defined.parents.get(parent, "")
        inherited = [one for parent in reversed(above) for one in defined.messages[parent].fields]
        bean = defined.messages[name]
        own = {text for text, _ in bean.fields}
        fields = (*(one for one in inherited if one[0] not in own), *bean.fields)
        defined.messages[name] = replace(bean, fields=fields)
    for parent in {one for one in defined.parents.values() if one}:
        defined.messages.pop(parent, None)


# --- sheets ----------------------------------------------------------------------------------------------------


def _read_sheet(spreadsheet: Spreadsheet, grid: Grid, defined: _Defined) -> SheetFound | SkippedSheet:
    """One sheet: its rows of `##` are its header block, and `__tables__` says what it is called."""
    line = _line_of(spreadsheet, grid, defined)
    if text_at(grid.rows[0], 0).lower().startswith(("##column", "##vertical")):
        return _on_its_side(spreadsheet, grid, defined, line)
    marks = [text_at(row, 0).lower() for row in grid.rows[:12]]
    heads = next((index for index, mark in enumerate(marks) if not mark.startswith("##")), len(marks))
    names = [index for index, mark in enumerate(marks[:heads]) if mark.startswith("##var")]
    entry = SheetEntry(grid.sheet, (), "rows", names[0] + 1, heads + 1, header_rows=2 if len(names) > 1 else 1)
    found = find_table_of(spreadsheet, grid, entry)
    if not found.columns:
        return SkippedSheet(spreadsheet.name, grid.sheet, say("it has no two columns with headers"))
    columns = tuple(_own_column(column, grid, heads, defined) for column in found.columns)
    found = _named(_resolved(replace(found, columns=columns), defined), line, defined)
    if any(column.header.startswith("*") for column in columns):
        found = replace(found, entry=replace(found.entry, multirow=True))
    return found


def _own_column(column: SourceColumn, grid: Grid, heads: int, defined: _Defined) -> SourceColumn:
    marks = [text_at(row, 0).lower() for row in grid.rows[:heads]]
    row = next((index for index, mark in enumerate(marks) if mark.startswith("##type")), None)
    if row is None:
        return column
    text = text_at(grid.rows[row], column.index)
    declared = read_type(text)
    if text and (declared is None or _is_undefined(declared, defined)):
        what = say("{type} isn't known as a type", type=text)
        instead = say("it is guessed from the values; write the field by hand where that is wrong")
        defined.unmatched.append(Unmatched(grid.cell(row + 1, column.index + 1), what, instead))
    return replace(column, declared=declared or column.declared)


def _is_undefined(declared: Declared, defined: _Defined) -> bool:
    """Whether a bean or enum is named that no sheet defines."""
    name = declared.name.rpartition(".")[2]
    known = (*defined.enums, *defined.messages, *defined.parents.values())
    return declared.is_own and bool(name) and name not in known and declared.name not in known


def _resolved(found: SheetFound, defined: _Defined) -> SheetFound:
    """The sheet with the beans and enums of its columns; a bean that has kinds is told, since no column says which."""
    for column in found.columns:
        name = column.declared.name.rpartition(".")[2] if column.declared is not None else ""
        if name and name in defined.parents.values() and column.declared is not None and not column.is_merged:
            what = say("{type} has kinds: {kinds}", type=name, kinds=", ".join(_kinds_of(name, defined)))
            instead = say("write a oneof of them, and head its columns {name}.@case, {name}.@1…", name=column.header)
            place = found.grid.cell(found.entry.header_row, column.index + 1)
            defined.unmatched.append(Unmatched(place, what, instead))
    return defined.in_columns(found)


def _kinds_of(name: str, defined: _Defined) -> list[str]:
    return [one for one, parent in defined.parents.items() if parent == name]


def _line_of(spreadsheet: Spreadsheet, grid: Grid, defined: _Defined) -> Line | None:
    """The line of `__tables__` that names a sheet: `item.xlsx`, `Sheet1@item.xlsx`, `item.csv`, with folders or not."""
    file = spreadsheet.path.name.lower() if spreadsheet.path is not None else spreadsheet.name.lower()
    title = grid.sheet.lower()
    wanted = (f"{title}@{file}", f"*@{file}", file, f"{title}.csv")
    for place, line in defined.tables.items():
        sheet, at, path = place.rpartition("@")
        if f"{sheet}{at}{path.rpartition('/')[2]}" in wanted:
            defined.found.add(place)
            return line
    return None


def _named(found: SheetFound, line: Line | None, defined: _Defined) -> SheetFound:
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
        defined.unmatched.append(Unmatched(line.cell("index"), what, say("servers look up rows with `where`")))
        index = []
    headers = {column.header.lower().lstrip("*") for column in found.columns}
    for name in (one for one in index if one.lower() not in headers):
        what = say("no column is called {name}", name=name)
        defined.unmatched.append(Unmatched(line.cell("index"), what, say("mark the key by hand")))
    if mode in ("one", "singleton"):
        what, instead = say("a table of one record lies in a row"), say("it is a table of one row")
        defined.unmatched.append(Unmatched(line.cell("mode"), what, instead))
    return replace(found, table=f"{camel(words)}Table", key=tuple(index) or None)


def _on_its_side(
    spreadsheet: Spreadsheet, grid: Grid, defined: _Defined, line: Line | None
) -> SheetFound | SkippedSheet:
    first = next((index for index, cell in enumerate(grid.rows[0]) if not shown(cell).startswith("##")), 1)
    found = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, (), "columns", 1, first + 1))
    types = next((index for index, cell in enumerate(grid.rows[0]) if shown(cell).lower().startswith("##type")), None)
    if not found.columns:
        return SkippedSheet(spreadsheet.name, grid.sheet, say("it has no two columns with headers"))
    columns = [
        replace(column, declared=read_type(text_at(grid.rows[column.index], types)) if types is not None else None)
        for column in found.columns
    ]
    return _named(_resolved(replace(found, columns=tuple(columns)), defined), line, defined)
