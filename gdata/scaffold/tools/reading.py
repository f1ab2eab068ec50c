"""What every reader of another tool's definitions gives, and how they read tables of definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gdata.config import Spreadsheet
from gdata.parsing.cells.cell import shown
from gdata.problems import Cell
from gdata.scaffold.guess import GuessedEnum, SheetFound, SkippedSheet
from gdata.sources.grid import Grid

Sheets = Sequence[tuple[Spreadsheet, Grid]]


@dataclass(frozen=True)
class Unmatched:
    """Something in a definition that has no counterpart: where it stands, and what to do instead."""

    cell: Cell
    """Of a definition in a file of its own the first of its line: `sheet` is the file, and there is no spreadsheet."""
    what: str
    instead: str

    def __str__(self) -> str:
        cell = self.cell
        place = f"{cell.spreadsheet}/{cell}" if cell.spreadsheet else f"{cell.sheet}:{cell.row}"
        return f"{place}: {self.what}: {self.instead}"


@dataclass(frozen=True)
class ToolReading:
    """What a tool's definitions say."""

    found: Sequence[SheetFound | SkippedSheet] = ()
    enums: Sequence[GuessedEnum] = ()
    unmatched: Sequence[Unmatched] = ()
    rest: Sheets = ()
    """The sheets that the definitions say nothing of."""
    tool: str = ""


class ReadTool(Protocol):
    """Reads a tool's definitions; None where the sheets are none of its own, unless it `is_asked` for by name."""

    def __call__(self, sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
        """What is said of these sheets."""


@dataclass(frozen=True)
class Line:
    """One line of a table of definitions: its texts by header, and where they stand."""

    grid: Grid
    row: int
    texts: dict[str, str]
    columns: dict[str, int] = field(repr=False)

    def __getitem__(self, header: str) -> str:
        """The text under a header, "" where there is none."""
        return self.texts.get(header, "")

    def cell(self, header: str) -> Cell:
        """The place of a text."""
        return self.grid.cell(self.row, self.columns.get(header, 0) + 1)


def lines_of(grid: Grid, header: Sequence[str], first: int) -> Iterator[Line]:
    """The lines from row number `first` on; headers without case, of two that are alike the first counts."""
    columns: dict[str, int] = {}
    for index, text in enumerate(header):
        columns.setdefault(text.strip().lower(), index)
    for number, row in enumerate(grid.rows, 1):
        if number < first or not any(shown(cell).strip() for cell in row):
            continue
        texts = {name: shown(row[index]).strip() for name, index in columns.items() if index < len(row)}
        yield Line(grid, number, texts, columns)
