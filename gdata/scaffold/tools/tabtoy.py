"""tabtoy: version 2 with `@Types` sheets and four header rows, version 3 with an index and a table of types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from gdata.config import Area, SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.problems import Cell, column_letters
from gdata.scaffold.declared import read_type
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import camel, words_of
from gdata.scaffold.sheets.columns import read_table
from gdata.scaffold.sheets.sample import filled, text_at
from gdata.scaffold.sheets.table import find_key_values, find_table_of
from gdata.scaffold.tools.definitions import Definitions, Item, Line, Message, Sheets, ToolReading, lines_of, read_each
from gdata.sources.grid import Grid

_CHINESE = ("种类", "对象类型", "标识名", "字段名", "字段类型", "数组切割", "值")
_ENGLISH = ("kind", "objecttype", "name", "fieldname", "fieldtype", "arraysplitter", "value")
_SECOND = ("", "objecttype", "alias", "fieldname", "fieldtype", "", "value")
_TYPE_HEADERS = (
    (set(_CHINESE[:5]), _CHINESE),
    (set(_ENGLISH[:5]), _ENGLISH),
    ({"objecttype", "fieldname", "fieldtype"}, _SECOND),
)
"""Of each way to write a table of types: the headers that it must have, and where kind, type, label, name … stand."""
_TYPES = "@Types"
_TABLE = re.compile(r'TableName:\s*"([^"]+)"')
_OPTION = re.compile(r'(\w+)\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(\w+))')
_VERTICAL = (("字段名", "类型", "特性", "注释", "值"), ("fieldname", "fieldtype", "meta", "comment", "value"))
"""Headers of a sheet of version 2 that has a field in each row: of names, types, options, comments, values."""


@dataclass
class _Defined(Definitions):
    """What the tables of types hold; `fields` are those of tables, by table and label."""

    fields: dict[tuple[str, str], tuple[Line, tuple[str, ...]]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """By a file's or sheet's name in small letters, the table that it holds."""
    second: dict[str, str] = field(default_factory=dict)
    """By workbook of version 2, what its table is called."""
    records: Counter[str] = field(default_factory=Counter)
    """How many sheets of keys and values each record has."""


def read_tabtoy(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """The types of fields and enums from their sheets; everything else stands in the sheets themselves."""
    types = [(spreadsheet, grid, head) for spreadsheet, grid in sheets if (head := _type_head(grid)) is not None]
    if not (types or is_asked):
        return None
    defined = _Defined(package)
    for spreadsheet, grid, (row, names) in types:
        _define(grid, row, names, defined)
        pragma = _TABLE.search(text_at(grid.rows[0], 0)) if grid.sheet == _TYPES else None
        if pragma is not None:
            defined.second[spreadsheet.name] = pragma[1]
    defined.owners = _owners([grid for _, grid in sheets if _is_index(grid)])
    return read_each(sheets, defined, partial(_read_sheet, defined))


# --- definitions -----------------------------------------------------------------------------------------------


def _type_head(grid: Grid) -> tuple[int, tuple[str, ...]] | None:
    """Where the headers of a table of types stand, and which they are; version 2 has a line above them."""
    for index, row in enumerate(grid.rows[:2]):
        header = {text.lower() for text in filled(row)}
        names = next((names for wanted, names in _TYPE_HEADERS if wanted <= header), None)
        if names is not None and (names is not _SECOND or grid.sheet == _TYPES):
            return index, names
    return None


def _define(grid: Grid, head: int, names: tuple[str, ...], defined: _Defined) -> None:
    enums: dict[str, list[Item]] = {}
    messages: dict[str, list[tuple[str, str, str]]] = {}
    for line in _type_lines(grid, head):
        kind, owner, label = (line[name] if name else "" for name in names[:3])
        name, text, number = line[names[3]], line[names[4]], line[names[6]]
        is_enum = kind in ("枚举", "Enum", "enum") or bool(not names[0] and number)
        if not owner and (is_enum or not names[0]) and name:
            place = line.cell(names[1])
            what, instead = say("{name} belongs to no type", name=name), say("write its type, and scaffold again")
            defined.tell(place, what, instead)
        elif is_enum:
            enums.setdefault(owner, []).append(Item(name, label, number))
        elif not names[0] and name:
            messages.setdefault(owner, []).append((name, text, label))
        elif label or name:
            defined.fields[owner, label or name] = line, names
    for owner, items in enums.items():
        defined.add_enum(owner, items)
    for owner, parts in messages.items():
        known = [(name, declared) for name, text, _ in parts if (declared := read_type(text)) is not None]
        defined.messages[owner] = Message("", tuple(known))


def _is_index(grid: Grid) -> bool:
    header = set(filled(grid.rows[0])) if len(grid.rows) else set()
    return {"模式", "表类型", "表文件名"} <= header or {"Mode", "TableType", "TableFileName"} <= header


def _owners(indexes: Sequence[Grid]) -> dict[str, str]:
    """By a file's name without its ending, the table that an index says it holds."""
    owners: dict[str, str] = {}
    for grid in indexes:
        for line in _type_lines(grid, 0):
            file = line["表文件名"] or line["tablefilename"]
            owner = line["表类型"] or line["tabletype"]
            if file and owner:
                owners.setdefault(file.rpartition("/")[2].rpartition(".")[0].lower(), owner)
    return owners


def _type_lines(grid: Grid, head: int) -> list[Line]:
    header = [shown(cell).strip() for cell in grid.rows[head]]
    lines = lines_of(grid, header, head + 2)
    # Version 2 explains its headers in the row below them.
    first = head + 3 if grid.sheet == _TYPES else 0
    return [line for line in lines if line.row >= first and not text_at(grid.rows[line.row - 1], 0).startswith("#")]


# --- sheets ----------------------------------------------------------------------------------------------------


def _read_sheet(defined: _Defined, spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | str | None:
    if _type_head(grid) is not None or _is_index(grid):
        return say("it holds definitions, which were read")
    if spreadsheet.name in defined.second and len(grid.rows):
        return _read_second(spreadsheet, grid, defined)
    stem = spreadsheet.path.stem if spreadsheet.path is not None and spreadsheet.path.is_file() else grid.sheet
    owner = defined.owners.get(stem.lower()) or defined.owners.get(grid.sheet.lower(), grid.sheet)
    pairs = find_key_values(grid.rows)
    if pairs is not None:
        name = camel(words_of(owner)[0])
        defined.records[name] += 1
        number = defined.records[name]
        one = pairs.told(read_table(spreadsheet, grid, pairs.entry(grid.sheet)))
        if number > 1:
            what = say("{name} has further values here", name=name)
            instead = say("a record has one sheet: put them below the others")
            defined.tell(grid.cell(1, 1), what, instead)
        return replace(one, table=f"{name}{number}" if number > 1 else name)
    own = {label: place for (name, label), place in defined.fields.items() if name == owner}
    if not own or not set(filled(grid.rows[0]) if len(grid.rows) else []) & set(own):
        return None
    one = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, ()), alike=True)
    columns = tuple(_with_type(column, own) for column in one.columns)
    return replace(one, columns=columns, table=f"{camel(words_of(owner)[0])}Table")


def _with_type(column: SourceColumn, fields: Mapping[str, tuple[Line, tuple[str, ...]]]) -> SourceColumn:
    """A column by its label: the field's name is the program's, the header stays in `column`."""
    if column.header not in fields:
        return column
    line, names = fields[column.header]
    splitter = line[names[5]] if names[5] else ""
    text = line[names[4]]
    declared = read_type(f"[]{text}" if splitter else text)
    if declared is None:
        return column
    return replace(column, declared=replace(declared, separator=splitter), program_name=line[names[3]])


def _read_second(spreadsheet: Spreadsheet, grid: Grid, defined: _Defined) -> SheetFound | str | None:
    """A sheet of version 2: names, types, options and comments in four rows, or in four columns before the values."""
    header = [text_at(grid.rows[0], column).lower() for column in range(len(grid.rows[0]))]
    if not any(header):
        return None
    words = next((words for words in _VERTICAL if {words[0], words[1], words[4]} <= set(header)), None)
    places = (
        [header.index(word) + 1 if word in header else 0 for word in words] if words is not None else [1, 2, 3, 4, 5]
    )
    if places[0] > places[4]:
        return None
    entry = SheetEntry(grid.sheet, (), "rows", places[0], places[4])
    if words is not None:
        last = places[4]
        area = Area(2, 1, 0, last, f"A2:{column_letters(last)}")
        entry = replace(entry, layout="columns", range=area)
    one = find_table_of(spreadsheet, grid, entry, alike=True)
    columns, key = [], ""
    for column in one.columns:
        across, down = ([column.index + 1] * 5, places) if words is None else (places, [column.index + 1] * 5)
        cells = [grid.cell(row, at) for row, at in zip(down, across, strict=True)]
        _, type_, options, comment, _ = (
            text_at(grid.rows[row - 1], at - 1) if 0 < row <= len(grid.rows) and at else ""
            for row, at in zip(down, across, strict=True)
        )
        told = {name.lower(): quoted or plain for name, quoted, plain in _OPTION.findall(options)}
        key = key or (column.header if told.get("makeindex") == "true" else "")
        column = replace(column, declared=read_type(type_), labels=(), comments=(comment,))
        columns.append(_second_column(column, told, cells, defined))
    name = camel(words_of(defined.second[spreadsheet.name])[0])
    return replace(
        one, columns=tuple(columns), table=f"{name}Table", key=(key,) if key else None if words is None else ()
    )


def _second_column(
    column: SourceColumn, told: Mapping[str, str], cells: Sequence[Cell], defined: _Defined
) -> SourceColumn:
    """A column as its options say; `cells` are those of its name, type and options."""
    declared = column.declared
    if declared is None:
        return column
    if declared.name in defined.messages:
        what = say("cells of {type} name their parts: `X: 100 Y: 89`", type=declared.name)
        instead = say("write the parts alone, `100:89`, and a message of them; until then it is text")
        defined.tell(cells[1], what, instead)
        return replace(column, declared=read_type("string"))
    if "default" in told:
        what, instead = say("default: {text}", text=told["default"]), say("write `default` into the field's options")
        defined.tell(cells[2], what, instead)
    splitter = told.get("listspliter", "") or told.get("listsplitter", "")
    return replace(column, declared=replace(declared, separator=splitter)) if splitter and declared.is_list else column
