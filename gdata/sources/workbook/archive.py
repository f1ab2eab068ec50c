"""A workbook as the zip archive it is: is it one at all, and what lies in it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Literal, Protocol
from xml.etree import ElementTree

from gdata.errors import SourceError
from gdata.language import sentence
from gdata.sources.grid import CellValue

MAX_UNPACKED_BYTES = 2 << 30
MAX_CELLS = 40_000_000
"""calamine makes a rectangle of all cells at 24 bytes each: one stray cell at XFD1048576 would make it 400 GB."""

WorkbookKind = Literal["xml", "binary", "ods"]

_KINDS: dict[str, WorkbookKind] = {"xl/workbook.xml": "xml", "xl/workbook.bin": "binary", "content.xml": "ods"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LFS = b"version https://git-lfs"


_HEADER = struct.Struct("<4s22xHH")
"""Before each part: its magic, and how long its name and its extra fields are."""
_IS_ENCRYPTED = 1

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1, inclusive."""

FindNegative = Callable[[], Mapping[tuple[int, int], float]]
"""Finds a sheet's numbers below zero, by row and column from 1."""


@dataclass(frozen=True)
class Scan:
    """What calamine hides of a sheet; rows and columns are from 1."""

    hidden_cells: list[tuple[int, int, CellValue]]
    """Cells that it shows as blank or otherwise, as (row, column, value)."""
    merges: tuple[Area, ...] = ()
    """Merged ranges that it doesn't know."""
    totals: tuple[Area, ...] = ()
    """Rows of totals that a table in the sheet declares."""
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    """Formulas whose values are to be computed when the workbook is opened: what is stored may be anything."""
    percents: frozenset[tuple[int, int]] = frozenset()
    """Numbers that the sheet shows as percent."""
    find_negative: FindNegative = dict
    """Finds the numbers below zero, which it shows as a time of day where their format is a date's."""


class Scanner(Protocol):
    """Looks through the sheets of one workbook."""

    def scan(self, title: str) -> Scan:
        """What calamine hides of the sheet `title`."""
        ...

    def visible_sheets(self) -> dict[str, bool] | None:
        """Every sheet of cells and whether it is hidden; None where only calamine knows."""
        return None

    def plain_content(self, title: str) -> bytes | None:  # noqa: ARG002
        """The XML of a sheet; None where there is something that its cells alone don't tell, or it isn't XML."""
        return None


class Archive:
    """An opened workbook; `name` is what messages call it."""

    def __init__(self, archive: zipfile.ZipFile, content: bytes, name: str) -> None:
        self.name = name
        self._archive, self._content = archive, content
        self._mended: dict[str, bytes] = {}
        # Some programs write a part's name in another case than the references to it.
        self._members = {member.lower(): member for member in archive.namelist()}

    @cached_property
    def kind(self) -> WorkbookKind:
        """Told by what lies in it; the file's suffix may be wrong."""
        return next(kind for member, kind in _KINDS.items() if member in self._members)

    @property
    def is_workbook(self) -> bool:
        """Whether a workbook's main part is in it."""
        return any(member in self._members for member in _KINDS)

    def read(self, member: str, *, missing: bytes | None = None) -> bytes:
        """The unpacked bytes of a part; without it `missing`, or KeyError."""
        if missing is not None and member.lower() not in self._members:
            return missing
        info = self._archive.getinfo(self._members[member.lower()])
        plain = _inflated(self._content, info)
        return plain if plain is not None else self._archive.read(info)

    @property
    def members(self) -> Collection[str]:
        """The names of all parts, in lower case."""
        return self._members.keys()

    def mend(self, member: str, content: bytes) -> None:
        """Put another content in a part's place where calamine would refuse the whole workbook because of it."""
        self._mended[self._members[member.lower()]] = content

    @property
    def is_mended(self) -> bool:
        """Whether calamine is to be given `to_bytes`, not the file as it is."""
        return bool(self._mended)

    def to_bytes(self) -> bytes:
        """The workbook with the mended parts; pictures and the like are left out."""
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w") as copy:
            for name in self._archive.namelist():
                if name in self._mended or not name.lower().startswith(("xl/media/", "pictures/", "thumbnails/")):
                    copy.writestr(name, self._mended.get(name) or self._archive.read(name))
        return buffer.getvalue()


def open_archive(content: bytes, name: str) -> Archive:
    """Open a workbook's bytes far enough to know that it is one.

    Raises:
        SourceError: it is empty, protected by a password, of another format, damaged, or unpacks to over 2 GiB.
    """
    _refuse_other_formats(content, name)
    with damage_named(name):
        opened = zipfile.ZipFile(BytesIO(content))
    archive = Archive(opened, content, name)
    with damage_named(name):
        if b"encryption-data" in archive.read("META-INF/manifest.xml", missing=b""):
            raise SourceError(
                sentence("{place}: is protected by a password", place=name), hint=sentence("save it without one")
            )
    if not archive.is_workbook:
        raise SourceError(
            sentence("{place}: is a zip file, but no workbook", place=name), hint=sentence("save it as .xlsx")
        )
    if sum(member.file_size for member in opened.infolist()) > MAX_UNPACKED_BYTES:
        raise SourceError(
            sentence("{place}: unpacks to more than {size} GiB", place=name, size=MAX_UNPACKED_BYTES >> 30),
            hint=sentence("delete unused sheets, rows and pictures"),
        )
    return archive


def _inflated(archive: bytes, info: zipfile.ZipInfo) -> bytes | None:
    """The bytes of a part, unpacked by isal in half of zlib's time.

    None where that isn't there, or anything is unusual: zipfile has the words for what is damaged.
    """
    if info.compress_type != zipfile.ZIP_DEFLATED or info.flag_bits & _IS_ENCRYPTED:
        return None
    try:
        from isal import isal_zlib
    except ImportError:  # no wheel is for this processor
        return None
    header = archive[info.header_offset : info.header_offset + _HEADER.size]
    if len(header) < _HEADER.size:
        return None
    magic, name_size, extra_size = _HEADER.unpack(header)
    start = info.header_offset + _HEADER.size + name_size + extra_size
    unpacking = isal_zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # No more than the archive says, whatever is in it.
        plain: bytes = unpacking.decompress(memoryview(archive)[start : start + info.compress_size], info.file_size + 1)
    except Exception:  # isal's error has no type that its stubs know
        return None
    is_whole = magic == b"PK\3\4" and len(plain) == info.file_size and isal_zlib.crc32(plain) == info.CRC
    return plain if is_whole else None


def _refuse_other_formats(content: bytes, name: str) -> None:
    if not content:
        raise SourceError(
            sentence("{place}: the file is empty", place=name),
            hint=sentence("wait until it has been copied or synced, or save it again"),
        )
    if content.startswith(_OLE) and _ENCRYPTED in content:
        raise SourceError(
            sentence("{place}: is protected by a password", place=name),
            hint=sentence("save it without one, under File, Info in Excel"),
        )
    if content.startswith(_OLE):
        raise SourceError(
            sentence("{place}: is an old .xls workbook, whatever its name says", place=name),
            hint=sentence("save it as .xlsx"),
        )
    if content.startswith(_LFS):
        raise SourceError(
            sentence("{place}: is a pointer of Git LFS, not the workbook", place=name),
            hint=sentence("run `git lfs pull`"),
        )
    if not content.startswith(b"PK"):
        raise SourceError(
            sentence("{place}: isn't a workbook, whatever its name says", place=name),
            hint=sentence("open it in Excel and save it as .xlsx"),
        )


@contextmanager
def damage_named(place: str) -> Iterator[None]:
    """Turn what zipfile, zlib and the XML parser raise about broken content into a SourceError about `place`."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        LookupError,
        ValueError,
        EOFError,
        OSError,
    ) as error:
        raise damaged(place, error) from error
    except RuntimeError as error:
        # zipfile's words for an encrypted member; NotImplementedError, for an unknown compression, is one too.
        raise damaged(place, error) from error


def damaged(place: str, error: BaseException) -> SourceError:
    """The error that the workbook at `place` can't be read because of `error`."""
    return SourceError(
        sentence("{place}: the workbook is damaged ({error})", place=place, error=error),
        hint=sentence("if it is being saved or synced, try again; else open it and save it anew"),
    )


def refuse_too_many_cells(rows: int, columns: int, place: str) -> None:
    """Raise SourceError where a sheet's last row and column span more than 40 million cells."""
    if rows * columns > MAX_CELLS:
        raise SourceError(
            sentence(
                "{place}: reaches to row {row} and column {column}", place=place, row=f"{rows:,}", column=f"{columns:,}"
            ),
            hint=sentence(
                "a stray cell may lie far out: press Ctrl+End, and delete the rows and columns that aren't data"
            ),
        )
