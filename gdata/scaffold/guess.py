"""What scaffolding guesses of sheets, stage by stage: sheets, fields, tables, enums; and how sure each guess is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from gdata.config import Layout, SheetEntry, Spreadsheet
from gdata.language import Sentence
from gdata.scaffold.cells import NO_CELLS, Cells
from gdata.scaffold.declared import Declared
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind
from gdata.sources.grid import Grid

Sureness = Literal["sure", "likely", "unsure"]
_ORDER: tuple[Sureness, ...] = ("sure", "likely", "unsure")


@dataclass(frozen=True)
class Guess:
    """How sure a guess is, and what speaks for it."""

    sure: Sureness
    why: Sentence = field(default_factory=lambda: Sentence(""))

    def weakened_to(self, sure: Sureness) -> Guess:
        """The guess, at most as sure as `sure`."""
        return self if _ORDER.index(self.sure) >= _ORDER.index(sure) else replace(self, sure=sure)


@dataclass(frozen=True)
class SourceColumn:
    """One column of a sheet: its header and the cells of its records; `index` counts from 0."""

    index: int
    header: str
    cells: Cells = field(repr=False)
    declared: Declared | None = None
    """What a row of types says."""
    labels: tuple[str, ...] = ()
    """What else it is called: names of the second language."""
    comments: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Who gets it, where a row of flags says so."""
    is_merged: bool = False
    """Its header is merged over it from a column before."""
    program_name: str = ""
    """What programs call it, where a tool's definitions say it."""
    continues: bool = False
    """It has values in rows that go on with the record above."""
    lines: Cells = field(default=NO_CELLS, repr=False)
    """Where other rows go on with records and this column doesn't: its cells in all rows."""


@dataclass(frozen=True)
class SheetFound:
    """A sheet that holds a table: where its header is, and its columns, without notes and directives."""

    spreadsheet: Spreadsheet
    grid: Grid
    entry: SheetEntry
    """Its entry in sheets.yaml; `tables` are empty where the table has no name yet."""
    columns: tuple[SourceColumn, ...]
    records: int
    notes: tuple[str, ...] = ()
    table: str = ""
    """The table's name, where a tool's definitions or sheets.yaml say it."""
    key: tuple[str, ...] | None = None
    """Headers of the key's columns, where a tool's definitions say it; () where there is none."""
    types: int | None = None
    """The index of its row of types."""
    comment: str = ""
    """What a tool's definitions say of the table."""
    tags: tuple[str, ...] = ()
    """Tags of targets that it speaks of: in headers such as `price@jp`, and under @tags."""
    left_out: tuple[str, ...] = ()
    """Rows that seem to be no records, and aren't marked as notes."""

    @property
    def title(self) -> str:
        """The sheet's title."""
        return self.grid.sheet

    @property
    def layout(self) -> Layout:
        """How it lies."""
        return self.entry.layout


@dataclass(frozen=True)
class SkippedSheet:
    """A sheet that holds no table, and why not."""

    spreadsheet: str
    title: str
    reason: str


@dataclass(frozen=True)
class GuessedType:
    """A field's type. `may_be_enum`: text of a small closed set; `enum` is its message's name once that is settled."""

    kind: FieldKind
    guess: Guess
    is_list: bool = False
    separator: str = ""
    """Of a list in one cell, where it isn't the default."""
    may_be_enum: bool = False
    enum: str = ""
    subseparator: str = ""
    map_key: str = ""
    """Of a map in one cell: the type of its keys."""
    declared: str = ""
    """The team's own name of it: an enum's, a message's, or the table's that it refers to."""
    refers: str = ""
    """The table that the row of types says it refers to, as it is called there: `ItemConf.ID`, `item.TbItem`."""
    flags: str = ""
    """Of an integer made of bits: the enum whose values they are."""
    is_declared: bool = False
    """A row of types says so; values alone don't change it."""

    @property
    def proto(self) -> str:
        """The type as a .proto file writes it."""
        return f"map<{self.map_key}, {self._value}>" if self.map_key else self._value

    @property
    def _value(self) -> str:
        of = FIELD_TYPES[self.kind].of[0]
        return self.enum or (of if isinstance(of, str) else self.kind)


@dataclass(frozen=True)
class GuessedRef:
    """A reference to `table`, to its key or to `field` of it; `when` as gdata's option has it."""

    table: str
    field: str = ""
    when: str = ""
    none: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuessedField:
    """One field: a column, a list over several, or (with `parts`) a list of messages over several."""

    name: str
    words: tuple[str, ...]
    type: GuessedType
    columns: tuple[str, ...] = ()
    """Texts of the option `column`."""
    headers: tuple[str, ...] = ()
    """The header texts it is made of, for the report."""
    cells: Cells = field(default=NO_CELLS, repr=False)
    """Of every record; of a list over columns or a part, those of all elements, one after the other."""
    named: Guess = Guess("sure")
    has_blanks: bool = False
    """Some of its cells are blank; of a part, cells of elements that aren't blank as a whole."""
    key: Guess | None = None
    refs: tuple[GuessedRef, ...] = ()
    referred: Guess | None = None
    message: str = ""
    """Of a list of messages: the name of the message nested in the row."""
    parts: tuple[GuessedField, ...] = ()
    grouped: Guess | None = None
    in_cell: bool = False
    """Its messages stand in one cell: `1001:10, 1002:5`."""
    spread: int = 0
    """Of messages under one merged header: how many columns that is over."""
    goes_down: bool = False
    """Its messages lie in rows, one below the other."""
    comments: tuple[str, ...] = ()
    """What the sheet says of it below its header."""
    groups: tuple[str, ...] = ()
    is_single: bool = False
    """Of messages in a cell: there is but one in each."""
    rules: tuple[str, ...] = ()
    """Constraints and what else protobuf has an option for, as a .proto file writes them."""
    is_unique: bool = False
    path: str = ""
    """Of texts that name files: where these are."""
    absent_ok: bool = False
    """Some of the table's sheets have no column for it."""
    marked_optional: bool = False
    """The row of types says that it may be blank."""

    @property
    def is_list(self) -> bool:
        """Whether it holds several values."""
        return self.type.is_list or (bool(self.parts) and not self.is_single) or bool(self.type.map_key)

    @property
    def is_empty(self) -> bool:
        """Whether it has no value anywhere."""
        return not self.cells.variety

    @property
    def optional(self) -> bool:
        """Whether its blanks need `optional`: without it, a blank number, bool or enum is a problem."""
        if self.key is not None or self.is_list or self.type.kind in ("timestamp", "duration", "struct"):
            return False
        is_text = self.type.kind == "string" and not self.type.enum
        return self.is_empty or self.marked_optional or (self.has_blanks and not is_text)


def leaves(fields: Sequence[GuessedField]) -> Iterator[GuessedField]:
    """The fields, and the parts of those that have any."""
    for one in fields:
        yield one
        yield from leaves(one.parts)


@dataclass(frozen=True)
class GuessedTable:
    """One table: its messages, its fields in column order, and the sheets that feed it."""

    row: str
    name: str
    words: tuple[str, ...]
    sheets: tuple[SheetFound, ...]
    fields: tuple[GuessedField, ...]
    is_record: bool = False
    notes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def spreadsheet(self) -> Spreadsheet:
        """Where the first of its sheets is."""
        return self.sheets[0].spreadsheet

    @property
    def records(self) -> int:
        """How many rows its sheets have together."""
        return sum(sheet.records for sheet in self.sheets)

    @property
    def key(self) -> tuple[GuessedField, ...]:
        """The fields of the key."""
        return tuple(one for one in self.fields if one.key is not None)


@dataclass(frozen=True)
class GuessedEnum:
    """An enum: its values as (name, label or "" where the name says it) in the order of their numbers from 0."""

    name: str
    values: tuple[tuple[str, str], ...]
    tables: tuple[str, ...]
    """Which tables use it; of several, it lies in the common file."""
    numbers: tuple[int, ...] = ()
    """Those of the values, where a tool's definitions give them."""
    comments: tuple[str, ...] = ()
    """What definitions say of it, and of each of its values: "" where nothing is said."""
