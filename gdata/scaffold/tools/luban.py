"""Luban: `__tables__`, `__enums__`, `__beans__`, and sheets whose first rows begin with `##var`, `##type`, `##`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.scaffold.declared import Declared, read_type
from gdata.scaffold.fields.enums import prefix_of
from gdata.scaffold.guess import GuessedEnum, SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import Names, camel, words_of
from gdata.scaffold.sheets.header import text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.reading import Line, Sheets, ToolReading, Unmatched, lines_of
from gdata.sources.grid import Grid

_DEFINITIONS = ("__tables__", "__enums__", "__beans__")
_EVERY_GROUP = ""


@dataclass
class _Defined:
    """What the definition sheets hold."""

    enums: dict[str, GuessedEnum] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    beans: dict[str, tuple[str, tuple[tuple[str, Declared], ...]]] = field(default_factory=dict)
    """By name: what separates its parts in a cell, and its fields."""
    tables: dict[str, Line] = field(default_factory=dict)
    unmatched: list[Unmatched] = field(default_factory=list)


def read_luban(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """Enums and beans from their sheets; tables from `__tables__`, else each sheet that begins with `##var`."""
    definitions = [grid for spreadsheet, grid in sheets if _definition(spreadsheet, grid)]
    own = [one for one in sheets if _is_luban(one[1])]
    if not (is_asked or definitions or own):
        return None
    defined = _Defined()
    for spreadsheet, grid in sheets:
        read = {"__enums__": _read_enums, "__beans__": _read_beans, "__tables__": _read_tables}
        name = _definition(spreadsheet, grid)
        if name:
            read[name](grid, defined)
    _resolve_beans(defined, package)
    found: list[SheetFound | SkippedSheet] = []
    rest = []
    for spreadsheet, grid in sheets:
        if _definition(spreadsheet, grid):
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, say("it holds definitions, which were read")))
        elif _is_luban(grid):
            found.append(_read_sheet(spreadsheet, grid, defined, package))
        else:
            rest.append((spreadsheet, grid))
    enums = [enum for name, enum in defined.enums.items() if name == enum.name]
    return ToolReading(found, enums, defined.unmatched, rest, "luban")


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
        for place in line["input"].split(","):
            if place.strip():
                defined.tables[place.strip().lower()] = line


def _read_enums(grid: Grid, defined: _Defined) -> None:
    groups: list[list[Line]] = []
    for line in _lines(grid):
        if line["full_name"]:
            groups.append([line])
        elif groups:
            groups[-1].append(line)
    for lines in groups:
        full_name = lines[0]["full_name"]
        name = camel(words_of(full_name.rpartition(".")[2])[0])
        if lines[0]["flags"].lower() in ("true", "1", "yes"):
            defined.flags.add(name)
        enum = _enum_of(name, [line for line in lines if line["item.name"]])
        defined.enums |= {name: enum, full_name: enum, full_name.rpartition(".")[2]: enum}


def _enum_of(name: str, items: Sequence[Line]) -> GuessedEnum:
    prefix, names = prefix_of(name), Names()
    numbers: list[int] = []
    values: list[tuple[str, str]] = []
    for item in items:
        bare = "_".join(words_of(item["item.name"])[0]).upper() or "VALUE"
        text = item["item.value"]
        numbers.append(
            int(text, 0) if re.fullmatch(r"-?(0[xX][0-9a-fA-F]+|\d+)", text) else max(numbers, default=-1) + 1
        )
        values.append((f"{prefix}_{names.take(bare)}", item["item.alias"]))
    if 0 not in numbers:  # An enum of proto3 begins with 0.
        values.insert(0, (f"{prefix}_{names.take('UNSPECIFIED')}", ""))
        numbers.insert(0, 0)
    order = sorted(range(len(values)), key=lambda index: numbers[index] != 0)
    return GuessedEnum(name, tuple(values[one] for one in order), (), tuple(numbers[one] for one in order))


def _read_beans(grid: Grid, defined: _Defined) -> None:
    name, separator = "", ","
    for line in _lines(grid):
        if line["full_name"]:
            name, separator = line["full_name"].rpartition(".")[2], line["sep"] or ","
            defined.beans[name] = separator, ()
            if line["parent"]:
                what = say("the bean {name} has a parent", name=name)
                instead = say("write a oneof of its kinds by hand")
                defined.unmatched.append(Unmatched(line.cell("parent"), what, instead))
        declared = read_type(line["item.type"])
        if line["item.name"] and name and declared is not None:
            separator, fields = defined.beans[name]
            defined.beans[name] = separator, (*fields, (line["item.name"], declared))
        elif line["item.name"] and name:
            what = say("{type} isn't known as a type", type=line["item.type"])
            defined.unmatched.append(Unmatched(line.cell("item.type"), what, say("write the field by hand")))


def _resolve_beans(defined: _Defined, package: str) -> None:
    for name, (separator, fields) in list(defined.beans.items()):
        known = tuple((text, _resolved(one, defined, package)) for text, one in fields)
        defined.beans[name] = separator, known


def _resolved(declared: Declared, defined: _Defined, package: str) -> Declared:
    """What is declared, with the enums and beans that it names."""
    name = declared.name.rpartition(".")[2]
    enum = defined.enums.get(declared.name) or defined.enums.get(name)
    if enum is not None:
        kind = "flags" if enum.name in defined.flags and not declared.is_list else "enum"
        tags = {**declared.tags, "given": kind, "flags": f"{package}.{enum.name}"}
        return replace(declared, name=enum.name, tags=tags)
    if name in defined.beans and declared.is_own:
        separator, fields = defined.beans[name]
        inner = declared.subseparator or declared.tags.get("sep", "") if not declared.is_list else separator
        plain = all(not one.parts for _, one in fields)
        return replace(declared, parts=fields, subseparator=inner or separator) if plain and fields else declared
    return declared


# --- sheets ----------------------------------------------------------------------------------------------------


def _read_sheet(spreadsheet: Spreadsheet, grid: Grid, defined: _Defined, package: str) -> SheetFound | SkippedSheet:
    """One sheet: its rows of `##` are its header block, and `__tables__` says what it is called."""
    line = _line_of(spreadsheet, grid, defined.tables)
    if text_at(grid.rows[0], 0).lower().startswith(("##column", "##vertical")):
        return _on_its_side(spreadsheet, grid, defined, line)
    marks = [text_at(row, 0).lower() for row in grid.rows[:12]]
    heads = next((index for index, mark in enumerate(marks) if not mark.startswith("##")), len(marks))
    names = [index for index, mark in enumerate(marks[:heads]) if mark.startswith("##var")]
    entry = SheetEntry(grid.sheet, (), "rows", names[0] + 1, heads + 1, header_rows=2 if len(names) > 1 else 1)
    found = find_table_of(spreadsheet, grid, entry)
    columns = tuple(_own_column(column, grid, heads, defined, package) for column in found.columns)
    found = _named(replace(found, columns=columns), line, defined)
    if any(column.header.startswith("*") for column in columns):
        found = replace(found, entry=replace(found.entry, multirow=True))
    return found


def _own_column(column: SourceColumn, grid: Grid, heads: int, defined: _Defined, package: str) -> SourceColumn:
    types = next((row for row in grid.rows[:heads] if text_at(row, 0).lower().startswith("##type")), [])
    declared = read_type(text_at(types, column.index)) or column.declared
    return replace(column, declared=_resolved(declared, defined, package)) if declared is not None else column


def _line_of(spreadsheet: Spreadsheet, grid: Grid, tables: Mapping[str, Line]) -> Line | None:
    """The line of `__tables__` that names a sheet: `item.xlsx`, `Sheet1@item.xlsx`, `item.csv`, with folders or not."""
    file = spreadsheet.path.name.lower() if spreadsheet.path is not None else spreadsheet.name.lower()
    title = grid.sheet.lower()
    wanted = (f"{title}@{file}", f"*@{file}", file, f"{title}.csv")
    for place, line in tables.items():
        sheet, at, path = place.rpartition("@")
        if f"{sheet}{at}{path.rpartition('/')[2]}" in wanted:
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
    columns = [
        replace(column, declared=read_type(text_at(grid.rows[column.index], types)) if types is not None else None)
        for column in found.columns
    ]
    return _named(replace(found, columns=tuple(columns)), line, defined)
