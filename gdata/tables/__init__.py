"""From pulled spreadsheets to tables: each is parsed once all its spreadsheets are there, or taken from the cache.

Its key there is the hash of all that its rows and problems depend on, and of nothing else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import google.protobuf

from gdata import kinds
from gdata._core import core
from gdata.config import SheetEntry, Spreadsheet
from gdata.errors import ConfigError, SourceError
from gdata.events import Event, Listener
from gdata.garbage import paused_gc
from gdata.installed import file_stamp, package_stamp
from gdata.language import sentence
from gdata.longbytes import Content
from gdata.parsing.view import ParsedTable
from gdata.problems import Cell, Problem
from gdata.project import Project
from gdata.schema.plan import TablePlan
from gdata.schema.strip import SchemaParts
from gdata.sources.adapters import files_of, source_of
from gdata.sources.grid import FoundSheets, Pulled
from gdata.tables.jobs import Outcome, core_count, run_jobs, share_out
from gdata.tables.parser import TableInput, TableParser
from gdata.tables.result import ParseCache
from gdata.text import nearest, question, with_ends

if TYPE_CHECKING:
    from gdata.checks.rules import RuleReader

_LIBRARIES = ("protovalidate", "python_calamine", "tzdata")
_SOURCES = ("_core", "checks", "parsing", "proto", "schema", "sources", "tables")
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
        self._jobs: list[TableInput] = []
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
        keyed = [replace(table, key=self._keys.of(table)) for table in tables]
        self._parsed.asks_for_now = self._keys.ask_for_now
        kept = self._cache.load_all([(one.plan.name, one.key, partial(self._parser.restore, one)) for one in keyed])
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
        is_much = sum(one.size for one in self._jobs) >= FORK_BYTES
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


class CacheKeys:
    """Keys of one project's tables: everything that their rows and problems depend on, and nothing else."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._parts = SchemaParts(project.schema.project_files)
        self._lines: dict[str, bytes] = {}
        self.ask_for_now = False
        """Whether one of them holds now and not later: a constraint compares with the clock."""

    def of(self, table: TableInput) -> bytes:
        """The key of a table made of these bytes."""
        asks_for_now = self._rules.ask_for_now(table.plan.descriptor)
        self.ask_for_now = self.ask_for_now or asks_for_now
        fed_too = [
            plan for entry in self._entries.get(table.plan.message, ()) for plan in self._project.plans_of(entry)
        ]
        return cache_key(
            {
                "table": table.plan.message,
                "schema": self._parts.of([table.plan, *fed_too]),
                "audiences": self._project.audiences,
                "timezone": self._project.config.timezone,
                "sheets": [(name, self._sheets(name), self._bytes(one)) for name, one in table.pulled.items()],
                "now": time.time_ns() if asks_for_now else 0,
            }
        )

    @cached_property
    def _entries(self) -> dict[str, list[SheetEntry]]:
        """The lines under `sheets:` by the message that they feed."""
        entries: dict[str, list[SheetEntry]] = {}
        for spreadsheet in self._project.config.spreadsheets:
            for entry in spreadsheet.sheets:
                for message in dict.fromkeys(entry.tables):
                    entries.setdefault(message, []).append(entry)
        return entries

    def _sheets(self, name: str) -> bytes:
        """The lines of a spreadsheet under `sheets:`: others than the table's decide what a glob takes."""
        if name in self._lines:
            return self._lines[name]
        (spreadsheet,) = [one for one in self._project.config.spreadsheets if one.name == name]
        lines = [replace(one, line=0) for one in spreadsheet.sheets]
        self._lines[name] = hashlib.sha256(repr(lines).encode("utf-8", "surrogatepass")).digest()
        return self._lines[name]

    def _bytes(self, pulled: Pulled) -> tuple[object, ...]:
        # Files that are of no sheet tell of other tables' sheets; of this one's they say nothing.
        own = files_of(pulled)
        names = pulled.files if own is None else own.by_title.values()
        files = [(name, pulled.digests[name]) for name in sorted(names)]
        return (
            pulled.kind,
            pulled.encoding,
            pulled.location,
            files,
            pulled.failure and (str(pulled.failure), pulled.failure.hint),
        )

    @cached_property
    def _rules(self) -> RuleReader:
        from gdata.checks.rules import RuleReader

        return RuleReader(self._project.schema.pool)


def cache_key(parts: Mapping[str, object]) -> bytes:
    """The key for `parts`; values are anything with one repr for equal content."""
    native = core()
    digest = hashlib.sha256(_versions(native.__file__ if native is not None else ""))
    for name, part in sorted(parts.items()):
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        digest.update(f"\0{name}\0{len(content)}\0".encode() + content)
    return digest.digest()


@cache
def _versions(compiled: str) -> bytes:
    """What tells this gdata and its libraries from others: its very files, so that its makers aren't fooled.

    `compiled` is the core's file; "" where it isn't used: who switches it off wants nothing that it made.
    """
    folder = Path(__file__).parent.parent
    paths = [path for name in _SOURCES for path in (folder / name).rglob("*.py")] + list(folder.glob("*.py"))
    paths += [Path(compiled)] if compiled else []
    stamps = [google.protobuf.__version__, *map(package_stamp, _LIBRARIES), *map(file_stamp, sorted(paths))]
    return hashlib.sha256("\n".join(stamps).encode()).digest()
