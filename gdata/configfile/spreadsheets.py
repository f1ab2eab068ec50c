"""The `spreadsheets:` of sheets.yaml: where each is, and which sheet feeds which table."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any, cast

from gdata.config import Area, Layout, SheetEntry, Spreadsheet
from gdata.configfile.document import Fields, Value, shown
from gdata.configfile.names import check_name, check_unique, read_path, read_table_name, read_version, read_words
from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.text import did_you_mean
from gdata.versions import Span

WORKBOOK_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".ods")
_OTHER_SUFFIXES = {
    ".xls": sentence("open it in Excel and save it as .xlsx"),
    ".csv": sentence("name the folder it lies in: each .csv in it is a sheet"),
    ".tsv": sentence("name the folder it lies in: each .tsv in it is a sheet"),
    ".txt": sentence("name the folder it lies in: each tab-separated .txt in it is a sheet"),
    ".gsheet": sentence("it is only a link: write `id:` or `url:` with the address in your browser"),
    ".numbers": sentence("export it as .xlsx"),
}
_PLACES = ("id", "url", "path")
_SPREADSHEET_KEYS = (*_PLACES, "sheets", "encoding")
_ENTRY_KEYS = (
    "table",
    "layout",
    "header_row",
    "first_row",
    "multirow",
    "unknown_columns",
    "merged",
    "notes",
    "header_rows",
    "blank",
    "range",
    "keys",
    "overlay",
    "tags",
    "since",
    "until",
)
_URL = re.compile(r"https?://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/(?!e/)([A-Za-z0-9_-]+)(?:[/?#].*)?")
_ID = re.compile(r"[A-Za-z0-9_-]+")
_RANGE = re.compile(r"([A-Za-z]{1,3})([1-9]\d{0,6})?:([A-Za-z]{1,3})([1-9]\d{0,6})?", re.ASCII)
_KEYS = re.compile(r"\s*(-?\d{1,19})(?:\s*[-~–]\s*(-?\d{1,19}))?\s*", re.ASCII)
_URL_EXAMPLE = "https://docs.google.com/spreadsheets/d/ID/edit"
RECOGNISED = "auto"
_ENCODINGS = (
    RECOGNISED,
    "utf-8",
    "utf-16",
    "cp949",
    "euc-kr",
    "cp932",
    "shift_jis",
    "gbk",
    "gb18030",
    "big5",
    "cp1252",
    "latin-1",
)


def read_spreadsheets(value: Value) -> tuple[Spreadsheet, ...]:
    """Every spreadsheet that sheets.yaml names, at least one."""
    entries = value.entries()
    if not entries:
        raise value.error(
            say("names no spreadsheet"), say("add one: a short name, with `path:` or `id:`, and `sheets:`")
        )
    check_unique(entries)
    return value.each_entry(_read_spreadsheet)


def _read_spreadsheet(name: str, value: Value) -> Spreadsheet:
    check_name(name, value)
    fields = value.fields(_SPREADSHEET_KEYS)
    sheets = fields.required("sheets", "sheets: {Item: game.ItemTable}")
    # The sheets are read first, so that a wrong place doesn't hide their mistakes.
    entries = fields.get("sheets", _read_sheets, ())
    place = _the_one_place(fields)
    path = fields.get("path", _read_source_path, None)
    google_id = fields.get(place, _read_url if place == "url" else _read_id, "") if place != "path" else ""
    encoding = fields.get("encoding", _read_encoding, "utf-8")
    if "encoding" in fields and (place != "path" or (path is not None and path.is_file())):
        raise fields.entries["encoding"].error(
            say("only a folder of .csv files has an encoding"), say("delete the line")
        )
    location = fields.entries[place].expanded() if place == "path" else google_id
    return Spreadsheet(name, entries, google_id, path, location, encoding, min(value.line, sheets.line))


def _the_one_place(fields: Fields) -> str:
    places = [key for key in _PLACES if key in fields]
    if len(places) != 1:
        found = " and ".join(places) if places else say("none of them")
        raise fields.value.error(
            say("needs exactly one of id, url and path, found {found}", found=found),
            say("keep one: `url: {example}`", example=_URL_EXAMPLE),
        )
    return places[0]


def _read_id(value: Value) -> str:
    text = value.word()
    if "/" in text:
        raise value.error(
            say("{shown} is a URL, not an id", shown=shown(value.written)), say("write `url:` in place of `id:`")
        )
    if not _ID.fullmatch(text):
        raise value.error(
            say("{shown} isn't the id of a Google spreadsheet", shown=shown(value.written)),
            say("it is the part ID of {example}", example=_URL_EXAMPLE),
        )
    return text


def _read_url(value: Value) -> str:
    text = value.text()
    found = _URL.fullmatch(text)
    if found:
        return found[1]
    hint = say("open the spreadsheet in a browser and copy its address; it looks like {example}", example=_URL_EXAMPLE)
    if "/spreadsheets/d/e/" in text:
        hint = say("it is the link of a published page; {hint}", hint=hint)
    elif "/" not in text:
        hint = say("is it an id? Then write `id:` in place of `url:`")
    raise value.error(say("{shown} isn't the address of a Google spreadsheet", shown=shown(value.written)), hint)


def _read_source_path(value: Value) -> Path | None:
    path = read_path(value)
    if path.name.startswith("~$"):
        raise value.error(
            say("{name} is the lock file of a workbook that is open in Excel", name=path.name),
            say("write {name}", name=path.name[2:]),
        )
    if path.is_dir():
        return path
    suffix = path.suffix.lower()
    if suffix not in WORKBOOK_SUFFIXES and (suffix in _OTHER_SUFFIXES or path.exists()):
        hint = _OTHER_SUFFIXES.get(suffix) or say(
            "write a folder of .csv files, or one of {suffixes}", suffixes=", ".join(WORKBOOK_SUFFIXES)
        )
        raise value.error(say("gdata can't read {shown}", shown=shown(path.name)), str(hint))
    return path  # One that isn't there is a problem among those of the others.


def _read_encoding(value: Value) -> str:
    """A name, or those by title as JSON; the source reads either."""
    if value.type != "map":
        return _read_codec(value)
    return json.dumps(dict(value.each_entry(lambda title, one: (title, _read_codec(one)))), ensure_ascii=False)


def _read_codec(value: Value) -> str:
    name = value.word()
    if name == RECOGNISED:
        return name
    try:
        # A codec such as base64 has this name too, but makes no text.
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise value.error(
            say("there is no encoding {shown}", shown=shown(name)),
            say(
                "{near}known are {encodings}",
                near=did_you_mean(name, _ENCODINGS),
                encodings=", ".join(_ENCODINGS),
            ),
        ) from error


def _read_sheets(value: Value) -> tuple[SheetEntry, ...]:
    if not value.entries():
        raise value.error(say("names no sheet"), say("add one: `Item: game.ItemTable`"))
    return tuple(entry for entries in value.each_entry(_read_entries) for entry in entries)


def _read_entries(title: str, value: Value) -> tuple[SheetEntry, ...]:
    if value.type == "map":
        return (_read_long_entry(title, value),)
    if value.type == "seq" and any(item.type == "map" for item in value.items()):
        return _read_ranges(title, value)
    return (SheetEntry(title, _read_tables(value), line=value.line),)


def _read_ranges(title: str, value: Value) -> tuple[SheetEntry, ...]:
    """Several tables on one sheet, each in a range of its own."""
    for item in value.items():
        if item.type == "map" and len(value.items()) > 1:
            for error in _lack_of_range(item):
                item.keep(error)
    return value.each(lambda item: _read_long_entry(title, item))


def _lack_of_range(item: Value) -> list[ConfigError]:
    if any(key == "range" for key, _ in item.entries()):
        return []
    hint = say('say which cells are its own: `range: "A:C"`; for tables that share all rows write a list of names')
    return [item.error(say("`range` is missing, and the sheet holds several tables"), hint)]


def _read_tables(value: Value) -> tuple[str, ...]:
    if value.type != "seq":
        return (read_table_name(value),)
    tables = tuple(read_table_name(item) for item in value.items())
    if not tables:
        raise value.error(say("names no table"), say("write the full name of its message: game.ItemTable"))
    twice = next((table for table in tables if tables.count(table) > 1), None)
    if twice is not None:
        raise value.error(say("names {twice} twice", twice=twice), say("delete one of them"))
    return tables


def _read_long_entry(title: str, value: Value) -> SheetEntry:
    fields = value.fields(_ENTRY_KEYS)
    tables = _read_tables(fields.required("table", "table: game.ItemTable"))
    layout = cast(Layout, fields.get("layout", lambda one: one.choice(("rows", "columns", "vertical")), "rows"))
    _check_layout(fields, layout)
    area = fields.get("range", _read_range, None)
    along = area.turned() if area is not None and layout == "columns" else area
    header_row = fields.get("header_row", lambda one: one.number(1), along.first_row if along is not None else 1)
    first_row = fields.get("first_row", lambda one: one.number(1), 0)
    if along is not None:
        _check_within(fields, along)
    header_rows = fields.get("header_rows", _read_header_rows, 1)
    last = header_row + header_rows - 1
    if layout != "vertical" and first_row and first_row <= last:
        raise fields.entries["first_row"].error(
            say(
                "the first row of data, {first_row}, must come after the header, row {last}",
                first_row=first_row,
                last=last,
            ),
            say("write {last} or more, or mend header_row", last=last + 1),
        )
    if area is not None and layout == "vertical":
        first_row = first_row or area.first_row
        if area.last_column == area.first_column:
            raise fields.entries["range"].error(
                say("a vertical sheet has its names in one column and its values in the next"),
                say("name two columns: A:B"),
            )
    options: dict[str, Any] = {
        "multirow": fields.get("multirow", Value.flag, False),
        "unknown_columns": fields.get("unknown_columns", lambda one: one.choice(("error", "warn", "ignore")), "error"),
        "merged": fields.get("merged", lambda one: one.choice(("fill",)), ""),
        "notes": fields.get("notes", _read_notes, "#"),
        "header_rows": header_rows,
        "blank": fields.get("blank", lambda one: one.each(lambda text: text.text().strip()), ()),
        "range": area,
        "keys": fields.get("keys", _read_keys, ()),
        **_read_overlay(fields),
    }
    return SheetEntry(title, tables, layout, header_row, first_row, line=value.line, **options)


def _read_overlay(fields: Fields) -> dict[str, Any]:
    overlay = fields.get("overlay", Value.flag, False)
    for key in ("tags", "since", "until"):
        if key in fields and not overlay:
            raise fields.entries[key].error(
                say("only an overlay is for some targets"),
                say("add `overlay: true`, or tag the rows in the sheet: @{key}", key=key),
            )
    span = Span(fields.get("since", read_version, None), fields.get("until", read_version, None))
    if span.is_empty:
        raise fields.entries["until"].error(
            say("it would be in no version: {until} isn't after {since}", until=span.until, since=span.since),
            say("write a later version after `until`, or delete the line"),
        )
    return {"overlay": overlay, "tags": fields.get("tags", read_words, ()), "span": span}


def _read_range(value: Value) -> Area:
    text = value.text().replace("$", "").strip()
    found = _RANGE.fullmatch(text)
    if found is None:
        raise value.error(
            say("{shown} isn't a range of cells", shown=shown(value.written)), say("write it like A:C or A1:F40")
        )
    first, last = _column_number(found[1]), _column_number(found[3])
    area = Area(int(found[2] or 1), first, int(found[4] or 0), last, text.upper())
    if last < first or (area.last_row and area.last_row < area.first_row):
        raise value.error(
            say("{shown} ends before it begins", shown=shown(value.written)), say("write its first cell first: A1:F40")
        )
    return area


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _check_within(fields: Fields, area: Area) -> None:
    """The rows of the header and the data, where they are given, lie in the range."""
    for key in ("header_row", "first_row"):
        number = fields.get(key, lambda one: one.number(1), 0)
        if number and (number < area.first_row or (area.last_row and number > area.last_row)):
            value = fields.entries[key]
            value.keep(
                value.error(
                    say("{number} lies outside of the range {text}", number=number, text=area.text),
                    say("rows keep the sheet's numbers"),
                )
            )


def _read_keys(value: Value) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in value.text().split(","):
        found = _KEYS.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found is not None else (0, -1)
        if last < first:
            wrong = say("isn't a range of keys") if found is None else say("ends before it begins")
            raise value.error(f"{shown(part.strip())} {wrong}", say('write it like "9000-9999", several with commas'))
        ranges.append((first, last))
    return tuple(ranges)


def _read_header_rows(value: Value) -> int:
    number = value.number(1)
    if number > 2:
        raise value.error(
            say("{number} is too large", number=number),
            say("a header has one row, or two of which the upper one groups columns"),
        )
    return number


def _read_notes(value: Value) -> str:
    text = value.expanded()
    return value.text().strip() if text else ""


def _check_layout(fields: Fields, layout: str) -> None:
    for key in ("header_row", "header_rows", "multirow"):
        if layout == "vertical" and key in fields:
            value = fields.entries[key]
            value.keep(value.error(say("a vertical sheet has no header and holds one record"), say("delete the line")))
