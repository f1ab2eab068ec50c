"""All sheets of a table to its rows, as each set of tags sees them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.config import SheetEntry
from gdata.parsing.defaults import check_defaults
from gdata.parsing.head import SheetHead
from gdata.parsing.locate import locate
from gdata.parsing.records import SheetRecords, Tags
from gdata.parsing.rows import TableBuilder
from gdata.parsing.sheet import HeaderTexts, lay_out
from gdata.parsing.view import Path, TableView
from gdata.problems import Cell, Problem, has_errors
from gdata.schema.plan import TablePlan
from gdata.sources.grid import Grid


@dataclass(frozen=True)
class TableSheet:
    """A sheet that feeds a table, and the plans of all the tables that it feeds."""

    grid: Grid
    entry: SheetEntry
    plans: tuple[TablePlan, ...]


@dataclass(frozen=True)
class ParsedTable:
    """A table's rows by set of tags, and what is wrong with its sheets."""

    plan: TablePlan
    views: Mapping[Tags, TableView]
    problems: list[Problem] = field(default_factory=list)
    """Of its sheets, whoever sees them."""
    cell_problems: Mapping[Tags, list[Problem]] = field(default_factory=dict)
    """Of the cells that a set of tags sees."""
    headers: Mapping[tuple[str, str], HeaderTexts] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    is_checked: bool = False
    """Whether `cell_problems` holds what the rows show by themselves as well."""


def parse_table(
    plan: TablePlan, sheets: Sequence[TableSheet], tag_sets: Sequence[Tags], timezone: ZoneInfo, *, whole: bool = True
) -> ParsedTable:
    """Read every sheet of a table, once, and compose its rows for each set of tags.

    `whole` is False when a sheet of the table couldn't be read.

    Raises:
        SchemaError: a default in the .proto file is no value of its field.
    """
    check_defaults(plan, timezone)
    problems: list[Problem] = []
    heads = []
    for sheet in sheets:
        head = SheetHead(lay_out(sheet.grid, sheet.entry), plan, timezone)
        found = head.problems(sheet.plans)
        whole = whole and not has_errors(found)
        problems += found
        if not head.is_blank:
            heads.append(head)
    if plan.kind == "record" and len(sheets) > 1 and heads:
        problems.append(kinds.RECORD_SEVERAL.at(heads[-1].sheet.header_cell(), table=plan.name))
    rows = _Rows(plan, tag_sets, same=all(head.is_same_for_all for head in heads))
    for head in heads:
        problems += rows.read(head)
    views, cell_problems = rows.finish(whole)
    headers = {(head.sheet.grid.spreadsheet, head.sheet.grid.sheet): head.sheet.header_texts for head in heads}
    return ParsedTable(plan, views, problems, cell_problems, headers)


class _Rows:
    """The rows of a table, collected block by block, as each set of tags sees them."""

    def __init__(self, plan: TablePlan, tag_sets: Sequence[Tags], *, same: bool) -> None:
        """`same`: all sets of tags see the same."""
        self._tag_sets = tag_sets
        self._seen = {tags: _SeenRows(plan, tags) for tags in (tag_sets[:1] if same else tag_sets)}

    def read(self, head: SheetHead) -> list[Problem]:
        """Read a sheet's rows; what is wrong with the sheet as a whole."""
        known = {tag for tags in self._tag_sets for tag in tags}
        blank = set(head.columns_to_fill())
        count = 0
        misspelt: list[Problem] = []
        for block in head.sheet.blocks():
            records = SheetRecords(head, block)
            count += records.line_count
            blank = records.blank_among(blank)
            misspelt += records.misspelt_tags(known)
            for seen in self._seen.values():
                seen.add(records)
            records.forget_cells()
        return [*head.blank_columns(blank if count else ()), *misspelt, *head.unknown_tags(known)]

    def finish(self, whole: bool) -> tuple[dict[Tags, TableView], dict[Tags, list[Problem]]]:
        """The views, and the problems of the cells in each."""
        done = {tags: (seen.view(whole), _once(seen.problems)) for tags, seen in self._seen.items()}
        shared = next(iter(done.values()))
        by_tags = {tags: done.get(tags, shared) for tags in self._tag_sets}
        return {tags: view for tags, (view, _) in by_tags.items()}, {
            tags: found for tags, (_, found) in by_tags.items()
        }


class _SeenRows:
    """The rows of a table as one set of tags sees them."""

    def __init__(self, plan: TablePlan, tags: Tags) -> None:
        self._plan, self._tags = plan, tags
        self._builder = TableBuilder(plan)
        self._parts: list[tuple[SheetRecords, Sequence[int]]] = []
        """Blocks, and which of its records are among the rows."""
        self._ends: list[int] = []
        """How many rows there are up to the end of each part."""
        self._bad_fields: dict[int, frozenset[str]] = {}
        self.problems: list[Problem] = []

    def add(self, records: SheetRecords) -> None:
        """Add the rows of a block."""
        composed = records.compose(self._tags)
        self._builder.add(composed.columns, len(composed.records))
        start = self._ends[-1] if self._ends else 0
        self._parts.append((records, composed.records))
        self._ends.append(start + len(composed.records))
        self.problems += composed.problems
        if composed.bad_fields:
            for index, record in enumerate(composed.records, start):
                if record in composed.bad_fields:
                    self._bad_fields[index] = frozenset(composed.bad_fields[record])

    def view(self, whole: bool) -> TableView:
        """The rows; `whole` is False where some may be missing."""
        message, rows = self._builder.finish()
        return TableView(self._plan, message, rows, self._locate, self._bad_fields, whole)

    def _locate(self, index: int, path: Path) -> Cell:
        number = bisect_right(self._ends, index)
        records, chosen = self._parts[number]
        return locate(records, chosen[index - (self._ends[number - 1] if number else 0)], path, self._tags)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
