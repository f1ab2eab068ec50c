"""The kinds of sources there are, and which of them a spreadsheet is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gdata.config import Config, SourceKind, Spreadsheet
from gdata.errors import SourceError
from gdata.sources.csv import CsvFolders
from gdata.sources.google import GoogleSheets
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.sources.source import LocalSource, SheetFiles, Source
from gdata.sources.workbook import Workbooks

SOURCES: dict[SourceKind, Source] = {"google": GoogleSheets(), "workbook": Workbooks(), "csv": CsvFolders()}


def source_of(one: Spreadsheet | Pulled) -> Source:
    """The source of a spreadsheet, or of what was pulled of it."""
    return SOURCES[one.kind]


def files_of(pulled: Pulled) -> SheetFiles | None:
    """Which file is which sheet; None where a file holds several."""
    return source_of(pulled).files_of(pulled)


def by_source(spreadsheets: Iterable[Spreadsheet]) -> list[tuple[Source, list[Spreadsheet]]]:
    """The spreadsheets of each kind that there is one of."""
    groups: dict[SourceKind, list[Spreadsheet]] = {}
    for one in spreadsheets:
        groups.setdefault(one.kind, []).append(one)
    return [(SOURCES[kind], group) for kind, group in groups.items()]


def get_ready(config: Config) -> None:
    """Let the sources that sheets.yaml names begin, before the schemas are compiled."""
    for source, _ in by_source(config.spreadsheets):
        source.get_ready(config)


def read_sheets(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """The grids of the sheets asked for: `Source.read` of the source it was pulled from.

    Raises:
        SourceError: what was kept of a remote source can't be read; of a local one that is among what is read.
        ConfigError: two globs take the same sheet.
    """
    source = source_of(pulled)
    try:
        if pulled.failure is not None:
            raise pulled.failure
        return source.read(pulled, requests)
    except SourceError as error:
        if source.is_remote:
            raise
        return ReadSheets([], unreadable={"": error})


def pull_local(spreadsheet: Spreadsheet) -> Pulled:
    """The bytes of one spreadsheet that lies on this computer.

    Raises:
        SourceError: it can't be read.
    """
    source = source_of(spreadsheet)
    assert isinstance(source, LocalSource), "it has no path"
    return source.pull_one(spreadsheet)
