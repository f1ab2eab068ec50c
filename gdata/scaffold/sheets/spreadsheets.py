"""What the command line names — Google spreadsheets, workbooks, csv folders, folders of these — and all their sheets.

What can't be read is told, and doesn't keep the others from being read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gdata.config import Config, GoogleSettings, SheetEntry, Spreadsheet
from gdata.configfile.names import what_is_wrong_with
from gdata.configfile.spreadsheets import WORKBOOK_SUFFIXES
from gdata.errors import CredentialsError, SourceError, UsageError
from gdata.language import sentence
from gdata.sources.adapters import pull_local, read_sheets
from gdata.sources.csv import is_sheet
from gdata.sources.csv.encodings import guess_encodings
from gdata.sources.google import pull_google
from gdata.sources.google.index import METADATA_NAME, read_about
from gdata.sources.grid import Grid, Pulled, SheetRequest
from gdata.text import did_you_mean

_EVERYTHING = (SheetRequest("*", is_glob=True, has_times=True),)


@dataclass
class ReadAll:
    """The sheets by spreadsheet, what they were read from, and what couldn't be read."""

    grids: list[tuple[Spreadsheet, list[Grid]]] = field(default_factory=list)
    pulled: list[Pulled] = field(default_factory=list)
    failed: list[SourceError] = field(default_factory=list)
    timezones: set[str] = field(default_factory=set)
    """Those that Google's spreadsheets are set to."""


def read_all(
    spreadsheets: Sequence[Spreadsheet], settings: GoogleSettings, on_read: Callable[[str, int], None]
) -> ReadAll:
    """Read all sheets; `on_read` is called with each spreadsheet's name and the number of its sheets.

    Raises:
        CredentialsError: there is no login for Google.
    """
    result = ReadAll()
    for spreadsheet in spreadsheets:
        if spreadsheet.path is not None:
            try:
                pulled = pull_local(replace(spreadsheet, sheets=EVERY_SHEET))
            except SourceError as error:
                result.failed.append(error)
            else:
                _read(result, spreadsheet, pulled, on_read)
    remote = [one for one in spreadsheets if one.path is None]
    if remote:
        _read_google(result, remote, settings, on_read)
    order = {(one.id, one.path): position for position, one in enumerate(spreadsheets)}
    result.grids.sort(key=lambda pair: order[pair[0].id, pair[0].path])
    return result


def _read(result: ReadAll, spreadsheet: Spreadsheet, pulled: Pulled, on_read: Callable[[str, int], None]) -> None:
    try:
        read = read_sheets(pulled, _EVERYTHING)
    except SourceError as error:
        result.failed.append(error)
        return
    result.failed += read.unreadable.values()
    if "" in read.unreadable:
        return
    order = {title: position for position, title in enumerate(read.titles)}
    grids = sorted(read.grids, key=lambda grid: order.get(grid.sheet, len(order)))
    result.grids.append((spreadsheet, grids))
    result.pulled.append(pulled)
    on_read(spreadsheet.name, len(grids))


def _read_google(
    result: ReadAll,
    spreadsheets: Sequence[Spreadsheet],
    settings: GoogleSettings,
    on_read: Callable[[str, int], None],
) -> None:
    by_name = {one.name: one for one in spreadsheets}
    taken = {one.name.casefold() for one, _ in result.grids} | {name.casefold() for name in by_name}
    try:
        for pulled in pull_google([(one, _EVERYTHING) for one in spreadsheets], settings):
            about = read_about(pulled.file(METADATA_NAME))
            result.timezones |= {about.time_zone} - {""}
            spreadsheet = by_name[pulled.spreadsheet]
            if spreadsheet.sheets == EVERY_SHEET and about.title:
                # New to the project: it gets the name that its owner gave it.
                spreadsheet = replace(spreadsheet, name=short_name(about.title, "", taken))
            _read(result, spreadsheet, replace(pulled, spreadsheet=spreadsheet.name), on_read)
    except CredentialsError:
        raise
    except SourceError as error:
        result.failed.append(error)


_URL = re.compile(r"https?://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/(?!e/)([A-Za-z0-9_-]+)")
_ID = re.compile(r"[A-Za-z0-9_-]{20,}")
_SAMPLE_BYTES = 1 << 20
EVERY_SHEET = (SheetEntry("*", ()),)


def find_spreadsheets(arguments: Sequence[str], folder: Path, config: Config | None) -> list[Spreadsheet]:
    """The spreadsheets that the arguments name, each once; without arguments those of sheets.yaml.

    A spreadsheet that sheets.yaml has already keeps its name. `folder` is the project's: paths are written as seen
    from there.

    Raises:
        UsageError: an argument is no spreadsheet, or a folder has none.
    """
    known = list(config.spreadsheets) if config is not None else []
    if not arguments:
        if not known:
            raise UsageError(
                sentence("which spreadsheets?"),
                hint=sentence("name ids, addresses, workbooks or folders: gdata scaffold sheets/"),
            )
        return known
    finder = _Finder(folder, known)
    for argument in arguments:
        finder.add(argument)
    return finder.found


class _Finder:
    def __init__(self, folder: Path, known: Sequence[Spreadsheet]) -> None:
        self._folder = folder
        self._known = known
        self._names = {one.name.casefold() for one in known}
        self.found: list[Spreadsheet] = []

    def add(self, argument: str) -> None:
        path = Path(argument)
        google = _URL.match(argument)
        named = next((one for one in self._known if one.name == argument), None)
        if google is not None:
            self._add_id(google[1])
        elif path.exists():
            self._add_paths(path)
        elif named is not None:
            self._keep(named)
        elif _ID.fullmatch(argument):
            self._add_id(argument)
        else:
            hint = did_you_mean(argument, [one.name for one in self._known])
            raise UsageError(
                sentence("{argument} is no file, folder, id or address of a spreadsheet", argument=argument),
                hint=sentence("{hint}an address looks like https://docs.google.com/spreadsheets/d/ID/edit", hint=hint),
            )

    def _keep(self, spreadsheet: Spreadsheet) -> None:
        if all((one.id, one.path) != (spreadsheet.id, spreadsheet.path) for one in self.found):
            self.found.append(spreadsheet)

    def _add_id(self, id: str) -> None:
        known = next((one for one in self._known if one.id == id), None)
        self._keep(known or Spreadsheet(short_name("google", "", self._names), EVERY_SHEET, id=id, location=id))

    def _add_paths(self, path: Path) -> None:
        paths = sorted(_spreadsheets_at(path.resolve()))
        if not paths:
            raise UsageError(
                sentence("{path}: there is no spreadsheet here", path=path),
                hint=sentence(
                    "a spreadsheet is a folder of .csv files, or one of {suffixes}",
                    suffixes=", ".join(WORKBOOK_SUFFIXES),
                ),
            )
        for one in paths:
            known = next((other for other in self._known if other.path is not None and _is_same(other.path, one)), None)
            self._keep(known or self._at(one))

    def _at(self, path: Path) -> Spreadsheet:
        name = short_name(path.stem if path.is_file() else path.name, path.parent.name, self._names)
        encoding = _encoding_of(path) if path.is_dir() else "utf-8"
        return Spreadsheet(name, EVERY_SHEET, path=path, location=_written(path, self._folder), encoding=encoding)


def short_name(name: str, parent: str, taken: set[str]) -> str:
    """A short name that sheets.yaml takes and that nobody has; it is added to `taken`, which is case folded."""
    clean = _clean(name)
    candidates = [clean, *([f"{_clean(parent)}-{clean}"] if parent else [])]
    candidates += [f"{clean}{number}" for number in range(2, len(taken) + 3)]
    chosen = next(one for one in candidates if one.casefold() not in taken)
    taken.add(chosen.casefold())
    return chosen


def _clean(name: str) -> str:
    name = re.sub(r'[/\\:*?"<>|\s]+', "_", "".join(sign for sign in name if sign.isprintable())).strip("._- ")[:40]
    return name if name and not what_is_wrong_with(name) else f"sheets_{name}".strip("_")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _written(path: Path, folder: Path) -> str:
    """A path as sheets.yaml writes it: relative, with `/`; absolute where Windows has it on another drive."""
    try:
        return Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:
        return path.as_posix()


def _spreadsheets_at(path: Path) -> Iterator[Path]:
    """A workbook, or every workbook and csv folder below a folder."""
    if path.is_file():
        if is_sheet(path):
            yield path.parent
        elif path.suffix.lower() in WORKBOOK_SUFFIXES and not path.name.startswith("~$"):
            yield path
        return
    if not path.is_dir():
        return  # A pipe or a device.
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise UsageError(sentence("{path}: can't be read: {why}", path=path, why=error.strerror)) from None
    if any(map(is_sheet, inside)):
        yield path
    for one in inside:
        # A link to a folder above would never end.
        goes_up = one.is_symlink() and one.is_dir() and path.resolve().is_relative_to(one.resolve())
        if (one.is_dir() or one.suffix.lower() in WORKBOOK_SUFFIXES) and not (one.name.startswith(".") or goes_up):
            yield from _spreadsheets_at(one)


def _encoding_of(folder: Path) -> str:
    """The encoding that all .csv files of a folder are in; UTF-8 where there is no better guess."""
    contents = [one.read_bytes()[:_SAMPLE_BYTES] for one in folder.iterdir() if is_sheet(one)]
    # These two are told by the bytes of each file.
    others = b"\n".join(content for content in contents if guess_encodings(content) not in (["utf-8"], ["utf-16"]))
    return (guess_encodings(others) or ["utf-8"])[0]
