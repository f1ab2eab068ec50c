"""tabtoy: version 2 with `@Types` sheets and four header rows, version 3 with an index and a table of types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gdata.config import SheetEntry
from gdata.language import say
from gdata.scaffold.declared import read_type
from gdata.scaffold.fields.enums import prefix_of
from gdata.scaffold.guess import GuessedEnum, SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import Names, camel, words_of
from gdata.scaffold.sheets.header import filled, text_at
from gdata.scaffold.sheets.table import find_table_of
from gdata.scaffold.tools.reading import Line, Sheets, ToolReading, Unmatched, lines_of
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


def read_tabtoy(sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
    """The types of fields and enums from their sheets; everything else stands in the sheets themselves."""
    del package
    types = [(grid, names) for _, grid in sheets if (names := _type_headers(grid)) is not None]
    if not (types or is_asked):
        return None
    enums: dict[str, list[tuple[Line, tuple[str, ...]]]] = {}
    fields: dict[tuple[str, str], tuple[Line, tuple[str, ...]]] = {}
    unmatched: list[Unmatched] = []
    for grid, names in types:
        for line in _type_lines(grid):
            kind, owner, label = (line[name] if name else "" for name in names[:3])
            if kind in ("枚举", "Enum", "enum") or (not names[0] and line[names[6]]):
                enums.setdefault(owner, []).append((line, names))
            elif label or line[names[3]]:
                fields[owner, label or line[names[3]]] = line, names
    owners = _owners([grid for _, grid in sheets if _is_index(grid)])
    found: list[SheetFound | SkippedSheet] = []
    rest = []
    for spreadsheet, grid in sheets:
        if _type_headers(grid) is not None or _is_index(grid):
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, say("it holds definitions, which were read")))
            continue
        owner = owners.get(grid.sheet.lower(), grid.sheet)
        own = {label: place for (name, label), place in fields.items() if name == owner}
        if own and set(filled(grid.rows[0]) if len(grid.rows) else []) & set(own):
            one = find_table_of(spreadsheet, grid, SheetEntry(grid.sheet, ()), alike=True)
            found.append(replace(_with_types(one, own, set(enums)), table=f"{camel(words_of(owner)[0])}Table"))
        else:
            rest.append((spreadsheet, grid))
    return ToolReading(found, [_enum(name, lines) for name, lines in enums.items()], unmatched, rest, "tabtoy")


def _type_headers(grid: Grid) -> tuple[str, ...] | None:
    header = {text.lower() for text in filled(grid.rows[0])} if len(grid.rows) else set()
    return next((names for wanted, names in _TYPE_HEADERS if wanted <= header), None)


def _is_index(grid: Grid) -> bool:
    header = set(filled(grid.rows[0])) if len(grid.rows) else set()
    return {"模式", "表类型", "表文件名"} <= header or {"Mode", "TableType", "TableFileName"} <= header


def _owners(indexes: Sequence[Grid]) -> dict[str, str]:
    """By a file's name without its ending, the table that an index says it holds."""
    owners: dict[str, str] = {}
    for grid in indexes:
        for line in _type_lines(grid):
            file = line["表文件名"] or line["tablefilename"]
            owner = line["表类型"] or line["tabletype"]
            if file and owner:
                owners.setdefault(file.rpartition("/")[2].rpartition(".")[0].lower(), owner)
    return owners


def _type_lines(grid: Grid) -> list[Line]:
    header = [text_at(grid.rows[0], column) for column in range(len(grid.rows[0]))]
    return [line for line in lines_of(grid, header, 2) if not text_at(grid.rows[line.row - 1], 0).startswith("#")]


def _enum(name: str, lines: Sequence[tuple[Line, tuple[str, ...]]]) -> GuessedEnum:
    own = camel(words_of(name)[0])
    prefix, names = prefix_of(own), Names()
    values: list[tuple[str, str]] = []
    numbers: list[int] = []
    for line, headers in lines:
        bare = "_".join(words_of(line[headers[3]])[0]).upper() or "VALUE"
        number = line[headers[6]]
        numbers.append(int(number) if number.lstrip("-").isdigit() else len(numbers))
        label = line[headers[2]] if headers[2] else ""
        values.append((f"{prefix}_{names.take(bare)}", label if label != line[headers[3]] else ""))
    if 0 not in numbers:
        values.insert(0, (f"{prefix}_{names.take('UNSPECIFIED')}", ""))
        numbers.insert(0, 0)
    order = sorted(range(len(values)), key=lambda index: numbers[index] != 0)
    return GuessedEnum(own, tuple(values[one] for one in order), (), tuple(numbers[one] for one in order))


def _with_types(found: SheetFound, fields: dict[str, tuple[Line, tuple[str, ...]]], enums: set[str]) -> SheetFound:
    """Columns by their labels: the field's name is the program's, the header stays in `column`."""
    return replace(found, columns=tuple(_with_type(column, fields, enums) for column in found.columns))


def _with_type(column: SourceColumn, fields: dict[str, tuple[Line, tuple[str, ...]]], enums: set[str]) -> SourceColumn:
    if column.header not in fields:
        return column
    line, names = fields[column.header]
    splitter = line[names[5]] if names[5] else ""
    text = line[names[4]]
    declared = read_type(f"[]{text}" if splitter else text)
    if declared is None:
        return column
    given = {"given": "enum"} if text in enums else {}
    declared = replace(declared, separator=splitter, tags={**declared.tags, **given})
    return replace(column, declared=declared, program_name=line[names[3]])
