"""What the tests of the Google source share: an emulator, and pulls that don't wait long."""

from collections.abc import Sequence
from dataclasses import replace

from gdata.config import GoogleSettings, Spreadsheet
from gdata.sources.google import pull_google
from gdata.sources.google.answers import read_google
from gdata.sources.grid import Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.waiting import Patience
from gdata.testing.google import EmulatedSpreadsheet, GoogleEmulator

QUICK = Patience(budget=120, first_wait=0.001, longest_wait=0.01, connect_timeout=60, read_timeout=60)
"""Tries again at once, and for as long as a busy machine takes."""
SHORT = replace(QUICK, budget=0.1)
"""Gives up soon after the first failure. An answer is waited for all the same: a slow one is no failure."""
HASTY = replace(QUICK, read_timeout=0.4)
"""For answers that don't come."""


def emulate(**spreadsheets: dict[str, list[list]]) -> GoogleEmulator:
    """An emulator with spreadsheets whose id is their name: {title: rows}."""
    return GoogleEmulator([EmulatedSpreadsheet.of(name, sheets) for name, sheets in spreadsheets.items()])


def settings(google: GoogleEmulator) -> GoogleSettings:
    return GoogleSettings(credentials=str(google.key_file), endpoint=google.endpoint)


def request(title: str, **rest) -> SheetRequest:
    return SheetRequest(title, is_glob="*" in title or "?" in title, **rest)


def pull(
    google: GoogleEmulator, wanted: dict[str, Sequence[SheetRequest]], patience: Patience = QUICK, **rest
) -> dict[str, Pulled]:
    asked = [(Spreadsheet(name, (), id=name), requests) for name, requests in wanted.items()]
    return {one.spreadsheet: one for one in pull_google(asked, settings(google), patience=patience, **rest)}


def read_one(google: GoogleEmulator, *requests: SheetRequest, name: str = "items") -> ReadSheets:
    return read_google(pull(google, {name: requests})[name], requests)


def grid_of(read: ReadSheets, title: str) -> Grid:
    return next(grid for grid in read.grids if grid.sheet == title)
