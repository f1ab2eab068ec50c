"""Google's answers as grids. Nothing here asks Google for anything, so a kept pull reads the same any time.

A sheet with times is read twice, once with dates as text and once as numbers: where the two differ, a date is in
the cell. The two answers are of different instants. Where they differ in anything but dates, the sheet was edited
between them, or a formula such as RAND() gives another value each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, zip_longest
from typing import Any

from gdata.errors import SourceError
from gdata.language import say, sentence
from gdata.sources.google.index import (
    FirstRows,
    ReadingIndex,
    ReadingPlace,
    SheetFacts,
    Values,
    decode_batch,
    read_facts,
    read_index,
)
from gdata.sources.grid import CellValue, DateCell, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.source import match_titles

_BLANK_ROW: list[Any] = []


def read_google(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """The sheets that `requests` ask for, of a pull made for them or for more.

    Raises:
        ConfigError: two globs take one sheet.
        SourceError: the pull is damaged, or was made before sheets.yaml or a schema asked for so much.
    """
    index = read_index(pulled)
    facts = read_facts(pulled.file(index.metadata)) if index.metadata else []
    titles = [fact.title for fact in facts] or list(index.values)
    matched = match_titles(titles, requests, pulled.spreadsheet)
    _refuse_stale(pulled, index, requests, matched.titles)
    timed = {
        title for request, found in zip(requests, matched.titles, strict=True) if request.has_times for title in found
    }
    reader = _Reader(pulled, index, {fact.title: fact for fact in facts})
    grids = [reader.read(title, with_times=title in timed) for title in matched.wanted]
    return ReadSheets(grids, missing=list(matched.missing), titles=[fact.title for fact in facts])


class _Reader:
    """Decodes each answer once, and makes a grid of each sheet."""

    def __init__(self, pulled: Pulled, index: ReadingIndex, facts: dict[str, SheetFacts]) -> None:
        self.pulled, self.index, self.facts = pulled, index, facts
        self._decoded: dict[str, list[Values]] = {}

    def read(self, title: str, *, with_times: bool) -> Grid:
        """The sheet's grid; dates are told apart only where they were read for it."""
        places = [self.index.values[title], *([self.index.serial[title]] if with_times else [])]
        facts = self.facts.get(title)
        return Grid(
            self.pulled.spreadsheet,
            title,
            self._cells(places),
            "google",
            dates_as_text=not with_times,
            merges=facts.merges if facts else (),
            gid=facts.gid if facts else None,
            hidden=bool(facts and facts.hidden),
        )

    def _cells(self, places: list[ReadingPlace]) -> Sequence[list[CellValue]]:
        first, *second = (self._values(place) for place in places)
        return combine_readings(first, second[0]) if second else first

    def _values(self, place: ReadingPlace) -> Values:
        if place.file not in self._decoded:
            self._decoded[place.file] = decode_batch(self.pulled.file(place.file))
        try:
            return self._decoded[place.file][place.position]
        except IndexError:
            raise _stale(self.pulled, say("lacks a part of {file}", file=place.file)) from None


def _refuse_stale(
    pulled: Pulled, index: ReadingIndex, requests: Sequence[SheetRequest], titles: Sequence[tuple[str, ...]]
) -> None:
    """A kept pull may be older than sheets.yaml or the schema, and then lacks what they ask for."""
    for request, found in zip(requests, titles, strict=True):
        lacking = [title for title in found if title not in index.values]
        if not found and not index.metadata:
            lacking = [request.title]
        if request.is_glob and not index.metadata:
            lacking = [request.title]
        if lacking:
            raise _stale(pulled, say("doesn't have the sheet {lacking}", lacking=lacking[0]))
        untimed = [title for title in found if request.has_times and title not in index.serial]
        if untimed:
            raise _stale(pulled, say("has no dates of the sheet {untimed}", untimed=untimed[0]))
        if request.needs_merges and not index.metadata:
            raise _stale(pulled, say("doesn't know the merged cells of the sheet {title}", title=request.title))


def _stale(pulled: Pulled, lack: str) -> SourceError:
    return SourceError(
        sentence(
            "the kept pull of the spreadsheet {spreadsheet}, of {pulled_at} UTC, {lack}",
            spreadsheet=pulled.spreadsheet,
            pulled_at=format(pulled.pulled_at, "%Y-%m-%d %H:%M"),
            lack=lack,
        ),
        hint=sentence("run `gdata pull`, or build without --offline"),
    )


def has_values_beside_header(answer: FirstRows, position: int, header_row: int) -> bool:
    """Whether some column without a header, right of one that has one, has a value below, in a range's first rows."""
    rows = answer.of(position)
    above = list(islice(rows, header_row))
    if len(above) < header_row:
        return False
    header = above[-1]
    first = next((column for column, text in enumerate(header) if text != ""), len(header))
    if first == len(header) or ("" not in header[first:] and answer.widest(position) <= len(header)):
        return False  # Nearly always; and the rows below aren't decoded for it.
    below = list(rows)
    width = max(map(len, below), default=0)
    without = [column for column in range(first + 1, width) if column >= len(header) or header[column] == ""]
    return any(column < len(row) and row[column] != "" for column in without for row in below)


def find_disagreements(texts: Values, serials: Values) -> frozenset[tuple[int, int]]:
    """The cells, from 0, in which the two readings differ in more than how a date is written."""
    return frozenset(
        (row, column)
        for row, (first, second) in enumerate(zip_longest(texts, serials, fillvalue=_BLANK_ROW))
        if first != second
        for column, (text, serial) in enumerate(zip_longest(first, second, fillvalue=""))
        if text != serial and not is_date(text, serial)
    )


def combine_readings(texts: Values, serials: Values) -> list[list[CellValue]]:
    """The sheet's cells: dates as `DateCell`s, everything else as the first reading has it."""
    return [
        first if first == second else _combine_rows(first, second)
        for first, second in zip_longest(texts, serials, fillvalue=_BLANK_ROW)
    ]


def is_date(text: Any, serial: Any) -> bool:
    """Whether the two readings of a cell are of a date; one whose format shows nothing reads as ""."""
    return isinstance(text, str) and isinstance(serial, (int, float)) and not isinstance(serial, bool)


def _combine_rows(first: list[Any], second: list[Any]) -> list[CellValue]:
    return [
        DateCell(float(serial), text) if is_date(text, serial) else text
        for text, serial in zip_longest(first, second, fillvalue="")
    ]
