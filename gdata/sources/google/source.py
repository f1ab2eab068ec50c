"""Google Sheets as `Source` has it. Importing this loads nothing that asks Google."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gdata.config import Config, Spreadsheet
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.sources.source import DoctorStep, OnProgress, SheetFiles, Wanted


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
        from gdata.sources.google.words import spreadsheet_link

        link = spreadsheet_link(spreadsheet.id)
        if sheet_id is None:
            return link
        return f"{link}#gid={sheet_id}&range={cell.a1}" if cell.a1 else f"{link}#gid={sheet_id}"

    def examine(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Iterator[DoctorStep]:
        """The login, its token, and each spreadsheet."""
        from gdata.sources.google.doctor import examine_google

        return examine_google(spreadsheets, config.google, config.timezone)
