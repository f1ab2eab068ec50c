"""An emulator of the Google APIs that gdata reads: Sheets and Drive over HTTP, with logins, quotas and faults.

    with GoogleEmulator([EmulatedSpreadsheet.of("1AbC", {"Item": [["id", "name"], [1, "Sword"]]})]) as google:
        google.endpoint                        # for `google.endpoint` in sheets.yaml
        google.key_file                        # for `google.credentials`
        google.edit("1AbC", "Item", "B2", "Shield")
        google.fail("503", times=2, on="batchGet")

On the command line, `python -m gdata.testing.google sheets/` serves every workbook and csv folder under `sheets/`.
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gdata.testing.google.login import LoginDesk
from gdata.testing.google.refusals import FAULTS, Kind, PlannedFault
from gdata.testing.google.routes import GoogleState, Request
from gdata.testing.google.server import GoogleServer, Wire
from gdata.testing.google.sheets import EmulatedSheet, EmulatedSpreadsheet, Formula, parse_cell

__all__ = ["EmulatedSheet", "EmulatedSpreadsheet", "Formula", "GoogleEmulator"]


class GoogleEmulator:
    """Serves spreadsheets on a port of 127.0.0.1 from `start` to `close`; a context manager does both.

    Knobs: `google.wire` (latency in seconds, bandwidth in bytes a second), `google.state` (quota in reads a minute,
    `api_enabled`), `google.login` (clock skew, expired consent, a deleted key).
    """

    def __init__(self, spreadsheets: Iterable[EmulatedSpreadsheet] = (), *, port: int = 0, latency: float = 0) -> None:
        self.state = GoogleState({spreadsheet.id: spreadsheet for spreadsheet in spreadsheets})
        self.wire = Wire(latency)
        self._server = GoogleServer(self.state, self.wire, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._folder = tempfile.TemporaryDirectory(prefix="gdata-google-")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop, end every connection, and remove the key file."""
        self._server.close()
        self._thread.join(timeout=5)
        self._folder.cleanup()

    @property
    def endpoint(self) -> str:
        """The address in place of both Google hosts."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def login(self) -> LoginDesk:
        """Who may log in, and how long it lasts."""
        return self.state.login

    @property
    def key(self) -> dict[str, str]:
        """A service account's key, as its JSON file has it."""
        return self.login.key(self.endpoint)

    @property
    def key_file(self) -> Path:
        """The key as a file."""
        return self._write("key.json", self.key)

    @property
    def oauth_client_file(self) -> Path:
        """An OAuth client for `gdata login`, as a file."""
        return self._write("client_secret.json", self.login.oauth_client(self.endpoint))

    def user_login(self, *scopes: str) -> dict[str, str]:
        """The token of a person who logged in, as a JSON file has it; by default with every scope that can read."""
        return self.login.user_login(self.endpoint, *([frozenset(scopes)] if scopes else []))

    @property
    def reads(self) -> int:
        """How many reads of Sheets and Drive were counted against the quota."""
        return self.state.reads

    @property
    def log(self) -> list[Request]:
        """Every request so far."""
        return list(self._server.log)

    def spreadsheet(self, id: str) -> EmulatedSpreadsheet:
        """The spreadsheet of that id; after changing it by hand, call `touch`."""
        return self.state.spreadsheets[id]

    def add(self, spreadsheet: EmulatedSpreadsheet) -> None:
        """Serve one more spreadsheet, or another under the same id."""
        self.state.spreadsheets[spreadsheet.id] = spreadsheet
        self.touch()

    def edit(self, id: str, sheet: str, cell: str, value: object) -> None:
        """Write `value` (a number, text, bool, date or None) into a cell such as "C14"."""
        with self.state.lock:
            self.spreadsheet(id).sheet(sheet).write(*parse_cell(cell), value)
            self.touch()

    def rename_sheet(self, id: str, title: str, new_title: str) -> None:
        """Give a tab another title."""
        with self.state.lock:
            self.spreadsheet(id).sheet(title).title = new_title
            self.touch()

    def touch(self) -> None:
        """Let the next answers show what was changed."""
        self._server.forget_answers()

    def unshare(self, id: str) -> None:
        """Take the caller's right to a spreadsheet away."""
        self.state.unshared.add(id)

    def share(self, id: str) -> None:
        """Give the right back."""
        self.state.unshared.discard(id)

    def delete(self, id: str) -> None:
        """Remove a spreadsheet for good."""
        del self.state.spreadsheets[id]

    def turn_into_office_file(self, id: str) -> None:
        """Make a spreadsheet an .xlsx kept on Drive, which the Sheets API doesn't read."""
        self.state.office_files.add(id)

    def fail(self, fault: str, *, times: int = 1, on: Kind = "", spreadsheet: str = "", skip: int = 0) -> None:
        """Let a fault (a name of FAULTS) happen `times` times, after `skip` requests of that kind went well."""
        self.wire.planned.append(PlannedFault(FAULTS[fault], times, on, spreadsheet, skip))

    def _write(self, name: str, content: Mapping[str, Any]) -> Path:
        path = Path(self._folder.name) / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path
