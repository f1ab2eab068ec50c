"""`python -m gdata.testing.google FOLDER`: the emulator as a program, to try a whole pipeline against.

Workbooks and folders of .csv files are its spreadsheets. A workbook's cells keep their types. A csv file's text becomes
what Google's import makes of plain cases: `1001` a number, `TRUE` a boolean, `2026-12-01 18:00:00` a date. Google would
also turn `007` into 7, `1.50` into 1.5 and `true` into TRUE; here such text stays text, so that the same bundle comes
from the file and from the emulator.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from gdata.config import SheetEntry, Spreadsheet
from gdata.configfile import find_config, load_config
from gdata.errors import GdataError
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.grid import CellValue, DateCell, Grid, SheetRequest
from gdata.testing.google import GoogleEmulator
from gdata.testing.google_errors import FAULTS
from gdata.testing.google_sheets import GOOGLE_EPOCH, EmulatedSheet, EmulatedSpreadsheet, plain_number


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; prints the address, the key's file and every spreadsheet's id."""
    options = _parser().parse_args(arguments)
    try:
        spreadsheets = import_folder(options.folder, options.timezone or _timezone_around(options.folder))
        emulator = GoogleEmulator(spreadsheets, port=options.port, latency=options.latency)
    except (GdataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    emulator.wire.bandwidth, emulator.state.quota = options.bandwidth, options.quota
    for fault in options.fault:
        name, _, times = fault.partition(":")
        emulator.fail(name, times=int(times or 1))
    with emulator:
        _write_files(emulator, options)
        _announce(emulator, options.key, options.folder)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gdata.testing.google",
        description="Serve workbooks and csv folders as Google spreadsheets on 127.0.0.1.",
        epilog=f"Faults: {', '.join(FAULTS)}. They strike the first requests, NAME:3 the first three.",
    )
    parser.add_argument("folder", type=Path, help="every workbook and csv folder below it is served")
    parser.add_argument("--port", type=int, default=9000, help="0: any free one (default: 9000)")
    parser.add_argument("--key", type=Path, default=Path("emulator-key.json"), help="where to write the key file")
    parser.add_argument("--timezone", help="of all spreadsheets; else that of the sheets.yaml around the folder")
    parser.add_argument("--client", type=Path, help="where to write an OAuth client for `gdata login`")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to each request")
    parser.add_argument("--bandwidth", type=int, default=0, help="bytes a second for each connection (0: no limit)")
    parser.add_argument("--quota", type=int, default=60, help="reads a minute for each identity (0: no limit)")
    parser.add_argument("--fault", action="append", default=[], type=_fault, help="NAME or NAME:TIMES; may be repeated")
    return parser


def _fault(text: str) -> str:
    name, _, times = text.partition(":")
    if name not in FAULTS or (times and not times.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is no fault; there are {', '.join(FAULTS)}")
    return text


def _write_files(emulator: GoogleEmulator, options: argparse.Namespace) -> None:
    options.key.write_text(json.dumps(emulator.key, indent=2), encoding="utf-8")
    if options.client:
        client = emulator.login.oauth_client(emulator.endpoint)
        options.client.write_text(json.dumps(client, indent=2), encoding="utf-8")


def _announce(emulator: GoogleEmulator, key: Path, folder: Path) -> None:
    """Lines that sheets.yaml takes as they are: the service, and each spreadsheet's `id:` for its `path:`."""
    print(f"google:\n  endpoint: {emulator.endpoint}\n  credentials: {key}", flush=True)
    paths = {spreadsheet_id(path, folder): path for path in _find_spreadsheets(folder)}
    width = max(map(len, emulator.state.spreadsheets), default=0)
    for spreadsheet in emulator.state.spreadsheets.values():
        titles = ", ".join(sheet.title for sheet in spreadsheet.sheets)
        path = paths[spreadsheet.id].as_posix()
        print(f"    id: {spreadsheet.id:{width}}  # in place of `path: {path}`: {titles}", flush=True)


def _timezone_around(folder: Path) -> str:
    """The time zone of the project that the folder belongs to."""
    try:
        return load_config(find_config(folder), os.environ).timezone
    except GdataError:
        return "Etc/GMT"


WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".ods"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")
_PLAIN_TEXT = ("@since", "@until")
"""Headers of columns that planners format as plain text: the version 1.10 is no number."""
_ID_LENGTH = 44


def import_folder(folder: Path, time_zone: str = "Etc/GMT") -> list[EmulatedSpreadsheet]:
    """Every workbook below `folder`, and every folder there that holds .csv files, as a spreadsheet each.

    Raises:
        SourceError: one of them can't be read.
    """
    found = sorted(_find_spreadsheets(folder))
    return [import_spreadsheet(path, spreadsheet_id(path, folder), time_zone) for path in found]


def import_spreadsheet(path: Path, id: str, time_zone: str = "Etc/GMT") -> EmulatedSpreadsheet:
    """One workbook, or one folder of .csv files, with all its sheets.

    Raises:
        SourceError: it can't be read.
    """
    whole = Spreadsheet(path.stem, (SheetEntry("*", ()),), path=path, location=path.name)
    read = read_sheets(pull_local(whole), [SheetRequest("*", is_glob=True, needs_merges=True)]).require_all()
    by_title = {grid.sheet: grid for grid in read.grids}
    titles = [title for title in read.titles if title in by_title] or list(by_title)
    sheets = [_import_sheet(by_title[title], number) for number, title in enumerate(titles)]
    return EmulatedSpreadsheet(id, path.stem, sheets, time_zone=time_zone)


def spreadsheet_id(path: Path, folder: Path) -> str:
    """An id as long as Google's, the same on every machine: it starts with the name, where that is plain ASCII."""
    place = path.relative_to(folder).as_posix()
    name = re.sub(r"[^A-Za-z0-9_]+", "-", path.stem).strip("-")[:20]
    digest = base64.urlsafe_b64encode(sha256(place.encode()).digest()).decode().rstrip("=")
    return f"{name}-{digest}"[:_ID_LENGTH].ljust(_ID_LENGTH, "0")


def import_text(text: str) -> CellValue:
    """What a cell of a csv file becomes."""
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    if _NUMBER.fullmatch(text):
        number = plain_number(float(text))
        return number if str(number) == text else text
    if _DATE.fullmatch(text):
        return _import_date(text)
    return text


def _import_date(text: str) -> CellValue:
    try:
        days = (datetime.fromisoformat(text) - GOOGLE_EPOCH).total_seconds() / 86400
    except ValueError:
        return text
    return DateCell(days, text)


def import_rows(rows: Sequence[Sequence[CellValue]]) -> list[list[CellValue]]:
    """What the cells of a csv file become; under @since and @until they stay text."""
    plain = {column for row in rows for column, cell in enumerate(row) if cell in _PLAIN_TEXT}
    return [
        [
            import_text(cell) if isinstance(cell, str) and column not in plain else cell
            for column, cell in enumerate(row)
        ]
        for row in rows
    ]


def _import_sheet(grid: Grid, number: int) -> EmulatedSheet:
    rows = grid.rows
    if grid.kind == "csv":
        rows = import_rows(rows)
    gid = zlib.crc32(grid.sheet.encode()) & 0x7FFFFFFF if number else 0
    merges = [(first, left, last, right) for first, left, last, right in grid.merges]
    return EmulatedSheet(grid.sheet, [list(row) for row in rows], gid, grid.hidden, merges)


def _find_spreadsheets(folder: Path) -> Iterator[Path]:
    if any(path.suffix.lower() == ".csv" for path in folder.iterdir()):
        yield folder
    for path in folder.iterdir():
        if path.is_dir():
            yield from _find_spreadsheets(path)
        elif path.suffix.lower() in WORKBOOKS and not path.name.startswith("~$"):
            yield path
