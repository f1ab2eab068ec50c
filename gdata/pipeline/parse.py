"""From pulled spreadsheets to tables: grids as they arrive, each table parsed once all its sheets are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError
from gdata.nearest import did_you_mean
from gdata.parsing.table import ParsedTable, TableSheet, parse_table
from gdata.pipeline.events import Event, Listener
from gdata.pipeline.project import Project
from gdata.problems import Cell, Problem
from gdata.schema.plan import TablePlan
from gdata.sources.adapters import read_sheets
from gdata.sources.grid import Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.titles import match_titles


@dataclass
class Parsed:
    """Every table, and where the sheets were: their order, ids and problems of their own."""

    tables: dict[str, ParsedTable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sheet_order: dict[tuple[str, str], int] = field(default_factory=dict)
    gids: dict[tuple[str, str], int] = field(default_factory=dict)
    pulled: list[Pulled] = field(default_factory=list)


def parse_all(project: Project, pulls: Iterable[Pulled], listener: Listener) -> Parsed:
    """Read the sheets of every pull and parse the tables.

    Raises:
        SourceError: a spreadsheet's bytes can't be read.
        ConfigError: a glob matches no sheet, or two take the same one.
    """
    stage = _Stage(project, listener)
    for pulled in pulls:
        stage.add(pulled)
    return stage.finish()


class _Stage:
    def __init__(self, project: Project, listener: Listener) -> None:
        self._project = project
        self._listener = listener
        self._parsed = Parsed()
        self._read: dict[str, tuple[Spreadsheet, ReadSheets]] = {}
        self._timezone = ZoneInfo(project.config.timezone)

    def add(self, pulled: Pulled) -> None:
        config = self._project.config
        spreadsheet = next(one for one in config.spreadsheets if one.name == pulled.spreadsheet)
        self._parsed.pulled.append(pulled)
        self._read[spreadsheet.name] = spreadsheet, read_sheets(pulled, self._project.requests(spreadsheet))
        for plan in self._project.plans.values():
            feeding = {one.name for one in config.spreadsheets for entry in one.sheets if plan.message in entry.tables}
            if spreadsheet.name in feeding and feeding <= self._read.keys():
                self._parse(plan)

    def finish(self) -> Parsed:
        parsed = self._parsed
        order = [one.name for one in self._project.config.spreadsheets]
        parsed.pulled.sort(key=lambda one: order.index(one.spreadsheet))
        for name in order:
            if name in self._read:
                self._note_sheets(*self._read[name])
        parsed.tables = {name: parsed.tables[name] for name in self._project.plans if name in parsed.tables}
        return parsed

    def _note_sheets(self, spreadsheet: Spreadsheet, read: ReadSheets) -> None:
        parsed = self._parsed
        for grid in read.grids:
            place = spreadsheet.name, grid.sheet
            parsed.sheet_order[place] = len(parsed.sheet_order)
            if grid.gid is not None:
                parsed.gids[place] = grid.gid
        for title in read.missing:
            entry = next(one for one in spreadsheet.sheets if one.title == title)
            parsed.problems.append(self._missing(spreadsheet, entry, read))

    def _missing(self, spreadsheet: Spreadsheet, entry: SheetEntry, read: ReadSheets) -> Problem:
        config = self._project.config
        if entry.is_glob:
            raise ConfigError(
                f"{config.path.name}:{entry.line}: {entry.title} matches no sheet of {spreadsheet.name}",
                hint=f"its sheets are {', '.join(read.titles[:12])}" if read.titles else "",
            )
        return kinds.SHEET_MISSING.at(
            Cell(spreadsheet.name, entry.title),
            value=entry.title,
            spreadsheet=spreadsheet.name,
            title=entry.title,
            nearest=did_you_mean(entry.title, read.titles),
            line=entry.line,
        )

    def _parse(self, plan: TablePlan) -> None:
        sheets = []
        whole = True
        for spreadsheet in self._project.config.spreadsheets:
            if spreadsheet.name not in self._read:
                continue
            _, read = self._read[spreadsheet.name]
            for entry, grids in _grids_of(spreadsheet, read):
                if plan.message in entry.tables:
                    whole = whole and bool(grids)
                    sheets += [TableSheet(grid, entry, self._project.plans_of(entry)) for grid in grids]
        table = parse_table(plan, sheets, self._project.tag_sets, self._timezone, whole=whole)
        self._parsed.tables[plan.name] = table
        self._parsed.problems += table.problems
        self._listener(Event("parse", plan.name, len(self._parsed.tables), len(self._project.plans)))


def _grids_of(spreadsheet: Spreadsheet, read: ReadSheets) -> list[tuple[SheetEntry, list[Grid]]]:
    """Each entry with its grids, in the order of sheets.yaml, a glob's by title."""
    by_title: Mapping[str, Grid] = {grid.sheet: grid for grid in read.grids}
    requests = [SheetRequest(entry.title, entry.is_glob) for entry in spreadsheet.sheets]
    matched = match_titles(by_title, requests, spreadsheet.name)
    return [
        (entry, [by_title[title] for title in titles])
        for entry, titles in zip(spreadsheet.sheets, matched.titles, strict=True)
    ]
