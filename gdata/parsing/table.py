"""All sheets of a table to its rows, as each set of tags sees them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.config import SheetEntry
from gdata.parsing.cell import is_blank
from gdata.parsing.defaults import check_defaults
from gdata.parsing.header import HeaderFault, read_header
from gdata.parsing.locate import locate
from gdata.parsing.records import Composed, SheetRecords, Tags
from gdata.parsing.rows import make_message
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
    records = []
    for sheet in sheets:
        one = SheetRecords(lay_out(sheet.grid, sheet.entry), plan, timezone)
        found = _header_problems(one, sheet)
        whole = whole and not has_errors(found)
        problems += found
        if not (found and found[0].kind is kinds.HEADER_BLANK):
            problems += [*one.blank_columns(), *one.unknown_tags({tag for tags in tag_sets for tag in tags})]
            records.append(one)
    if plan.kind == "record" and len(sheets) > 1:
        problems.append(kinds.RECORD_SEVERAL.at(records[-1].sheet.header_cell(), table=plan.name))
    views, cell_problems = _compose(plan, records, tag_sets, whole)
    headers = {(one.sheet.grid.spreadsheet, one.sheet.grid.sheet): one.sheet.header_texts for one in records}
    return ParsedTable(plan, views, problems, cell_problems, headers)


def _header_problems(records: SheetRecords, sheet: TableSheet) -> list[Problem]:
    if all(map(is_blank, records.sheet.header)):
        row = sheet.entry.header_row if sheet.entry.layout != "vertical" else records.sheet.first_vertical_row
        return [kinds.HEADER_BLANK.at(records.sheet.header_cell(), table=records.plan.name, row=row)]
    unknown: Mapping[int, HeaderFault] = records.header.unknown
    for other in sheet.plans:
        if other is not records.plan:
            theirs = read_header(records.sheet.header, other.row, multirow=sheet.entry.multirow).unknown
            unknown = {column: fault for column, fault in unknown.items() if column in theirs}
    is_first = records.plan is sheet.plans[0]  # What no table of the sheet knows is said once, by the first.
    names = ", ".join(plan.row.name for plan in sheet.plans)
    return records.header_problems(unknown.values(), names, tell_unknown=is_first)


def _compose(
    plan: TablePlan, records: list[SheetRecords], tag_sets: Sequence[Tags], whole: bool
) -> tuple[dict[Tags, TableView], dict[Tags, list[Problem]]]:
    same = all(one.is_same_for_all for one in records)
    views: dict[Tags, TableView] = {}
    problems: dict[Tags, list[Problem]] = {}
    for tags in tag_sets:
        if same and views:
            first = next(iter(views))
            views[tags], problems[tags] = views[first], problems[first]
            continue
        composed = [one.compose(tags) for one in records]
        views[tags] = _view(plan, records, composed, tags, whole)
        problems[tags] = _once(problem for one in composed for problem in one.problems)
    return views, problems


def _once(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _view(plan: TablePlan, records: list[SheetRecords], composed: list[Composed], tags: Tags, whole: bool) -> TableView:
    message, row_messages = make_message(plan, [(one.columns, len(one.records)) for one in composed])
    ends = list(accumulate(len(one.records) for one in composed))

    def find(index: int, path: Path) -> Cell:
        number = bisect_right(ends, index)
        within = index - (ends[number - 1] if number else 0)
        return locate(records[number], composed[number].records[within], path, tags)

    bad_fields = {
        start + within: frozenset(one.bad_fields[record])
        for one, start in zip(composed, [0, *ends], strict=False)
        if one.bad_fields
        for within, record in enumerate(one.records)
        if record in one.bad_fields
    }
    return TableView(plan, message, row_messages, find, bad_fields, whole)
