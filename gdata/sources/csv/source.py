"""Folders of .csv files as `Source` has it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from gdata.config import Spreadsheet
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.sources.local import LocalSource
from gdata.sources.source import SheetFiles

_SUFFIXES = (".csv", ".tsv", ".txt")
"""In capitals too, as some programs write them."""


class CsvFolders(LocalSource):
    """Spreadsheets whose `path` is a folder."""

    def pull_one(self, spreadsheet: Spreadsheet) -> Pulled:
        """The bytes of the files that some sheet of sheets.yaml may mean."""
        from gdata.sources.csv.folder import pull_csv

        return pull_csv(spreadsheet)

    def read(self, pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
        """The files' rows, still as bytes."""
        from gdata.sources.csv.folder import read_csv

        return read_csv(pulled, requests)

    def files_of(self, pulled: Pulled) -> SheetFiles | None:
        """A sheet is a file."""
        from gdata.sources.csv.folder import files_by_title

        return files_by_title(pulled)

    def paths_of(self, spreadsheet: Spreadsheet) -> Iterator[Path]:
        """Every file in the folder that may be a sheet."""
        if spreadsheet.path is not None:
            with suppress(OSError):
                yield from (path for path in spreadsheet.path.iterdir() if path.suffix.lower() in _SUFFIXES)

    def link(self, spreadsheet: Spreadsheet, cell: Cell, sheet_id: int | None) -> str:
        """The sheet's file."""
        if not cell.sheet or spreadsheet.path is None:
            return str(spreadsheet.path)
        suffixes = (*_SUFFIXES, *map(str.upper, _SUFFIXES))
        names = [f"{spreadsheet.path}{os.sep}{cell.sheet}{suffix}" for suffix in suffixes]
        return next(filter(os.path.isfile, names), names[0])
