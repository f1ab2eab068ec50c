"""Google Sheets as `Source` has it, and what `gdata doctor` tries with them step by step.

Importing this loads nothing that asks Google.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gdata.config import Config, GoogleSettings, Spreadsheet
from gdata.errors import GdataError
from gdata.language import say, sentence
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.sources.source import DoctorStep, OnProgress, SheetFiles, Wanted
from gdata.sources.waiting import Failure, Patience, Stopped


class GoogleSheets:
    """Spreadsheets with an `id` in sheets.yaml."""

    is_remote = True
    reads_per_minute = 60

    def get_ready(self, config: Config) -> None:
        """Log in already."""
        from gdata.sources.google.pull import begin_login

        begin_login(config.google)

    def pull(self, wanted: Wanted, config: Config, on_progress: OnProgress) -> Iterator[Pulled]:
        """All spreadsheets at once, in the background."""
        from gdata.sources.google.pull import pull_google

        return pull_google(wanted, config.google, on_progress=on_progress)

    def read(self, pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
        """The grids in Google's answers."""
        from gdata.sources.google.answers import read_google

        return read_google(pulled, requests)

    def files_of(self, pulled: Pulled) -> SheetFiles | None:
        """An answer holds several sheets."""
        return None

    def paths_of(self, spreadsheet: Spreadsheet) -> Iterator[Path]:
        """Nothing lies here."""
        return iter(())

    def sheet_ids(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Mapping[str, Mapping[str, int]]:
        """The `gid` of each sheet, at a read a spreadsheet."""
        from gdata.sources.google.pull import fetch_sheet_ids

        return fetch_sheet_ids(spreadsheets, config.google)

    def link(self, spreadsheet: Spreadsheet, cell: Cell, sheet_id: int | None) -> str:
        """The address that opens the very cell; without the sheet's id, the spreadsheet."""
        from gdata.sources.google.failures import spreadsheet_link

        link = spreadsheet_link(spreadsheet.id)
        if sheet_id is None:
            return link
        return f"{link}#gid={sheet_id}&range={cell.a1}" if cell.a1 else f"{link}#gid={sheet_id}"

    def examine(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Iterator[DoctorStep]:
        """The login, its token, and each spreadsheet."""
        return examine_google(spreadsheets, config.google, config.timezone)


DOCTOR_PATIENCE = Patience(budget=20.0, read_timeout=20.0)
"""Somebody is watching."""


def examine_google(
    spreadsheets: Sequence[Spreadsheet], settings: GoogleSettings, timezone: str, patience: Patience = DOCTOR_PATIENCE
) -> Iterator[DoctorStep]:
    """Try each step and tell it as it is done; a step that others need ends it when it fails.

    `timezone` is that of sheets.yaml: a spreadsheet set to another shows its dates in that one.
    """
    from gdata.sources.google.credentials import check_endpoint, describe_login, load_credentials
    from gdata.sources.google.wire import GoogleWire, TokenKeeper, open_session

    try:
        if settings.endpoint:
            check_endpoint(settings.endpoint)
            yield DoctorStep(
                sentence("endpoint"),
                "warning",
                say("{endpoint} answers in place of Google", endpoint=settings.endpoint),
            )
        credentials = load_credentials(settings)
        yield DoctorStep(
            sentence("login"), "ok", say("found: {describe_login}", describe_login=describe_login(credentials))
        )
        session, stop = open_session(settings.endpoint), threading.Event()
        keeper = TokenKeeper(credentials, session, patience, stop)
        keeper.renew(None, lambda *_: None)
    except GdataError as error:
        yield DoctorStep(sentence("login"), "error", str(error), error.hint)
        return
    yield DoctorStep(sentence("token"), "ok", say("Google takes the login"))
    wire = GoogleWire(keeper, session, settings.endpoint, patience, stop)
    yield from _examine_spreadsheets(spreadsheets, wire, timezone)
    wire.close()


def _examine_spreadsheets(spreadsheets: Sequence[Spreadsheet], wire: object, timezone: str) -> Iterator[DoctorStep]:
    from gdata.sources.waiting import run_together

    steps: dict[str, DoctorStep] = {}

    def examine(spreadsheet: Spreadsheet) -> None:
        steps[spreadsheet.name] = _examine_spreadsheet(spreadsheet, wire, timezone)

    run_together([lambda one=one: examine(one) for one in spreadsheets])  # type: ignore[misc]
    for spreadsheet in spreadsheets:
        yield steps[spreadsheet.name]


def _examine_spreadsheet(spreadsheet: Spreadsheet, wire: object, timezone: str) -> DoctorStep:
    from gdata.sources.google.index import read_about
    from gdata.sources.google.spreadsheet import SpreadsheetPull
    from gdata.sources.google.wire import GoogleWire

    assert isinstance(wire, GoogleWire)
    name = sentence("spreadsheet {name}", name=spreadsheet.name)
    try:
        about = read_about(SpreadsheetPull(spreadsheet, [], wire, lambda *_: None).fetch_metadata())
    except GdataError as error:
        return DoctorStep(name, "error", str(error), error.hint)
    except (Failure, Stopped) as error:
        return DoctorStep(name, "error", str(error))
    found = say(
        "{title}, {sheets} sheets, time zone {time_zone}",
        title=about.title,
        sheets=about.sheets,
        time_zone=about.time_zone,
    )
    if about.time_zone != timezone:
        return DoctorStep(
            name,
            "warning",
            found,
            say(
                "sheets.yaml reads dates as of {timezone}: set the same under File > Settings in the "
                "spreadsheet, or set timezone in sheets.yaml",
                timezone=timezone,
            ),
        )
    return DoctorStep(name, "ok", found)
