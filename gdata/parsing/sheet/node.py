"""What the headers of a sheet mean: a tree of fields with their columns, for all or for some tags and versions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gdata import kinds
from gdata.config import Audience
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import Fault, is_blank, shown
from gdata.problems import Kind
from gdata.schema.plan import FieldPlan
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell
from gdata.versions import Version, nearest_version

BOUNDS = ("since", "until")
"""The directives that say in which versions a row is."""
_BEGINS_WITH_A_NUMBER = re.compile(r"[vV]?\.?\s*[0-9]+\.[0-9.]*")


class Variant(NamedTuple):
    """For whom a further column of a field is: `price@jp` for a tag, `price@1.4+` from a version on."""

    tag: str = ""
    since: Version | None = None

    def __str__(self) -> str:
        return "".join([f"@{self.tag}" if self.tag else "", f"@{self.since}+" if self.since is not None else ""])

    def has_begun(self, version: Version | None) -> bool:
        """Whether a version has it; None is what will be newest."""
        return self.since is None or version is None or self.since <= version


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


def read_variant(parts: Iterable[str]) -> Variant | Sentence:
    """The variant that the parts of a header behind its field's name are; else what is wrong with them."""
    tag, since = "", None
    for part in parts:
        version = Version.read(part[:-1].strip()) if part.endswith("+") else None
        if version is not None:
            if since is not None:
                return sentence("it names two versions")
            since = version
        elif _BEGINS_WITH_A_NUMBER.match(part):
            meant = nearest_version(part) or "1.4"
            return sentence("{part} is no version from which it counts: write @{meant}+", part=part, meant=meant)
        elif tag:
            return sentence("it names two tags")
        else:
            tag = part
    return Variant(tag, since)


def fitting(variants: Iterable[Variant], audience: Audience) -> list[Variant]:
    """The variants that an audience takes, the one that goes first first: its tags in their order, then versions."""
    tags = {tag: position for position, tag in enumerate((*audience.tags, ""))}
    found = [one for one in variants if one.tag in tags and one.has_begun(audience.version)]
    found.sort(key=lambda one: one.since.parts if one.since is not None else (), reverse=True)
    return sorted(found, key=lambda one: tags[one.tag])


def read_tags(text: str) -> frozenset[str]:
    """The tags that a cell of `@tags` has, by commas."""
    return frozenset(filter(None, map(str.strip, text.split(","))))


def convert_version(cell: CellValue) -> tuple[Version | None, Fault | None]:
    """The version that a cell holds; None where it is blank or none, and what is wrong with it."""
    text = shown(cell).strip()
    if is_blank(cell):
        return None, None
    if text in ERROR_TEXTS:
        return None, Fault(kinds.CELL_FORMULA_ERROR, {"value": text})
    if isinstance(cell, DateCell):
        instead = sentence("the spreadsheet made a date of it: format the column as plain text, then write the version")
        return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})
    if isinstance(cell, float) and not cell.is_integer():
        instead = sentence("as a number 1.10 is 1.1: format the column as plain text, then write the version again")
        return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})
    version = Version.read(text)
    if version is not None:
        return version, None
    meant = nearest_version(text)
    hint = sentence("write numbers with dots between them: 1.4")
    instead = sentence("did you mean {meant}? Write numbers with dots between them", meant=meant) if meant else hint
    return None, Fault(kinds.CELL_NOT_VERSION, {"instead": instead})


def top_field(name: str) -> str:
    """The row's own field in a name such as `rewards[1].item_id` or `price@jp`."""
    return re.split(r"[.@\[]", name, maxsplit=1)[0]
