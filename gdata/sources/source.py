"""What the program asks of a kind of source, whatever it is: one class a kind, listed in `gdata.sources.adapters`.

Below it what kinds share: which sheets the lines of sheets.yaml mean, and files of this computer, which are read, or it
is said why not in a planner's words. Titles compare after Unicode's NFC, because one typed on a Mac may hold decomposed
Hangul that looks the same.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol
from unicodedata import normalize

from gdata.config import Config, Spreadsheet
from gdata.errors import ConfigError, SourceError
from gdata.files import reason_of
from gdata.language import Sentence, say, sentence
from gdata.longbytes import Content, WatchedFile
from gdata.problems import Cell
from gdata.sources.grid import Pulled, ReadSheets, SheetRequest
from gdata.text import nearest

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


@dataclass(frozen=True)
class MatchedTitles:
    """For each request, the titles it means, in the order its rows stand; and the entries that mean none."""

    titles: tuple[tuple[str, ...], ...]
    """Parallel to the requests; titles as the spreadsheet writes them. A glob's are sorted."""
    missing: tuple[str, ...] = ()
    """Titles and globs of the requests that no sheet has."""
    wanted: tuple[str, ...] = ()
    """Every title that some request means, once, in the order of the requests."""


def match_titles(titles: Iterable[str], requests: Sequence[SheetRequest], spreadsheet: str = "") -> MatchedTitles:
    """Find the sheets that `requests` mean among `titles`; an exact title beats a glob.

    Raises:
        ConfigError: two globs take the same sheet.
    """
    known = list(titles)
    by_form = {normalize("NFC", title): title for title in reversed(known)} | dict(zip(known, known, strict=True))
    exact = {
        index: by_form.get(request.title) or by_form.get(normalize("NFC", request.title), "")
        for index, request in enumerate(requests)
        if not request.is_glob
    }
    taken = set(exact.values())
    free = [title for title in known if title not in taken]
    matched = [
        _match_glob(request.title, free) if request.is_glob else tuple(filter(None, [exact[index]]))
        for index, request in enumerate(requests)
    ]
    _refuse_shared_titles(matched, requests, spreadsheet)
    missing = [request.title for request, found in zip(requests, matched, strict=True) if not found]
    wanted = dict.fromkeys(title for found in matched for title in found)
    return MatchedTitles(tuple(matched), tuple(missing), tuple(wanted))


def same_title(one: str, other: str) -> bool:
    """Whether two titles are the same after NFC."""
    return one == other or normalize("NFC", one) == normalize("NFC", other)


def _match_glob(glob: str, titles: list[str]) -> tuple[str, ...]:
    parts = {"*": ".*", "?": "."}
    pattern = re.compile("".join(parts.get(sign, re.escape(sign)) for sign in normalize("NFC", glob)), re.DOTALL)
    return tuple(sorted(title for title in titles if pattern.fullmatch(normalize("NFC", title))))


def _refuse_shared_titles(
    matched: Sequence[tuple[str, ...]], requests: Sequence[SheetRequest], spreadsheet: str
) -> None:
    taken: dict[str, str] = {}
    for request, titles in zip(requests, matched, strict=True):
        for title in titles:
            if request.is_glob and taken.setdefault(title, request.title) != request.title:
                globs = say("{taken} and {title}", taken=taken[title], title=request.title)
                raise ConfigError(
                    sentence(
                        "spreadsheet {spreadsheet}: two entries take the sheet {title}: {globs}",
                        spreadsheet=spreadsheet,
                        title=title,
                        globs=globs,
                    ),
                    hint=sentence("name the sheet {title} itself in one of them, or narrow the globs", title=title),
                )


MAX_BYTES = 512 << 20
"""Of a file that is read into memory as a whole."""
_MOST_LONG_BYTES = 4 << 30
_LONG_BYTES = 4 << 20
"""From this much on a file that can be read in blocks is."""


class LocalSource(ABC):
    """The part of `Source` that is the same for all files; a kind adds `pull_one` and what reads them."""

    is_remote = False
    reads_per_minute = 0

    @abstractmethod
    def pull_one(self, spreadsheet: Spreadsheet) -> Pulled:
        """Read the bytes of one spreadsheet.

        Raises:
            SourceError: it can't be read.
        """

    def get_ready(self, config: Config) -> None:
        """Nothing: files are there."""
        del config

    def pull(self, wanted: Wanted, config: Config, on_progress: OnProgress) -> Iterator[Pulled]:
        """Each spreadsheet when its turn comes; one that can't be read says so, and the others are read."""
        return (self._try_one(spreadsheet) for spreadsheet, _ in wanted)

    def _try_one(self, one: Spreadsheet) -> Pulled:
        try:
            return self.pull_one(one)
        except SourceError as error:
            return Pulled(one.name, one.kind, {}, datetime.now(UTC), location=one.location, failure=error)

    def sheet_ids(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Mapping[str, Mapping[str, int]]:
        """None: paths need none."""
        return {}

    def examine(self, spreadsheets: Sequence[Spreadsheet], config: Config) -> Iterator[DoctorStep]:
        """Whether each can be read."""
        for one in spreadsheets:
            try:
                self.pull_one(one)
            except SourceError as error:
                yield DoctorStep(sentence("spreadsheet {name}", name=one.name), "error", str(error), error.hint)
            else:
                yield DoctorStep(
                    sentence("spreadsheet {name}", name=one.name),
                    "ok",
                    say("{location} can be read", location=one.location or one.path),
                )


def read_file(path: Path, name: str) -> bytes:
    """All bytes of `path`; `name` is what messages call it.

    Raises:
        SourceError: it isn't there, may not be read, is held open by another program, or is beyond 512 MiB.
    """
    with _reading(path, name):
        check_size(name, path.stat().st_size)
        return path.read_bytes()


def read_long_file(path: Path, name: str) -> Content:
    """The same of a file that is read in blocks where it is large: up to 4 GiB, and they stay in the file."""
    with _reading(path, name):
        size = path.stat().st_size
        check_size(name, size, _MOST_LONG_BYTES)
        return path.read_bytes() if size < _LONG_BYTES else WatchedFile.all_of(path, name)


def check_size(name: str, size: int, most: int | None = None) -> None:
    """Raise SourceError where a file is larger than is read: as a whole, or `most`."""
    most = MAX_BYTES if most is None else most
    if size > most:
        raise SourceError(
            sentence("{place}: larger than {size} MiB", place=name, size=most >> 20),
            hint=sentence("split it, or delete pictures and unused sheets"),
        )


@contextmanager
def _reading(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise SourceError(
            sentence("{place}: there is no such file or folder", place=name), hint=_put_back(path)
        ) from error
    except PermissionError as error:
        raise SourceError(
            sentence("{place}: may not be read", place=name),
            hint=sentence("if it is open in Excel, close it there; else ask for the right to read it"),
        ) from error
    except OSError as error:
        raise SourceError(
            sentence("{place}: can't be read: {error}", place=name, error=reason_of(error)),
            hint=sentence("check the disk"),
        ) from error


def _put_back(path: Path) -> Sentence:
    with suppress(OSError):
        near = nearest(path.name, [one.name for one in path.parent.iterdir()])
        if near:
            return sentence("did you mean {near}? Else put it back, or mend its line in sheets.yaml", near=near)
    return sentence("put it back, or mend its line in sheets.yaml")
