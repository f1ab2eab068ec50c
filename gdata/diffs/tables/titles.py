"""What the rows of one side are called, and those that its values refer to; tables are read when somebody asks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from gdata.bundles.manifest import Reference
from gdata.bundles.reader import Bundle
from gdata.bundles.references import holds, is_none, places_by_value, refers_by_key, value_reader
from gdata.bundles.titles import Titles, text_columns, titles_of
from gdata.diffs.model import plain
from gdata.diffs.tables.schemas import BundleSchema, TableShape, class_of, descriptor_of
from gdata.language import current_language
from gdata.proto.descriptors import element_field, is_map, key_field

_Found = tuple[Sequence[Message], Mapping[Any, int]]
"""Rows, and where among them that of a value stands."""


@dataclass
class SideTitles:
    """The titles of all tables of a bundle, in the language in use."""

    bundle: Bundle
    schema: BundleSchema
    asked: set[str] = field(default_factory=set)
    """The tables in which titles were looked for."""
    _known: dict[str, Titles] = field(default_factory=dict)
    _rows: dict[tuple[str, tuple[str, ...]], _Found] = field(default_factory=dict)

    def of(self, table: str) -> Titles:
        """Those of one table."""
        if table not in self._known:
            tables = self.bundle.manifest.tables
            row = self.schema.table(table, tables[table], self.bundle.place).row
            self._known[table] = titles_of(tables, table, row, self.find, current_language())
        return self._known[table]

    def referents(self, table: str) -> Referents:
        """What the values of a table refer to."""
        entry = self.bundle.manifest.tables[table]
        paths = {path for path, found in entry.refs.items() if found}
        return Referents({path: entry.refs[path] for path in paths}, self)

    def find(self, reference: Reference) -> tuple[Callable[[Any], Any], Descriptor] | None:
        """What finds the rows that values refer to, and what those are; None where their table isn't there."""
        self.asked.add(reference.table)
        entry = self.bundle.manifest.tables.get(reference.table)
        if entry is None:
            return None
        shape = self.schema.table(reference.table, entry, self.bundle.place)

        def look_up(value: Any) -> Message | None:
            place = (reference.table, reference.fields)
            if place not in self._rows:
                self._rows[place] = self._read(shape, *place)
            rows, positions = self._rows[place]
            at = positions.get(value)
            return None if at is None else rows[at]

        return look_up, shape.row

    def _read(self, shape: TableShape, table: str, fields: tuple[str, ...]) -> _Found:
        """A table's rows and their places by the values of some fields; none where it is no table: others tell that."""
        if shape.rows is None:
            return (), {}
        try:
            held: Any = getattr(class_of(shape.table).FromString(self.bundle.table(table)), shape.rows.name)
        except DecodeError:
            return (), {}
        rows: Sequence[Message] = list(held.values()) if shape.is_map else held
        # Places, not rows: a Python object for each of a million takes a second.
        return rows, places_by_value(shape.row, rows, fields)


@dataclass(frozen=True)
class Referents:
    """The rows that the values of one table refer to."""

    references: Mapping[str, Sequence[Reference]]
    """By path without indexes."""
    titles: SideTitles

    def title(self, row: Message, path: str) -> str:
        """What people call the row that the value at `path` refers to; "" where there is none, or it has no name."""
        references = self.references.get(plain(path), ())
        if not references:
            return ""
        try:
            leaf, holder, value = value_at(row, path)
        except LookupError:
            return ""
        for one in references:
            read = value_reader(leaf, one)
            if value is None or read is None or is_none(one, value) or not holds(one.when, holder):
                continue
            referents = self.titles.find(one)
            if referents is None or refers_by_key(leaf, one, referents[1]):
                continue
            found = referents[0](read(value))
            if found is not None:
                return self.titles.of(one.table).of(found) or text_of(found, one.fields)
        return ""


def text_of(row: Message, key: Sequence[str]) -> str:
    """The text of a row that is made of texts alone: of a table of texts, in the language in use."""
    fields = [one for one in descriptor_of(row).fields if one.name not in key]
    if not all(one.type == FieldDescriptor.TYPE_STRING and not one.is_repeated for one in fields):
        return ""
    columns = text_columns(descriptor_of(row), key, current_language())
    return next(filter(None, (getattr(row, name) for name in columns)), "")


_STEP = re.compile(r'\[("(?:[^"\\]|\\.)*"|[^\]]*)\]|([^.\[\]]+)')


def value_at(row: Message, path: str) -> tuple[FieldDescriptor, Message, Any]:
    """The field at the end of a path with indexes, the message that has it, and its value; None where it isn't set.

    Raises:
        LookupError: the row has nothing there.
    """
    holder, field = row, None
    held: Any = row
    for key, name in (match.groups() for match in _STEP.finditer(path)):
        if name is not None:
            holder = held
            field = descriptor_of(holder).fields_by_name[name]
            is_set = not field.has_presence or holder.HasField(name)
            held = getattr(holder, name) if is_set else None
        elif field is not None and is_map(field):
            wanted = _map_key(field, key)
            if wanted not in held:  # Asking for it would put it in.
                raise LookupError(path)
            held = held[wanted]
        else:
            held = held[int(key) - 1]
        if held is None:
            break
    if field is None:
        raise LookupError(path)
    return field, holder, held


def path_by_number(path: str, row: Descriptor, other: Descriptor) -> str:
    """A path with indexes as it is called in `other`, which has the fields of `row` under their numbers."""
    messages: tuple[Descriptor, Descriptor] | None = (row, other)

    def renamed(match: re.Match[str]) -> str:
        nonlocal messages
        field = messages[0].fields_by_name.get(match[2]) if messages is not None and match[2] is not None else None
        twin = messages[1].fields_by_number.get(field.number) if messages is not None and field is not None else None
        if field is None or twin is None:
            return match[0]
        inner, twin_inner = element_field(field).message_type, element_field(twin).message_type
        messages = (inner, twin_inner) if inner is not None and twin_inner is not None else None
        return str(twin.name)

    return _STEP.sub(renamed, path)


def _map_key(field: FieldDescriptor, text: str) -> Any:
    kind = key_field(field)
    if kind.type == FieldDescriptor.TYPE_STRING:
        return json.loads(text) if text.startswith('"') else text
    return text == "true" if kind.type == FieldDescriptor.TYPE_BOOL else int(text)
