"""What the program asks of a kind of source, whatever it is: one class a kind, listed in `gdata.sources.adapters`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from gdata.config import Config, Spreadsheet
from gdata.language import Sentence
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest

Wanted = Sequence[tuple[Spreadsheet, Sequence[SheetRequest]]]
"""Spreadsheets of one kind, and what to bring of each."""


@dataclass(frozen=True)
class PullProgress:
    """News of a pull: `spreadsheet` is "" for the login. `wait` is how many seconds until the next try."""

    spreadsheet: str
    event: Literal["waiting", "done", "failed"]
    done: int
    total: int
    reason: str = ""
    """Of a wait: the kind of failure, and what the other side says of it."""
    wait: float = 0.0


OnProgress = Callable[[PullProgress], None]


@dataclass(frozen=True)
class SheetFiles:
    """Where each sheet of a pull lies in a file of its own."""

    by_title: Mapping[str, str]
    """The names of the files that were pulled, by their sheets' titles."""
    titles: Sequence[str]
    """Of all sheets there are, those that nobody asked for too."""
    shared: frozenset[str] = frozenset()
    """Names of the pull's files that are of no sheet."""


@dataclass(frozen=True)
class DoctorStep:
    """One thing that was tried: what, whether it works, what was found, and what to do about it."""

    name: Sentence
    state: Literal["ok", "warning", "error"]
    message: str
    hint: str = ""


class Source(Protocol):
    """One kind of source. It keeps nothing from call to call, and imports what is heavy when it is called."""

    is_remote: bool
    """What it brings is kept for --offline, and `gdata watch` asks for it again and again: nobody tells of a change."""
    reads_per_minute: int
    """How many it allows one person; 0: as many as they like."""

    def get_ready(self, config: Config) -> None:
        """Begin what a pull needs first, if it takes a while: what is wanted isn't known yet. It raises nothing."""

    def pull(self, wanted: Wanted, config: Config, on_progress: OnProgress) -> Iterator[Pulled]:
        """The spreadsheets' bytes as they arrive; a remote one starts with the call, not with the first `next`.

        Raises:
            SourceError: (while iterating) spreadsheets can't be read.
            ConfigError: two globs take one sheet, or a setting of the source is wrong.
        """

    def read(self, pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
        """Turn a pulled spreadsheet into the grids of the sheets asked for, in the order of `requests`.

        Raises:
            SourceError: what was pulled can't be read: damaged, protected, in another encoding.
            ConfigError: two globs take the same sheet.
        """

    def files_of(self, pulled: Pulled) -> SheetFiles | None:
        """Which file each sheet lies in; None where any file may be of any sheet, so that all are read together."""

    def paths_of(self, spreadsheet: Spreadsheet) -> Iterator[Path]:
        """The files on this computer that it is read from."""

    def sheet_ids(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Mapping[str, Mapping[str, int]]:
        """The ids that links need, by the spreadsheet's name and the sheet's title; those that can't be had are absent.

        It may take a read a spreadsheet.
        """

    def link(self, spreadsheet: Spreadsheet, cell: Cell, sheet_id: int | None) -> str:
        """The address or path that opens the cell, or as near to it as is known."""

    def examine(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Iterator[DoctorStep]:
        """Try each step that a pull needs, for `gdata doctor`."""
