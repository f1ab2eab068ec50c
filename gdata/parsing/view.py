"""What parsing hands on: a table's rows as messages that know their cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata.config import Audience
from gdata.longbytes import Content, LongBytes, digest_of
from gdata.problems import Cell, Problem
from gdata.proto.wire import sort_maps, whole_fields
from gdata.schema.plan import TablePlan
from gdata.sources.grid import FoundSheets
from gdata.versions import Version

Path = tuple[str | int | bool, ...]
"""The way from a row to a value: field names, after a list's name an index from 0, after a map's name a key.
`("rewards", 0, "item_id")`, `("stats", "str")`; () is the row itself."""

Locate = Callable[[int, Path], Cell]

SWITCHED_OFF = Audience(("@enabled",))
"""In place of those of targets: the rows that no target sees, for @enabled switches them off. They are checked all the
same, and what is wrong in them is a warning."""


@dataclass(eq=False)
class View:
    """One table as one audience sees it: rows and column variants are already chosen.

    Whole messages, before any group of fields is stripped. It is made of messages (`holding`), or of the bytes that
    another process or an earlier build handed over (`holding_bytes`); either becomes the other when it is asked for.
    """

    plan: TablePlan
    """With the fields that the audience's version has."""
    row_count: int
    locate: Locate
    """The cell of a value: by index in `rows` and path. A path without a cell of its own (a group, a list, a field
    left blank with no column) gives the nearest enclosing one's first cell, at last the row's first."""
    bad_fields: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Row index → top-level fields in which a cell has a problem already; they are unset in the message."""
    whole: bool = True
    """False when sheets of this table couldn't be read or have an unknown header: rows may be missing, so a missing
    reference to it isn't reported."""
    block_ends: tuple[int, ...] = ()
    """How many rows there are up to the end of each block of its sheets; () where it has no sheets."""
    version: Version | None = None
    """That of the audience; None: what will be newest."""
    overlaid: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Row index → top-level field → title of the overlay that its value came from; "" for a row that one added."""
    removed: Mapping[str, str] = field(default_factory=dict)
    """Key of a row that an overlay took out, as `key_text` writes it → the overlay's title."""
    clean: tuple[tuple[int, int], ...] = ()
    """From which row to before which no constraint is broken, as was found while the table was parsed in pieces."""

    def holding(self, message: Any, rows: list[Any]) -> View:
        """The view with its message, and the row messages in sheet order: a map's duplicates too, a record's one."""
        self.message, self.rows = message, rows
        return self

    def holding_bytes(self, wire: Content, row_bytes: Sequence[bytes] = (), digest: str = "") -> View:
        """The view with its rows on the wire; they become messages when somebody asks for them."""
        self.wire, self.row_bytes = wire, row_bytes
        if digest:
            self.digest = digest
        return self

    @cached_property
    def message(self) -> Any:
        """The table's message."""
        return GetMessageClass(self.plan.descriptor).FromString(self.content)

    @cached_property
    def rows(self) -> list[Any]:
        """The row messages in sheet order."""
        if self.plan.kind == "record":
            return [self.message]
        if self.plan.kind == "map":
            return list(map(GetMessageClass(self.plan.row.descriptor).FromString, self.row_bytes))
        return list(getattr(self.message, self.plan.rows_field))

    @cached_property
    def wire(self) -> Content:
        """The table's message on the wire, the same bytes wherever it is made; a large one may stay in a file."""
        return bytes_of(self.message)

    @property
    def content(self) -> bytes:
        """The same, in memory."""
        return bytes(self.wire)

    def blocks(self) -> Iterable[bytes]:
        """The same in pieces, where it isn't in memory: a message each, of some of the rows; a record is one piece."""
        if isinstance(self.wire, LongBytes) and self.plan.kind != "record":
            return whole_fields(self.wire)
        return (self.content,)

    def each_row(self) -> Iterator[Any]:
        """The row messages of a table that isn't in memory, of which no more than a block's are."""
        table = GetMessageClass(self.plan.descriptor)
        for block in self.blocks():
            yield from getattr(table.FromString(block), self.plan.rows_field)

    @cached_property
    def row_bytes(self) -> Sequence[bytes]:
        """Of a map: each row on the wire, in sheet order, duplicates included. Others' rows stand in `content`."""
        if self.plan.kind != "map":
            return ()
        return list(map(bytes_of, self.rows))

    @cached_property
    def digest(self) -> str:
        """The hex SHA-256 of `wire`."""
        return digest_of(self.wire)


def bytes_of(message: Any) -> bytes:
    """A message on the wire, the same bytes wherever it is made."""
    return sort_maps(message.SerializePartialToString(deterministic=True), message.DESCRIPTOR)


@dataclass(frozen=True)
class HeaderTexts:
    """What stands in a sheet's header, so that a cell can be named as planners know it."""

    texts: tuple[str, ...]
    is_down: bool = False
    """The headers stand below one another, each before its row."""
    first: int = 1
    """The column, or row, of the first text."""

    def of(self, cell: Cell) -> str:
        """The header of a cell's column or row; "" where there is none."""
        index = (cell.row if self.is_down else cell.column) - self.first
        return self.texts[index] if 0 <= index < len(self.texts) else ""

    def joined(self, other: HeaderTexts) -> HeaderTexts:
        """With what stands in another header of the same sheet where this one has nothing."""
        if other.is_down != self.is_down:
            return self
        first = min(self.first, other.first)
        texts = [""] * (max(self.first + len(self.texts), other.first + len(other.texts)) - first)
        for one in (other, self):
            for index, text in enumerate(one.texts, one.first - first):
                texts[index] = text or texts[index]
        return HeaderTexts(tuple(texts), self.is_down, first)


@dataclass(frozen=True)
class RowsLeftOut:
    """How many rows of a sheet aren't read."""

    notes: int = 0
    unticked: int = 0
    """Rows at its end with nothing but checkboxes that nobody ticked."""
    area: str = ""
    """Which cells of it the table has, where that isn't all: of several such, each leaves out rows of its own."""


class Bound(NamedTuple):
    """Where a sheet says that something begins or ends with a version."""

    word: str
    """since, until; + for a column."""
    version: Version
    cell: Cell
    """The first one that says so."""
    lines: tuple[int, ...] = ()
    """The numbers of the rows, or columns, that begin or end; () for a column of its own."""


def join_bounds(bounds: Iterable[Bound]) -> list[Bound]:
    """Those of several parts of a sheet: each sheet, word and version once."""
    first: dict[tuple[object, ...], Bound] = {}
    lines: dict[tuple[object, ...], list[int]] = {}
    for one in bounds:
        place = one.word, one.version, one.cell.spreadsheet, one.cell.sheet, () if one.lines else one.cell
        first.setdefault(place, one)
        lines.setdefault(place, []).extend(one.lines)
    return [one._replace(lines=tuple(lines[place])) for place, one in first.items()]


@dataclass(frozen=True)
class ParsedTable:
    """A table's rows as each audience sees them, and what is wrong with its sheets."""

    plan: TablePlan
    views: Sequence[View]
    """Each once, however many audiences see the same rows."""
    seen_by: Mapping[Audience, int]
    """Which of `views` an audience sees; those in whose version there is no such table see none."""
    problems: Sequence[Problem] = ()
    """Of its sheets, whoever sees them."""
    cell_problems: Mapping[Audience, Sequence[Problem]] = field(default_factory=dict)
    """Of the cells that an audience sees."""
    headers: Mapping[tuple[str, str], HeaderTexts] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    left_out: Mapping[tuple[str, str], RowsLeftOut] = field(default_factory=dict)
    """By spreadsheet and sheet."""
    records: int = 0
    """How many its sheets hold, whoever sees them."""
    bounds: Sequence[Bound] = ()
    """Where its sheets say that something begins or ends with a version."""
    found: Mapping[str, FoundSheets] = field(default_factory=dict)
    """By spreadsheet; where sheets have files of their own, the listing tells as much."""
    is_checked: bool = False
    """Whether `cell_problems` holds what the rows show by themselves as well."""

    @property
    def off(self) -> View | None:
        """The rows that are switched off; None where there can be none."""
        return self.views[self.seen_by[SWITCHED_OFF]] if SWITCHED_OFF in self.seen_by else None

    def view(self, audience: Audience) -> View:
        """The table as an audience sees it."""
        return self.views[self.seen_by[audience]]


def told_once(problems: Iterable[Problem]) -> list[Problem]:
    """Equal problems once, what is told once a column at its first cell, and the gaps in a list's column as one."""
    told: dict[object, Problem] = {}
    for problem in problems:
        column = problem.kind, problem.table, problem.field, problem.cell.spreadsheet, problem.cell.sheet
        if problem.kind.once_a_column:
            told.setdefault(column, problem)
            continue
        if problem.kind is not kinds.LIST_GAP:
            told.setdefault(problem, problem)
            continue
        first = told.get(column)
        if first is None or first.cell == problem.cell:
            told[column] = problem
        else:
            count = sum(int(str(dict(one.words)["count"])) for one in (first, problem))
            told[column] = replace(first, words=(("count", str(count)),))
    return list(told.values())


def key_text(plan: TablePlan, row: Any) -> str:
    """A row's key as canonical JSON, its values in protobuf's mapping; `[]` where its table has none."""
    from google.protobuf.json_format import MessageToDict

    names = [one.name for one in plan.key]
    alone = type(row)(**{name: getattr(row, name) for name in names})
    values = MessageToDict(alone, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return key_json([values[name] for name in names])


def key_json(key: Sequence[Any]) -> str:
    """The values of a key, as JSON has them, as `key_text` writes them."""
    return json.dumps(key, ensure_ascii=False, separators=(",", ":"))
