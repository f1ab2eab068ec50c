"""What other tools define, as all their readers give it: enums, messages, lines of tables; what has no counterpart."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NamedTuple, Protocol

from gdata.config import Spreadsheet
from gdata.language import say
from gdata.parsing.cells.cell import shown
from gdata.problems import Cell
from gdata.scaffold.declared import Declared, is_row_of_types
from gdata.scaffold.fields.enums import prefix_of
from gdata.scaffold.guess import GuessedEnum, GuessedField, GuessedTable, SheetFound, SkippedSheet, SourceColumn, leaves
from gdata.scaffold.names import TakenNames, camel, words_of
from gdata.scaffold.sheets.sample import filled, text_at
from gdata.schema.fieldtypes import NUMBERS
from gdata.sources.grid import Grid

_LONGEST_NUMBER = 12
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|\d+)")


class Item(NamedTuple):
    """One value of an enum."""

    name: str
    label: str = ""
    """What sheets write for it; "": its name."""
    number: str = ""
    """"": the next."""
    comment: str = ""


@dataclass(frozen=True)
class Message:
    """A message: what separates its parts in a cell ("": nothing is said), and its fields."""

    separator: str
    fields: tuple[tuple[str, Declared], ...]
    comment: str = ""


_Parts = tuple[tuple[str, Declared], ...]


@dataclass
class Definitions:
    """Enums and messages by name, without and with what stands before its last dot."""

    package: str
    enums: dict[str, GuessedEnum] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    """Enums whose values are or-ed."""
    messages: dict[str, Message] = field(default_factory=dict)
    unmatched: list[Unmatched] = field(default_factory=list)
    """What has no counterpart."""

    def tell(self, cell: Cell, what: str, instead: str) -> None:
        """Keep what has no counterpart, and what to do instead."""
        self.unmatched.append(Unmatched(cell, what, instead))

    @property
    def every_enum(self) -> list[GuessedEnum]:
        """Each enum once."""
        return list({enum.name: enum for enum in self.enums.values()}.values())

    def add_enum(self, full_name: str, items: Sequence[Item], *, is_flags: bool = False, comment: str = "") -> None:
        """Keep an enum under its name."""
        last = full_name.rpartition(".")[2]
        enum = make_enum(camel(words_of(last)[0]) or "Enum", items, comment)
        if is_flags:
            self.flags.add(enum.name)
        self.enums |= {enum.name: enum, last: enum, full_name: enum}

    def resolved(self, declared: Declared) -> Declared:
        """What is declared, with the enum or the message that it names."""
        return self._resolved(declared, frozenset(), {})

    def _resolved(self, declared: Declared, above: frozenset[str], known: dict[str, _Parts]) -> Declared:
        """`above` are messages that it is a field of. What each gives is `known`: where messages hold each other, there
        are more ways from one to the next than anybody could walk.
        """
        name = declared.name.rpartition(".")[2]
        enum = self.enums.get(declared.name) or self.enums.get(name)
        if enum is not None:
            kind = "flags" if enum.name in self.flags and not declared.is_list else "enum"
            tags = {**declared.tags, "given": kind, "flags": f"{self.package}.{enum.name}"}
            return replace(declared, name=enum.name, tags=tags)
        message = self.messages.get(declared.name) or self.messages.get(name)
        if message is None or not declared.is_own or not message.fields or name in above:
            return declared
        if declared.name not in known:
            within = above | {name}
            known[declared.name] = tuple((text, self._resolved(one, within, known)) for text, one in message.fields)
        parts = known[declared.name]
        if any(one.parts for _, one in parts if one is not None):
            return declared  # Messages in messages have no place in a cell.
        own = "" if declared.is_list else declared.subseparator or declared.tags.get("sep", "")
        tags = {"comment": message.comment, **declared.tags}
        return replace(declared, parts=parts, subseparator=own or message.separator or declared.subseparator, tags=tags)

    def in_columns(self, found: SheetFound) -> SheetFound:
        """A sheet, what its columns declare with the enums and messages that they name."""
        known = [self._of_column(column) for column in found.columns]
        # Of two rows of names the upper one may name a message: `cost.id` and `cost.count` are its fields.
        above = {
            column.header.rpartition(".")[0]: dict(column.declared.parts)
            for column in known
            if column.declared is not None and column.declared.parts and "." in column.header
        }
        return replace(found, columns=tuple(_of_message(column, above) for column in known))

    def _of_column(self, column: SourceColumn) -> SourceColumn:
        if column.declared is None:
            return column
        declared = self.resolved(column.declared)
        said = declared.tags.get("comment", "")
        return replace(column, declared=declared, comments=column.comments or ((said,) if said else ()))


def _of_message(column: SourceColumn, above: dict[str, dict[str, Declared | None]]) -> SourceColumn:
    before, _, name = column.header.rpartition(".")
    fields = above.get(before, {})
    return replace(column, declared=fields[name]) if before and name in fields else column


def number_of(text: str) -> int | None:
    """The number that an enum's value has; None where the text is none that protobuf takes."""
    if not _NUMBER.fullmatch(text) or len(text) > _LONGEST_NUMBER:
        return None
    # Not in base 0, which takes no 007.
    number = int(text, 16 if "x" in text.lower() else 10)
    return number if -(1 << 31) <= number < 1 << 31 else None


def _next(numbers: Sequence[int]) -> int:
    """The number after the largest, or the smallest free one where there is none."""
    after = max(numbers, default=-1) + 1
    return after if after < 1 << 31 else next(one for one in count(0) if one not in numbers)


def make_enum(name: str, items: Sequence[Item], comment: str = "") -> GuessedEnum:
    """An enum with these values; one of proto3 begins with 0."""
    prefix, names = prefix_of(name), TakenNames()
    numbers: list[int] = []
    values: list[tuple[str, str]] = []
    comments: list[str] = []
    for text, label, number, said in items:
        bare = "_".join(words_of(text)[0]).upper().removeprefix(f"{prefix}_") or "VALUE"
        own = number_of(number)
        numbers.append(_next(numbers) if own is None or own in numbers else own)
        values.append((f"{prefix}_{names.take(bare)}", label if label != text else ""))
        comments.append(said)
    if 0 not in numbers:
        values.insert(0, (f"{prefix}_{names.take('UNSPECIFIED')}", ""))
        numbers.insert(0, 0)
        comments.insert(0, "")
    order = sorted(range(len(values)), key=lambda index: numbers[index] != 0)
    every = (comment, *(comments[one] for one in order))
    return GuessedEnum(name, tuple(values[one] for one in order), (), tuple(numbers[one] for one in order), every)


Sheets = Sequence[tuple[Spreadsheet, Grid]]


@dataclass(frozen=True)
class Unmatched:
    """Something in a definition that has no counterpart: where it stands, and what to do instead."""

    cell: Cell
    """Of a definition in a file of its own the first of its line: `sheet` is the file, and there is no spreadsheet."""
    what: str
    instead: str

    def __str__(self) -> str:
        cell = self.cell
        place = f"{cell.spreadsheet}/{cell}" if cell.spreadsheet else f"{cell.sheet}:{cell.row}"
        return f"{place}: {self.what}: {self.instead}"


@dataclass(frozen=True)
class ToolReading:
    """What a tool's definitions say."""

    found: Sequence[SheetFound | SkippedSheet] = ()
    enums: Sequence[GuessedEnum] = ()
    unmatched: Sequence[Unmatched] = ()
    rest: Sheets = ()
    """The sheets that the definitions say nothing of."""


class ReadTool(Protocol):
    """Reads a tool's definitions; None where the sheets are none of its own, unless it `is_asked` for by name."""

    def __call__(self, sheets: Sheets, package: str, *, is_asked: bool) -> ToolReading | None:
        """What is said of these sheets."""


def read_each(
    sheets: Sheets, defined: Definitions, read: Callable[[Spreadsheet, Grid], SheetFound | str | None]
) -> ToolReading:
    """What `read` says of each sheet: a table, why it holds none, or None where a tool has nothing to say of it."""
    found: list[SheetFound | SkippedSheet] = []
    rest = []
    for spreadsheet, grid in sheets:
        one = read(spreadsheet, grid)
        if one is None:
            rest.append((spreadsheet, grid))
        elif isinstance(one, SheetFound) and one.columns:
            found.append(defined.in_columns(one))
        else:
            reason = one if isinstance(one, str) else say("it has no two columns with headers")
            found.append(SkippedSheet(spreadsheet.name, grid.sheet, reason))
    return ToolReading(found, defined.every_enum, defined.unmatched, rest)


def has_types_below(grid: Grid) -> bool:
    """Whether types stand in the second row, below the names."""
    return len(grid.rows) > 1 and is_row_of_types(filled(grid.rows[1]))


@dataclass(frozen=True)
class Line:
    """One line of a table of definitions: its texts by header, and where they stand."""

    grid: Grid
    row: int
    texts: dict[str, str]
    columns: dict[str, int] = field(repr=False)

    def __getitem__(self, header: str) -> str:
        """The text under a header, "" where there is none."""
        return self.texts.get(header, "")

    def cell(self, header: str) -> Cell:
        """The place of a text."""
        return self.grid.cell(self.row, self.columns.get(header, 0) + 1)


def lines_of(grid: Grid, header: Sequence[str], first: int) -> Iterator[Line]:
    """The lines from row number `first` on; headers without case, of two that are alike the first counts."""
    columns: dict[str, int] = {}
    for index, text in enumerate(header):
        columns.setdefault(text.strip().lower(), index)
    for number, row in enumerate(grid.rows, 1):
        if number < first or not any(shown(cell).strip() for cell in row):
            continue
        texts = {name: shown(row[index]).strip() for name, index in columns.items() if index < len(row)}
        yield Line(grid, number, texts, columns)


def find_unknown_types(tables: Sequence[GuessedTable], told: Collection[Cell]) -> Iterator[Unmatched]:
    """Each type once, where it stands first; `told` are cells of which a tool told something already."""
    seen: set[str] = set()
    for table in tables:
        unsettled = {header for field in leaves(table.fields) if _is_unsettled(field) for header in field.headers}
        for sheet in table.sheets:
            for cell, text in _unknown(sheet, unsettled):
                if cell not in told and text not in seen:
                    seen.add(text)
                    what = say("{type} isn't known as a type", type=text)
                    instead = say("it is guessed from the values; write the field by hand where that is wrong")
                    yield Unmatched(cell, what, instead)


def _is_unsettled(field: GuessedField) -> bool:
    """Whether a type of the team's own is neither an enum nor a table, and its values are numbers all the same."""
    type_ = field.type
    is_settled = field.refs or field.parts or type_.enum or type_.flags or type_.may_be_enum
    return bool(type_.declared) and type_.kind in NUMBERS and not type_.is_list and not is_settled


def _unknown(sheet: SheetFound, unsettled: Collection[str]) -> Iterator[tuple[Cell, str]]:
    if sheet.types is None or sheet.layout != "rows":
        return
    row = sheet.grid.rows[sheet.types]
    for column in sheet.columns:
        text = text_at(row, column.index)
        if text and not column.is_merged and (column.declared is None or column.header in unsettled):
            yield sheet.grid.cell(sheet.types + 1, column.index + 1), text
