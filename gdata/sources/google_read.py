"""Google's answers as grids. Nothing here asks Google for anything, so a kept pull reads the same any time."""

from __future__ import annotations

from collections.abc import Sequence

from gdata.errors import SourceError
from gdata.sources.google_body import Values, decode_batch
from gdata.sources.google_index import Index, Place, SheetFacts, read_facts, read_index
from gdata.sources.google_readings import combine_readings
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.titles import match_titles


def read_google(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """The sheets that `requests` ask for, of a pull made for them or for more.

    Raises:
        ConfigError: two globs take one sheet.
        SourceError: the pull is damaged, or was made before sheets.yaml or a schema asked for so much.
    """
    index = read_index(pulled.files, pulled.spreadsheet)
    facts = read_facts(pulled.files[index.metadata]) if index.metadata else []
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

    def __init__(self, pulled: Pulled, index: Index, facts: dict[str, SheetFacts]) -> None:
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

    def _cells(self, places: list[Place]) -> list[list[CellValue]]:
        first, *second = (self._values(place) for place in places)
        return combine_readings(first, second[0]) if second else first

    def _values(self, place: Place) -> Values:
        if place.file not in self._decoded:
            self._decoded[place.file] = decode_batch(self.pulled.files[place.file])
        try:
            return self._decoded[place.file][place.position]
        except IndexError:
            raise _stale(self.pulled, f"lacks a part of {place.file}") from None


def _refuse_stale(
    pulled: Pulled, index: Index, requests: Sequence[SheetRequest], titles: Sequence[tuple[str, ...]]
) -> None:
    """A kept pull may be older than sheets.yaml or the schema, and then lacks what they ask for."""
    for request, found in zip(requests, titles, strict=True):
        lacking = [title for title in found if title not in index.values]
        if not found and not index.metadata:
            lacking = [request.title]
        if request.is_glob and not index.metadata:
            lacking = [request.title]
        if lacking:
            raise _stale(pulled, f"doesn't have the sheet {lacking[0]}")
        untimed = [title for title in found if request.has_times and title not in index.serial]
        if untimed:
            raise _stale(pulled, f"has no dates of the sheet {untimed[0]}")
        if request.needs_merges and not index.metadata:
            raise _stale(pulled, f"doesn't know the merged cells of the sheet {request.title}")


def _stale(pulled: Pulled, lack: str) -> SourceError:
    return SourceError(
        f"the kept pull of the spreadsheet {pulled.spreadsheet}, of {pulled.pulled_at:%Y-%m-%d %H:%M} UTC, {lack}",
        hint="run `gdata pull`, or build without --offline",
    )
