"""What a pull of a Google spreadsheet keeps: Google's answers as they came, and an index that says what lies where.

index.json      {"format": 1, "metadata": "metadata.json" or "",
                 "sheets": {title: {"values": [file, position in its batch], "serial": [file, position]}}}
metadata.json   the answer about the spreadsheet's sheets, where it was asked for
values-1.json   answers of values.batchGet with dates as text
serial-1.json   the same with dates as numbers, for the sheets that have times
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gdata.errors import SourceError
from gdata.sources.google.body import decode_object

INDEX_NAME, METADATA_NAME = "index.json", "metadata.json"


@dataclass(frozen=True)
class Place:
    """Where a reading of a sheet lies: a file and the position in its batch."""

    file: str
    position: int


@dataclass
class Index:
    """Which readings there are of each sheet, by title as the spreadsheet writes it."""

    values: dict[str, Place] = field(default_factory=dict)
    serial: dict[str, Place] = field(default_factory=dict)
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


def read_index(files: Mapping[str, bytes], spreadsheet: str) -> Index:
    """The index among the files of a pull.

    Raises:
        SourceError: it is missing, or not of this form.
    """
    try:
        content = decode_object(files[INDEX_NAME])
        if content["format"] != 1:
            raise ValueError(content["format"])
        index = Index(metadata=str(content["metadata"]))
        for title, readings in content["sheets"].items():
            index.values[title] = Place(*readings["values"])
            if "serial" in readings:
                index.serial[title] = Place(*readings["serial"])
    except (KeyError, ValueError, TypeError, AttributeError, SourceError):
        raise SourceError(
            f"the kept pull of the spreadsheet {spreadsheet} is damaged", hint="run `gdata pull`"
        ) from None
    if missing := index.files - set(files):
        raise SourceError(
            f"the kept pull of the spreadsheet {spreadsheet} lacks {', '.join(sorted(missing))}",
            hint="run `gdata pull`",
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
        raise SourceError("what Google says of the spreadsheet isn't what it should be", hint="pull again") from None


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
