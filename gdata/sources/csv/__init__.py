"""Folders of .csv files, .tsv and tab-separated .txt too: each is a sheet, titled by its name without the ending.

Every cell is text.
"""

from __future__ import annotations

import csv
import json
import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import normalize

from gdata._core import core
from gdata.config import Spreadsheet
from gdata.errors import SourceError
from gdata.files import reason_of
from gdata.language import sentence
from gdata.longbytes import Content, LongBytes, blocks_of, part_of
from gdata.problems import Cell
from gdata.sources.csv.encodings import guess_encodings
from gdata.sources.grid import CellValue, Grid, Pulled, ReadSheets, SheetRequest
from gdata.sources.source import LocalSource, SheetFiles, check_size, match_titles, read_long_file, same_title
from gdata.sources.textrows import LongText, TextRows, read_rows
from gdata.text import did_you_mean

SUFFIXES = (".csv", ".tsv", ".txt")
"""In capitals too, as some programs write them."""
_TABBED = (".tsv", ".txt")
_HEAD_BYTES = 64 << 10
_SEPARATOR_LINE = re.compile(r"\"?sep=(.)\"?[,;\t]*\r?(?:\n|$)", re.IGNORECASE)
"""Excel's first line that says what separates the cells; it doesn't show it."""
_BOMS_16 = (b"\xff\xfe", b"\xfe\xff")
_RECOGNISED = "auto"
_LISTING = "folder.json"
"""Beside the files that were read: the names of all its files that are sheets."""
_OTHER_FORMATS = (
    (b"PK\x03\x04", sentence("a workbook or zip file")),
    (b"\xd0\xcf\x11\xe0", sentence("an old workbook")),
)
_LFS = b"version https://git-lfs"
_OURS, _THEIRS = b"<<<<<<< ", b">>>>>>> "
"""How git begins and ends the lines on which both sides of a merge differ."""
_SEPARATORS = {
    ",": sentence("commas"),
    ";": sentence("semicolons"),
    "\t": sentence("tabs"),
    "|": sentence("vertical bars"),
}
_SAVE_AS_UTF8 = sentence("save it as CSV UTF-8")
_THREE_BYTES = re.compile(rb"[\xe1-\xef][\x80-\xbf]{2}")
"""A sign of Korean, Japanese or Chinese in UTF-8."""
# csv's own limit of 131,072 is below what a cell of JSON may hold. No cell has sixteen million characters, but what
# follows a quote that nobody closed has, and csv takes eight bytes for each.
_LONGEST_CELL = 16 << 20
_LINE_END = re.compile(r"\r\n|\r|\n")


class CsvFolders(LocalSource):
    """Spreadsheets whose `path` is a folder."""

    def pull_one(self, spreadsheet: Spreadsheet) -> Pulled:
        """Read the bytes of the folder's files that some entry under `sheets:` may mean.

        Raises:
            SourceError: the folder or a file in it can't be read.
        """
        folder = spreadsheet.path
        assert folder is not None, "only spreadsheets with a path are folders"
        name = spreadsheet.location or folder.name
        paths = _csv_paths(folder, name)
        _refuse_lost_encodings(spreadsheet.encoding, paths, name)
        requests = [SheetRequest(entry.title, entry.is_glob) for entry in spreadsheet.sheets]
        wanted = [paths[title] for title in match_titles(paths, requests, spreadsheet.name).wanted]
        files = {path.name: read_long_file(path, f"{name}/{path.name}") for path in wanted}
        files[_LISTING] = json.dumps([path.name for path in paths.values()], ensure_ascii=False).encode()
        return Pulled(spreadsheet.name, "csv", files, datetime.now(UTC), spreadsheet.encoding, name)

    def read(self, pulled: Pulled, requests: Sequence[SheetRequest]) -> ReadSheets:
        """Turn pulled files into the grids of the sheets asked for, in the order of `requests`.

        Raises:
            ConfigError: two globs take the same sheet.
        """
        files = self.files_of(pulled)
        matched = match_titles(files.by_title, requests, pulled.spreadsheet)
        grids: list[Grid] = []
        wrong: dict[str, SourceError] = {}
        for title in matched.wanted:
            try:
                grids.append(_read_sheet(pulled, title, files.by_title[title]))
            except SourceError as error:
                wrong[title] = error
        return ReadSheets(grids, list(matched.missing), wrong, list(files.titles))

    def files_of(self, pulled: Pulled) -> SheetFiles:
        """The pulled files by the titles of their sheets, and what else the folder has."""
        names = {_title(name): name for name in pulled.files if name != _LISTING}
        return SheetFiles(names, _listed(bytes(pulled.files.get(_LISTING, b"[]"))), frozenset([_LISTING]))

    def paths_of(self, spreadsheet: Spreadsheet) -> Iterator[Path]:
        """Every file in the folder that may be a sheet."""
        if spreadsheet.path is not None:
            with suppress(OSError):
                yield from (path for path in spreadsheet.path.iterdir() if path.suffix.lower() in SUFFIXES)

    def link(self, spreadsheet: Spreadsheet, cell: Cell, sheet_id: int | None) -> str:
        """The sheet's file."""
        if not cell.sheet or spreadsheet.path is None:
            return str(spreadsheet.path)
        suffixes = (*SUFFIXES, *map(str.upper, SUFFIXES))
        names = [f"{spreadsheet.path}{os.sep}{cell.sheet}{suffix}" for suffix in suffixes]
        return next(filter(os.path.isfile, names), names[0])


@lru_cache(maxsize=64)
def _listed(listing: bytes) -> tuple[str, ...]:
    """The titles in a folder's listing, which is asked for once a table."""
    return tuple(_title(name) for name in json.loads(listing))


def _csv_paths(folder: Path, name: str) -> dict[str, Path]:
    """The folder's sheets by title, in the order of their names."""
    try:
        paths = sorted(path for path in folder.iterdir() if is_sheet(path))
    except OSError as error:
        raise SourceError(
            sentence("{name}: the folder can't be read: {error}", name=name, error=reason_of(error)),
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


def is_sheet(path: Path) -> bool:
    """Whether a file is a sheet of the folder that it lies in."""
    # `~$` and `.` begin the names of files that editors and systems put beside the real ones.
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES or path.name.startswith(("~$", ".")) or not path.is_file():
        return False
    return suffix != ".txt" or _has_tabs(path)


def _has_tabs(path: Path) -> bool:
    """Whether a .txt file's first line has tabs, and no sheet of that name lies beside it: others are prose."""
    if any(path.with_suffix(suffix).is_file() for suffix in (".csv", ".tsv")):
        return False
    try:
        with path.open("rb") as file:
            return b"\t" in file.read(_HEAD_BYTES).split(b"\n", 1)[0]
    except OSError:
        return False


def _title(file_name: str) -> str:
    return normalize("NFC", file_name[: -len(SUFFIXES[0])])


def _read_sheet(pulled: Pulled, title: str, file_name: str) -> Grid:
    content = pulled.files[file_name]
    place = f"{pulled.location or pulled.spreadsheet}/{file_name}"
    _refuse_what_git_left(content, place)
    encoding = _encoding_of(pulled.encoding, title)
    rows: Sequence[Sequence[CellValue]] | None = None
    separator = ","
    if isinstance(content, LongBytes):
        rows, separator = _read_in_blocks(content, encoding, file_name)
    if rows is None:
        check_size(place, len(content))
        rows, separator = _read_as_a_whole(bytes(content), encoding, place, file_name)
    _refuse_other_separators(rows[:20], place, separator)
    return Grid(pulled.spreadsheet, title, rows, "csv", dates_as_text=True, separator=separator)


def _refuse_what_git_left(content: Content, place: str) -> None:
    """Raise SourceError where a file isn't what was committed: its lines would be rows of any table of texts."""
    if content[: len(_LFS)] == _LFS:
        raise SourceError(
            sentence("{place}: is a pointer of Git LFS, not the file", place=place), hint=sentence("run `git lfs pull`")
        )
    pieces = _overlapping(content)
    for start, piece in pieces:
        at = piece.find(b"\n" + _OURS) if b"<" in piece else -1
        if at >= 0 and any(b"\n" + _THEIRS in one for one in chain([piece[at:]], (rest for _, rest in pieces))):
            before = part_of(content, 0, start + at + 1)
            line = sum(block.count(b"\n") for block in blocks_of(before)) + 1
            raise SourceError(
                sentence("{place}, line {line}: git couldn't merge it, and left both sides", place=place, line=line),
                hint=sentence("keep one side, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"),
            )


def _overlapping(content: Content) -> Iterator[tuple[int, bytes]]:
    """Where each block begins, and it with the end of the one before it: a sign may lie in both."""
    start, before = -1, b"\n"
    for block in blocks_of(content):
        piece = before + block
        yield start, piece
        before = piece[-len(_OURS) :]
        start += len(piece) - len(before)


def _read_in_blocks(content: LongBytes, encoding: str, file_name: str) -> tuple[TextRows | None, str]:
    """The rows of a large file that stays where it is; None where all of it must be looked at to tell what it is."""
    start = content[: len(BOM_UTF8) + _HEAD_BYTES]
    has_bom = start.startswith(BOM_UTF8)
    if not (has_bom or encoding in ("utf-8", _RECOGNISED)) or start.startswith((*_BOMS_16, b"PK\x03\x04")):
        return None, ","
    first = start.removeprefix(BOM_UTF8)[:64].decode("utf-8", "replace")
    separator, skipped = _separator_of(first, file_name)
    begins = len(BOM_UTF8) * has_bom + len(skipped.encode())
    return LongText(content, separator.encode()).rows(begins), separator


def _read_as_a_whole(
    content: bytes, encoding: str, place: str, file_name: str
) -> tuple[Sequence[Sequence[CellValue]], str]:
    is_utf8 = encoding in ("utf-8", _RECOGNISED) and _is_plainly_utf8(content)
    text, encoding = _decode(content, encoding, place) if not is_utf8 else ("", "utf-8")
    # Only as much as a line is looked at here.
    separator, skipped = _separator_of(text[:64] if text else content[:64].decode("utf-8", "replace"), file_name)
    # Half characters, which only odd encodings can bring, are no UTF-8: their cells are told of one by one.
    with suppress(UnicodeEncodeError):
        plain = content.removeprefix(BOM_UTF8) if encoding == "utf-8" else text.encode()
        rows = read_rows(plain[len(skipped.encode()) :], separator)
        if rows is not None:
            return rows, separator
    return _read_slowly((text or _decode(content, encoding, place)[0])[len(skipped) :], place, separator), separator


def _encoding_of(encoding: str, title: str) -> str:
    """The encoding of one sheet's file; of those by title an exact one beats a glob."""
    if not encoding.startswith("{"):
        return encoding
    by_title: dict[str, str] = {normalize("NFC", one): name for one, name in json.loads(encoding).items()}
    found = by_title.get(title) or next((name for glob, name in by_title.items() if fnmatchcase(title, glob)), None)
    return found or "utf-8"


def _refuse_lost_encodings(encoding: str, titles: Iterable[str], folder: str) -> None:
    """Say which titles of `encoding:` no file has: a mistyped one would leave its file to UTF-8."""
    known = list(titles)
    for glob in json.loads(encoding) if encoding.startswith("{") else ():
        if not any(fnmatchcase(title, normalize("NFC", glob)) or same_title(title, glob) for title in known):
            hint = did_you_mean(glob, known)
            raise SourceError(
                sentence("{folder}: `encoding:` names {title}, and no file has that title", folder=folder, title=glob),
                hint=sentence("{near}mend or delete its line in sheets.yaml", near=hint),
            )


def _separator_of(start: str, file_name: str) -> tuple[str, str]:
    """What separates the cells of a file that starts so, and the line that says it."""
    named = _SEPARATOR_LINE.match(start.removeprefix("\ufeff"))
    if named is not None:
        return named[1], named[0]
    return ("\t" if file_name.lower().endswith(_TABBED) else ","), ""


def _is_plainly_utf8(content: bytes) -> bool:
    """Whether the core sees that all of it is UTF-8, and none of it zero: then no text need be made of it."""
    native = core()
    return native is not None and native.utf8_error(content) < 0 and not content.startswith(b"PK\x03\x04")


def _decode(content: bytes, encoding: str, place: str) -> tuple[str, str]:
    """A file's text, and in which encoding it was found to be."""
    other = next((what for start, what in _OTHER_FORMATS if content.startswith(start)), None)
    if other is not None:
        raise SourceError(
            sentence("{place}: is {kind}, not CSV", place=place, kind=other),
            hint=sentence("save it as CSV UTF-8, or name the workbook in sheets.yaml"),
        )
    encoding = _recognised(content, encoding, place)
    try:
        text = content.decode(encoding)
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
    return text.removeprefix("\ufeff"), encoding


def _recognised(content: bytes, encoding: str, place: str) -> str:
    """The encoding of a file, by what it says of itself, whatever the other files of the folder are in.

    Most bytes mean something in the encodings of Windows, those of UTF-8 too; but hardly the other way round.
    """
    if content.startswith(BOM_UTF8):
        return "utf-8"
    if content.startswith(_BOMS_16):
        return "utf-16"
    if encoding == _RECOGNISED or (not encoding.startswith("utf") and _THREE_BYTES.search(content)):
        try:
            content.decode("utf-8")
            return "utf-8"
        except UnicodeDecodeError as error:
            guesses = guess_encodings(content) if encoding == _RECOGNISED else [encoding]
            if len(guesses) != 1:
                raise _wrong_encoding(content, "utf-8", place, error) from error
            return guesses[0]
    return encoding


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


def _read_slowly(text: str, place: str, separator: str) -> list[list[CellValue]]:
    csv.field_size_limit(_LONGEST_CELL)
    if text.count('"') % 2:
        # A quote that nobody closed takes all that follows into its cell: found before anything is kept.
        for _ in _checked_rows(text, place, separator):
            pass
    return list(_checked_rows(text, place, separator))


def _checked_rows(text: str, place: str, separator: str) -> Iterator[list[Any]]:
    reader, row = csv.reader(_lines(text), delimiter=separator, strict=True), 0
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


def _refuse_other_separators(rows: Sequence[Sequence[CellValue]], place: str, expected: str) -> None:
    """A file that a German Excel or a copy from a sheet made has one header, and the others in its text.

    Its rows may have more cells: of decimal commas.
    """
    begin = [row for row in rows if row]
    for separator, words in _SEPARATORS.items():
        if separator == expected or (separator == "," and expected != "\t"):
            continue
        if begin and len(begin[0]) == 1 and all(any(separator in str(cell) for cell in row) for row in begin):
            raise SourceError(
                sentence(
                    "{place}, line 1: the cells are separated by {signs}, not {expected}",
                    place=place,
                    signs=words,
                    expected=_SEPARATORS.get(expected, expected),
                ),
                hint=sentence("save it as CSV UTF-8 with commas"),
            )
