"""Find the table in a grid: which row is its header, where its records begin, or that it stands on its side.

Real sheets have a title above the header, a row of types or explanations below it, and notes beside the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.nearest import fold
from gdata.parsing.cells.cell import is_blank, shown
from gdata.parsing.sheet.layout import Sheet, find_unticked, keep_records, lay_out
from gdata.scaffold.cells import Cells, as_cells
from gdata.scaffold.declared import Declared, read_type, read_typed_name
from gdata.scaffold.fields.lists import with_continuation
from gdata.scaffold.guess import SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import is_identifier
from gdata.scaffold.sheets.header import (
    BOTH_FLAGS,
    CLIENT_FLAGS,
    SERVER_FLAGS,
    Block,
    block_at,
    find_block,
    vote,
)
from gdata.scaffold.sheets.keyvalue import find_key_values, types_in_rows
from gdata.scaffold.sheets.sample import LONGEST_HEADER, SAMPLE, Sample, kind_of_cell, text_at
from gdata.sources.grid import ERROR_TEXTS, CellValue, Grid

_NOTES = frozenset(
    "readme changelog history memo note notes todo guide index contents "
    "변경_이력 변경이력 이력 메모 안내 가이드 목차 참고 작업_노트 "
    "说明 更新记录 更新日志 备注 目录 説明 更新履歴 目次".split()
)
_SETTINGS = re.compile(r"constants?|config|settings?|globals?|상수.*|.*설정", re.IGNORECASE)
_NAME_HEADERS = frozenset("key name id constant setting 키 이름 항목 상수 설정 변수 변수명".split())
_VALUE_HEADERS = frozenset("value 값 수치 설정값".split())
_BLANK_WORDS = frozenset("null nil none n/a na - -- — 없음 無 无 なし".split())
_MOST_BLANK_WORDS, _LONGEST_BLANK_WORD = 2, 16
_ENOUGH_NUMBERS = 3
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_PARTED = re.compile(r"\d+\.\d+")
_WIDEST_SAMPLE = 60
_MOST_PAIRS = 2_000


def find_table(spreadsheet: Spreadsheet, grid: Grid) -> SheetFound | SkippedSheet:
    """The table in a sheet, or why there is none."""
    (found,) = find_tables([(spreadsheet, grid)])
    return found


def find_tables(
    sheets: Sequence[tuple[Spreadsheet, Grid]], on_done: Callable[[str], None] = lambda _: None
) -> list[SheetFound | SkippedSheet]:
    """The table of each sheet, or why it has none; sheets whose header is hard to tell follow the others.

    `on_done` is called with the title of each sheet that was looked at.
    """
    found: list[SheetFound | SkippedSheet | Block] = []
    samples: list[Sample] = []
    for spreadsheet, grid in sheets:
        samples.append(Sample(grid.rows[:SAMPLE]))
        found.append(_look_at(spreadsheet, grid, samples[-1]))
        on_done(grid.sheet)
    places = [index for index, one in enumerate(found) if isinstance(one, Block)]
    blocks = [(sample, one) for sample, one in zip(samples, found, strict=True) if isinstance(one, Block)]
    for index, block in zip(places, vote(blocks), strict=True):
        found[index] = _in_rows(*sheets[index], block)
    return [one for one in found if not isinstance(one, Block)]


def find_table_of(spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, *, alike: bool = False) -> SheetFound:
    """The table in a sheet of which sheets.yaml says how it lies, and what its table is called."""
    table = entry.tables[0] if entry.tables else ""
    if entry.layout == "vertical":
        return replace(read_table(spreadsheet, grid, entry, alike=alike), table=table)
    header = entry.header_row - 1
    first = entry.first_row - 1 if entry.first_row else header + entry.header_rows
    rows = grid.rows[:SAMPLE] if entry.layout == "rows" else _turned(grid.rows)
    block = block_at(Sample(rows), header, first, entry.header_rows)
    return replace(read_table(spreadsheet, grid, entry, block, alike=alike), table=table)


def _look_at(spreadsheet: Spreadsheet, grid: Grid, sample: Sample) -> SheetFound | SkippedSheet | Block:
    reason = _why_skipped(grid, sample)
    if reason:
        return SkippedSheet(spreadsheet.name, grid.sheet, reason)
    pairs = find_key_values(grid.rows) if len(grid.rows) <= _MOST_PAIRS else None
    if pairs is not None:
        return pairs.told(read_table(spreadsheet, grid, pairs.entry(grid.sheet)))
    if len(grid.rows) <= _MOST_PAIRS and types_in_rows(grid.rows) is not None:
        return _in_rows(spreadsheet, grid, Block(0, 1))
    first = _vertical_start(grid, sample)
    if first is not None:
        return read_table(spreadsheet, grid, SheetEntry(grid.sheet, (), "vertical", first_row=first))
    block = find_block(sample)
    if (block is None or block.types is None) and _stands_on_side(sample):
        return read_table(spreadsheet, grid, SheetEntry(grid.sheet, (), "columns"))
    if block is None:
        return SkippedSheet(spreadsheet.name, grid.sheet, say("no row of texts at its top could be a header"))
    return block


def _in_rows(spreadsheet: Spreadsheet, grid: Grid, block: Block) -> SheetFound | SkippedSheet:
    first = 0 if block.first == block.header + block.header_rows else block.first + 1
    entry = SheetEntry(grid.sheet, (), "rows", block.header + 1, first, header_rows=block.header_rows)
    found = read_table(spreadsheet, grid, entry, block)
    header = grid.rows[block.header] if block.header < len(grid.rows) else []
    if any(fold(shown(cell).strip()) == "@remove" for cell in header):
        reason = say("with @remove it changes another sheet: name it in sheets.yaml with that one's table and overlay")
        return SkippedSheet(spreadsheet.name, grid.sheet, reason)
    if len(found.columns) < 2 and not (found.columns and is_identifier(found.columns[0].header)):
        return SkippedSheet(spreadsheet.name, grid.sheet, say("it has no two columns with headers"))
    return found


def _why_skipped(grid: Grid, sample: Sample) -> str:
    if grid.hidden:
        return say("it is hidden")
    if not any(row.filled for row in sample) and all(is_blank(cell) for row in grid.rows for cell in row):
        return say("it is empty")
    is_marked = grid.sheet.startswith(("#", "_", "~")) and not re.fullmatch("#.+#", grid.sheet)
    if is_marked or fold(grid.sheet) in _NOTES:
        return say("its title says that it holds notes")
    return ""


def read_table(
    spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, block: Block | None = None, *, alike: bool = False
) -> SheetFound:
    """The table that a sheet has under this entry; `block` says what the rows around its header are for.

    `alike`: headers that are alike are meant as a list.
    """
    sheet = lay_out(grid, entry)
    wanted, directives, notes, again = _choose_columns(sheet)
    rows = grid.rows if entry.layout != "columns" else _turned(grid.rows)
    meant = {
        index: text
        for index, (text, note) in again.items()
        if alike or index in sheet.spans or _declare_alike(rows, block, index, text, wanted)
    }
    wanted = dict(sorted({**wanted, **meant}.items()))
    notes += tuple(note for index, (_, note) in again.items() if note and index not in meant)
    columns = {*wanted, *directives}
    cells = keep_records(sheet, columns, end=find_unticked(sheet, columns, ())[0]).columns
    found = tuple(
        SourceColumn(index, text, Cells(cells[index]), is_merged=index in sheet.spans, **_told(rows, block, index))
        for index, text in wanted.items()
    )
    if found and found[0].header == "#":
        found = _with_number(found)
    found, blank = _without_blank_words(found)
    entry = replace(entry, blank=blank) if blank and not entry.blank else entry
    records = len(found[0].cells) if found else 0
    tags = tuple(dict.fromkeys(_tags(sheet, directives, cells)))
    sheet_found = SheetFound(spreadsheet, grid, entry, _with_groups(found), records, notes, tags=tags)
    return with_continuation(sheet_found) if entry.multirow or not entry.tables else sheet_found


def _turned(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    """The first columns of a sheet on its side as rows."""
    width = min(max(map(len, rows), default=0), SAMPLE)
    return [[row[column] if len(row) > column else None for row in rows] for column in range(width)]


def _without_blank_words(columns: tuple[SourceColumn, ...]) -> tuple[tuple[SourceColumn, ...], tuple[str, ...]]:
    """The columns with nothing where a word such as `null` or `-` stands among numbers, and these words.

    What `blank` names is blank in all columns but those of text: one where such a word is a value stays text, and where
    that can't be, the word is none of them.
    """
    found = {column.index: _blank_words(as_cells(column.cells), column.declared) for column in columns}
    words = dict.fromkeys(cell.strip() for cells in found.values() for cell in cells)
    if not words:
        return columns, ()
    saying = [one for one in columns if not found[one.index] and _says(one, words)]
    meant = [one.declared for one in saying if one.declared is not None and one.declared.kind != "string"]
    if meant:
        return columns, ()
    texts = {one.index for one in saying}
    done = []
    for column in columns:
        if column.index in texts:
            column = replace(column, declared=read_type("string"))
        elif blank := found[column.index]:
            column = replace(column, cells=Cells([None if cell in blank else cell for cell in column.cells]))
        done.append(column)
    return tuple(done), tuple(words)


def _says(column: SourceColumn, words: Mapping[str, None]) -> bool:
    return any(isinstance(cell, str) and cell.strip() in words for cell in as_cells(column.cells).distinct)


def _blank_words(cells: Cells, declared: Declared | None) -> list[str]:
    """Words such as `null` in a column of numbers, dates or what else isn't text; [] where they mean themselves."""
    kind = declared.kind if declared is not None else ""
    if cells.plainly or kind in ("string", "message") or (declared is not None and kind and declared.is_list):
        return []
    distinct = cells.distinct
    if not kind and _are_texts(distinct[: _MOST_BLANK_WORDS + 1]):
        return []
    short = [cell for cell in distinct if isinstance(cell, str) and len(cell) <= _LONGEST_BLANK_WORD]
    found = [cell for cell in short if fold(cell.strip()) in _BLANK_WORDS]
    if not 0 < len(found) <= _MOST_BLANK_WORDS:
        return []
    others = [cell for cell in distinct if cell not in found]
    kinds = set(map(kind_of_cell, others))
    is_no_text = (len(others) >= _ENOUGH_NUMBERS and kinds <= {"number"}) or (len(others) > 1 and kinds == {"date"})
    return found if kind or is_no_text else []


def _are_texts(cells: Sequence[CellValue]) -> bool:
    """Whether these are more texts than may mean "nothing"."""
    return len(cells) > _MOST_BLANK_WORDS and all(kind_of_cell(cell) == "text" for cell in cells)


def _declare_alike(
    rows: Sequence[Sequence[CellValue]], block: Block | None, index: int, text: str, wanted: Mapping[int, str]
) -> bool:
    """Whether a column is declared as the one before it with the same header is: both are elements of a list."""
    if block is None or block.types is None:
        return False
    first = next((column for column, other in wanted.items() if fold(other) == fold(text)), None)
    types = rows[block.types]
    return first is not None and bool(text_at(types, first)) and text_at(types, index) in ("", text_at(types, first))


def _told(rows: Sequence[Sequence[CellValue]], block: Block | None, column: int) -> dict[str, Any]:
    """What the rows of a header block say of a column."""
    if block is None:
        return {}
    said = [text_at(rows[index], column) for index in block.comments]
    groups = [group for index in block.flags for group in _groups(text_at(rows[index], column))]
    declared, name = None, ""
    if block.types is not None:
        text = text_at(rows[block.types], column)
        named = read_typed_name(text) if block.types == block.header else None
        name, declared = named or ("", read_type(text) if block.types != block.header else None)
    return {
        "declared": declared,
        "program_name": name,
        "labels": tuple(text for index in block.labels if (text := text_at(rows[index], column))),
        "comments": tuple(text for text in said if text and not text.startswith("##")),
        "groups": tuple(dict.fromkeys(groups)),
    }


def _groups(text: str) -> tuple[str, ...]:
    folded = fold(text)
    if folded in BOTH_FLAGS:
        return "client", "server"
    return ("client",) if folded in CLIENT_FLAGS else ("server",) if folded in SERVER_FLAGS else ()


def _with_groups(columns: tuple[SourceColumn, ...]) -> tuple[SourceColumn, ...]:
    """Groups matter only where columns differ; a column without one is everybody's then."""
    every = ("client", "server")
    if all(column.groups in ((), every) for column in columns):
        return tuple(replace(column, groups=()) if column.groups else column for column in columns)
    return tuple(replace(column, groups=column.groups or every) for column in columns)


def _with_number(columns: tuple[SourceColumn, ...]) -> tuple[SourceColumn, ...]:
    """The columns without the one that is just called `#` where it has no ids; `1.1` and `1.10` are two of them."""
    first, *others = columns
    if not _is_id(first.cells):
        return tuple(others)
    parts = all(isinstance(cell, str) and _PARTED.fullmatch(cell.strip()) for cell in first.cells)
    return (replace(first, declared=read_type("string")), *others) if parts else columns


def _is_id(cells: Sequence[CellValue]) -> bool:
    """Whether the column that is just called `#` has ids: no blanks, no two alike."""
    texts = list(map(shown, cells))
    return bool(texts) and all(texts) and len(set(texts)) == len(texts)


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


def _choose_columns(
    sheet: Sheet,
) -> tuple[dict[int, str], list[int], tuple[str, ...], dict[int, tuple[str, str]]]:
    """The columns that become fields, those with directives, what there is to say of others; and those whose header
    stands there already, with what to say if that isn't meant."""
    texts = {index: shown(cell).strip() for index, cell in enumerate(sheet.header)}
    wanted: dict[int, str] = {}
    directives: list[int] = []
    notes: list[str] = []
    seen: dict[str, str] = {}
    again: dict[int, tuple[str, str]] = {}
    for index, text in texts.items():
        place = sheet.header_cell(index).a1
        base, at, _ = text.rpartition("@")
        if not text and sheet.spans.get(index) in wanted:
            again[index] = wanted[sheet.spans[index]], ""
            continue
        is_note = text.startswith("#") and text not in ERROR_TEXTS and read_typed_name(text) is None
        if not text or (is_note and not (text == "#" and not wanted)):
            continue
        if text in ERROR_TEXTS:
            notes.append(say("the header in {place} is a formula that fails: {text}", place=place, text=text))
        elif text.startswith("@"):
            directives.append(index)
        elif at and fold(base) in map(fold, texts.values()):
            continue  # A variant of the column `base`.
        elif fold(text) in seen:
            note = say(
                "{place} has the header {text} of {seen} again: one of them needs another name",
                place=place,
                text=text,
                seen=seen[fold(text)],
            )
            again[index] = text, note
        else:
            seen[fold(text)] = place
            wanted[index] = text
    return wanted, directives, tuple(notes), again


# --- one record, names in column A ---------------------------------------------------------------------------


def _vertical_start(grid: Grid, sample: Sample) -> int | None:
    """The first row of a sheet that holds one record, 0 for the first of all; None where it holds rows."""
    if any(len(row.cells) > 4 for row in sample):
        return None
    rows = [row for row in grid.rows if any(not is_blank(cell) for cell in row)]
    if len(rows) < 3 or max(map(len, rows)) > 4:
        return None
    pairs = [(text_at(row, 0), row[1] if len(row) > 1 else None) for row in rows]
    has_header = fold(pairs[0][0].lstrip("#")) in _NAME_HEADERS and fold(shown(pairs[0][1])) in _VALUE_HEADERS
    body = pairs[1:] if has_header else pairs
    names = [fold(name) for name, _ in body if name and not name.startswith("#")]
    if len(names) < 2 or len(set(names)) < len(names) or any(_NUMBER.fullmatch(name) for name in names):
        return None
    if not has_header and not all(is_identifier(name) for name in names):
        return None
    kinds = {kind_of_cell(value) for _, value in body} - {""}
    is_settings = bool(_SETTINGS.fullmatch(grid.sheet.strip()))
    if not (is_settings or (has_header and len(kinds) > 1)):
        return None
    return list(grid.rows).index(rows[0]) + 2 if has_header else 0


# --- records side by side ------------------------------------------------------------------------------------


def _stands_on_side(sample: Sample) -> bool:
    """Whether fields go down and records across: then values are alike along rows, and not down columns."""
    if not all(_may_name(row.first) for row in sample if row.first):
        return False
    rows = [row for row in sample if row.filled]
    names = [row.first for row in rows]
    if len(rows) < 3 or not all(map(_may_name, names)) or len(set(map(fold, names))) < len(names):
        return False
    kinds = [row.kinds[:_WIDEST_SAMPLE] for row in rows]
    width = max(map(len, kinds))
    lines = [line[1:] for line in kinds]
    columns = [[line[column] for line in kinds[1:] if len(line) > column] for column in range(1, width)]
    numeric = [line for line in lines if _share(line, "number") > 0.9 or _share(line, "bool") > 0.9]
    return width >= 3 and len(numeric) >= 2 and _alike(lines) > 0.95 and _alike(columns) < 0.5


def _may_name(text: str) -> bool:
    return bool(text) and len(text) <= LONGEST_HEADER and kind_of_cell(text) == "text"


def _alike(lines: Sequence[Sequence[str]]) -> float:
    """The share of lines that hold values of one kind."""
    return sum(len(set(line) - {""}) <= 1 for line in lines) / len(lines)


def _share(line: Sequence[str], kind: str) -> float:
    count = sum(map(bool, line))
    return line.count(kind) / count if count else 0.0
