"""Find the table in a grid: which row is its header, where its records begin, or that it stands on its side.

Real sheets have a title above the header, a row of types or explanations below it, and notes beside the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cell import is_blank, shown
from gdata.parsing.sheet import Sheet, find_unticked, keep_records, lay_out
from gdata.scaffold.guess import SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import is_identifier
from gdata.schema.names import fold
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell, Grid

_HEADER_WITHIN = 10
"""A header is looked for in so many rows."""
_LONGEST_HEADER = 80
_NOTES = frozenset(
    "readme changelog history memo note notes todo guide index contents "
    "변경_이력 변경이력 이력 메모 안내 가이드 목차 참고 작업_노트".split()
)
_SETTINGS = re.compile(r"constants?|config|settings?|globals?|상수.*|.*설정", re.IGNORECASE)
_NAME_HEADERS = frozenset("key name id constant setting 키 이름 항목 상수 설정 변수 변수명".split())
_VALUE_HEADERS = frozenset("value 값 수치 설정값".split())
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_TYPE = re.compile(
    r"(u?int(8|16|32|64)?|integer|long|short|byte|float|double|number|string|str|text|bool(ean)?|enum|date|time"
    r"|datetime|timestamp|json|list|array|정수|실수|문자열|숫자)(\[\]|\?|<.*>)?",
    re.IGNORECASE,
)


def find_table(spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | SkippedSheet:
    """The table in a sheet, or why there is none."""
    reason = _why_skipped(grid)
    if reason:
        return SkippedSheet(spreadsheet.name, grid.sheet, reason)
    first = _vertical_start(grid)
    if first is not None:
        entry = SheetEntry(grid.sheet, (), "vertical", first_row=first)
        return _found(spreadsheet, grid, entry)
    if _stands_on_side(grid.rows):
        return _found(spreadsheet, grid, SheetEntry(grid.sheet, (), "columns"))
    header = _header_row(grid.rows)
    if header is None:
        return SkippedSheet(spreadsheet.name, grid.sheet, say("no row of texts at its top could be a header"))
    first = _first_record(grid.rows, header)
    entry = SheetEntry(grid.sheet, (), "rows", header + 1, 0 if first == header + 1 else first + 1)
    found = _found(spreadsheet, grid, entry)
    if len(found.columns) < 2 and not (found.columns and is_identifier(found.columns[0].header)):
        return SkippedSheet(spreadsheet.name, grid.sheet, say("it has no two columns with headers"))
    return found


def _why_skipped(grid: Grid) -> str:
    if grid.hidden:
        return say("it is hidden")
    if not any(not is_blank(cell) for row in grid.rows for cell in row):
        return say("it is empty")
    if grid.sheet.startswith(("#", "_", "~")) or fold(grid.sheet) in _NOTES:
        return say("its title says that it holds notes")
    return ""


def _found(spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry) -> SheetFound:
    sheet = lay_out(grid, entry)
    wanted, directives, notes = _choose_columns(sheet)
    columns = {*wanted, *directives}
    cells = keep_records(sheet, columns, end=find_unticked(sheet, columns, ())[0]).columns
    found = tuple(SourceColumn(index, text, cells[index]) for index, text in wanted.items())
    records = len(found[0].cells) if found else 0
    tags = tuple(dict.fromkeys(_tags(sheet, directives, cells)))
    return SheetFound(spreadsheet, grid, entry.layout, entry.header_row, entry.first_row, found, records, notes, tags)


def _tags(sheet: Sheet, directives: Sequence[int], cells: Mapping[int, Sequence[CellValue]]) -> Iterator[str]:
    """Whose columns and rows the sheet has: `price@jp`, and what stands under @tags."""
    texts = [shown(cell).strip() for cell in sheet.header]
    folded = set(map(fold, texts))
    for text in texts:
        base, _, tag = text.rpartition("@")
        if base and tag.strip() and fold(base) in folded:
            yield tag.strip()
    for index in directives:
        if fold(texts[index]) == "@tags":
            yield from (tag.strip() for cell in cells[index] for tag in shown(cell).split(",") if tag.strip())


def _choose_columns(sheet: Sheet) -> tuple[dict[int, str], list[int], tuple[str, ...]]:
    """The columns that become fields, those with directives, and what there is to say of others."""
    texts = {index: shown(cell).strip() for index, cell in enumerate(sheet.header)}
    wanted: dict[int, str] = {}
    directives: list[int] = []
    notes: list[str] = []
    seen: dict[str, str] = {}
    for index, text in texts.items():
        place = sheet.header_cell(index).a1
        base, at, _ = text.rpartition("@")
        if not text or (text.startswith("#") and text not in ERROR_TEXTS):
            continue
        if text in ERROR_TEXTS:
            notes.append(say("the header in {place} is a formula that fails: {text}", place=place, text=text))
        elif text.startswith("@"):
            directives.append(index)
        elif at and fold(base) in map(fold, texts.values()):
            continue  # A variant of the column `base`.
        elif fold(text) in seen:
            notes.append(
                say(
                    "{place} has the header {text} of {seen} again: one of them needs another name",
                    place=place,
                    text=text,
                    seen=seen[fold(text)],
                )
            )
        else:
            seen[fold(text)] = place
            wanted[index] = text
    return wanted, directives, tuple(notes)


def _kind(cell: CellValue) -> str:
    if is_blank(cell):
        return ""
    if isinstance(cell, bool) or (isinstance(cell, str) and cell.strip().casefold() in ("true", "false")):
        return "bool"
    if isinstance(cell, DateCell) or (isinstance(cell, str) and re.match(r"\d{4}-\d\d-\d\d", cell)):
        return "date"
    if isinstance(cell, (int, float)) or (isinstance(cell, str) and _NUMBER.fullmatch(cell.strip())):
        return "number"
    return "text"


def _filled(row: Sequence[CellValue]) -> list[str]:
    return [shown(cell).strip() for cell in row if not is_blank(cell)]


# --- one record, names in column A ---------------------------------------------------------------------------


def _vertical_start(grid: Grid) -> int | None:
    """The first row of a sheet that holds one record, 0 for the first of all; None where it holds rows."""
    rows = [row for row in grid.rows if any(not is_blank(cell) for cell in row)]
    if len(rows) < 3 or max(map(len, rows)) > 4:
        return None
    pairs = [(_text(row, 0), row[1] if len(row) > 1 else None) for row in rows]
    has_header = fold(pairs[0][0].lstrip("#")) in _NAME_HEADERS and fold(shown(pairs[0][1])) in _VALUE_HEADERS
    body = pairs[1:] if has_header else pairs
    names = [fold(name) for name, _ in body if name and not name.startswith("#")]
    if len(names) < 2 or len(set(names)) < len(names) or any(_NUMBER.fullmatch(name) for name in names):
        return None
    if not has_header and not all(is_identifier(name) for name in names):
        return None
    kinds = {_kind(value) for _, value in body} - {""}
    is_settings = bool(_SETTINGS.fullmatch(grid.sheet.strip()))
    if not (is_settings or (has_header and len(kinds) > 1)):
        return None
    return grid.rows.index(rows[0]) + 2 if has_header else 0


def _text(row: Sequence[CellValue], column: int) -> str:
    return shown(row[column]).strip() if len(row) > column else ""


# --- records side by side ------------------------------------------------------------------------------------


def _stands_on_side(rows: Sequence[Sequence[CellValue]]) -> bool:
    """Whether fields go down and records across: then values are alike along rows, and not down columns."""
    filled = [list(row) for row in rows if any(not is_blank(cell) for cell in row)]
    width = max(map(len, filled), default=0)
    names = [shown(row[0]).strip() for row in filled if row]
    if width < 3 or len(filled) < 3 or len(set(map(fold, names))) < len(names) or not all(map(_may_name, names)):
        return False
    lines = [row[1:] for row in filled]
    columns = [[row[column] for row in filled[1:] if len(row) > column] for column in range(1, width)]
    numeric = [line for line in lines if _share(line, "number") > 0.9 or _share(line, "bool") > 0.9]
    return len(numeric) >= 2 and _alike(lines) > 0.95 and _alike(columns) < 0.5


def _may_name(text: str) -> bool:
    return bool(text) and len(text) <= _LONGEST_HEADER and _kind(text) == "text"


def _alike(lines: Sequence[Sequence[CellValue]]) -> float:
    """The share of lines that hold values of one kind."""
    kinds = [{_kind(cell) for cell in line} - {""} for line in lines]
    return sum(len(one) <= 1 for one in kinds) / len(kinds)


def _share(line: Sequence[CellValue], kind: str) -> float:
    kinds = [_kind(cell) for cell in line if not is_blank(cell)]
    return kinds.count(kind) / len(kinds) if kinds else 0.0


# --- rows ----------------------------------------------------------------------------------------------------


def _header_row(rows: Sequence[Sequence[CellValue]]) -> int | None:
    """The header's index: the first row of different texts that is about as wide as the table."""
    width = max((len(_filled(row)) for row in rows[:30]), default=0)
    found = next((index for index, row in enumerate(rows[:_HEADER_WITHIN]) if _may_be_header(row, width)), None)
    if found is None or _is_names(rows[found]):
        return found
    # `번호, 이름` with `id, name` below it: the programmers' names are the header.
    for index in range(found + 1, min(found + 3, len(rows))):
        below = [row for row in rows[index + 1 : index + 4] if _filled(row)]
        if _may_be_header(rows[index], width) and _is_names(rows[index]) and not all(map(_is_names, below)):
            return index
    return found


def _may_be_header(row: Sequence[CellValue], width: int) -> bool:
    texts = _filled(row)
    if len(texts) < max(min(2, width), (width + 1) // 2) or any(_kind(cell) not in ("", "text") for cell in row):
        return False
    folded = [fold(text) for text in texts if text not in ERROR_TEXTS]
    return len(set(folded)) * 10 >= len(folded) * 8 and all(len(text) <= _LONGEST_HEADER for text in texts)


def _is_names(row: Sequence[CellValue]) -> bool:
    texts = [text for text in _filled(row) if not text.startswith(("#", "@"))]
    return len(texts) > 1 and all(map(is_identifier, texts)) and not all(_TYPE.fullmatch(text) for text in texts)


def _first_record(rows: Sequence[Sequence[CellValue]], header: int) -> int:
    """The index of the first record: rows of types and of explanations below the header are none."""
    first = header + 1
    while first < min(header + 4, len(rows)) and (_is_types(rows[first]) or _explains(rows, first)):
        first += 1
    return first


def _is_types(row: Sequence[CellValue]) -> bool:
    texts = _filled(row)
    return len(texts) > 1 and all(_TYPE.fullmatch(text) for text in texts)


def _explains(rows: Sequence[Sequence[CellValue]], index: int) -> bool:
    """Whether a row has texts where the rows below it have numbers."""
    if _text(rows[index], 0).startswith("#") and _text(rows[index], 0) not in ERROR_TEXTS:
        return True
    votes = list(_votes(rows[index], rows[index + 1 : index + 40]))
    return sum(votes) >= 2 and sum(votes) * 10 > len(votes) * 6


def _votes(row: Sequence[CellValue], below: Sequence[Sequence[CellValue]]) -> Iterator[bool]:
    for column, cell in enumerate(row):
        kinds = [_kind(other[column]) for other in below if len(other) > column and not is_blank(other[column])]
        if len(kinds) >= 2 and kinds.count("text") * 10 <= len(kinds) and not is_blank(cell):
            yield _kind(cell) == "text" and cell not in ERROR_TEXTS
