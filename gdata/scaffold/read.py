"""Read every sheet of every spreadsheet; what can't be read is told, and doesn't keep the others from being read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from gdata.config import GoogleSettings, Spreadsheet
from gdata.errors import CredentialsError, SourceError
from gdata.scaffold.find import EVERY_SHEET, short_name
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.google.index import METADATA_NAME, read_about
from gdata.sources.google.pull import pull_google
from gdata.sources.grid import Grid, Pulled, SheetRequest

_EVERYTHING = (SheetRequest("*", is_glob=True, has_times=True),)


@dataclass
class ReadAll:
    """The sheets by spreadsheet, what they were read from, and what couldn't be read."""

    grids: list[tuple[Spreadsheet, list[Grid]]] = field(default_factory=list)
    pulled: list[Pulled] = field(default_factory=list)
    failed: list[SourceError] = field(default_factory=list)
    timezones: set[str] = field(default_factory=set)
    """Those that Google's spreadsheets are set to."""


def read_all(
    spreadsheets: Sequence[Spreadsheet], settings: GoogleSettings, on_read: Callable[[str, int], None]
) -> ReadAll:
    """Read all sheets; `on_read` is called with each spreadsheet's name and the number of its sheets.

    Raises:
        CredentialsError: there is no login for Google.
    """
    result = ReadAll()
    for spreadsheet in spreadsheets:
        if spreadsheet.path is not None:
            _read(result, spreadsheet, pull_local, on_read)
    remote = [one for one in spreadsheets if one.path is None]
    if remote:
        _read_google(result, remote, settings, on_read)
    order = {(one.id, one.path): position for position, one in enumerate(spreadsheets)}
    result.grids.sort(key=lambda pair: order[pair[0].id, pair[0].path])
    return result


def _read(
    result: ReadAll,
    spreadsheet: Spreadsheet,
    pull: Callable[[Spreadsheet], Pulled],
    on_read: Callable[[str, int], None],
) -> None:
    try:
        pulled = pull(replace(spreadsheet, sheets=EVERY_SHEET))
        read = read_sheets(pulled, _EVERYTHING)
    except SourceError as error:
        result.failed.append(error)
        return
    result.failed += read.unreadable.values()
    if "" in read.unreadable:
        return
    order = {title: position for position, title in enumerate(read.titles)}
    grids = sorted(read.grids, key=lambda grid: order.get(grid.sheet, len(order)))
    result.grids.append((spreadsheet, grids))
    result.pulled.append(pulled)
    on_read(spreadsheet.name, len(grids))


def _read_google(
    result: ReadAll,
    spreadsheets: Sequence[Spreadsheet],
    settings: GoogleSettings,
    on_read: Callable[[str, int], None],
) -> None:
    by_name = {one.name: one for one in spreadsheets}
    taken = {one.name.casefold() for one, _ in result.grids} | {name.casefold() for name in by_name}
    try:
        for pulled in pull_google([(one, _EVERYTHING) for one in spreadsheets], settings):
            about = read_about(pulled.files[METADATA_NAME])
            result.timezones |= {about.time_zone} - {""}
            spreadsheet = by_name[pulled.spreadsheet]
            if spreadsheet.sheets == EVERY_SHEET and about.title:
                # New to the project: it gets the name that its owner gave it.
                spreadsheet = replace(spreadsheet, name=short_name(about.title, "", taken))
            _read(result, spreadsheet, partial(_take, replace(pulled, spreadsheet=spreadsheet.name)), on_read)
    except CredentialsError:
        raise
    except SourceError as error:
        result.failed.append(error)


def _take(pulled: Pulled, _: Spreadsheet) -> Pulled:
    return pulled
