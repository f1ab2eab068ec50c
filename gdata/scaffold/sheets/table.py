"""Find the table in a grid: which row is its header, where its records begin, or that it stands on its side.

Real sheets have a title above the header, a row of types or explanations below it, and notes beside the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from gdata.config import SheetEntry, Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import is_blank, shown
from gdata.scaffold.guess import SheetFound, SkippedSheet
from gdata.scaffold.names import is_identifier
from gdata.scaffold.sheets.columns import read_table, turned
from gdata.scaffold.sheets.header import Block, block_at, find_block, vote
from gdata.scaffold.sheets.sample import LONGEST_HEADER, SAMPLE, Sample, kind_of_cell
from gdata.scaffold.sheets.vertical import find_key_values, types_in_rows, vertical_start
from gdata.sources.grid import Grid
from gdata.text import fold

_NOTES = frozenset(
    "readme changelog history memo note notes todo guide index contents "
    "변경_이력 변경이력 이력 메모 안내 가이드 목차 참고 작업_노트 "
    "说明 更新记录 更新日志 备注 目录 説明 更新履歴 目次".split()
)
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
    rows = grid.rows[:SAMPLE] if entry.layout == "rows" else turned(grid.rows)
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
    first = vertical_start(grid, sample)
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
