"""Load the files of a project's own checks, each as a module of its own."""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from types import ModuleType
from typing import Any

from gdata.checks.custom import CustomCheck
from gdata.checks.decorators import MARKS
from gdata.errors import ConfigError
from gdata.nearest import did_you_mean
from gdata.schema.plan import TablePlan


def load_checks(files: Sequence[FilePath], tables: Mapping[str, TablePlan]) -> list[CustomCheck]:
    """The checks that the files declare, in the order of the files and of their lines.

    Raises:
        ConfigError: a file isn't there, isn't Python, fails when it runs, declares no check, or one of a table
            that isn't in `tables`.
    """
    return [check for number, file in enumerate(files) for check in _checks_of(file, number, tables)]


def _checks_of(file: FilePath, number: int, tables: Mapping[str, TablePlan]) -> list[CustomCheck]:
    source = _read(file)
    module = _run(file, number, source)
    checks = [
        CustomCheck(function, mark, file, function.__code__.co_firstlineno)
        for function in _functions_of(module, file)
        for mark in getattr(function, MARKS, ())
    ]
    if not checks:
        raise ConfigError(
            f"{file}: there is no check in it", hint='write `from gdata.checks import check`, and @check("ItemTable")'
        )
    for check in checks:
        if check.mark.table not in tables:
            raise ConfigError(
                f"{file}:{check.line}: the check {check.name} is for {check.mark.table}, "
                "which is no table of sheets.yaml",
                hint=did_you_mean(check.mark.table, tables) or "give the table's short name, as in ItemTable",
            )
    return checks


def _read(file: FilePath) -> ast.Module:
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}", hint="mend `checks:` in sheets.yaml") from error
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(f"{file}:{line}: this is no Python: {getattr(error, 'msg', error)}") from error
    for name, line in _defined_twice(tree):
        # Python would keep only the second, and the first would never run.
        raise ConfigError(f"{file}:{line}: there are two functions called {name}", hint="rename one of them")
    return tree


def _defined_twice(tree: ast.Module) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in seen:
                yield node.name, node.lineno
            seen.add(node.name)


def _run(file: FilePath, number: int, source: ast.Module) -> ModuleType:
    module = ModuleType(f"gdata_check_{number}_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # dataclasses and pickle look a class's module up there
    try:
        exec(compile(source, str(file), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), 1)
        raise ConfigError(
            f"{file}:{line}: it can't be loaded: {error or type(error).__name__} ({type(error).__name__})",
            hint="mend it, or remove it from `checks:` in sheets.yaml",
        ) from error
    return module


def _functions_of(module: ModuleType, file: FilePath) -> Iterable[Any]:
    """The functions written in the file itself; one that is imported belongs to the file it comes from."""
    for value in vars(module).values():
        code = getattr(value, "__code__", None)
        if code is not None and code.co_filename == str(file):
            yield value
