"""What `gdata doctor` tries with Google, step by step: the login, its token, and each spreadsheet."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from gdata.config import GoogleSettings, Spreadsheet
from gdata.errors import GdataError
from gdata.language import say, sentence
from gdata.sources.source import DoctorStep
from gdata.sources.waiting import Failure, Patience, Stopped

DOCTOR_PATIENCE = Patience(budget=20.0, read_timeout=20.0)
"""Somebody is watching."""


def examine_google(
    spreadsheets: Sequence[Spreadsheet], settings: GoogleSettings, timezone: str, patience: Patience = DOCTOR_PATIENCE
) -> Iterator[DoctorStep]:
    """Try each step and tell it as it is done; a step that others need ends it when it fails.

    `timezone` is that of sheets.yaml: a spreadsheet set to another shows its dates in that one.
    """
    from gdata.sources.google.credentials import describe_login, load_credentials
    from gdata.sources.google.endpoint import check_endpoint
    from gdata.sources.google.session import TokenKeeper, open_session
    from gdata.sources.google.wire import GoogleWire

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
