"""What the headers of a sheet mean: a tree of fields, with the column, or columns, of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gdata.parsing.sheet.versions import Variant
from gdata.problems import Kind
from gdata.schema.plan import FieldPlan

BOUNDS = ("since", "until")
"""The directives that say in which versions a row is."""


@dataclass(frozen=True, eq=False)
class Case:
    """One member of a oneof whose members share columns: in `column` stands which one a line has."""

    text: str
    """What headers call the oneof, with the way to it: "skill.effect"."""
    column: int
    parts: tuple[int, ...]
    """The columns of the member's fields in number order, or of its one value."""
    member: FieldPlan
    members: tuple[FieldPlan, ...]
    """All of the oneof."""

    @property
    def fields(self) -> tuple[FieldPlan, ...]:
        """What lies in the parts, if the member has as many."""
        return case_fields(self.member)


@dataclass
class Node:
    """A field, or an element of one, and the columns it is written in (0-based).

    Either one cell holds it (`column`), or its parts have columns: the fields of a message by name, the
    elements of a list by index from 0, the entries of a map by key text.
    """

    field: FieldPlan
    is_element: bool = False
    column: int | None = None
    variants: dict[Variant, int] = dataclasses.field(default_factory=dict)
    """Columns such as `field@tag` and `field@1.4+`."""
    fields: dict[str, Node] = dataclasses.field(default_factory=dict)
    elements: dict[int, Node] = dataclasses.field(default_factory=dict)
    entries: dict[str, Node] = dataclasses.field(default_factory=dict)
    case: Case | None = None
    """Of a member of a oneof in columns `….@case` and `….@1`, and of what lies in it."""
    is_case: bool = False
    """It is the member itself."""

    @property
    def parts(self) -> list[Node]:
        """The nodes below this one."""
        return [*self.fields.values(), *self.elements.values(), *self.entries.values()]

    @property
    def is_used(self) -> bool:
        """Whether any column is for it."""
        own = self.is_case or self.column is not None or bool(self.variants)
        return own or any(part.is_used for part in self.parts)

    def leaves(self) -> Iterator[Node]:
        """The nodes that have columns of their own."""
        if self.column is not None or self.variants:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def columns(self) -> Iterator[int]:
        """Every column that this node or one below it is written in."""
        if self.is_case and self.case is not None:
            yield self.case.column
        if self.column is not None:
            yield self.column
        yield from self.variants.values()
        for part in self.parts:
            yield from part.columns()


@dataclass(frozen=True)
class HeaderFault:
    """What is wrong with a header; `columns` (0-based) are the ones it is about, the last is its place."""

    kind: Kind
    columns: tuple[int, ...]
    field: str = ""
    value: str | None = None
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass
class Header:
    """What a header row says: a node for each field that has columns, and the directives."""

    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    directives: dict[str, int] = dataclasses.field(default_factory=dict)
    """Columns such as `@tags`, by name."""
    unknown: dict[int, HeaderFault] = dataclasses.field(default_factory=dict)
    """By column: headers that name no field of this message (another table of the sheet may know them)."""
    faults: list[HeaderFault] = dataclasses.field(default_factory=list)
    missing: dict[str, HeaderFault] = dataclasses.field(default_factory=dict)
    """By path: fields that have no column and need one."""
    meant: dict[int, str] = dataclasses.field(default_factory=dict)
    """By column of a header that leads nowhere: the path that is most like it. Where that one is missing as well,
    both are one mistake."""
    mapped: set[int] = dataclasses.field(default_factory=set)
    """Every column that feeds a field or is a directive."""
    spans: dict[int, list[int]] = dataclasses.field(default_factory=dict)
    """By column of a merged header: the further columns under it, where they can't count for what it names."""

    @property
    def enabled(self) -> int | None:
        """The column @enabled."""
        return self.directives.get("enabled")

    @property
    def tags(self) -> int | None:
        """The column @tags."""
        return self.directives.get("tags")

    @property
    def has_bounds(self) -> bool:
        """Whether a column says in which versions rows are."""
        return not self.directives.keys().isdisjoint(BOUNDS)


def case_fields(member: FieldPlan) -> tuple[FieldPlan, ...]:
    """What the columns `….@1`, `….@2` hold of a oneof's member: its fields in number order, or its value."""
    if member.message is None:
        return (member,)
    return tuple(sorted(member.message.fields, key=lambda field: field.number))
