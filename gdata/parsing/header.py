"""Headers to fields: which column, or columns, each field of a message is written in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.nearest import did_you_mean
from gdata.parsing.cell import CellType, convert_cell, shown
from gdata.problems import Kind
from gdata.schema.names import fold
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.grid import ERROR_TEXTS, CellValue

_UTC = ZoneInfo("UTC")
MAX_ELEMENTS = 1000
"""A list lies over this many columns at the most; a larger index is a typing mistake."""

_SEGMENT = re.compile(r"([^.\[\]@]+)(?:\[([^\[\]]+)\])?\s*(?:\.|$)")


@dataclass
class Node:
    """A field, or an element of one, and the columns it is written in (0-based).

    Either one cell holds it (`column`), or its parts have columns: the fields of a message by name, the
    elements of a list by index from 0, the entries of a map by key text.
    """

    field: FieldPlan
    is_element: bool = False
    column: int | None = None
    variants: dict[str, int] = dataclasses.field(default_factory=dict)
    """Columns `field@tag`, by tag."""
    fields: dict[str, Node] = dataclasses.field(default_factory=dict)
    elements: dict[int, Node] = dataclasses.field(default_factory=dict)
    entries: dict[str, Node] = dataclasses.field(default_factory=dict)

    @property
    def parts(self) -> list[Node]:
        """The nodes below this one."""
        return [*self.fields.values(), *self.elements.values(), *self.entries.values()]

    @property
    def is_used(self) -> bool:
        """Whether any column is for it."""
        return self.column is not None or bool(self.variants) or any(part.is_used for part in self.parts)

    def leaves(self) -> Iterator[Node]:
        """The nodes that have columns of their own."""
        if self.column is not None or self.variants:
            yield self
        for part in self.parts:
            yield from part.leaves()

    def columns(self) -> Iterator[int]:
        """Every column that this node or one below it is written in."""
        for leaf in self.leaves():
            if leaf.column is not None:
                yield leaf.column
            yield from leaf.variants.values()


@dataclass(frozen=True)
class HeaderFault:
    """What is wrong with a header; `columns` (0-based) are the ones it is about, the last is its place."""

    kind: Kind
    columns: tuple[int, ...]
    field: str = ""
    value: str | None = None
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass
class Header:
    """What a header row says: a node for each field that has columns, and the directives."""

    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    enabled: int | None = None
    tags: int | None = None
    unknown: dict[int, HeaderFault] = dataclasses.field(default_factory=dict)
    """By column: headers that name no field of this message (another table of the sheet may know them)."""
    faults: list[HeaderFault] = dataclasses.field(default_factory=list)
    mapped: set[int] = dataclasses.field(default_factory=set)
    """Every column that feeds a field or is a directive."""


def read_header(texts: Sequence[CellValue], message: MessagePlan, *, multirow: bool = False) -> Header:
    """Match a row of header cells against the fields of `message`; with `multirow`, lists may go down rows."""
    return _HeaderReader(message, multirow).read(texts)


Step = tuple[FieldPlan, str | None]
"""A field, and the index (from 1) or map key written after it."""


class _PathFault(Exception):
    """A header is a path that doesn't fit the message; the text says why."""


class _HeaderReader:
    def __init__(self, message: MessagePlan, multirow: bool) -> None:
        self._message = message
        self._multirow = multirow
        self._header = Header()

    def read(self, texts: Sequence[CellValue]) -> Header:
        header = self._header
        for column, cell in enumerate(texts):
            text = shown(cell).strip()
            if text in ERROR_TEXTS:
                header.faults.append(HeaderFault(kinds.HEADER_ERROR, (column,), value=text))
            elif text.startswith("@"):
                self._read_directive(text, column)
            elif text and not text.startswith("#"):
                self._read_text(text, column)
        self._check_gaps(header.nodes.values(), "")
        self._check_missing(header.nodes, self._message, "")
        header.mapped = {column for node in header.nodes.values() for column in node.columns()}
        header.mapped |= {column for column in (header.enabled, header.tags) if column is not None}
        return header

    def _read_directive(self, text: str, column: int) -> None:
        header, name = self._header, fold(text[1:])
        if name not in ("enabled", "tags"):
            near = did_you_mean(text, ["@enabled", "@tags"])
            header.faults.append(HeaderFault(kinds.HEADER_DIRECTIVE, (column,), value=text, words={"nearest": near}))
            return
        taken = header.enabled if name == "enabled" else header.tags
        if taken is not None:
            header.faults.append(HeaderFault(kinds.HEADER_DUPLICATE, (taken, column), f"@{name}", text))
        elif name == "enabled":
            header.enabled = column
        else:
            header.tags = column

    def _read_text(self, text: str, column: int) -> None:
        name, _, tag = (part.strip() for part in text.rpartition("@")) if "@" in text else (text, "", "")
        try:
            # A whole text comes first: a `column` option may hold dots, brackets and @.
            steps = find_field(text, self._message)
            if steps is not None:
                tag = ""
            else:
                steps = find_field(name, self._message) or self._walk(name)
        except _PathFault as fault:
            self._header.faults.append(
                HeaderFault(kinds.HEADER_PATH, (column,), value=text, words={"reason": str(fault)})
            )
            return
        if steps is None:
            near = did_you_mean(name, known_texts(self._message))
            self._header.unknown[column] = HeaderFault(
                kinds.HEADER_UNKNOWN, (column,), value=text, words={"nearest": near}
            )
        else:
            self._place(steps, tag, text, column)

    def _walk(self, text: str) -> list[Step] | None:
        """The steps of a path such as `rewards[1].item_id`; None where its first name is no field."""
        message: MessagePlan | None = self._message
        steps: list[Step] = []
        for name, index in _split_path(text):
            found = find_field(name, message) if message is not None else _entry_part(steps[-1][0], name)
            if found is None:
                if not steps:
                    return None
                owner = message.name if message is not None else steps[-1][0].name
                raise _PathFault(f"{owner} has no field {name}")
            field, own_index = found[-1]
            if index is not None and own_index is not None:
                raise _PathFault(f"{name} has an index already")
            index = self._check_index(field, own_index if index is None else index)
            steps += [*found[:-1], (field, index)]
            # Inside a map without a key stand the columns `key` and `value`.
            message = None if field.is_map and index is None else field.message
        return self._checked(steps)

    def _check_index(self, field: FieldPlan, index: str | None) -> str | None:
        if index is None:
            return None
        if field.is_map:
            key, fault = convert_cell(index, CellType(field.map_key_kind, _UTC))
            if fault is not None:
                raise _PathFault(f"{index} is no key of {field.name}")
            return str(key)
        if not field.is_list:
            raise _PathFault(f"{field.name} is no list")
        if not (index.isascii() and index.isdigit()) or not 1 <= int(index) <= MAX_ELEMENTS:
            raise _PathFault(f"the index of {field.name} must be a whole number from 1")
        return str(int(index))

    def _checked(self, steps: list[Step]) -> list[Step]:
        for position, (field, index) in enumerate(steps):
            if field.is_list and index is None and position < len(steps) - 1:
                if not self._multirow:
                    raise _PathFault(f"{field.name} is a list, so it needs an index: {field.name}[1]")
                steps[position] = field, "1"
        if steps[-1][0].kind == "any":
            raise _PathFault(f"{steps[-1][0].name} is a message within itself, which no column can hold")
        return steps

    def _place(self, steps: list[Step], tag: str, text: str, column: int) -> None:
        nodes, taken = self._header.nodes, None
        node = Node(steps[0][0])
        for field, index in steps:
            node = nodes.setdefault(field.name, Node(field))
            taken = node.column if taken is None else taken
            if index is not None:
                if field.is_map:
                    node = node.entries.setdefault(index, Node(field, is_element=True))
                else:
                    node = node.elements.setdefault(int(index) - 1, Node(field, is_element=True))
                taken = node.column if taken is None else taken
            nodes = node.fields
        if tag:
            taken = node.variants.get(tag)
        elif taken is None:
            taken = next((one for part in node.parts for one in part.columns()), None)
        if taken is not None:
            name = path_text(steps) + (f"@{tag}" if tag else "")
            self._header.faults.append(HeaderFault(kinds.HEADER_DUPLICATE, (taken, column), name, text))
        elif tag:
            node.variants[tag] = column
        else:
            node.column = column

    def _check_gaps(self, nodes: Iterable[Node], prefix: str) -> None:
        for node in nodes:
            name = f"{prefix}{node.field.name}"
            for index in range(max(node.elements, default=-1) + 1):
                if index not in node.elements:
                    later = min(one for one in node.elements if one > index)
                    columns = tuple(node.elements[later].columns())[:1]
                    words = {"index": str(index + 1)}
                    self._header.faults.append(HeaderFault(kinds.HEADER_GAP, columns, name, words=words))
                    break
            for part in node.parts:
                self._check_gaps(part.fields.values(), f"{name}.")
            self._check_gaps(node.fields.values(), f"{name}.")

    def _check_missing(self, nodes: Mapping[str, Node], message: MessagePlan, prefix: str) -> None:
        for field in message.fields:
            node = nodes.get(field.name)
            name = f"{prefix}{field.name}"
            if node is None or not (node.column is not None or any(part.is_used for part in node.parts)):
                if not (field.is_optional or field.absent_ok or field.default is not None):
                    header = field.columns[0].replace("{}", "1") if field.columns else name
                    self._header.faults.append(HeaderFault(kinds.HEADER_MISSING, (), name, words={"header": header}))
            elif field.message is not None and node.column is None:
                if node.fields and not field.is_map:
                    self._check_missing(node.fields, field.message, f"{name}.")
                for index, element in sorted(node.elements.items()):
                    if element.column is None:
                        self._check_missing(element.fields, field.message, f"{name}[{index + 1}].")
                for key, entry in node.entries.items():
                    if entry.column is None:
                        self._check_missing(entry.fields, field.message, f"{name}[{key}].")


def _split_path(text: str) -> list[tuple[str, str | None]]:
    """`rewards[1].item_id` → [("rewards", "1"), ("item_id", None)]; [] where it isn't a path."""
    steps = []
    position = 0
    while position < len(text):
        found = _SEGMENT.match(text, position)
        if found is None:
            return []
        steps.append((found[1].strip(), found[2].strip() if found[2] is not None else None))
        position = found.end()
    return steps if not text.endswith(".") else []


def find_field(text: str, message: MessagePlan) -> list[Step] | None:
    """The field of `message` that a whole text names: by name, JSON name, `column` text or its `{}` pattern."""
    names, patterns = _texts_of(message)
    folded = fold(text)
    if folded in names:
        return [(names[folded], None)]
    for pattern, steps in patterns:
        found = pattern.fullmatch(folded)
        if found is not None and 1 <= int(found[1]) <= MAX_ELEMENTS:
            return [(field, str(int(found[1])) if field.is_list and n == 0 else None) for n, field in enumerate(steps)]
    return None


def known_texts(message: MessagePlan) -> list[str]:
    """What a header may say, for suggestions."""
    return [text for field in message.fields for text in (field.name, *field.columns)]


_Patterns = list[tuple[re.Pattern[str], tuple[FieldPlan, ...]]]


@cache
def _texts_of(message: MessagePlan) -> tuple[dict[str, FieldPlan], _Patterns]:
    """Every folded text that names a field of `message`, and the patterns that do."""
    fields = message.fields
    names = {fold(field.name): field for field in fields}
    for field in fields:
        names.setdefault(fold(field.descriptor.json_name), field)
    patterns: _Patterns = []
    for field in fields:
        for text in field.columns:
            if "{}" not in text:
                names.setdefault(fold(text), field)
            elif field.is_list:
                patterns.append((_pattern(text), (field,)))
        if field.is_list and field.message is not None:
            # In a list's fields "{}" stands for the index: `보상{} 수량`.
            for part in field.message.fields:
                patterns += [(_pattern(text), (field, part)) for text in part.columns if "{}" in text]
    return names, patterns


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(fold(text.replace("{}", "\0"))).replace("\0", "_?([0-9]{1,6})"))


def _entry_part(field: FieldPlan, name: str) -> list[Step] | None:
    """The key or value column of a map that goes down rows."""
    if not field.is_map or fold(name) not in ("key", "value"):
        return None
    descriptor = field.descriptor.message_type.fields_by_name[fold(name)]
    if fold(name) == "key":
        return [(FieldPlan("key", 1, field.map_key_kind, descriptor, key=True), None)]
    return [(replace(field, name="value", number=2, is_map=False, descriptor=descriptor), None)]


def path_text(steps: Sequence[Step]) -> str:
    """A path as messages write it: `rewards[1].item_id`."""
    return ".".join(field.name + (f"[{index}]" if index is not None else "") for field, index in steps)
