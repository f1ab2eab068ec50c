"""From pulled spreadsheets to tables: each is parsed once all its spreadsheets are there, or taken from the cache."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from gdata import kinds
from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError, SourceError
from gdata.events import Event, Listener
from gdata.garbage import paused_gc
from gdata.language import sentence
from gdata.longbytes import Content
from gdata.parsing.view import ParsedTable
from gdata.problems import Cell, Problem
from gdata.project import Project
from gdata.schema.plan import TablePlan
from gdata.sources.adapters import source_of
from gdata.sources.grid import FoundSheets, Pulled
from gdata.tables.cache import CacheKeys, ParseCache
from gdata.tables.jobs import KeyedTable, Outcome, core_count, run_jobs, share_out
from gdata.tables.parser import TableInput, TableParser
from gdata.text import nearest, question, with_ends

FORK_BYTES = 1_000_000
"""From this much on, parsing on several cores saves more than the fork costs (`benchmarks/parse.py`)."""


_A_WAIT = 0.02
"""Seconds: a spreadsheet that came in less lay there already."""


@dataclass
class Parsed:
    """Every table, and where the sheets were: their order, ids and problems of their own."""

    tables: dict[str, ParsedTable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    sheet_order: dict[tuple[str, str], int] = field(default_factory=dict)
    gids: dict[tuple[str, str], int] = field(default_factory=dict)
    pulled: list[Pulled] = field(default_factory=list)
    unnamed: list[tuple[str, str]] = field(default_factory=list)
    """Spreadsheet and title of the sheets that no line of sheets.yaml names, where titles are known."""
    asks_for_now: bool = False
    """Whether a constraint compares with the clock, so that the same cells may be wrong tomorrow."""
    waited: float = 0.0
    """Seconds that went by until the pulls were there; parsing went on meanwhile where it could."""


def parse_all(project: Project, pulls: Iterable[Pulled], listener: Listener) -> Parsed:
    """Read the sheets of every pull and parse the tables.

    Raises:
        SourceError: a spreadsheet's bytes can't be read.
        SchemaError: a constraint or default in the .proto files makes no sense.
        ConfigError: a glob matches no sheet, or two take the same one.
    """
    stage = _Stage(project, listener)
    with paused_gc():
        for pulled, waited in stage.arriving(pulls):
            stage.add(pulled)
            if source_of(pulled).is_remote and waited > _A_WAIT:
                # The others are on their way, so there is time now. What comes faster than this core parses is left
                # for all cores to share.
                stage.parse_ready()
        return stage.finish()


class _Stage:
    def __init__(self, project: Project, listener: Listener) -> None:
        self._project = project
        self._listener = listener
        self._parser = TableParser(project)
        self._cache = ParseCache(project.state, project.slot)
        self._keys = CacheKeys(project)
        self._pulled: dict[str, Pulled] = {}
        self._waiting = {plan.name: feeding for plan in project.plans.values() if (feeding := self._feeding(plan))}
        """By table: spreadsheets that have yet to arrive."""
        self._jobs: list[KeyedTable] = []
        self._parsed = Parsed()
        self._found: dict[str, FoundSheets] = {}

    def _feeding(self, plan: TablePlan) -> set[str]:
        return {one.name for one in self._project.spreadsheets_of(plan)}

    def arriving(self, pulls: Iterable[Pulled]) -> Iterator[tuple[Pulled, float]]:
        """Each pull, and how many seconds it was waited for."""
        started = time.perf_counter()
        for pulled in pulls:
            waited = time.perf_counter() - started
            self._parsed.waited += waited
            yield pulled, waited
            started = time.perf_counter()
        self._parsed.waited += time.perf_counter() - started

    def add(self, pulled: Pulled) -> None:
        self._pulled[pulled.spreadsheet] = pulled
        ready: list[TableInput] = []
        for name, missing in self._waiting.items():
            if pulled.spreadsheet in missing:
                missing.remove(pulled.spreadsheet)
                if not missing:
                    ready.append(self._parser.input_of(self._project.plans[name], self._pulled))
        self._start(ready)

    def parse_ready(self) -> None:
        """Parse the tables whose spreadsheets are all there, on this core."""
        self._run_jobs(workers=1)

    def _start(self, tables: Sequence[TableInput]) -> None:
        keyed = [KeyedTable(table, self._keys.of(table)) for table in tables]
        self._parsed.asks_for_now = self._keys.ask_for_now
        kept = self._cache.load_all([(one.name, one.key, partial(self._parser.restore, one.table)) for one in keyed])
        for one, parsed in zip(keyed, kept, strict=True):
            if parsed is None:
                self._jobs.append(one)
            else:
                self._take(parsed)

    def _take(self, table: ParsedTable) -> None:
        self._found |= table.found
        self._parsed.tables[table.plan.name] = table
        self._listener(Event("parse", table.plan.name, len(self._parsed.tables), len(self._project.plans)))

    def _run_jobs(self, workers: int) -> None:
        shares = share_out(self._jobs, self._parser, self._cache, workers)
        self._jobs = []
        outcomes = iter(
            _checked(run_jobs([job for share in shares for job in share.jobs], workers, self._project.state))
        )
        for share in shares:
            for table in share.results(list(islice(outcomes, len(share.jobs)))):
                self._take(table)

    def finish(self) -> Parsed:
        is_much = sum(one.table.size for one in self._jobs) >= FORK_BYTES
        if is_much:
            self._parser.get_ready()
        self._run_jobs(core_count() if is_much else 1)
        self._cache.forget_others(self._project.plans)
        parsed = self._parsed
        for spreadsheet in self._project.config.spreadsheets:
            if spreadsheet.name in self._pulled:
                parsed.pulled.append(self._pulled[spreadsheet.name])
                self._note_sheets(spreadsheet)
        parsed.tables = {name: parsed.tables[name] for name in self._project.plans if name in parsed.tables}
        for table in parsed.tables.values():
            parsed.problems += table.problems
        return parsed

    def _note_sheets(self, spreadsheet: Spreadsheet) -> None:
        parsed, found = self._parsed, self._found_of(spreadsheet)
        parsed.sheet_order[spreadsheet.name, ""] = len(parsed.sheet_order)
        for title, gid in found.sheets:
            place = spreadsheet.name, title
            parsed.sheet_order[place] = len(parsed.sheet_order)
            if gid is not None:
                parsed.gids[place] = gid
        named = {title for title, _ in found.sheets}
        parsed.unnamed += [(spreadsheet.name, title) for title in found.titles if title not in named]
        for title in found.missing:
            entry = next(one for one in spreadsheet.sheets if one.title == title)
            parsed.problems.append(self._missing(spreadsheet, entry, found))

    def _found_of(self, spreadsheet: Spreadsheet) -> FoundSheets:
        pulled = self._pulled[spreadsheet.name]
        if pulled.failure is not None:
            return FoundSheets()
        return self._parser.found_in(spreadsheet, pulled) or self._found.get(spreadsheet.name, FoundSheets())

    def _missing(self, spreadsheet: Spreadsheet, entry: SheetEntry, found: FoundSheets) -> Problem:
        config = self._project.config
        if entry.is_glob:
            raise ConfigError(
                sentence(
                    "{file}:{line}: {title} matches no sheet of {spreadsheet}",
                    file=config.path.name,
                    line=entry.line,
                    title=entry.title,
                    spreadsheet=spreadsheet.name,
                ),
                hint=sentence("its sheets are {titles}", titles=", ".join(found.titles[:12])) if found.titles else "",
            )
        return kinds.SHEET_MISSING.at(
            Cell(spreadsheet.name, entry.title),
            value=entry.title,
            spreadsheet=spreadsheet.name,
            title=with_ends(entry.title),
            before=question(nearest(entry.title, found.titles)),
            line=entry.line,
        )


def _checked(outcomes: Sequence[Outcome]) -> list[Content]:
    """What the jobs gave; raises what stopped one. Files that can't be read are told of all at once."""
    failed = [one for one in outcomes if isinstance(one, Exception)]
    unreadable = [one for one in failed if type(one) is SourceError]
    if failed and len(unreadable) == len(failed) > 1:
        lines = dict.fromkeys(line for one in unreadable for line in str(one).splitlines())
        raise SourceError("\n".join(sorted(lines)), hint="; ".join(dict.fromkeys(one.hint for one in unreadable)))
    if failed:
        raise failed[0]
    return [one for one in outcomes if not isinstance(one, Exception)]
