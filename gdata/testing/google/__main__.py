"""`python -m gdata.testing.google FOLDER`: the emulator as a program, to try a whole pipeline against."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from gdata.configfile import find_config, load_config
from gdata.errors import GdataError
from gdata.testing.google import GoogleEmulator
from gdata.testing.google.folders import find_spreadsheets, import_folder, spreadsheet_id
from gdata.testing.google.refusals import FAULTS


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
    paths = {spreadsheet_id(path, folder): path for path in find_spreadsheets(folder)}
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


if __name__ == "__main__":
    raise SystemExit(main())
