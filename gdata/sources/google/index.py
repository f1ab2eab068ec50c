"""What a pull of a Google spreadsheet keeps: Google's answers as they came, and an index that says what lies where.

index.json      {"format": 1, "metadata": "metadata.json" or "",
                 "sheets": {title: {"values": [file, position in its batch], "serial": [file, position]}}}
metadata.json   the answer about the spreadsheet's sheets, where it was asked for
values-1.json   answers of values.batchGet with dates as text
serial-1.json   the same with dates as numbers, for the sheets that have times

The answers stay bytes: which sheets are in the body of a batch is found without decoding it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

from gdata._core import core
from gdata.errors import SourceError
from gdata.language import sentence
from gdata.sources import grid
from gdata.sources.grid import BlockRows, PlacedBlock, Pulled, cut_places

INDEX_NAME, METADATA_NAME = "index.json", "metadata.json"


@dataclass(frozen=True)
class ReadingPlace:
    """Where a reading of a sheet lies: a file and the position in its batch."""

    file: str
    position: int


@dataclass
class ReadingIndex:
    """Which readings there are of each sheet, by title as the spreadsheet writes it."""

    values: dict[str, ReadingPlace] = field(default_factory=dict)
    serial: dict[str, ReadingPlace] = field(default_factory=dict)
    metadata: str = ""

    def to_json(self) -> bytes:
        """The index as a file."""
        sheets: dict[str, dict[str, list[Any]]] = {}
        for kind, places in (("values", self.values), ("serial", self.serial)):
            for title, place in places.items():
                sheets.setdefault(title, {})[kind] = [place.file, place.position]
        index = {"format": 1, "metadata": self.metadata, "sheets": sheets}
        return json.dumps(index, ensure_ascii=False, indent=1).encode()

    @property
    def files(self) -> set[str]:
        """Names of the files that the index speaks of."""
        named = {place.file for place in (*self.values.values(), *self.serial.values())}
        return named | ({self.metadata} if self.metadata else set())


@dataclass(frozen=True)
class SheetFacts:
    """What the metadata says of one sheet. Merges: first row, first column, last row, last column, from 1."""

    title: str
    gid: int
    hidden: bool = False
    merges: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class About:
    """What the metadata says of the spreadsheet itself; `time_zone` is what its dates are shown in."""

    title: str
    time_zone: str
    sheets: int


def read_about(metadata: bytes) -> About:
    """The spreadsheet's own properties.

    Raises:
        SourceError: it is no answer about a spreadsheet.
    """
    properties = decode_object(metadata).get("properties", {})
    return About(str(properties.get("title", "")), str(properties.get("timeZone", "")), len(read_facts(metadata)))


def read_index(pulled: Pulled) -> ReadingIndex:
    """The index among the files of a pull.

    Raises:
        SourceError: it is missing, or not of this form.
    """
    try:
        content = decode_object(pulled.file(INDEX_NAME))
        if content["format"] != 1:
            raise ValueError(content["format"])
        index = ReadingIndex(metadata=str(content["metadata"]))
        for title, readings in content["sheets"].items():
            index.values[title] = ReadingPlace(*readings["values"])
            if "serial" in readings:
                index.serial[title] = ReadingPlace(*readings["serial"])
    except (KeyError, ValueError, TypeError, AttributeError, SourceError):
        raise SourceError(
            sentence("the kept pull of the spreadsheet {spreadsheet} is damaged", spreadsheet=pulled.spreadsheet),
            hint=sentence("run `gdata pull`"),
        ) from None
    if missing := index.files - set(pulled.files):
        raise SourceError(
            sentence(
                "the kept pull of the spreadsheet {spreadsheet} lacks {missing}",
                spreadsheet=pulled.spreadsheet,
                missing=", ".join(sorted(missing)),
            ),
            hint=sentence("run `gdata pull`"),
        )
    return index


def read_facts(metadata: bytes) -> list[SheetFacts]:
    """The sheets with cells, in the spreadsheet's order; a chart's or data source's sheet has none.

    Raises:
        SourceError: it is no answer about a spreadsheet.
    """
    try:
        sheets = decode_object(metadata).get("sheets", [])
        return [_read_sheet(sheet) for sheet in sheets if sheet["properties"].get("sheetType", "GRID") == "GRID"]
    except (KeyError, TypeError, AttributeError):
        raise SourceError(
            sentence("what Google says of the spreadsheet isn't what it should be"), hint=sentence("pull again")
        ) from None


def _read_sheet(sheet: dict[str, Any]) -> SheetFacts:
    properties = sheet["properties"]
    merges = tuple(_read_merge(merge) for merge in sheet.get("merges", []))
    return SheetFacts(properties["title"], properties.get("sheetId", 0), bool(properties.get("hidden")), merges)


def _read_merge(merge: dict[str, int]) -> tuple[int, int, int, int]:
    """Google's are half-open and from 0."""
    return (
        merge.get("startRowIndex", 0) + 1,
        merge.get("startColumnIndex", 0) + 1,
        merge["endRowIndex"],
        merge["endColumnIndex"],
    )


Values = Sequence[list[Any]]
"""Rows of str, int, float and bool; ragged; blank is ""."""

_PART = re.compile(rb'\{\s*"range"\s*:\s*("(?:[^"\\]|\\.)*")')
"""The start of one range's part. It can't occur inside a cell: there every quote has a backslash before it."""

_VALUES = re.compile(rb'\s*,\s*"majorDimension"\s*:\s*"ROWS"\s*,\s*"values"\s*:\s*\[\s*')
_BETWEEN_ROWS = re.compile(r"[\s,]*")
_FIRST_BYTES = 64 << 10
_HEADER_ROWS = 2
"""Mostly; and no harm where not."""


def titles_of_batch(body: bytes) -> list[str]:
    """The sheets of a `values.batchGet` answer in its order, which is that of the ranges asked for.

    Raises:
        SourceError: a title in it isn't text.
    """
    try:
        return [unquote_title(json.loads(match[1])) for match in _PART.finditer(body)]
    except ValueError:
        raise _damaged() from None


def decode_batch(body: bytes) -> list[Values]:
    """The values of each range of a `values.batchGet` answer.

    Raises:
        SourceError: it is no such answer.
    """
    native = core()
    found = native.json_ranges(body) if native is not None else None
    if found is not None:
        return [answer_rows(body, one) for one in found[0]]
    parts = decode_object(body).get("valueRanges", [])
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise _damaged()
    return [part.get("values", []) for part in parts]


class FirstRows:
    """The first rows of each range of an answer, as far as some thousands of bytes go; no others are decoded."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._parts = list(_PART.finditer(body))

    def of(self, position: int) -> Iterator[list[Any]]:
        """Those of one range."""
        start = _VALUES.match(self._body, self._parts[position].end())
        if start is None:
            return iter(())
        following = self._parts[position + 1 : position + 2]
        end = following[0].start() if following else len(self._body)
        text = self._body[start.end() : min(end, start.end() + _FIRST_BYTES)].decode(errors="ignore")
        return _rows_in(text, is_cut=start.end() + _FIRST_BYTES < end)

    def widest(self, position: int) -> int:
        """At least as many cells as any row of a range has."""
        return self._widths[position] if position < len(self._widths) else sys.maxsize

    @cached_property
    def _widths(self) -> Sequence[int]:
        native = core()
        found = native.json_ranges(self._body) if native is not None else None
        return memoryview(found[1]).cast("Q") if found is not None else ()


def _rows_in(text: str, *, is_cut: bool) -> Iterator[list[Any]]:
    """The rows of a list without its first bracket. A header is all that most ask for; the rest comes at once, in a
    fifth of the time, where it can be told what is whole: not where a cell has `],` in it and was cut in two.
    """
    decoder, position = json.JSONDecoder(), 0
    for number in count():
        if number == _HEADER_ROWS:
            with suppress(ValueError):
                whole = text[position : text.rfind("],") + 1] + "]" if is_cut else text[position:]
                yield from decoder.raw_decode("[" + whole)[0]
                return
        if text[position : position + 1] != "[":
            return
        try:
            row, position = decoder.raw_decode(text, position)
        except ValueError:
            return  # cut off
        yield row
        position = _BETWEEN_ROWS.match(text, position).end()  # type: ignore[union-attr]


def decode_object(body: bytes) -> dict[str, Any]:
    """A JSON object.

    Raises:
        SourceError: it isn't JSON, or something else.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise _damaged() from None
    if not isinstance(answer, dict):
        raise _damaged()
    return answer


def quote_title(title: str) -> str:
    """A title as a range that means the whole sheet, even if it looks like a cell: D3 → 'D3'."""
    return "'" + title.replace("'", "''") + "'"


def unquote_title(area: str) -> str:
    """The title in an echoed range: 'It''s'!A1:B2 → It's."""
    title = area.rpartition("!")[0]
    if title.startswith("'") and title.endswith("'") and len(title) > 1:
        return title[1:-1].replace("''", "'")
    return title


def _damaged() -> SourceError:
    return SourceError(
        sentence("an answer of Google's isn't what it should be: it was cut off or altered"),
        hint=sentence("pull again"),
    )


_BETWEEN = b", \t\r\n"


class AnswerBlock(PlacedBlock):
    """Some consecutive rows of an answer."""

    def __init__(self, body: bytes, places: memoryview[int]) -> None:
        super().__init__(places)
        self._body = body

    @cached_property
    def _rows(self) -> list[list[Any]]:
        rows: list[list[Any]] = json.loads(b"[" + self._text(0, len(self)) + b"]")
        return rows

    def _row_alone(self, number: int) -> list[Any]:
        row: list[Any] = json.loads(self._text(number, number + 1))
        return row

    def _text(self, start: int, end: int) -> bytes:
        return self._body[self._places[start] : self._places[end]].rstrip(_BETWEEN)

    def after(self, row: int) -> AnswerBlock:
        """The rows from `row` on."""
        return AnswerBlock(self._body, self._places[row:]) if row else self

    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""
        return encoder.json(self._body, self._places[0], self._places[-1])


def answer_rows(body: bytes, places: bytes) -> Sequence[list[Any]]:
    """The rows of one sheet of an answer; `places` as the core has found them."""
    cut = cut_places(memoryview(places).cast("Q"), grid.BLOCK_BYTES)
    return BlockRows([AnswerBlock(body, own) for _, own in cut])
