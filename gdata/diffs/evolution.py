"""What was added, removed, renamed or retyped between two schemas, beside what buf calls breaking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gdata.diffs.model import SchemaChange
from gdata.diffs.schemas import Schema

_BUFS_FIELD = re.compile(r'"(-?\d+)".* on (?:message|enum) "([^"]+)"')
_BUFS_TYPE = re.compile(r'(?:message|enum) "([^"]+)" was deleted')
_TYPE_NAMES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}


def schema_changes(old: Schema, new: Schema, breaking: Iterable[SchemaChange]) -> tuple[SchemaChange, ...]:
    """All changes of the schema: the breaking ones, then those that break nothing."""
    breaking = tuple(breaking)
    told = {found.group(2, 1) for one in breaking for found in _BUFS_FIELD.finditer(one.message)}
    gone = {found.group(1) for one in breaking for found in _BUFS_TYPE.finditer(one.message)}
    other = [
        change
        for holder, number, change in _changes(old, new)
        if (holder, number) not in told and (number or holder not in gone)
    ]
    return (*breaking, *sorted(other, key=lambda one: (one.file, one.message)))


_Change = tuple[str, str, SchemaChange]
"""The message or enum, as buf names it; the field's or value's number, or ""; the change."""


def _changes(old: Schema, new: Schema) -> Iterator[_Change]:
    yield from _types_changed("message", old.messages, new.messages)
    for name in old.messages.keys() & new.messages.keys():
        yield from _field_changes(old.messages[name], new.messages[name])
    old_enums, new_enums = dict(_enums(old)), dict(_enums(new))
    yield from _types_changed("enum", old_enums, new_enums)
    for name in old_enums.keys() & new_enums.keys():
        yield from _value_changes(old_enums[name], new_enums[name])


def _types_changed(
    what: str,
    old: dict[str, Descriptor] | dict[str, EnumDescriptor],
    new: dict[str, Descriptor] | dict[str, EnumDescriptor],
) -> Iterator[_Change]:
    for name in new.keys() - old.keys():
        if not _is_map_entry(new[name]):
            yield _change(new[name], "", f"{what.upper()}_ADDED", f"{what} {name} is new")
    for name in old.keys() - new.keys():
        if not _is_map_entry(old[name]):
            yield _change(old[name], "", f"{what.upper()}_REMOVED", f"{what} {name} was removed")


def _field_changes(old: Descriptor, new: Descriptor) -> Iterator[_Change]:
    place = f"message {new.full_name}"
    before, after = old.fields_by_number, new.fields_by_number
    for number in sorted({*before, *after}):
        was, now = before.get(number), after.get(number)
        if was is None and now is not None:
            yield _change(new, number, "FIELD_ADDED", f"{place}: new field {now.name} = {number}")
        elif now is None and was is not None:
            yield _change(new, number, "FIELD_REMOVED", f"{place}: field {was.name} = {number} was removed")
        elif was is not None and now is not None:
            if was.name != now.name:
                words = f"{place}: field {number} was renamed from {was.name} to {now.name}"
                yield _change(new, number, "FIELD_RENAMED", words)
            if _type_name(was) != _type_name(now):
                words = f"{place}: field {now.name} = {number} was {_type_name(was)}, is {_type_name(now)}"
                yield _change(new, number, "FIELD_TYPE_CHANGED", words)


def _value_changes(old: EnumDescriptor, new: EnumDescriptor) -> Iterator[_Change]:
    place = f"enum {new.full_name}"
    before, after = old.values_by_number, new.values_by_number
    for number in sorted({*before, *after}):
        was, now = before.get(number), after.get(number)
        if was is None and now is not None:
            yield _change(new, number, "ENUM_VALUE_ADDED", f"{place}: new value {now.name} = {number}")
        elif now is None and was is not None:
            yield _change(new, number, "ENUM_VALUE_REMOVED", f"{place}: value {was.name} = {number} was removed")
        elif was is not None and now is not None and was.name != now.name:
            words = f"{place}: value {number} was renamed from {was.name} to {now.name}"
            yield _change(new, number, "ENUM_VALUE_RENAMED", words)


def _change(holder: Descriptor | EnumDescriptor, number: int | str, rule: str, message: str) -> _Change:
    file = holder.file
    name = holder.full_name.removeprefix(f"{file.package}.") if file.package else holder.full_name
    return name, str(number), SchemaChange(False, rule, message, file.name)


def _enums(schema: Schema) -> Iterator[tuple[str, EnumDescriptor]]:
    for enum in schema.enums:
        yield enum.full_name, enum


def _is_map_entry(one: Descriptor | EnumDescriptor) -> bool:
    return isinstance(one, Descriptor) and bool(one.GetOptions().map_entry)


def _type_name(one: FieldDescriptor) -> str:
    message = one.message_type
    if message is not None and message.GetOptions().map_entry:
        return f"map<{_type_name(message.fields_by_name['key'])}, {_type_name(message.fields_by_name['value'])}>"
    named = message or one.enum_type
    name = _TYPE_NAMES[one.type] if named is None else named.full_name
    if one.is_repeated:
        return f"repeated {name}"
    return f"optional {name}" if one.has_presence and message is None and one.containing_oneof is None else name
