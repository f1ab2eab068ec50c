"""One table: read its sheets, parse them, check its rows by themselves; what comes out needs no cell any more.

What parses is imported by who asks for it: a build in which nothing changed starts without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.checks.run import RowChecks
from gdata.config import Area, Audience, SheetEntry, Spreadsheet
from gdata.longbytes import Content
from gdata.parsing.places import Block, LaterPlaces, Places, blocks_of
from gdata.parsing.view import ParsedTable
from gdata.problems import Cell, Problem
from gdata.project import Project
from gdata.schema.plan import TablePlan
from gdata.sources.adapters import files_of, read_sheets
from gdata.sources.grid import FoundSheets, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.source import MatchedTitles, SheetFiles, match_titles
from gdata.tables.result import from_bytes, join_pieces

if TYPE_CHECKING:
    from gdata.parsing.table import TableSheet


@dataclass(frozen=True)
class TableInput:
    """What a table is made of: the spreadsheets that feed it, as they were pulled."""

    plan: TablePlan
    pulled: Mapping[str, Pulled]
    """By the spreadsheet's name, in the order of sheets.yaml; of sheets with their own files only the table's."""
    key: bytes = b""
    """In the cache, once it is known."""

    @property
    def size(self) -> int:
        """Bytes of the files that are read for it."""
        return sum(len(content) for one in self.pulled.values() for content in one.files.values())


@dataclass(frozen=True)
class TableSheets:
    """A table's sheets, read; `whole` is False where one isn't there."""

    plan: TablePlan
    sheets: Sequence[TableSheet]
    whole: bool
    problems: Sequence[Problem] = ()
    """Of sheets that are there but can't be read, or that nobody sees."""


class TableParser:
    """Parses a project's tables. A spreadsheet of several tables is read once, until it is forgotten."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._timezone = ZoneInfo(project.config.timezone)
        self._checks = RowChecks(project.schema, self._timezone)
        self._read: dict[str, ReadSheets] = {}
        self._lines: dict[str, _Lines] = {}

    @cached_property
    def _spreadsheets(self) -> dict[str, Spreadsheet]:
        return {one.name: one for one in self._project.config.spreadsheets}

    def input_of(self, plan: TablePlan, pulled: Mapping[str, Pulled]) -> TableInput:
        """What a table is made of, from all that was pulled."""
        feeding = {}
        for spreadsheet in self._project.spreadsheets_of(plan):
            if spreadsheet.name in pulled:
                feeding[spreadsheet.name] = self._only_needed(plan, spreadsheet, pulled[spreadsheet.name])
        return TableInput(plan, feeding)

    def _only_needed(self, plan: TablePlan, spreadsheet: Spreadsheet, pulled: Pulled) -> Pulled:
        lines = self._lines_of(spreadsheet, pulled)
        return pulled if lines is None else pulled.only(lines.files[plan.message] | lines.shared)

    def found_in(self, spreadsheet: Spreadsheet, pulled: Pulled) -> FoundSheets | None:
        """Which sheets a spreadsheet has, where its files tell; None where that is known once a table of it is read."""
        lines = self._lines_of(spreadsheet, pulled)
        return None if lines is None else lines.found

    def _lines_of(self, spreadsheet: Spreadsheet, pulled: Pulled) -> _Lines | None:
        known = self._lines.get(spreadsheet.name)
        if known is not None and known.pulled is pulled:
            return known
        files = files_of(pulled)
        if files is None:
            return None
        matched = match_titles(files.by_title, self._project.requests(spreadsheet), spreadsheet.name)
        lines = self._lines[spreadsheet.name] = _Lines.of(pulled, files, spreadsheet.sheets, matched)
        return lines

    def compile(self, plan: TablePlan) -> None:
        """Compile the constraints of a table.

        Raises:
            SchemaError: one makes no sense.
        """
        self._checks.compile(plan)

    @staticmethod
    def get_ready() -> None:
        """Import what parses, once: each of the processes that are forked afterwards would."""
        import_module("gdata.parsing.table")

    def run(self, table: TableInput) -> ParsedTable:
        """Parse a table and check its rows.

        Raises:
            SourceError: a spreadsheet's bytes can't be read.
            SchemaError: a constraint or a default in the .proto files makes no sense.
        """
        self._checks.compile(table.plan)
        return self._check(table, self.parse(self.read(table)))

    def join(self, table: TableInput, sheets: TableSheets, pieces: Sequence[Content]) -> ParsedTable:
        """The table that was parsed in pieces."""
        self._checks.compile(table.plan)
        locate = _Blocks(self, table, sheets).locate
        parsed = [from_bytes(table.plan, content, locate, is_ours=True) for content in pieces]
        return self._check(table, join_pieces(parsed, locate))

    def restore(self, table: TableInput, content: Content, *, is_ours: bool = False) -> ParsedTable:
        """The table that these are the bytes of; its cells are read again only if somebody asks for one.

        Raises:
            ValueError, KeyError, TypeError, IndexError: these are other bytes.
        """
        return from_bytes(table.plan, content, _Blocks(self, table).locate, is_ours=is_ours)

    def forget(self, spreadsheet: str | None = None) -> None:
        """Free the cells of a spreadsheet, or of all."""
        if spreadsheet is None:
            self._read.clear()
        else:
            self._read.pop(spreadsheet, None)

    def read(self, table: TableInput) -> TableSheets:
        """The sheets of a table.

        Raises:
            SourceError: a spreadsheet's bytes can't be read.
        """
        from gdata.parsing.table import TableSheet

        sheets: list[TableSheet] = []
        problems: list[Problem] = []
        whole = True
        for name, pulled in table.pulled.items():
            read = self._sheets(name, pulled, table.plan.message)
            whole = whole and not read.unreadable
            problems += [
                kinds.SHEET_UNREADABLE.at(Cell(name, title), why=error.args[0], then=error.next_step)
                for title, error in read.unreadable.items()
            ]
            placed = list(_grids_of(self._entries(name, table.plan.message), name, read))
            for entry, grids in placed:
                if table.plan.message in entry.tables:
                    whole = whole and bool(grids)
                    hidden = [grid for grid in grids if grid.hidden and entry.is_glob]
                    problems += [kinds.SHEET_HIDDEN.at(grid.cell(0, 0), glob=entry.title) for grid in hidden]
                    plans = self._project.plans_of(entry)
                    sheets += [TableSheet(grid, entry, plans, _ranges_beside(entry, grid, placed)) for grid in grids]
        return TableSheets(table.plan, sheets, whole, problems)

    def blocks_of(self, sheets: TableSheets) -> list[Block]:
        """The blocks of a table's sheets."""
        from gdata.parsing.table import read_heads

        heads = read_heads(sheets.plan, sheets.sheets, self._timezone, self._project.audiences)
        return blocks_of(head for head in heads if not (head.is_blank or head.sheet.entry.overlay))

    def has_overlays(self, plan: TablePlan) -> bool:
        """Whether sheets change rows of a table's other sheets."""
        entries = (entry for one in self._project.config.spreadsheets for entry in one.sheets)
        return any(entry.overlay and plan.message in entry.tables for entry in entries)

    def parse(self, sheets: TableSheets, blocks: slice = slice(None)) -> ParsedTable:
        """Parse a table's sheets, or some blocks of them; its rows aren't checked yet."""
        from gdata.parsing.table import parse_table

        parsed = parse_table(
            sheets.plan, sheets.sheets, self._project.audiences, self._timezone, whole=sheets.whole, part=blocks
        )
        return replace(parsed, problems=[*sheets.problems, *parsed.problems])

    def parse_piece(self, sheets: TableSheets, blocks: slice) -> ParsedTable:
        """Some blocks of a table's sheets; of its rows it is known whether they break no constraint."""
        parsed = self.parse(sheets, blocks)
        for view in parsed.views:
            self._checks.note_clean(view)
        return parsed

    def _check(self, table: TableInput, parsed: ParsedTable) -> ParsedTable:
        others = [parsed.views[seen] for seen in {*parsed.seen_by.values()} if parsed.views[seen] is not parsed.off]
        problems = [
            self._checks.check(view) if view is not parsed.off else self._checks.check_off(view, others)
            for view in parsed.views
        ]
        found = {
            name: self._sheets(name, pulled, table.plan.message).found
            for name, pulled in table.pulled.items()
            if files_of(pulled) is None
        }
        cells = {one: [*parsed.cell_problems[one], *problems[seen]] for one, seen in parsed.seen_by.items()}
        return replace(parsed, cell_problems=cells, found=found, is_checked=True)

    def _sheets(self, name: str, pulled: Pulled, message: str) -> ReadSheets:
        if files_of(pulled) is not None:
            # Its files are those of the one table.
            return read_sheets(pulled, self._project.requests_of(self._entries(name, message)))
        if name not in self._read:
            self._read[name] = read_sheets(pulled, self._project.requests(self._spreadsheets[name]))
        return self._read[name]

    def _entries(self, name: str, message: str) -> Sequence[SheetEntry]:
        """The lines of a spreadsheet that may tell something of a table's sheets."""
        lines = self._lines.get(name)
        return self._spreadsheets[name].sheets if lines is None else lines.entries[message]


@dataclass(frozen=True)
class _Lines:
    """Which lines and files of a spreadsheet are of which table, found once for all: a folder may have a thousand."""

    pulled: Pulled
    shared: frozenset[str]
    files: Mapping[str, frozenset[str]]
    """By message."""
    entries: Mapping[str, Sequence[SheetEntry]]
    """By message: the table's own lines, and the others on the same sheets."""
    found: FoundSheets

    @classmethod
    def of(cls, pulled: Pulled, files: SheetFiles, sheets: Sequence[SheetEntry], matched: MatchedTitles) -> _Lines:
        """`matched` are the titles that each of the lines means."""
        titles = matched.titles
        on_sheet: dict[str, list[int]] = {}
        own: dict[str, list[int]] = {}
        for number, (entry, found) in enumerate(zip(sheets, titles, strict=True)):
            for title in found:
                on_sheet.setdefault(title, []).append(number)
            for message in entry.tables:
                own.setdefault(message, []).append(number)
        names, entries = {}, {}
        for message, numbers in own.items():
            its_titles = {title for number in numbers for title in titles[number]}
            beside = {number for title in its_titles for number in on_sheet[title]}
            names[message] = frozenset(files.by_title[title] for title in its_titles)
            entries[message] = [sheets[number] for number in sorted({*numbers, *beside})]
        wanted = tuple((title, None) for title in matched.wanted)
        return cls(pulled, files.shared, names, entries, FoundSheets(wanted, matched.missing, tuple(files.titles)))


@dataclass(frozen=True)
class _Blocks:
    """The blocks of a table whose rows came back from elsewhere; they are read if somebody asks for a cell."""

    parser: TableParser
    table: TableInput
    sheets: TableSheets | None = None

    def locate(self, audience: Audience, block_ends: Sequence[int]) -> Places:
        """The `Locate` of a view."""
        if self.parser.has_overlays(self.table.plan):
            return LaterPlaces(lambda: self._parsed.view(audience).locate)
        return Places(lambda: self._read, block_ends, audience)

    @cached_property
    def _parsed(self) -> ParsedTable:
        return self.parser.parse(self.sheets or self.parser.read(self.table))

    @cached_property
    def _read(self) -> list[Block]:
        return self.parser.blocks_of(self.sheets or self.parser.read(self.table))


def _grids_of(
    entries: Sequence[SheetEntry], spreadsheet: str, read: ReadSheets
) -> Iterator[tuple[SheetEntry, list[Grid]]]:
    """Each entry with its grids, in the order of sheets.yaml, a glob's by title."""
    by_title = {grid.sheet: grid for grid in read.grids}
    requests = [SheetRequest(entry.title, entry.is_glob) for entry in entries]
    matched = match_titles(by_title, requests, spreadsheet)
    for entry, titles in zip(entries, matched.titles, strict=True):
        yield entry, [by_title[title] for title in titles]


def _ranges_beside(entry: SheetEntry, grid: Grid, placed: Iterable[tuple[SheetEntry, list[Grid]]]) -> tuple[Area, ...]:
    """The ranges that other lines of sheets.yaml take of a grid."""
    others = (other for other, grids in placed if other is not entry and any(one is grid for one in grids))
    return tuple(other.range for other in others if other.range is not None)
