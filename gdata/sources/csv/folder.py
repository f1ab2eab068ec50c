"""Folders of .csv files: each is a sheet, titled by its name without `.csv`; every cell is text."""

from __future__ import annotations

import csv
import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

from gdata._core import core
from gdata.config import Spreadsheet
from gdata.errors import SourceError
from gdata.language import sentence
from gdata.sources.csv.encodings import guess_encodings
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.local import read_file
from gdata.sources.source import SheetFiles
from gdata.sources.textrows import read_rows
from gdata.sources.titles import match_titles

_SUFFIX = ".csv"
_LISTING = "folder.json"
"""Beside the files that were read: the names of all .csv files in the folder."""
_OTHER_FORMATS = (
    (b"PK\x03\x04", sentence("a workbook or zip file")),
    (b"\xd0\xcf\x11\xe0", sentence("an old workbook")),
)
_SEPARATORS = {";": sentence("semicolons"), "\t": sentence("tabs"), "|": sentence("vertical bars")}
_SAVE_AS_UTF8 = sentence("save it as CSV UTF-8")
_THREE_BYTES = re.compile(rb"[\xe1-\xef][\x80-\xbf]{2}")
"""A sign of Korean, Japanese or Chinese in UTF-8."""
# csv's own limit of 131,072 is below what a cell of JSON may hold. No cell has sixteen million characters, but what
# follows a quote that nobody closed has, and csv takes eight bytes for each.
_LONGEST_CELL = 16 << 20
_LINE_END = re.compile(r"\r\n|\r|\n")


def pull_csv(spreadsheet: Spreadsheet) -> Pulled:
    """Read the bytes of the folder's .csv files that some entry under `sheets:` may mean.

    Raises:
        SourceError: the folder or a file in it can't be read.
    """
    folder = spreadsheet.path
    assert folder is not None, "only spreadsheets with a path are folders"
    name = spreadsheet.location or folder.name
    paths = _csv_paths(folder, name)
    requests = [SheetRequest(entry.title, entry.is_glob) for entry in spreadsheet.sheets]
    wanted = [paths[title] for title in match_titles(paths, requests, spreadsheet.name).wanted]
    files = {path.name: read_file(path, f"{name}/{path.name}") for path in wanted}
    files[_LISTING] = json.dumps([path.name for path in paths.values()], ensure_ascii=False).encode()
    return Pulled(spreadsheet.name, "csv", files, datetime.now(UTC), spreadsheet.encoding, name)


def read_csv(pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
    """Turn pulled .csv files into the grids of the sheets asked for, in the order of `requests`.

    Raises:
        ConfigError: two globs take the same sheet.
    """
    files = files_by_title(pulled)
    matched = match_titles(files.by_title, requests, pulled.spreadsheet)
    grids: list[Grid] = []
    wrong: dict[str, SourceError] = {}
    for title in matched.wanted:
        try:
            grids.append(_read_sheet(pulled, title, files.by_title[title]))
        except SourceError as error:
            wrong[title] = error
    return ReadSheets(grids, list(matched.missing), wrong, list(files.titles))


def files_by_title(pulled: Pulled) -> SheetFiles:
    """The pulled .csv files by the titles of their sheets, and what else the folder has."""
    names = {_title(name): name for name in pulled.files if name != _LISTING}
    return SheetFiles(names, _listed(pulled.files.get(_LISTING, b"[]")), frozenset([_LISTING]))


@lru_cache(maxsize=64)
def _listed(listing: bytes) -> tuple[str, ...]:
    """The titles in a folder's listing, which is asked for once a table."""
    return tuple(_title(name) for name in json.loads(listing))


def _csv_paths(folder: Path, name: str) -> dict[str, Path]:
    """The folder's .csv files by title, in the order of their names."""
    try:
        paths = sorted(path for path in folder.iterdir() if _is_sheet(path))
    except OSError as error:
        raise SourceError(
            sentence("{name}: the folder can't be read: {error}", name=name, error=error.strerror or error),
            hint=sentence("mend its line in sheets.yaml"),
        ) from error
    by_title: dict[str, Path] = {}
    for path in paths:
        first = by_title.setdefault(_title(path.name), path)
        if first is not path:
            raise SourceError(
                sentence("{name}: {one} and {other} are the same title", name=name, one=first.name, other=path.name),
                hint=sentence("rename one of them"),
            )
    return by_title


def _is_sheet(path: Path) -> bool:
    # `~$` and `.` begin the names of files that editors and systems put beside the real ones.
    return path.suffix.lower() == _SUFFIX and not path.name.startswith(("~$", ".")) and path.is_file()


def _title(file_name: str) -> str:
    return normalize("NFC", file_name[: -len(_SUFFIX)])


def _read_sheet(pulled: Pulled, title: str, file_name: str) -> Grid:
    content = pulled.files[file_name]
    place = f"{pulled.location or pulled.spreadsheet}/{file_name}"
    is_utf8 = pulled.encoding == "utf-8"
    text = _decode(content, pulled.encoding, place) if not (is_utf8 and _is_plainly_utf8(content)) else ""
    rows: Sequence[Sequence[CellValue]] | None = None
    # Half characters, which only odd encodings can bring, are no UTF-8: their cells are told of one by one.
    with suppress(UnicodeEncodeError):
        rows = read_rows(content.removeprefix(BOM_UTF8) if is_utf8 else text.encode())
    if rows is None:
        rows = _read_slowly(text or _decode(content, pulled.encoding, place), place)
    _refuse_other_separators(rows[:20], place)
    return Grid(pulled.spreadsheet, title, rows, "csv", dates_as_text=True)


def _is_plainly_utf8(content: bytes) -> bool:
    """Whether the core sees that all of it is UTF-8, and none of it zero: then no text need be made of it."""
    native = core()
    return native is not None and native.utf8_error(content) < 0 and not content.startswith(b"PK\x03\x04")


def _decode(content: bytes, encoding: str, place: str) -> str:
    other = next((what for start, what in _OTHER_FORMATS if content.startswith(start)), None)
    if other is not None:
        raise SourceError(
            sentence("{place}: is {other}, not CSV", place=place, other=other),
            hint=sentence("save it as CSV UTF-8, or name the workbook in sheets.yaml"),
        )
    if content.startswith(BOM_UTF8):
        encoding = "utf-8"  # Whatever the other files of the folder are in, this one says it of itself.
    try:
        text = content.decode(encoding)
        _refuse_utf8(content, encoding, place)
    except UnicodeDecodeError as error:
        raise _wrong_encoding(content, encoding, place, error) from error
    if (encoding != "utf-8" or b"\0" in content) and "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SourceError(
            sentence(
                "{place}, line {line}: holds a zero byte, so it isn't {encoding} text",
                place=place,
                line=line,
                encoding=encoding,
            ),
            hint=_SAVE_AS_UTF8,
        )
    return text.removeprefix("\ufeff")


def _refuse_utf8(content: bytes, encoding: str, place: str) -> None:
    """Most bytes mean something in the encodings of Windows, those of UTF-8 too; but hardly the other way round."""
    if encoding.startswith("utf") or not _THREE_BYTES.search(content):
        return
    with suppress(UnicodeDecodeError):
        content.decode("utf-8")
        raise SourceError(
            sentence("{place}: is UTF-8, not {encoding}", place=place, encoding=encoding),
            hint=sentence(
                "save all files of the folder in one encoding, best as CSV UTF-8 without `encoding:` in sheets.yaml"
            ),
        )


def _wrong_encoding(content: bytes, encoding: str, place: str, error: UnicodeDecodeError) -> SourceError:
    line = content.count(b"\n", 0, error.start) + 1
    guesses = guess_encodings(content)
    hint = _SAVE_AS_UTF8
    if len(guesses) == 1:
        hint = sentence(
            "it looks like {encoding}: save it as CSV UTF-8; if all files of the folder are like it, "
            "add `encoding: {encoding}` to the spreadsheet in sheets.yaml",
            encoding=guesses[0],
        )
    elif guesses:
        hint = sentence(
            "it may be {encodings}, the text is too short to tell: save it as CSV UTF-8", encodings=" / ".join(guesses)
        )
    said = sentence("{place}, line {line}: its text isn't {encoding}", place=place, line=line, encoding=encoding)
    return SourceError(said, hint=hint)


def _read_slowly(text: str, place: str) -> list[list[CellValue]]:
    csv.field_size_limit(_LONGEST_CELL)
    if text.count('"') % 2:
        # A quote that nobody closed takes all that follows into its cell: found before anything is kept.
        for _ in _checked_rows(text, place):
            pass
    return list(_checked_rows(text, place))


def _checked_rows(text: str, place: str) -> Iterator[list[Any]]:
    reader, row = csv.reader(_lines(text), strict=True), 0
    try:
        for row, cells in enumerate(reader, start=1):  # noqa: B007 - told if the next one fails
            yield cells
    except csv.Error as error:
        raise _wrong_csv(place, reader.line_num, row + 1, error) from error


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, CR, LF or CRLF, as they are: inside quotes they belong to the cell.

    A StringIO would hold the text a second time, with four bytes a character.
    """
    start = 0
    for end in _LINE_END.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    if start < len(text):
        yield text[start:]


def _wrong_csv(place: str, line: int, row: int, error: csv.Error) -> SourceError:
    if "unexpected end" in str(error) or "field larger" in str(error):
        return SourceError(
            sentence("{place}, row {row}: a quoted cell begins there and never ends", place=place, row=row),
            hint=sentence('close it with ", or write a " that belongs to the text twice'),
        )
    return SourceError(
        sentence("{place}, line {line}: not CSV ({error})", place=place, line=line, error=error),
        hint=sentence('put the whole cell in ", and write a " that belongs to the text twice'),
    )


def _refuse_other_separators(rows: Sequence[Sequence[CellValue]], place: str) -> None:
    """A file that a German Excel or a copy from a sheet made has one header, and the others in its text.

    Its rows may have more cells: of decimal commas.
    """
    begin = [row for row in rows if row]
    for separator, words in _SEPARATORS.items():
        if begin and len(begin[0]) == 1 and all(any(separator in str(cell) for cell in row) for row in begin):
            raise SourceError(
                sentence(
                    "{place}, line 1: the cells are separated by {signs}, not commas",
                    place=place,
                    signs=words,
                ),
                hint=sentence("save it as CSV UTF-8 with commas"),
            )
