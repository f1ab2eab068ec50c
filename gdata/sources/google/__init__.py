"""Google Sheets as `Source` has it, and what `gdata doctor` tries with them step by step.

Importing this loads nothing that asks Google.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gdata.config import Config, GoogleSettings, Spreadsheet
from gdata.errors import ConfigError, CredentialsError, GdataError, SourceError
from gdata.language import say, say_counted, sentence
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest, join_errors
from gdata.sources.source import DoctorStep, OnProgress, PullProgress, SheetFiles, Wanted
from gdata.sources.waiting import Failure, OnWait, Patience, Stopped, run_together, start_thread, take

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from requests import Session

    from gdata.sources.google.wire import GoogleWire


class GoogleSheets:
    """Spreadsheets with an `id` in sheets.yaml."""

    is_remote = True
    reads_per_minute = 60

    def get_ready(self, config: Config) -> None:
        """Log in already."""
        begin_login(config.google)

    def pull(self, wanted: Wanted, config: Config, on_progress: OnProgress) -> Iterator[Pulled]:
        """All spreadsheets at once, in the background."""
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


_Result = tuple[Spreadsheet | None, Pulled | BaseException | tuple[Failure, float]]


def pull_google(
    wanted: Wanted, settings: GoogleSettings, *, on_progress: OnProgress | None = None, patience: Patience | None = None
) -> Iterator[Pulled]:
    """Start to pull all spreadsheets at once; the iterator hands them out as they arrive.

    The work begins with the call, not with the first `next`, so other things may be done in between. When one
    fails, the others are still brought, so that one error names all that failed. Closing the iterator gives up.
    `on_progress` is called from the iterating thread.

    Raises:
        ConfigError: (at once) the endpoint isn't allowed; (while iterating) two globs take one sheet.
        SourceError: (while iterating) the login isn't taken, or spreadsheets can't be read.
    """
    from gdata.sources.google.credentials import check_endpoint

    if settings.endpoint:
        check_endpoint(settings.endpoint)
    results: queue.SimpleQueue[_Result] = queue.SimpleQueue()
    stop = threading.Event()
    if wanted:
        start_thread(_pull_all, wanted, settings, patience or Patience(), stop, results)
    names = [spreadsheet.name for spreadsheet, _ in wanted]
    return _hand_out(names, results, stop, on_progress or (lambda _: None))


def fetch_sheet_ids(
    spreadsheets: Sequence[Spreadsheet], settings: GoogleSettings, *, patience: Patience | None = None
) -> dict[str, dict[str, int]]:
    """The ids of sheets, for links that open a cell: {spreadsheet's name: {sheet's title: id}}.

    A spreadsheet that can't be read is left out: a link that opens its first sheet is better than no report.
    It takes one read a spreadsheet.
    """
    from gdata.sources.google.spreadsheet import SpreadsheetPull

    found: dict[str, dict[str, int]] = {}

    def fetch(spreadsheet: Spreadsheet) -> None:
        pull = SpreadsheetPull(spreadsheet, [], wire, lambda *_: None)
        try:
            found[spreadsheet.name] = {fact.title: fact.gid for fact in pull.fetch_facts()}
        except (GdataError, Failure, Stopped):
            return

    try:
        wire = open_wire(settings, patience or Patience(budget=15), threading.Event(), lambda *_: None)
    except GdataError:
        return {}
    run_together([lambda one=one: fetch(one) for one in spreadsheets])  # type: ignore[misc]
    wire.close()
    return found


def open_wire(settings: GoogleSettings, patience: Patience, stop: threading.Event, on_wait: OnWait) -> GoogleWire:
    """Log in, ready to read. gspread is imported while Google prepares the token.

    Raises:
        SourceError: there is no login, or it isn't taken.
    """
    from gdata.sources.google.credentials import load_credentials
    from gdata.sources.google.wire import TokenKeeper, open_session

    begun = _begun.pop(settings, None)
    logged_in = None
    if isinstance(begun, GdataError):
        raise begun
    if begun is not None:
        _import_gspread()
        logged_in = begun.result()
    session, credentials = logged_in or (open_session(settings.endpoint), load_credentials(settings))
    keeper = TokenKeeper(credentials, session, patience, stop)
    if logged_in is None:
        run_together([_import_gspread, lambda: keeper.renew(None, on_wait)])
    from gdata.sources.google.wire import GoogleWire

    return GoogleWire(keeper, session, settings.endpoint, patience, stop)


_begun: dict[GoogleSettings, _Login | GdataError] = {}
"""Logins on their way, and those that had nothing to begin with, until somebody pulls."""


def begin_login(settings: GoogleSettings) -> None:
    """Ask for the token already: schemas are compiled meanwhile, and `pull_google` goes on from here.

    What goes wrong isn't told: it goes wrong again then, with all its words. Only that there are no credentials is kept
    until then, for looking for those of a cloud's machine takes seconds.
    """
    from gdata.sources.google.credentials import check_endpoint

    try:
        if settings.endpoint:
            check_endpoint(settings.endpoint)
        _begun[settings] = _Login(settings)
    except GdataError as error:
        _begun[settings] = error


class _Login:
    """One try to log in, in a thread."""

    def __init__(self, settings: GoogleSettings) -> None:
        # Here, not in the thread: two threads that import take turns, and the question would be late by as much.
        from gdata.sources.google.credentials import load_credentials
        from gdata.sources.google.wire import TokenKeeper, open_session

        self._session, self._credentials = open_session(settings.endpoint), load_credentials(settings)
        self._keeper = TokenKeeper(self._credentials, self._session, Patience(budget=0), threading.Event())
        self._thread = start_thread(self._renew)

    def _renew(self) -> None:
        with suppress(Exception):
            self._keeper.renew(None, lambda *_: None)

    def result(self) -> tuple[Session, Credentials] | None:
        """The session and the credentials with their token; None where they have none."""
        while self._thread.is_alive():
            self._thread.join(0.1)
        return (self._session, self._credentials) if self._keeper.token is not None else None


def _import_gspread() -> None:
    import gdata.sources.google.spreadsheet  # noqa: F401


def _pull_all(
    wanted: Wanted,
    settings: GoogleSettings,
    patience: Patience,
    stop: threading.Event,
    results: queue.SimpleQueue[_Result],
) -> None:
    """Log in, then start one thread a spreadsheet; every result and error goes into the queue."""
    try:
        wire = open_wire(settings, patience, stop, lambda failure, wait: results.put((None, (failure, wait))))
    except BaseException as error:
        results.put((None, error))
        return
    for spreadsheet, requests in wanted:
        start_thread(_pull_one, spreadsheet, requests, wire, results)


def _pull_one(
    spreadsheet: Spreadsheet,
    requests: Sequence[SheetRequest],
    wire: GoogleWire,
    results: queue.SimpleQueue[_Result],
) -> None:
    from gdata.sources.google.spreadsheet import SpreadsheetPull

    def on_wait(failure: Failure, wait: float) -> None:
        results.put((spreadsheet, (failure, wait)))

    try:
        results.put((spreadsheet, SpreadsheetPull(spreadsheet, requests, wire, on_wait).run()))
    except BaseException as error:
        results.put((spreadsheet, error))


def _hand_out(
    names: list[str], results: queue.SimpleQueue[_Result], stop: threading.Event, on_progress: OnProgress
) -> Iterator[Pulled]:
    errors: dict[str, SourceError | ConfigError] = {}
    done, total = 0, len(names)
    try:
        while done < total:
            spreadsheet, result = take(results)
            name = spreadsheet.name if spreadsheet else ""
            if isinstance(result, tuple):
                failure, wait = result
                on_progress(PullProgress(name, "waiting", done, total, str(failure), wait))
                continue
            done += 1
            event: Literal["done", "failed"] = "done" if isinstance(result, Pulled) else "failed"
            on_progress(PullProgress(name, event, done, total))
            if isinstance(result, Pulled):
                yield result
            else:
                errors[name] = _take_error(result, fatal=spreadsheet is None)
    finally:
        stop.set()
    if errors:
        raise _join([errors[name] for name in names if name in errors])


def _take_error(error: BaseException, *, fatal: bool) -> SourceError | ConfigError:
    """The error, if it is one of a spreadsheet; a login that isn't taken is the same for all of them."""
    if fatal or isinstance(error, CredentialsError) or not isinstance(error, (SourceError, ConfigError)):
        raise error
    return error


def _join(errors: list[SourceError | ConfigError]) -> GdataError:
    for error in errors:
        if isinstance(error, ConfigError):
            return error
    return join_errors([error for error in errors if isinstance(error, SourceError)])


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


def _examine_spreadsheets(spreadsheets: Sequence[Spreadsheet], wire: GoogleWire, timezone: str) -> Iterator[DoctorStep]:
    steps: dict[str, DoctorStep] = {}

    def examine(spreadsheet: Spreadsheet) -> None:
        steps[spreadsheet.name] = _examine_spreadsheet(spreadsheet, wire, timezone)

    run_together([lambda one=one: examine(one) for one in spreadsheets])  # type: ignore[misc]
    for spreadsheet in spreadsheets:
        yield steps[spreadsheet.name]


def _examine_spreadsheet(spreadsheet: Spreadsheet, wire: GoogleWire, timezone: str) -> DoctorStep:
    from gdata.sources.google.index import read_about
    from gdata.sources.google.spreadsheet import SpreadsheetPull

    name = sentence("spreadsheet {name}", name=spreadsheet.name)
    try:
        about = read_about(SpreadsheetPull(spreadsheet, [], wire, lambda *_: None).fetch_metadata())
    except GdataError as error:
        return DoctorStep(name, "error", str(error), error.hint)
    except (Failure, Stopped) as error:
        return DoctorStep(name, "error", str(error))
    found = say_counted(
        "{title}, {count} sheet, time zone {time_zone}",
        "{title}, {count} sheets, time zone {time_zone}",
        about.sheets,
        title=about.title,
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
