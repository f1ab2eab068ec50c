"""What gdata needs to know of a schema, compiled once for each message: tables, fields, keys, references.

The descriptors stay protobuf's own; a plan adds what the options of gdata/options.proto say, with their
defaults filled in.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind, FieldType
from gdata.versions import ALWAYS, Span, Version

TableKind = Literal["rows", "map", "record"]


@dataclass(frozen=True)
class Ref:
    """A reference of a field to the rows of another table."""

    table: str
    field: str
    """Of the table referred to; "" is its key."""
    when_field: str = ""
    when_value: str = ""
    """Holds only where the sibling `when_field` has this value (an enum value's name, a number, a text)."""
    none: tuple[str, ...] = ()


@dataclass(frozen=True)
class FlagsPlan:
    """The enum whose values are or-ed in an integer."""

    name: str
    labels: Mapping[str, int]
    choices: Mapping[int, str]

    @property
    def every(self) -> int:
        """All bits that have a name."""
        bits = 0
        for number in self.choices:
            bits |= number
        return bits


@dataclass(frozen=True, eq=False)
class FieldPlan:
    """One field of a message, as sheets see it. Of a map, `kind` and `message` are those of its values."""

    name: str
    number: int
    kind: FieldKind
    descriptor: Any = dataclasses.field(repr=False)
    """Protobuf's FieldDescriptor."""
    is_list: bool = False
    is_map: bool = False
    map_key_kind: FieldKind = "string"
    has_presence: bool = False
    """`optional`, a wrapper, a member of a oneof, a message: unset and zero differ, so a cell may be blank."""
    is_optional: bool = False
    """Declared `optional`: the sheet may have no column for it."""
    message: MessagePlan | None = None
    """The fields of a nested message."""
    message_again: Callable[[], MessagePlan] | None = dataclasses.field(default=None, repr=False)
    """Of kind nested: gives the fields of the message that it is one of."""
    scalar_kind: FieldKind = "any"
    """Of a wrapper: the kind of its value."""
    labels: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Of an enum: every folded text that a cell may hold, and the number it means."""
    enum_names: Mapping[int, str] = dataclasses.field(default_factory=dict)
    choices: Mapping[int, str] = dataclasses.field(default_factory=dict)
    """Of an enum: what to suggest for each number, its first label as written, else its name."""
    oneof: str = ""
    key: bool = False
    columns: tuple[str, ...] = ()
    refs: tuple[Ref, ...] = ()
    unique: bool = False
    separator: str = ","
    subseparator: str = ":"
    default: str | None = None
    absent_ok: bool = False
    groups: tuple[str, ...] = ()
    unit: str = ""
    path: str = ""
    flags: FlagsPlan | None = None
    """Of an integer made of bits: what they are called."""
    span: Span = ALWAYS
    """In which versions there is the field."""
    value_spans: Mapping[int, Span] = dataclasses.field(default_factory=dict)
    """Of an enum: in which versions there are those values that aren't in all."""

    def at(self, version: Version | None) -> FieldPlan:
        """The field as a version has it: what lies in it may begin later, or have ended."""
        message = self.message.at(version) if self.message is not None else None
        return self if message is self.message else dataclasses.replace(self, message=message)

    def suggesting(self, versions: Collection[Version | None]) -> FieldPlan:
        """The field that suggests those choices of an enum alone that one of the versions has."""
        message = self.message.suggesting(versions) if self.message is not None else None
        choices = {
            number: text
            for number, text in self.choices.items()
            if any(map(self.value_spans.get(number, ALWAYS).has, versions))
        }
        return dataclasses.replace(self, message=message, choices=choices)

    @property
    def may_be_blank(self) -> bool:
        """Whether a blank cell is no problem: unset and zero differ, or blank is what the type's zero looks like."""
        if self.descriptor.is_required:  # Of proto2: without it there is no message.
            return self.default is not None
        if self.is_list or self.is_map or self.has_presence or self.default is not None:
            return True
        return FIELD_TYPES[self.kind].may_be_blank

    @property
    def is_marked(self) -> bool:
        """Whether its values are held to more than their type, or are times."""
        return bool(self.key or self.unique or self.refs or self.path or self.value_spans) or self.type.is_time

    @property
    def value_kind(self) -> FieldKind:
        """Of a wrapper the kind of its value, else its own."""
        return self.scalar_kind if self.kind == "wrapper" else self.kind

    @property
    def type(self) -> FieldType:
        """What holds for all fields of its kind, of a wrapper for those of its value's."""
        return FIELD_TYPES[self.value_kind]

    @property
    def value_type(self) -> Any:
        """Protobuf's descriptor of what one value is: of a map, the field `value` of its entries."""
        return self.descriptor.message_type.fields_by_name["value"] if self.is_map else self.descriptor


CONSTANT = re.compile("[A-Za-z_][A-Za-z0-9_]*")
"""What a constant may be called in the code of every language."""


@dataclass(frozen=True, eq=False)
class MessagePlan:
    """A message's fields in the order of the .proto file."""

    name: str
    """Full name: game.Item."""
    descriptor: Any = dataclasses.field(repr=False)
    """Protobuf's Descriptor."""
    fields: tuple[FieldPlan, ...] = ()

    def field(self, name: str) -> FieldPlan | None:
        """The field called `name`, if there is one."""
        return next((one for one in self.fields if one.name == name), None)

    def way(self, path: str) -> tuple[FieldPlan, ...]:
        """The fields that a dotted path without indexes (`reward.item_id`) leads over; () where it leads to none."""
        name, _, rest = path.partition(".")
        field = self.field(name)
        if field is None or not rest:
            return () if field is None else (field,)
        inner = field.message.way(rest) if field.message is not None else ()
        return (field, *inner) if inner else ()

    def has(self, path: str) -> bool:
        """Whether a dotted path leads to a field."""
        return bool(self.way(path))

    @cached_property
    def marked(self) -> tuple[tuple[FieldPlan, ...], ...]:
        """The ways to the fields that checks are about, at any depth; nested ones after the message that they lie in.

        Where messages hold each other there are more ways in them than anybody could walk: none of others is gone.
        """
        found: list[tuple[FieldPlan, ...]] = []
        for field in self.fields:
            found += [(field,)] if field.is_marked else []
            found += [(field, *way) for way in field.message.marked] if field.message is not None else []
        return tuple(found)

    def at(self, version: Version | None) -> MessagePlan:
        """The message with the fields that a version has; the same one where that is all of them."""
        if not self.spans:
            return self
        fields = tuple(field.at(version) for field in self.fields if field.span.has(version))
        is_whole = len(fields) == len(self.fields) and all(map(operator.is_, fields, self.fields))
        return self if is_whole else dataclasses.replace(self, fields=fields)

    def suggesting(self, versions: Collection[Version | None]) -> MessagePlan:
        """The message that suggests choices of those versions alone; the same one where all are of all."""
        if not self.spans:
            return self
        return dataclasses.replace(self, fields=tuple(field.suggesting(versions) for field in self.fields))

    @cached_property
    def spans(self) -> frozenset[Span]:
        """The versions in which there are those of its fields and values that aren't in all, nested ones too."""
        own = [span for field in self.fields for span in (field.span, *field.value_spans.values())]
        nested = [span for field in self.fields if field.message is not None for span in field.message.spans]
        return frozenset([*own, *nested]) - {ALWAYS}


@dataclass(frozen=True)
class Sum:
    """In each group of rows with equal `by` fields, `field` sums to `equals`."""

    field: str
    by: tuple[str, ...]
    equals: float
    tolerance: float


@dataclass(frozen=True)
class Sequence:
    """In each group of rows with equal `by` fields, `field` counts from `start` by `step`."""

    field: str
    by: tuple[str, ...]
    start: int
    step: int


@dataclass(frozen=True, eq=False)
class TablePlan:
    """A table: the message that holds the rows, and what its rows are."""

    name: str
    """Short name: ItemTable."""
    message: str
    """Full name: game.ItemTable."""
    kind: TableKind
    descriptor: Any = dataclasses.field(repr=False)
    """Protobuf's Descriptor."""
    row: MessagePlan
    """Of kind record: the message itself."""
    rows_field: str = ""
    """The repeated or map field; of kind record, empty."""
    key: tuple[FieldPlan, ...] = ()
    groups: tuple[str, ...] = ()
    sums: tuple[Sum, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    """Dotted names of fields of which no two rows have the same values."""
    title: str = ""
    """The field that names a row for people, where an option says so."""
    constants: str = ""
    """The field whose text names a row's constant in generated code."""
    has_times: bool = False
    """A Timestamp or Duration lies somewhere in its rows."""
    span: Span = ALWAYS
    """In which versions there is the table."""

    def at(self, version: Version | None) -> TablePlan:
        """The table with the fields that a version has, and the rules over these; the same one where it has all."""
        row = self.row.at(version)
        if row is self.row:
            return self
        return dataclasses.replace(
            self,
            row=row,
            sums=tuple(one for one in self.sums if all(map(row.has, (one.field, *one.by)))),
            sequences=tuple(one for one in self.sequences if all(map(row.has, (one.field, *one.by)))),
            unique=tuple(names for names in self.unique if all(map(row.has, names))),
        )

    def suggesting(self, versions: Collection[Version | None]) -> TablePlan:
        """The table that suggests choices of those versions alone; the same one where all are of all."""
        row = self.row.suggesting(versions)
        return self if row is self.row else dataclasses.replace(self, row=row)

    def rows_of(self, message: Any) -> list[Any]:
        """The rows of a parsed table message, in its order; a map's rows by key, a record as its one row."""
        if self.kind == "record":
            return [message]
        rows = getattr(message, self.rows_field)
        return [rows[key] for key in sorted(rows)] if self.kind == "map" else list(rows)
