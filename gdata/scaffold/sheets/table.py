"""Find the table in a grid: which row is its header, where its records begin, or that it stands on its side.

Real sheets have a title above the header, a row of types or explanations below it, and notes beside the table. Some
hold one record: names in one column, values in another, and perhaps types, labels and comments beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gdata.config import Area, SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import is_blank, shown
from gdata.problems import column_letters
from gdata.scaffold.declared import Declared, looks_like_type, read_type
from gdata.scaffold.guess import SheetFound, SkippedSheet, SourceColumn
from gdata.scaffold.names import is_identifier
from gdata.scaffold.sheets.columns import read_table, turned
from gdata.scaffold.sheets.header import Block, block_at, find_block, vote
from gdata.scaffold.sheets.sample import LONGEST_HEADER, SAMPLE, Sample, kind_of_cell, text_at
from gdata.sources.grid import CellValue, Grid
from gdata.text import fold

_NOTES = frozenset(
    "readme changelog history memo note notes todo guide index contents "
    "변경_이력 변경이력 이력 메모 안내 가이드 목차 참고 작업_노트 "
    "说明 更新记录 更新日志 备注 目录 説明 更新履歴 目次".split()
)
_WIDEST_SAMPLE = 60
_MOST_PAIRS = 2_000


def find_tables(
    sheets: Sequence[tuple[Spreadsheet, Grid]], on_done: Callable[[str], None] = lambda _: None
) -> list[SheetFound | SkippedSheet]:
    """The table of each sheet, or why it has none; sheets whose header is hard to tell follow the others.

    `on_done` is called with the title of each sheet that was looked at.
    """
    found: list[SheetFound | str | Block] = []
    samples: list[Sample] = []
    for spreadsheet, grid in sheets:
        samples.append(Sample(grid.rows[:SAMPLE]))
        found.append(_look_at(spreadsheet, grid, samples[-1]))
        on_done(grid.sheet)
    places = [index for index, one in enumerate(found) if isinstance(one, Block)]
    blocks = [(sample, one) for sample, one in zip(samples, found, strict=True) if isinstance(one, Block)]
    for index, block in zip(places, vote(blocks), strict=True):
        found[index] = _in_rows(*sheets[index], block)
    return [
        SkippedSheet(spreadsheet.name, grid.sheet, one) if isinstance(one, str) else one
        for (spreadsheet, grid), one in zip(sheets, found, strict=True)
        if not isinstance(one, Block)
    ]


def find_table_of(spreadsheet: Spreadsheet, grid: Grid, entry: SheetEntry, *, alike: bool = False) -> SheetFound:
    """The table in a sheet of which sheets.yaml says how it lies, and what its table is called."""
    table = entry.tables[0] if entry.tables else ""
    if entry.layout == "vertical":
        return replace(read_table(spreadsheet, grid, entry, alike=alike), table=table)
    header = entry.header_row - 1
    first = entry.first_row - 1 if entry.first_row else header + entry.header_rows
    rows = grid.rows[:SAMPLE] if entry.layout == "rows" else turned(grid.rows)
    block = block_at(Sample(rows), header, first, entry.header_rows)
    return replace(read_table(spreadsheet, grid, entry, block, alike=alike), table=table)


def _look_at(spreadsheet: Spreadsheet, grid: Grid, sample: Sample) -> SheetFound | str | Block:
    """The table; where it lies in rows, the block of its header; or why there is none."""
    reason = _why_skipped(grid, sample)
    if reason:
        return reason
    pairs = find_key_values(grid.rows) if len(grid.rows) <= _MOST_PAIRS else None
    if pairs is not None:
        return pairs.told(read_table(spreadsheet, grid, pairs.entry(grid.sheet)))
    if len(grid.rows) <= _MOST_PAIRS and types_in_rows(grid.rows) is not None:
        return _in_rows(spreadsheet, grid, Block(0, 1))
    first = vertical_start(grid, sample)
    if first is not None:
        return read_table(spreadsheet, grid, SheetEntry(grid.sheet, (), "vertical", first_row=first))
    block = find_block(sample)
    if (block is None or block.types is None) and _stands_on_side(sample):
        return read_table(spreadsheet, grid, SheetEntry(grid.sheet, (), "columns"))
    return block if block is not None else say("no row of texts at its top could be a header")


def _in_rows(spreadsheet: Spreadsheet, grid: Grid, block: Block) -> SheetFound | str:
    first = 0 if block.first == block.header + block.header_rows else block.first + 1
    entry = SheetEntry(grid.sheet, (), "rows", block.header + 1, first, header_rows=block.header_rows)
    found = read_table(spreadsheet, grid, entry, block)
    header = grid.rows[block.header] if block.header < len(grid.rows) else []
    if any(fold(shown(cell).strip()) == "@remove" for cell in header):
        return say("with @remove it changes another sheet: name it in sheets.yaml with that one's table and overlay")
    if len(found.columns) < 2 and not (found.columns and is_identifier(found.columns[0].header)):
        return say("it has no two columns with headers")
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


# --- one record --------------------------------------------------------------------------------------------------
# A vertical sheet has its names in one column and its values in the next; where a label stands beside the value and the
# program's name elsewhere, a range makes these two the sheet.

_SETTINGS = re.compile(r"constants?|config|settings?|globals?|상수.*|.*설정", re.IGNORECASE)
_NAME_HEADERS = frozenset("key name id constant setting 키 이름 항목 상수 설정 변수 변수명".split())
_VALUE_HEADERS = frozenset("value 값 수치 설정값".split())
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_WORDS: Mapping[str, frozenset[str]] = {
    "name": frozenset("name key field fieldname field_name constant 字段名 键 名称 이름 키 상수 変数名 キー".split()),
    "value": frozenset("value val 值 数值 값 値".split()),
    "type": frozenset("type fieldtype field_type valuetype value_type 字段类型 类型 타입 자료형 型".split()),
    "label": frozenset("label alias 标识名 别名 라벨 表示名".split()),
    "comment": frozenset("comment description desc note 注释 描述 说明 备注 설명 비고 説明".split()),
    "separator": frozenset("arraysplitter splitter separator 数组切割 구분자".split()),
}
"""By what a column holds: the headers that it may have."""


@dataclass(frozen=True)
class KeyValues:
    """Where names, values and what is said of them stand: columns from 0."""

    columns: Mapping[str, int]
    shown: int
    """The column of the names that planners see: it stands before that of the values."""

    def entry(self, title: str) -> SheetEntry:
        """How sheets.yaml says that the sheet lies."""
        value = self.columns["value"]
        if self.shown == 0:
            return SheetEntry(title, (), "vertical", first_row=2)
        text = f"{column_letters(self.shown + 1)}:{column_letters(value + 1)}"
        area = Area(1, self.shown + 1, 0, value + 1, text)
        return SheetEntry(title, (), "vertical", first_row=2, range=area)

    def told(self, found: SheetFound) -> SheetFound:
        """The sheet's columns with what its other columns say of each."""
        return replace(found, columns=tuple(self._told(column, found.grid.rows) for column in found.columns))

    def _told(self, column: SourceColumn, rows: Sequence[Sequence[CellValue]]) -> SourceColumn:
        row = rows[1 + column.index]
        texts = {what: text_at(row, index) for what, index in self.columns.items()}
        comment = texts.get("comment", "")
        return replace(
            column,
            declared=self._declared(texts),
            program_name=texts["name"] if texts["name"] != column.header else "",
            comments=(comment,) if comment and comment != column.header else (),
        )

    @staticmethod
    def _declared(texts: Mapping[str, str]) -> Declared | None:
        splitter = texts.get("separator", "")
        declared = read_type(f"[]{texts['type']}" if splitter else texts["type"])
        return replace(declared, separator=splitter) if declared is not None and splitter else declared


def types_in_rows(rows: Sequence[Sequence[CellValue]]) -> Mapping[str, int] | None:
    """Where names, values and types stand in a sheet whose rows each have a type; None in others."""
    if len(rows) < 2:
        return None
    first = rows[0]  # Each look at a row of csv takes it apart anew.
    header = {fold(text_at(first, index)): index for index in reversed(range(len(first)))}
    found = {what: [header[word] for word in words if word in header] for what, words in _WORDS.items()}
    columns = {what: places[0] for what, places in found.items() if places}
    if not {"name", "value", "type"} <= columns.keys():
        return None
    body = [row for row in rows[1:] if any(not is_blank(cell) for cell in row)]
    names = [fold(text_at(row, columns["name"])) for row in body]
    is_whole = bool(names) and len(set(names)) == len(names) and all(map(is_identifier, names))
    return columns if is_whole and all(looks_like_type(text_at(row, columns["type"])) for row in body) else None


def find_key_values(rows: Sequence[Sequence[CellValue]]) -> KeyValues | None:
    """Where names, types and values stand; None where the sheet isn't one of keys and values."""
    columns = types_in_rows(rows)
    if columns is None:
        return None
    body = [row for row in rows[1:] if any(not is_blank(cell) for cell in row)]
    if len(body) > 1 and len({text_at(row, columns["type"]) for row in body}) == 1:
        return None  # Texts by name are rows: nobody wants a field for each.
    shown = columns["value"] - 1
    named = {columns["name"], columns.get("label", columns["name"])}
    if shown not in named or any(not text_at(row, shown) for row in body):
        return None
    return KeyValues(columns, shown)


def vertical_start(grid: Grid, sample: Sample) -> int | None:
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
