"""Pulls one spreadsheet: one batch for all its sheets, a second one for those with times, metadata where needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote_plus

from gspread.urls import SPREADSHEET_URL, SPREADSHEET_VALUES_BATCH_URL

from gdata.config import Spreadsheet
from gdata.language import say
from gdata.sources.google.answers import find_disagreements, has_values_beside_header
from gdata.sources.google.failures import Circumstances, explain
from gdata.sources.google.index import (
    INDEX_NAME,
    METADATA_NAME,
    FirstRows,
    ReadingIndex,
    ReadingPlace,
    SheetFacts,
    decode_batch,
    quote_title,
    read_facts,
    titles_of_batch,
)
from gdata.sources.google.wire import GoogleWire
from gdata.sources.grid import Pulled, SheetRequest
from gdata.sources.source import match_titles, same_title
from gdata.sources.waiting import Failure, OnWait, run_together

_LONGEST_QUERY = 6000
"""Bytes of ranges in one address; servers and proxies refuse addresses from about 8,000 on."""
_TRIES = 4
"""How often a spreadsheet that is being edited is read again."""
_METADATA_FIELDS = (
    "spreadsheetId,properties(title,timeZone),sheets(properties(sheetId,title,index,sheetType,hidden),merges)"
)
_DATES = {"values": "FORMATTED_STRING", "serial": "SERIAL_NUMBER"}


class _SheetsChanged(Exception):
    """A sheet that was asked for isn't there under that title."""


@dataclass
class SpreadsheetPull:
    """One spreadsheet's way from Google; `run` brings it."""

    spreadsheet: Spreadsheet
    requests: Sequence[SheetRequest]
    wire: GoogleWire
    on_wait: OnWait
    reads: int = 0
    _files: dict[str, bytes] = field(default_factory=dict)
    _index: ReadingIndex = field(default_factory=ReadingIndex)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> Pulled:
        """Bring the sheets that the requests ask for; those that don't exist are left out.

        Raises:
            ConfigError: two globs take one sheet.
            SourceError: Google doesn't hand it over.
            Stopped: the pull was given up.
        """
        if any(request.is_glob for request in self.requests) or not self._read_as_written():
            self._read_by_metadata()
        self._settle_times()
        if not self._index.metadata and self._may_have_merged_headers():
            self.fetch_metadata()
        return self._finish()

    def fetch_facts(self) -> list[SheetFacts]:
        """Ask which sheets there are."""
        return read_facts(self.fetch_metadata())

    def fetch_metadata(self) -> bytes:
        """Ask about the spreadsheet and its sheets, and keep the answer."""
        url = SPREADSHEET_URL % self.spreadsheet.id
        body = self._get(url, {"fields": _METADATA_FIELDS, "prettyPrint": "false"})
        with self._lock:
            self._files[METADATA_NAME], self._index.metadata = body, METADATA_NAME
        return body

    def _read_as_written(self) -> bool:
        """Read the sheets by the titles in sheets.yaml; False when one of them isn't there."""
        timed = [request.title for request in self.requests if request.has_times]
        tasks = self._reading_tasks([request.title for request in self.requests], timed)
        if any(request.needs_merges for request in self.requests):
            tasks.append(self._keep_metadata)
        try:
            run_together(tasks)
        except _SheetsChanged:
            return False
        return True

    def _keep_metadata(self) -> None:
        self.fetch_metadata()

    def _may_have_merged_headers(self) -> bool:
        """Whether a column has values and no header, but one before it has: then only the merges tell whose it is."""
        header_rows = {request.title: request.header_row for request in self.requests if request.header_row}
        names = {place.file for place in self._index.values.values()}
        answers = {name: FirstRows(self._files[name]) for name in names}
        return any(
            has_values_beside_header(answers[place.file], place.position, header_rows[title])
            for title, place in self._index.values.items()
            if title in header_rows
        )

    def _read_by_metadata(self) -> None:
        """Ask which sheets there are, then read those that are wanted; again, if one was renamed in between."""
        for _ in range(_TRIES):
            titles = [fact.title for fact in self.fetch_facts()]
            matched = match_titles(titles, self.requests, self.spreadsheet.name)
            requests = zip(self.requests, matched.titles, strict=True)
            timed = [title for request, found in requests if request.has_times for title in found]
            self._index.values.clear()
            self._index.serial.clear()
            try:
                run_together(self._reading_tasks(matched.wanted, timed))
            except _SheetsChanged:
                continue
            return
        raise explain(Failure("edited", say("its sheets are being renamed")), self._circumstances)

    def _reading_tasks(self, titles: Sequence[str], timed: Sequence[str]) -> list[Callable[[], None]]:
        """What to ask, so that nothing waits for anything else."""
        wanted = (("values", titles), ("serial", timed))
        return [
            partial(self._read_chunk, kind, chunk)
            for kind, kind_titles in wanted
            for chunk in split_by_length(list(dict.fromkeys(kind_titles)))
        ]

    def _read_chunk(self, kind: str, titles: list[str]) -> None:
        """Read some sheets whole, and remember where each lies.

        Raises:
            _SheetsChanged: one of them isn't there, or Google took its title for something else.
        """
        query: dict[str, object] = {
            "ranges": [quote_title(title) for title in titles],
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": _DATES[kind],
            "majorDimension": "ROWS",
            "prettyPrint": "false",
        }
        try:
            body = self._get(SPREADSHEET_VALUES_BATCH_URL % self.spreadsheet.id, query)
        except Failure as failure:
            raise _SheetsChanged from failure
        answered = titles_of_batch(body)
        if len(answered) != len(titles) or not all(map(same_title, answered, titles)):
            raise _SheetsChanged
        self._keep(kind, titles, body)

    def _keep(self, kind: str, titles: list[str], body: bytes) -> None:
        places = self._index.values if kind == "values" else self._index.serial
        with self._lock:
            name = f"{kind}-{len(self._files)}.json"
            self._files[name] = body
            places.update((title, ReadingPlace(name, position)) for position, title in enumerate(titles))

    def _settle_times(self) -> None:
        """Read sheets with times again until both readings are of the same state.

        Cells that disagree in the same places twice hold formulas that never agree (RAND, NOW); the first
        reading of them is taken.
        """
        disagreeing: dict[str, frozenset[tuple[int, int]]] = {}
        for _ in range(_TRIES):
            before, disagreeing = disagreeing, self._find_disagreements()
            open_titles = [title for title, cells in disagreeing.items() if cells and cells != before.get(title)]
            if not open_titles:
                return
            self._reread(open_titles)
        raise explain(
            Failure("edited", say("the sheet {open_titles} changes all the time", open_titles=open_titles[0])),
            self._circumstances,
        )

    def _reread(self, titles: list[str]) -> None:
        try:
            run_together(self._reading_tasks(titles, titles))
        except _SheetsChanged:
            raise explain(Failure("edited", say("its sheets are being renamed")), self._circumstances) from None

    def _find_disagreements(self) -> dict[str, frozenset[tuple[int, int]]]:
        decoded = {name: decode_batch(self._files[name]) for name in self._files_of_timed_sheets()}
        found = {}
        for title, serial in self._index.serial.items():
            place = self._index.values[title]
            texts, serials = decoded[place.file][place.position], decoded[serial.file][serial.position]
            found[title] = find_disagreements(texts, serials)
        return found

    def _files_of_timed_sheets(self) -> set[str]:
        serial = self._index.serial
        return {place.file for place in serial.values()} | {self._index.values[title].file for title in serial}

    def _finish(self) -> Pulled:
        files = {name: self._files[name] for name in sorted(self._index.files)}
        return Pulled(
            self.spreadsheet.name,
            "google",
            {INDEX_NAME: self._index.to_json(), **files},
            datetime.now(UTC),
            location=self.spreadsheet.id,
            requests=self.reads,
        )

    def _get(self, url: str, query: dict[str, object]) -> bytes:
        return self.wire.get(url, query, self._circumstances, self._count, self.on_wait)

    def _count(self) -> None:
        with self._lock:
            self.reads += 1

    @property
    def _circumstances(self) -> Circumstances:
        return Circumstances(spreadsheet=self.spreadsheet.name, id=self.spreadsheet.id)


def split_by_length(titles: list[str], longest: int = _LONGEST_QUERY) -> list[list[str]]:
    """Titles in chunks that fit in one address each."""
    chunks: list[list[str]] = []
    room = 0
    for title in titles:
        length = len("&ranges=") + len(quote_plus(quote_title(title)))
        if not chunks or length > room:
            chunks.append([])
            room = longest
        chunks[-1].append(title)
        room -= length
    return chunks
