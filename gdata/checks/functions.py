"""A project's own checks in Python: load the files that sheets.yaml names, and run what they declare.

Rows and tables are given as copies, so a check that changes one changes nothing that is built. What a check
prints goes to stderr, for stdout may be JSON.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path as FilePath
from types import ModuleType
from typing import Any

from gdata import kinds
from gdata.bundles.lookup import Table
from gdata.checks import MARKS, Mark
from gdata.checks.values import parse_path, value_text, written_path
from gdata.errors import ConfigError, LookupFailed
from gdata.files import reason_of
from gdata.language import Sentence, say, sentence
from gdata.parsing.view import View
from gdata.problems import Cell, Problem
from gdata.schema.plan import TablePlan
from gdata.text import did_you_mean
from gdata.versions import Version


@dataclass(frozen=True)
class ProjectFunction:
    """A function of a project's own Python: a check, or a metric."""

    function: Callable[..., Any]
    file: FilePath
    line: int

    @property
    def name(self) -> str:
        """The function's name, which ends its problems' code."""
        return self.function.__name__

    @property
    def advice(self) -> str:
        """The first line of the function's docstring: the hint of what it finds."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True)
class CustomCheck(ProjectFunction):
    """One marked function for one table."""

    mark: Mark


class CheckData:
    """The tables of one target as checks see them: `data.ItemTable[1001]`; a vertical table is its record."""

    def __init__(self, views: Mapping[str, View], version: Version | None = None) -> None:
        self._views = views
        self.version = str(version or "")
        """The version of the game that the tables are of; "" where the target has none."""
        self._tables: dict[str, Any] = {}
        self._rows: dict[str, list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._tables:
            if name not in self._views:
                raise LookupFailed(
                    sentence("there is no table {name}", name=name), hint=did_you_mean(name, self._views)
                )
            plan, rows = self._views[name].plan, self.rows(name)
            key = [field.name for field in plan.key]
            is_record = plan.kind == "record"
            self._tables[name] = rows[0] if is_record else Table(name, rows, key, plan.row.descriptor)
        return self._tables[name]

    def rows(self, name: str) -> list[Any]:
        """Copies of a table's rows, in sheet order, the same ones every time."""
        if name not in self._rows:
            self._rows[name] = _copied(self._views[name])
        return self._rows[name]


def _copied(view: View) -> list[Any]:
    plan = view.plan
    if plan.kind == "rows":
        copy = type(view.message).FromString(view.message.SerializeToString())
        return list(getattr(copy, plan.rows_field))
    return [type(row).FromString(row.SerializeToString()) for row in view.rows]


def run_checks(
    checks: Sequence[CustomCheck],
    views: Mapping[str, View],
    known: Iterable[Problem] = (),
    timezone: tzinfo = UTC,
    version: Version | None = None,
) -> list[Problem]:
    """What the checks find in one target's tables, and where they themselves fail.

    `known` are the problems found before: a lookup that fails in a row with one is their doing.
    """
    if not checks:
        return []
    data = CheckData(views, version)
    lines = {place for problem in known for place in _lines(problem.cell)}
    found: list[Problem] = []
    with contextlib.redirect_stdout(sys.stderr):
        for check in checks:
            view = views.get(check.mark.table)
            if view is not None:
                found.extend(_Run(check, view, data, lines, timezone).problems())
    return found


def _lines(cell: Cell) -> Iterator[tuple[str, str, str, int]]:
    """The row and the column of a cell: one of them is the record, whatever the layout."""
    yield cell.spreadsheet, cell.sheet, "row", cell.row
    yield cell.spreadsheet, cell.sheet, "column", cell.column


@dataclass
class _Run:
    """One check over one table."""

    check: CustomCheck
    view: View
    data: CheckData
    lines_with_problems: set[tuple[str, str, str, int]]
    timezone: tzinfo

    def problems(self) -> Iterator[Problem]:
        rows = self.data.rows(self.view.plan.name)
        if self.check.mark.scope == "row":
            for index, row in enumerate(rows):
                if index not in self.view.bad_fields:
                    yield from self._guarded(index, partial(self._row_findings, row, index))
        elif self.view.whole and not self.view.bad_fields:
            # A table with a wrong or missing row would only be told that again, in the check's words.
            yield from self._guarded(0, partial(self._table_findings, rows))

    def _row_findings(self, row: Any, index: int) -> Iterator[Problem]:
        for finding in _iterated(self.check.function(row, self.data), "(field path, message)"):
            field, text = _parts(finding, 2, "(field path, message)")
            yield self._problem(index, field, text)

    def _table_findings(self, rows: list[Any]) -> Iterator[Problem]:
        indexes = {id(row): index for index, row in enumerate(rows)}
        for finding in _iterated(self.check.function(rows, self.data), "(row, field path, message)"):
            row, field, text = _parts(finding, 3, "(row, field path, message)")
            if id(row) not in indexes:
                raise NoFinding(
                    say("it yielded a {name} that is none of the rows it was given", name=type(row).__name__)
                )
            yield self._problem(indexes[id(row)], field, text)

    def _problem(self, index: int, field: Any, text: Any) -> Problem:
        if not isinstance(field, (str, type(None))):
            raise NoFinding(say("it yielded {field} where the field path belongs", field=repr(field)))
        row = self.view.rows[index]
        try:
            path = parse_path(row.DESCRIPTOR, field or "")
        except ValueError as error:
            raise NoFinding(say("it yielded a field path that leads nowhere: {error}", error=error)) from error
        problem = kinds.CHECK.at(
            self.view.locate(index, path),
            table=self.view.plan.name,
            field=written_path(row.DESCRIPTOR, path),
            value=value_text(row, path, self.timezone),
            code=f"check.{self.check.name}",
            text=text,
            hint=self.check.advice,
        )
        return replace(problem, severity=self.check.mark.severity)

    def _guarded(self, index: int, findings: Callable[[], Iterator[Problem]]) -> Iterator[Problem]:
        try:
            yield from findings()
        except (Exception, SystemExit) as error:
            if not (isinstance(error, LookupFailed) and self._has_problem(index)):
                yield self._fault(index, error)

    def _has_problem(self, index: int) -> bool:
        return not self.lines_with_problems.isdisjoint(_lines(self.view.locate(index, ())))

    def _fault(self, index: int, error: BaseException) -> Problem:
        cell = self.view.locate(index, ()) if self.view.rows else Cell("", self.view.plan.name)
        is_finding = isinstance(error, NoFinding)
        kind = "" if is_finding else f" ({type(error).__name__})"
        return kinds.CHECK_FAILED.at(
            cell,
            table=self.view.plan.name,
            check=self.check.name,
            reason=_REASONS.get(type(error)) or str(error) or type(error).__name__,
            place=f"{self._place(error)}{kind}",
        )

    def _place(self, error: BaseException) -> str:
        file = self.check.file
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        return f"{file.parent.name}/{file.name}:{lines[-1] if lines else self.check.line}"


_REASONS: dict[type[BaseException], Sentence] = {ZeroDivisionError: sentence("division by zero")}
"""What Python says most of why a check failed."""


class NoFinding(TypeError):
    """What a check yields can't be tied to a cell."""


def _iterated(result: Any, expected: str) -> Iterable[Any]:
    if result is None:
        return ()
    if isinstance(result, (str, bytes)) or not isinstance(result, Iterable):
        raise NoFinding(say("it returned {result}; a check yields {expected}", result=repr(result), expected=expected))
    return result


def _parts(finding: Any, count: int, expected: str) -> tuple[Any, ...]:
    if not isinstance(finding, (tuple, list)) or len(finding) != count:
        raise NoFinding(
            say("it yielded {finding}; a check yields {expected}", finding=repr(finding), expected=expected)
        )
    return tuple(finding)


def load_checks(files: Sequence[FilePath], tables: Mapping[str, TablePlan]) -> list[CustomCheck]:
    """The checks that the files declare, in the order of the files and of their lines.

    Raises:
        ConfigError: a file isn't there, isn't Python, fails when it runs, declares no check, or one of a table
            that isn't in `tables`.
    """
    return [check for number, file in enumerate(files) for check in _checks_of(file, number, tables)]


def _checks_of(file: FilePath, number: int, tables: Mapping[str, TablePlan]) -> list[CustomCheck]:
    checks = [
        CustomCheck(function, file, function.__code__.co_firstlineno, mark)
        for function in load_functions(file, number, "checks")
        for mark in getattr(function, MARKS, ())
    ]
    if not checks:
        raise ConfigError(
            sentence("{file}: there is no check in it", file=file),
            hint=sentence('write `from gdata.checks import check`, and @check("ItemTable")'),
        )
    for check in checks:
        if check.mark.table not in tables:
            raise ConfigError(
                sentence(
                    "{file}:{line}: the check {name} is for {table}, which is no table of sheets.yaml",
                    file=file,
                    line=check.line,
                    name=check.name,
                    table=check.mark.table,
                ),
                hint=did_you_mean(check.mark.table, tables) or say("give the table's short name, as in ItemTable"),
            )
    return checks


def load_functions(file: FilePath, number: int, setting: str) -> list[Any]:
    """The functions written in a file that `setting` of sheets.yaml names; `number` is its place there.

    Raises:
        ConfigError: it isn't there, isn't Python, or fails when it runs.
    """
    return list(_functions_of(_run(file, number, setting, _read(file, setting)), file))


def _read(file: FilePath, setting: str) -> ast.Module:
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError(
            sentence("{place}: {why}", place=file, why=reason_of(error)),
            hint=sentence("mend `{setting}:` in sheets.yaml", setting=setting),
        ) from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(
            sentence(
                "{file}:{line}: this is no Python: {why}",
                file=file,
                line=line,
                why=getattr(error, "msg", error),
            )
        ) from error
    for name, line in _defined_twice(tree):
        # Python would keep only the second, and the first would never run.
        raise ConfigError(
            sentence("{file}:{line}: there are two functions called {name}", file=file, line=line, name=name),
            hint=sentence("rename one of them"),
        )
    return tree


def _defined_twice(tree: ast.Module) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in seen:
                yield node.name, node.lineno
            seen.add(node.name)


def _run(file: FilePath, number: int, setting: str, source: ast.Module) -> ModuleType:
    module = ModuleType(f"gdata_{setting}_{number}_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # dataclasses and pickle look a class's module up there
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), 1)
        raise ConfigError(
            sentence(
                "{file}:{line}: it can't be loaded: {error} ({name})",
                file=file,
                line=line,
                error=error or type(error).__name__,
                name=type(error).__name__,
            ),
            hint=sentence("mend it, or remove it from `{setting}:` in sheets.yaml", setting=setting),
        ) from error
    return module


def _functions_of(module: ModuleType, file: FilePath) -> Iterable[Any]:
    """The functions written in the file itself; one that is imported belongs to the file it comes from."""
    for value in vars(module).values():
        code = getattr(value, "__code__", None)
        if code is not None and code.co_filename == str(file):
            yield value
