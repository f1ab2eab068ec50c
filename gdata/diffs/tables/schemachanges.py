"""What differs between two schemas, in words: what buf says breaks, and all that breaks nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor, EnumValueDescriptor, FieldDescriptor

from gdata.diffs.model import SchemaChange
from gdata.diffs.tables.schemas import BundleSchema
from gdata.language import Sentence, say, sentence
from gdata.proto.descriptors import is_map_entry

_BUFS_FIELD = re.compile(r'"(-?\d+)".* on (?:message|enum) "([^"]+)"')
_BUFS_TYPE = re.compile(r'(?:message|enum) "([^"]+)" was deleted')
_OPTIONAL = "optional "
_TYPE_NAMES = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}


def schema_changes(old: BundleSchema, new: BundleSchema, breaking: Iterable[SchemaChange]) -> tuple[SchemaChange, ...]:
    """All changes of the schema: the breaking ones, then those that break nothing."""
    breaking = tuple(breaking)
    told = {found.group(2, 1) for one in breaking for found in _BUFS_FIELD.finditer(one.message)}
    told |= {_place(field) for field in _map_fields(old) if _place(field.message_type.fields_by_name["value"]) in told}
    gone = {found.group(1) for one in breaking for found in _BUFS_TYPE.finditer(one.message)}
    other = [
        change
        for holder, number, change in _changes(old, new)
        if (holder, number) not in told and (number or holder not in gone)
    ]
    return (*breaking, *sorted(other, key=lambda one: (one.file, one.message)))


_Change = tuple[str, str, SchemaChange]
"""The message or enum, as buf names it; the field's or value's number, or ""; the change."""


def _changes(old: BundleSchema, new: BundleSchema) -> Iterator[_Change]:
    yield from _types_changed("message", old.messages, new.messages)
    for name in old.messages.keys() & new.messages.keys():
        if not _is_map_entry(old.messages[name]):  # told as the map's own type
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
            yield _change(new[name], "", f"{what.upper()}_ADDED", say("{kind} {name} is new", kind=what, name=name))
    for name in old.keys() - new.keys():
        if not _is_map_entry(old[name]):
            yield _change(
                old[name], "", f"{what.upper()}_REMOVED", say("{kind} {name} was removed", kind=what, name=name)
            )


@dataclass(frozen=True)
class _Words:
    """How a change of what a message or an enum numbers is told."""

    holder: str
    rule: str
    moved: Sentence
    added: Sentence
    removed: Sentence
    renamed: Sentence


_FIELDS = _Words(
    "message",
    "FIELD",
    moved=sentence("{place}: field {name} was {old}, is {new}"),
    added=sentence("{place}: new field {name} = {number}"),
    removed=sentence("{place}: field {name} = {number} was removed"),
    renamed=sentence("{place}: field {number} was renamed from {old} to {new}"),
)
_VALUES = _Words(
    "enum",
    "ENUM_VALUE",
    moved=sentence("{place}: value {name} was {old}, is {new}"),
    added=sentence("{place}: new value {name} = {number}"),
    removed=sentence("{place}: value {name} = {number} was removed"),
    renamed=sentence("{place}: value {number} was renamed from {old} to {new}"),
)


def _field_changes(old: Descriptor, new: Descriptor) -> Iterator[_Change]:
    yield from _moves(_FIELDS, new, old.fields, new.fields)
    for number, was, now in _twins(old.fields, new.fields):
        yield from _name_changes(_FIELDS, new, number, was, now)
        if was is not None and now is not None and _type_name(was) != _type_name(now):
            words = _type_changed(f"{_FIELDS.holder} {new.full_name}", was, now)
            yield _change(new, number, "FIELD_TYPE_CHANGED", words)


def _type_changed(place: str, was: FieldDescriptor, now: FieldDescriptor) -> str:
    old, new = _type_name(was), _type_name(now)
    words = say(
        "{place}: field {name} = {number} was {old}, is {new}",
        place=place,
        name=now.name,
        number=now.number,
        old=old,
        new=new,
    )
    if old.removeprefix(_OPTIONAL) != new.removeprefix(_OPTIONAL):
        return words
    return say("{change}: its bytes change where it is zero or blank, what is read doesn't", change=words)


def _value_changes(old: EnumDescriptor, new: EnumDescriptor) -> Iterator[_Change]:
    yield from _moves(_VALUES, new, old.values, new.values)
    for number, was, now in _twins(old.values, new.values):
        yield from _name_changes(_VALUES, new, number, was, now)


_Numbered = TypeVar("_Numbered", bound=FieldDescriptor | EnumValueDescriptor)


def _moves(
    words: _Words, holder: Descriptor | EnumDescriptor, old: Sequence[_Numbered], new: Sequence[_Numbered]
) -> Iterator[_Change]:
    place = f"{words.holder} {holder.full_name}"
    for one, moved in _moved(old, new):
        told = words.moved.with_words(place=place, name=one.name, old=one.number, new=moved.number)
        yield _change(holder, one.number, f"{words.rule}_RENUMBERED", str(told))


def _name_changes(
    words: _Words,
    holder: Descriptor | EnumDescriptor,
    number: int,
    was: _Numbered | None,
    now: _Numbered | None,
) -> Iterator[_Change]:
    place = f"{words.holder} {holder.full_name}"
    if was is None and now is not None:
        told = words.added.with_words(place=place, name=now.name, number=number)
        yield _change(holder, number, f"{words.rule}_ADDED", str(told))
    elif now is None and was is not None:
        told = words.removed.with_words(place=place, name=was.name, number=number)
        yield _change(holder, number, f"{words.rule}_REMOVED", str(told))
    elif was is not None and now is not None and was.name != now.name:
        told = words.renamed.with_words(place=place, number=number, old=was.name, new=now.name)
        yield _change(holder, number, f"{words.rule}_RENAMED", str(told))


def _moved(old: Sequence[_Numbered], new: Sequence[_Numbered]) -> Iterator[tuple[_Numbered, _Numbered]]:
    """What kept its name and got another number."""
    known = {one.name: one for one in new}
    yield from ((one, known[one.name]) for one in old if known.get(one.name, one).number != one.number)


def _twins(
    old: Sequence[_Numbered], new: Sequence[_Numbered]
) -> Iterator[tuple[int, _Numbered | None, _Numbered | None]]:
    """By number, what is there before and now, without what moved."""
    moved = {one.name for one, _ in _moved(old, new)}
    before, after = ({one.number: one for one in reversed(side) if one.name not in moved} for side in (old, new))
    yield from ((number, before.get(number), after.get(number)) for number in sorted({*before, *after}))


def _change(holder: Descriptor | EnumDescriptor, number: int | str, rule: str, message: str) -> _Change:
    return _bufs_name(holder), str(number), SchemaChange(False, rule, message, holder.file.name)


def _bufs_name(one: Descriptor | EnumDescriptor) -> str:
    return one.full_name.removeprefix(f"{one.file.package}.") if one.file.package else one.full_name


def _map_fields(schema: BundleSchema) -> Iterator[Any]:
    for message in schema.messages.values():
        yield from (one for one in message.fields if is_map_entry(one.message_type))


def _place(field: FieldDescriptor) -> tuple[str, str]:
    assert field.containing_type is not None  # only extensions have none
    return _bufs_name(field.containing_type), str(field.number)


def _enums(schema: BundleSchema) -> Iterator[tuple[str, EnumDescriptor]]:
    for enum in schema.enums:
        yield enum.full_name, enum


def _is_map_entry(one: Descriptor | EnumDescriptor) -> bool:
    return isinstance(one, Descriptor) and is_map_entry(one)


def _type_name(one: FieldDescriptor) -> str:
    message = one.message_type
    if message is not None and is_map_entry(message):
        return f"map<{_type_name(message.fields_by_name['key'])}, {_type_name(message.fields_by_name['value'])}>"
    named = message or one.enum_type
    name = _TYPE_NAMES[one.type] if named is None else named.full_name
    if one.is_repeated:
        return f"repeated {name}"
    return f"{_OPTIONAL}{name}" if message is None and _is_optional(one) else name


def _is_optional(one: FieldDescriptor) -> bool:
    """Whether the field itself knows presence: `optional` in proto3 is a oneof of its own, made by protoc."""
    oneof = one.containing_oneof
    made = oneof is not None and oneof.name == f"_{one.name}" and len(oneof.fields) == 1
    return one.has_presence and (oneof is None or made)
