"""What a diff is: frozen values, from the two sides down to a single cell.

Values are in protobuf's JSON mapping with the names of the .proto files; a value that isn't there is None.
Paths are written as planners know them: `price`, `rewards[1].count`, `stats[str]`; indexes count from 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from gdata.bundles.reader import Bundle
from gdata.bundles.titles import Titles
from gdata.language import Sentence, sentence

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from gdata.diffs.metrics import MetricDiff
    from gdata.diffs.tables.titles import Referents

Json = Any
"""None, bool, int, float, str, or lists and dicts of them."""
Key = tuple[Json, ...]
"""The values of a row's key fields, in their order."""
TitlesByPath = Mapping[str, str]
_INDEX = re.compile(r"\[[^\]]*\]")

Origins = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]
"""The sheets of values that an overlay changed: by target, table, key (as a JSON array), and field. Under the field ""
stands the sheet of a whole row that an overlay added."""

LEFT = "@left"
"""In place of a key and of its one field, in the origins of a table: of how many more rows they aren't known."""

REMOVED = "@remove"
"""In place of a field, in the origins of a row that an overlay took out."""

Status = Literal["added", "removed", "changed", "renamed"]


@dataclass(frozen=True)
class Side:
    """One of the two things compared: a name for people, the release it is (if it is one), a bundle a target.

    A channel without a release has no bundles. `sources` are the full descriptors (a serialized
    FileDescriptorSet with source info) that the bundles' schemas were made from; with them a schema change
    has its line in the .proto file.
    """

    name: str
    release: str | None = None
    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    sources: bytes | None = field(default=None, repr=False)
    time: datetime | None = None
    """When it was built, or released; None where that isn't known."""
    stale: tuple[str, ...] = ()
    """Why it isn't what the sheets say by now, as far as is known."""
    origins: Origins = field(default_factory=dict, repr=False)
    """Which values an overlay changed, as far as is known."""

    @property
    def build(self) -> str | None:
        """The build that the bundles belong to; None where there are none."""
        return next((bundle.manifest.build for bundle in self.bundles.values()), None)

    def holding(self) -> Side:
        """The same with bundles that keep the tables they read."""
        return replace(self, bundles={name: bundle.holding() for name, bundle in self.bundles.items()})


@dataclass(frozen=True, slots=True)
class Row:
    """A whole row, added or removed. `number` is its place in its table, from 1; `key` None: it has none."""

    key: Key | None
    number: int
    message: Message = field(repr=False, compare=False)
    convert: Callable[[Message], dict[str, Json]] = field(repr=False, compare=False)
    titles: Titles = field(default=Titles(), repr=False, compare=False)
    users: int = 0
    """Of a row that was removed, how many rows referred to it."""
    referents: Referents | None = field(default=None, repr=False, compare=False)

    def referent(self, path: str) -> str:
        """What people call the row that the value at `path` refers to."""
        return "" if self.referents is None else self.referents.title(self.message, path)

    @property
    def title(self) -> str:
        """What people call the row; "" where nobody named it."""
        return self.titles.of(self.message)

    @property
    def values(self) -> dict[str, Json]:
        """The row's fields, made anew at each call."""
        return self.convert(self.message)


class FieldChange(NamedTuple):
    """One value that changed. None: it isn't there (an unset optional field, an element of only one side).

    There may be millions; a named tuple is made in a third of the time that a frozen dataclass takes.
    """

    path: str
    old: Json
    new: Json
    titles: tuple[TitlesByPath, TitlesByPath] = ({}, {})
    """What people call the rows that the old value and the new one, or values in them, refer to."""

    @property
    def old_title(self) -> str:
        """Where the old value refers to a row, what people call that."""
        return self.titles[0].get(self.path, "")

    @property
    def new_title(self) -> str:
        """The same of the new value."""
        return self.titles[1].get(self.path, "")


class RowChange(NamedTuple):
    """A row that is on both sides with other values. `number` and `old_number` count from 1."""

    key: Key | None
    number: int
    old_number: int
    fields: tuple[FieldChange, ...]
    row: Row | None = None
    """The new row, where it has no key to be known by."""
    title: str = ""
    """What people call it now."""


class PastChange(NamedTuple):
    """An earlier change of a cell: who made it when and why, and what it was."""

    time: datetime
    author: str
    message: str
    old: Json
    new: Json


Past = Mapping[tuple[str, Key | None, str], Sequence[PastChange]]
"""Earlier changes by table, key and path, newest first."""


@dataclass(frozen=True)
class ColumnDiff:
    """A field that only one of the two schemas has, and what stands in it: it is new, or gone, and no row changed."""

    path: str
    """Without indexes."""
    is_new: bool
    kind: str
    """As in `TableDiff.kinds`."""
    rows: Sequence[RowChange]
    """The rows that have values in it, with these as changes from nothing, or to nothing."""

    @property
    def values(self) -> Iterator[Json]:
        """All values in it."""
        return (one.new if self.is_new else one.old for row in self.rows for one in row.fields)

    @property
    def span(self) -> tuple[Json, Json] | None:
        """The least and the largest value, where they have an order: numbers and dates."""
        if self.kind in ("int", "int64", "float"):
            numbers = [(value, float(value)) for value in self.values]
            ordered = sorted((one for one in numbers if one[1] == one[1]), key=lambda one: one[1])
            return (ordered[0][0], ordered[-1][0]) if ordered else None
        if self.kind == "timestamp":
            return min(self.values), max(self.values)
        return None


@dataclass(frozen=True)
class TableDiff:
    """What changed in one table of one target."""

    name: str
    status: Status
    old_rows: int
    """How many rows the table had; 0 where it is new."""
    new_rows: int
    added: Sequence[Row] = ()
    removed: Sequence[Row] = ()
    changed: Sequence[RowChange] = ()
    columns: Sequence[ColumnDiff] = ()
    """Fields that only one schema has, and that have values."""
    reordered: bool = False
    """Rows that both sides have stand in another order."""
    renamed_from: str = ""
    key: tuple[str, ...] = ()
    kind: str = "rows"
    """rows, map or record."""
    kinds: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What a value is, by its path without indexes: int, int64, float, bool, string, enum, timestamp, …"""
    maps: frozenset[str] = field(default=frozenset(), repr=False)
    """The paths, without indexes, of maps."""
    moved: Mapping[str, tuple[Mapping[int, str], Mapping[int, str]]] = field(default_factory=dict, repr=False)
    """By path without indexes, an enum's names before and now for the numbers of values that got another one."""
    refs: frozenset[str] = field(default=frozenset(), repr=False)
    """The paths, without indexes, whose values refer to rows: they are names, whatever their type."""
    renamed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The paths, without indexes, that had another name before, and that."""

    origins: tuple[Mapping[tuple[str, ...], Mapping[str, str]], ...] = field(default=({}, {}), repr=False)
    """Of the old side and the new one, the sheets of values that an overlay changed: by key, its parts as texts, and
    field."""

    def sheet_of(self, key: Key | None, path: str = "", *, is_new: bool) -> str:
        """The overlay that a value came from, or the whole row; "" where it is the table's own, or that isn't known."""
        found = self.origins[is_new].get(tuple(map(str, key or ())), {})
        name = plain(path).partition(".")[0]
        return found.get(name if is_new else self.renamed.get(name, name)) or found.get("", "")

    @property
    def origins_left(self) -> int:
        """How many more rows of a side overlays changed, of which it isn't known which values."""
        found = [side.get((LEFT,), {}).get(LEFT, "") for side in self.origins]
        return max(int(count) if count.isdecimal() else 0 for count in found)

    def removed_by(self, key: Key | None) -> str:
        """The overlay that took out a row that is gone; "" where the table's own sheets lack it, or nobody knows."""
        return self.origins[1].get(tuple(map(str, key or ())), {}).get(REMOVED, "")

    @property
    def touched(self) -> int:
        """How many rows were added, removed or changed."""
        return len(self.added) + len(self.removed) + len(self.changed)


@dataclass(frozen=True)
class SchemaChange:
    """One change between the two schemas. `rule` is buf's for a breaking one, else gdata's own."""

    breaking: bool
    rule: str
    message: str
    file: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        """`item.proto:12`, or the file alone."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Misreading:
    """One thing that readers of the old schema get wrong of the new data; where it isn't about one row or field, None.

    One that doesn't block is worth knowing: a value whose name the old schema lacks.
    """

    table: str
    sentence: Sentence
    key: Key | None = None
    field: str | None = None
    blocks: bool = True


@dataclass(frozen=True)
class Summary:
    """How much changed. Over several targets a table, row or cell counts once, however many carry it."""

    tables_added: int = 0
    tables_removed: int = 0
    tables_changed: int = 0
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int = 0
    cells_changed: int = 0

    def as_json(self) -> dict[str, int]:
        """The counts under their names."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class TargetDiff:
    """What changed for one target; `tables` has only those that did, by name."""

    summary: Summary
    schema: tuple[SchemaChange, ...] = ()
    tables: Mapping[str, TableDiff] = field(default_factory=dict)
    misread: tuple[Misreading, ...] = ()
    """What readers of the old schema get wrong; the gate's word on it is in the JSON, not this."""


@dataclass(frozen=True)
class Diff:
    """Everything that changed from `old` to `new`; `targets` has those of both sides, changed or not."""

    old: Side
    new: Side
    summary: Summary
    targets: Mapping[str, TargetDiff]
    metrics: tuple[MetricDiff, ...] = ()
    """What it does to the project's metrics, the one that moved most first; () where there are none."""

    @property
    def differs(self) -> bool:
        """Whether anything did: a table, or a schema."""
        return any(target.tables or target.schema for target in self.targets.values())


def plain(path: str) -> str:
    """A path without its indexes and map keys: `rewards[1].count` → `rewards.count`."""
    return _INDEX.sub("", path) if "[" in path else path


def bracketed(key: str) -> str:
    """A map's key as it stands in a path's brackets: as it is, or quoted where it would end them."""
    if not any(character in key for character in '[]"') and key.isprintable():
        return key
    return json.dumps(key, ensure_ascii=False).replace("[", "\\u005b").replace("]", "\\u005d")


def row_name(key: Key | None, number: int, title: str = "") -> Sentence | str:
    """How a row is called in a gate's message: by its key and title, else by its place, from 1."""
    if key is None:
        return sentence("row {number}", number=number)
    names = ", ".join(map(str, key))
    return f"[{names}] {title}" if title and title != names else f"[{names}]"


def value_text(value: Json, title: str = "") -> Sentence | str:
    """A value in a gate's message, with the title of the row that it refers to."""
    if value is None:
        return sentence("(none)")
    return f"{value} ({title})" if title else str(value)
