"""Workbooks as `Source` has it. Importing this loads nothing that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gdata.config import Spreadsheet
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.sources.source import LocalSource, SheetFiles


class Workbooks(LocalSource):
    """Spreadsheets whose `path` is a file."""

    def pull_one(self, spreadsheet: Spreadsheet) -> Pulled:
        """The file's bytes."""
        from gdata.sources.workbook.read import pull_workbook

        return pull_workbook(spreadsheet)

    def read(self, pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
        """The grids of its sheets."""
        from gdata.sources.workbook.read import read_workbook

        return read_workbook(pulled, requests)

    def files_of(self, pulled: Pulled) -> SheetFiles | None:
        """All sheets are in the one file."""
        return None

    def paths_of(self, spreadsheet: Spreadsheet) -> Iterator[Path]:
        """The one file."""
        if spreadsheet.path is not None:
            yield spreadsheet.path

    def link(self, spreadsheet: Spreadsheet, cell: Cell, sheet_id: int | None) -> str:
        """The file: no system opens a cell in it."""
        return str(spreadsheet.path)
