"""The sample game with a mistake in its sheets: made, checked as the command does it, and undone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TypeVar

from command_line import ROOT
from corpus import Mistake
from sheet_edits import apply_edits
from sheet_files import read_sheet

from gdata.language import use_language
from gdata.pipeline.build import check
from gdata.problems import Problem
from gdata.project import open_project, read_config

T = TypeVar("T")


class MistakenGame:
    """A copy of the sample game, compiled once; a check takes what didn't change from the parse cache."""

    def __init__(self, folder: Path) -> None:
        for name in ("protos", "sheets", "checks"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "sheets.yaml", folder)
        self.folder = folder
        self._project = open_project(read_config(folder / "sheets.yaml"))
        self._clean = self._sheets()

    def check(self) -> list[Problem]:
        """What `gdata check` finds now, in its order."""
        return check(self._project, lambda _: None).problems

    @contextmanager
    def with_edits(self, mistake: Mistake) -> Iterator[MistakenGame]:
        """The game with a mistake in it, which is gone afterwards."""
        try:
            self.edit(self.folder, mistake)
            yield self
        finally:
            self._undo()

    @staticmethod
    def edit(folder: Path, mistake: Mistake) -> None:
        """Make a mistake in a copy of the sample game."""
        for name, edits in mistake.edits:
            apply_edits(read_sheet(folder / "sheets", name), edits)

    def _sheets(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (self.folder / "sheets").rglob("*.*")}

    def _undo(self) -> None:
        for path in self._sheets().keys() - self._clean.keys():
            path.unlink()
        for path, content in self._clean.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def in_language(language: str, run: Callable[[], T]) -> T:
    """What `run` gives where `language` is in use."""

    def speak() -> T:
        use_language(language)
        return run()

    return copy_context().run(speak)


def text_of(problem: Problem) -> str:
    """A problem as the corpus writes it: `error key.duplicate Item!B9 ~Item!B4 @client`."""
    related = "".join(f" ~{cell}" for cell in problem.related)
    return f"{problem.severity} {problem.code} {problem.cell}{related}" + (
        f" @{problem.target}" if problem.target else ""
    )
