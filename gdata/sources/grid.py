"""The common ground of all sources: what was read, byte for byte, and the sheets in it as cells.

A source does two things, apart from each other: `pull` brings a spreadsheet's bytes (`Pulled`), `read`
turns such bytes into `Grid`s. A snapshot keeps the bytes, so a build made again reads exactly what the
first one read. The rows of a large sheet come in blocks: one is cut into cells when its turn comes.
"""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate, chain, islice
from typing import Any, Self, overload

from gdata.config import SourceKind
from gdata.errors import SourceError
from gdata.longbytes import Content, digest_of
from gdata.problems import Cell

SERIAL_EPOCH = datetime(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class DateCell:
    """A cell that the spreadsheet holds as a date, time or duration.

    `serial` counts days since SERIAL_EPOCH in the spreadsheet's wall-clock time; `text` is how it is displayed.
    """

    serial: float
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class FormulaCell:
    """A workbook's formula that was saved without its value, so nobody knows what it shows; or it is a picture."""

    formula: str
    is_picture: bool = False

    def __str__(self) -> str:
        return self.formula


CellValue = None | str | int | float | bool | DateCell | FormulaCell
"""What a grid holds in a cell: blank is None or "". A formula error is its text: "#N/A"."""

ERROR_TEXTS = frozenset(
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #ERROR! #SPILL! #CALC! #GETTING_DATA #FIELD! #BLOCKED! "
    "#CONNECT! #UNKNOWN!".split()
)
"""What Google Sheets and Excel show in place of a formula's value when it fails."""


@dataclass(frozen=True)
class SheetRequest:
    """One entry under `sheets:` as its source needs to know it."""

    title: str
    """The sheet's title, or a glob of titles."""
    is_glob: bool = False
    has_times: bool = False
    """Its tables have Timestamp or Duration fields, so that dates are wanted as numbers too."""
    needs_merges: bool = False
    header_row: int = 0
    """Where its header is, if columns without one may have been merged with the one before; 0 where none matters."""


@dataclass(frozen=True)
class Pulled:
    """One spreadsheet as it was read: the bytes, their names, and when.

    `files` are a csv folder's files ("Item.csv"), the one workbook, or Google's answers. Large ones of csv stay on the
    disk; all others are bytes.
    """

    spreadsheet: str
    kind: SourceKind
    files: Mapping[str, Content]
    pulled_at: datetime
    encoding: str = "utf-8"
    location: str = ""
    """Google's spreadsheet id, or the path as sheets.yaml writes it."""
    requests: int = 0
    """How many reads it took, where its source counts them."""
    failure: SourceError | None = None
    """Why nothing could be brought; the others are read all the same."""

    def file(self, name: str) -> bytes:
        """A file as a whole."""
        return bytes(self.files[name])

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The hex SHA-256 of each file, by its name."""
        return dict(zip(self.files, hash_all(self.files.values()), strict=True))

    def only(self, names: Collection[str]) -> Pulled:
        """The pull with these files alone; what was hashed isn't hashed again."""
        part = replace(self, files={name: content for name, content in self.files.items() if name in names})
        vars(part)["digests"] = {name: self.digests[name] for name in part.files}
        return part


@dataclass(frozen=True)
class Grid:
    """A sheet's raw cells with where they came from; rows may be ragged, missing cells are blank."""

    spreadsheet: str
    sheet: str
    rows: Sequence[Sequence[CellValue]]
    kind: SourceKind
    dates_as_text: bool = False
    """Dates arrive as the text they are displayed as (Google, where the sheet has no times; CSV)."""
    merges: tuple[tuple[int, int, int, int], ...] = ()
    """Merged ranges: first row, first column, last row, last column, from 1, inclusive."""
    gid: int | None = None
    hidden: bool = False
    uncomputed: frozenset[tuple[int, int]] = frozenset()
    """Cells, from 1, of formulas whose stored value the workbook itself doesn't trust."""
    percents: frozenset[tuple[int, int]] = frozenset()
    """Cells, from 1, of numbers that the sheet shows as percent; Google doesn't tell, csv has none."""
    separator: str = ","
    """Between the cells of csv."""

    def cell(self, row: int, column: int) -> Cell:
        """The place at `row` and `column`, both from 1."""
        return Cell(self.spreadsheet, self.sheet, row, column)


@dataclass(frozen=True)
class FoundSheets:
    """Which sheets of a spreadsheet were read, which weren't there, and what exists instead; without any cell."""

    sheets: tuple[tuple[str, int | None], ...] = ()
    """Titles in the order of sheets.yaml, and Google's tab ids."""
    missing: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """All titles, where they are known."""


@dataclass(frozen=True)
class ReadSheets:
    """The sheets of one spreadsheet that were asked for, those that aren't there, and what exists instead."""

    grids: list[Grid]
    missing: list[str] = field(default_factory=list)
    """Titles of entries for which there is no sheet."""
    unreadable: Mapping[str, SourceError] = field(default_factory=dict)
    """Why sheets that are there can't be read, by title; under "" why none can."""
    titles: list[str] = field(default_factory=list)
    """All titles in the spreadsheet, where they are known: what a missing one may have become."""

    @property
    def found(self) -> FoundSheets:
        """What stays once the cells are rows."""
        sheets = tuple((grid.sheet, grid.gid) for grid in self.grids)
        return FoundSheets(sheets, tuple(self.missing), tuple(self.titles))

    def require_all(self) -> ReadSheets:
        """The same, where every sheet that is there could be read.

        Raises:
            SourceError: one can't be read; the message has a line for each.
        """
        if self.unreadable:
            raise join_errors(list(self.unreadable.values()))
        return self


def join_errors(errors: Sequence[SourceError]) -> SourceError:
    """One error for several: every message, each hint once; the class they share, else SourceError."""
    different = list({str(error): error for error in errors}.values())
    if len(different) == 1:
        return different[0]
    kinds = {type(error) for error in different}
    kind = kinds.pop() if len(kinds) == 1 else SourceError
    hints = dict.fromkeys(error.hint for error in different if error.hint)
    return kind("\n".join(map(str, different)), hint="\n".join(hints))


_WORTH_THREADS = 1 << 20
"""Bytes; below, starting threads takes longer than hashing."""


def hash_all(contents: Collection[Content]) -> list[str]:
    """The hex SHA-256 of each.

    Raises:
        ChangedError: a file changed since it was pulled.
    """
    if len(contents) < 2 or sum(map(len, contents)) < _WORTH_THREADS:
        return list(map(digest_of, contents))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        return list(pool.map(digest_of, contents))


def entry_of(pulled: Pulled) -> dict[str, Any]:
    """All of a pull but the bytes."""
    return {
        "spreadsheet": pulled.spreadsheet,
        "kind": pulled.kind,
        "files": dict(sorted(pulled.digests.items())),
        "pulled_at": pulled.pulled_at.astimezone(UTC).isoformat(),
        "encoding": pulled.encoding,
        "location": pulled.location,
        "requests": pulled.requests,
    }


def blobs_of(pulled: Sequence[Pulled]) -> dict[str, Content]:
    """The bytes of all files of the pulls, by their hex SHA-256."""
    return {one.digests[name]: content for one in pulled for name, content in one.files.items()}


def snapshot_digest(pulled: Sequence[Pulled]) -> str:
    """The hex SHA-256 of what was read, whenever and in however many requests it was."""
    entries = [{**entry_of(one), "pulled_at": "", "requests": 0} for one in pulled]
    text = json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


BLOCK_BYTES = 128 << 10
"""Of a block's text. With 32 KiB what every block costs begins to show, with 512 KiB the cells leave the cache."""


class RowBlock(Sequence[list[Any]]):
    """Some consecutive rows."""

    @abstractmethod
    def after(self, row: int) -> RowBlock:
        """The rows from `row` on."""

    def backwards(self) -> Iterator[list[Any]]:
        """The rows from the last one on; often nobody asks for a second."""
        yield from reversed(list(self))

    @abstractmethod
    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""


class PlacedBlock(RowBlock):
    """Some consecutive rows that the core has found in a larger text, made into cells when somebody asks."""

    def __init__(self, places: memoryview[int]) -> None:
        """`places`: where each row begins, and where the last one ends."""
        self._places = places

    @cached_property
    @abstractmethod
    def _rows(self) -> list[list[Any]]:
        """All of them."""

    @abstractmethod
    def _row_alone(self, number: int) -> list[Any] | None:
        """One of them without the others; None where it takes all."""

    def __len__(self) -> int:
        return len(self._places) - 1

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> list[Any] | list[list[Any]]:
        if isinstance(index, slice) or "_rows" in vars(self):
            return self._rows[index]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        row = self._row_alone(number)
        return row if row is not None else self._rows[number]

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._rows)

    def backwards(self) -> Iterator[list[Any]]:
        """The rows from the last one on, each by itself."""
        return (self[number] for number in range(len(self) - 1, -1, -1))


def cut_places(places: memoryview[int], size: int) -> Iterator[tuple[int, memoryview[int]]]:
    """The places of rows in blocks of about `size` bytes: the number of a block's first row, and its own places."""
    first, count = 0, len(places) - 1
    while first < count:
        end = max(bisect_right(places, places[first] + size, first, count), first + 1)
        yield first, places[first : end + 1]
        first = end


class BlockRows(Sequence[list[Any]]):
    """Rows in blocks; equal to a list of such rows."""

    def __init__(self, blocks: Sequence[RowBlock]) -> None:
        self.blocks = blocks

    @cached_property
    def _ends(self) -> list[int]:
        """How many rows there are up to the end of each block."""
        return list(accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> list[Any] | Sequence[list[Any]]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return list(self)[index]
            return self._after(start) if stop == len(self) else list(islice(self._after(start), max(stop - start, 0)))
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        block = bisect_right(self._ends, number)
        return self.blocks[block][number - (self._ends[block - 1] if block else 0)]

    def __iter__(self) -> Iterator[list[Any]]:
        return chain.from_iterable(self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, BlockRows)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))

    def _after(self, row: int) -> Self:
        """The rows from `row` on."""
        first = bisect_right(self._ends, row)
        if first == len(self.blocks):
            return type(self)([])
        skipped = row - (self._ends[first - 1] if first else 0)
        return type(self)([self.blocks[first].after(skipped), *self.blocks[first + 1 :]])
