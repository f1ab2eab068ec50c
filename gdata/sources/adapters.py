"""The kinds of sources: how each turns what was pulled into grids. Pulling differs too much to share a signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gdata.config import Spreadsheet
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest, SourceKind

Reader = Callable[[Pulled, Sequence[SheetRequest]], ReadSheets]


def read_sheets(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """Turn a pulled spreadsheet into the grids of the sheets asked for, in the order of `requests`.

    Raises:
        SourceError: what was pulled can't be read: damaged, protected, in another encoding.
        ConfigError: two globs take the same sheet.
    """
    return _READERS[pulled.kind](pulled, requests)


def pull_local(spreadsheet: Spreadsheet) -> Pulled:
    """Read the bytes of a spreadsheet that has a `path`: a workbook, or a folder of .csv files.

    Raises:
        SourceError: it can't be read.
    """
    if spreadsheet.path is not None and spreadsheet.path.is_dir():
        from gdata.sources.csv.folder import pull_csv

        return pull_csv(spreadsheet)
    from gdata.sources.workbook.read import pull_workbook

    return pull_workbook(spreadsheet)


def _read_google(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    from gdata.sources.google.pull import read_google

    return read_google(pulled, requests)


def _read_workbook(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    from gdata.sources.workbook.read import read_workbook

    return read_workbook(pulled, requests)


def _read_csv(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    from gdata.sources.csv.folder import read_csv

    return read_csv(pulled, requests)


_READERS: dict[SourceKind, Reader] = {"google": _read_google, "workbook": _read_workbook, "csv": _read_csv}
