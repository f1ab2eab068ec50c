"""One table: read its sheets, parse them, check its rows by themselves; what comes out needs no cell any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from gdata.checks.run import RowChecks
from gdata.config import SheetEntry, Spreadsheet
from gdata.parsing.table import ParsedTable, TableSheet, parse_table
from gdata.parsing.view import Path, TableView, ViewBytes
from gdata.pipeline.project import Project
from gdata.pipeline.results import SheetFacts, TableResult, Tags
from gdata.problems import Cell, Problem
from gdata.schema.plan import TablePlan
from gdata.sources.adapters import read_sheets
from gdata.sources.csvfolder import files_by_title, without_others
from gdata.sources.grid import Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.titles import match_titles


@dataclass(frozen=True)
class TableInput:
    """What a table is made of: the spreadsheets that feed it, as they were pulled."""

    plan: TablePlan
    pulled: Mapping[str, Pulled]
    """By the spreadsheet's name, in the order of sheets.yaml; of a csv folder only the files that feed the table."""

    @property
    def size(self) -> int:
        """Bytes of the files that are read for it."""
        return sum(len(content) for one in self.pulled.values() for content in one.files.values())


class TableParser:
    """Parses a project's tables. A spreadsheet of several tables is read once, until it is forgotten."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._timezone = ZoneInfo(project.config.timezone)
        self._checks = RowChecks(project.schema, self._timezone)
        self._read: dict[str, ReadSheets] = {}

    @cached_property
    def _spreadsheets(self) -> dict[str, Spreadsheet]:
        return {one.name: one for one in self._project.config.spreadsheets}

    def input_of(self, plan: TablePlan, pulled: Mapping[str, Pulled]) -> TableInput:
        """What a table is made of, from all that was pulled."""
        feeding = {}
        for spreadsheet in self._project.config.spreadsheets:
            if spreadsheet.name in pulled and any(plan.message in entry.tables for entry in spreadsheet.sheets):
                feeding[spreadsheet.name] = self._only_needed(plan, spreadsheet, pulled[spreadsheet.name])
        return TableInput(plan, feeding)

    def _only_needed(self, plan: TablePlan, spreadsheet: Spreadsheet, pulled: Pulled) -> Pulled:
        if pulled.kind != "csv":
            return pulled
        matched = match_titles(files_by_title(pulled), self._project.requests(spreadsheet), spreadsheet.name)
        entries = zip(spreadsheet.sheets, matched.titles, strict=True)
        needed = [title for entry, found in entries if plan.message in entry.tables for title in found]
        return without_others(pulled, needed)

    def run(self, table: TableInput) -> TableResult:
        """Parse a table and check its rows.

        Raises:
            SourceError: a spreadsheet's bytes can't be read.
            SchemaError: a constraint or a default in the .proto files makes no sense.
        """
        self._checks.compile(table.plan)
        parsed = self._parse(table)
        cell_problems: dict[Tags, list[Problem]] = {}
        views: dict[Tags, ViewBytes] = {}
        known: dict[int, tuple[list[Problem], ViewBytes]] = {}
        for tags, view in parsed.views.items():
            if id(view) not in known:
                known[id(view)] = [*parsed.cell_problems[tags], *self._checks.check(view)], view.to_bytes()
            cell_problems[tags], views[tags] = known[id(view)]
        facts = {
            name: _facts(self._sheets(name, pulled)) for name, pulled in table.pulled.items() if pulled.kind != "csv"
        }
        return TableResult(parsed.problems, cell_problems, views, facts, parsed.headers)

    def restore(self, table: TableInput, result: TableResult) -> ParsedTable:
        """The table that a result is of; its cells are read again only if somebody asks for one."""
        cells = _Cells(self, table)
        views: dict[int, TableView] = {}
        for tags, content in result.views.items():
            if id(content) not in views:
                views[id(content)] = TableView.from_bytes(table.plan, content, cells.locator(tags))
        by_tags = {tags: views[id(content)] for tags, content in result.views.items()}
        return ParsedTable(table.plan, by_tags, result.problems, result.cell_problems, result.headers, is_checked=True)

    def forget(self, spreadsheet: str | None = None) -> None:
        """Free the cells of a spreadsheet, or of all."""
        if spreadsheet is None:
            self._read.clear()
        else:
            self._read.pop(spreadsheet, None)

    def _parse(self, table: TableInput) -> ParsedTable:
        sheets: list[TableSheet] = []
        whole = True
        for name, pulled in table.pulled.items():
            for entry, grids in _grids_of(self._spreadsheets[name], self._sheets(name, pulled)):
                if table.plan.message in entry.tables:
                    whole = whole and bool(grids)
                    sheets += [TableSheet(grid, entry, self._project.plans_of(entry)) for grid in grids]
        return parse_table(table.plan, sheets, self._project.tag_sets, self._timezone, whole=whole)

    def _sheets(self, name: str, pulled: Pulled) -> ReadSheets:
        requests = self._project.requests(self._spreadsheets[name])
        if pulled.kind == "csv":
            return read_sheets(pulled, requests)  # Its files are those of the one table.
        if name not in self._read:
            self._read[name] = read_sheets(pulled, requests)
        return self._read[name]


class _Cells:
    """Where a table's values were written, found by parsing it once more."""

    def __init__(self, parser: TableParser, table: TableInput) -> None:
        self._parser = parser
        self._table = table

    def locator(self, tags: Tags) -> _Locator:
        return _Locator(self, tags)

    @cached_property
    def views(self) -> Mapping[Tags, TableView]:
        return self._parser._parse(self._table).views


@dataclass(frozen=True)
class _Locator:
    """`TableView.locate` of a view that was restored."""

    cells: _Cells
    tags: Tags

    def __call__(self, index: int, path: Path) -> Cell:
        return self.cells.views[self.tags].locate(index, path)


def _facts(read: ReadSheets) -> SheetFacts:
    return SheetFacts(tuple((grid.sheet, grid.gid) for grid in read.grids), tuple(read.missing), tuple(read.titles))


def _grids_of(spreadsheet: Spreadsheet, read: ReadSheets) -> Iterator[tuple[SheetEntry, list[Grid]]]:
    """Each entry with its grids, in the order of sheets.yaml, a glob's by title."""
    by_title = {grid.sheet: grid for grid in read.grids}
    requests = [SheetRequest(entry.title, entry.is_glob) for entry in spreadsheet.sheets]
    matched = match_titles(by_title, requests, spreadsheet.name)
    for entry, titles in zip(spreadsheet.sheets, matched.titles, strict=True):
        yield entry, [by_title[title] for title in titles]
