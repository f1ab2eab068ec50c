"""A bundle's schema as descriptors: a table's message, its rows, and what differs between two schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, EnumDescriptor, EnumValueDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError, Message

from gdata.bundles.manifest import TableEntry
from gdata.bundles.reader import Bundle
from gdata.diffs.model import SchemaChange
from gdata.errors import DamagedError
from gdata.language import Sentence, say, sentence
from gdata.proto.fields import element_field, is_map, is_map_entry


@dataclass(frozen=True)
class TableShape:
    """A table's message, the field that holds its rows (None of a record), and the message of a row."""

    table: Descriptor
    rows: FieldDescriptor | None
    row: Descriptor
    is_map: bool = False


class BundleSchema:
    """The descriptors of one bundle, in a pool of their own."""

    def __init__(self, content: bytes, place: str) -> None:
        self.content = content
        self._pool = descriptor_pool.DescriptorPool()
        try:
            self.files = FileDescriptorSet.FromString(content)
            for file in self.files.file:
                self._pool.Add(file)
            self.messages = {one.full_name: one for file in self.files.file for one in self._messages(file)}
            self.enums = [one for file in self.files.file for one in self._enums(file)]
        except (DecodeError, TypeError, KeyError) as error:
            raise DamagedError(
                sentence("{place}: its schema can't be read ({error})", place=place, error=error),
                hint=sentence("build it again"),
            ) from error

    def table(self, name: str, entry: TableEntry, place: str) -> TableShape:
        """The shape of the table `name` of the bundle at `place` (bundles with equal schemas share one).

        Raises:
            DamagedError: the schema has no such message, or it holds no rows.
        """
        message = self.messages.get(entry.message)
        if message is None:
            raise _misfit(name, entry, place)
        if entry.kind == "record":
            return TableShape(message, None, message)
        for one in message.fields:
            row = one.message_type
            if row is not None and one.is_repeated:
                is_map = is_map_entry(row)
                if is_map != (entry.kind == "map"):
                    continue
                value = row.fields_by_name["value"].message_type if is_map else row
                if value is not None:
                    return TableShape(message, one, value, is_map)
        raise _misfit(name, entry, place)

    def _messages(self, file: FileDescriptorProto) -> Iterator[Descriptor]:
        for message in self._pool.FindFileByName(file.name).message_types_by_name.values():
            yield from _with_nested(message)

    def _enums(self, file: FileDescriptorProto) -> Iterator[EnumDescriptor]:
        yield from self._pool.FindFileByName(file.name).enum_types_by_name.values()
        for message in self._messages(file):
            yield from message.enum_types


def _misfit(name: str, entry: TableEntry, place: str) -> DamagedError:
    return DamagedError(
        sentence(
            "{place}: the table {name} is of kind {kind}, but its message {message} in the schema isn't",
            place=place,
            name=name,
            kind=entry.kind,
            message=entry.message,
        ),
        hint=sentence("build the bundle again"),
    )


def open_schema(bundle: Bundle) -> BundleSchema:
    """The bundle's schema, verified."""
    return BundleSchema(bundle.schema(), bundle.place)


def _with_nested(message: Descriptor) -> Iterator[Descriptor]:
    yield message
    for nested in message.nested_types:
        yield from _with_nested(nested)


def class_of(message: Descriptor) -> Any:
    """The class of the messages of `message`."""
    return message_factory.GetMessageClass(message)


def descriptor_of(message: Message) -> Descriptor:
    """What kind of message it is."""
    described: Any = message.DESCRIPTOR
    found: Descriptor = described
    return found


def means_the_same(old: Descriptor, new: Descriptor) -> bool:
    """Whether equal bytes are equal rows: every field that both messages have is of the same type in both.

    A field that only one of them has doesn't count; nor do names, nor whether unset and zero are told apart.
    """
    seen: set[tuple[str, str]] = set()

    def same(one: Descriptor | None, other: Descriptor | None) -> bool:
        if one is None or other is None:
            return one is other
        if (one.full_name, other.full_name) in seen:
            return True
        seen.add((one.full_name, other.full_name))
        twins = ((field, other.fields_by_number.get(field.number)) for field in one.fields)
        return all(twin is None or _same_field(field, twin) for field, twin in twins)

    def _same_field(one: FieldDescriptor, other: FieldDescriptor) -> bool:
        alike = (one.type, one.is_repeated) == (other.type, other.is_repeated)
        return alike and same(one.message_type, other.message_type)

    return same(old, new)


Pairs = Callable[[Descriptor, Descriptor], Iterable[tuple[FieldDescriptor, FieldDescriptor | None]]]
"""How the fields of one message are those of another: each with its twin; None: it has none."""


def pairs_by_number(message: Descriptor, other: Descriptor) -> Iterator[tuple[FieldDescriptor, FieldDescriptor | None]]:
    """Each field with the one of its number."""
    yield from ((one, other.fields_by_number.get(one.number)) for one in message.fields)


def fields_missing(
    message: Descriptor, other: Descriptor, pairs: Pairs, inside: tuple[str, ...] = ()
) -> Iterator[tuple[FieldDescriptor, ...]]:
    """The way to each field, however deep, that `other` lacks; a message inside itself isn't entered again."""
    for one, twin in pairs(message, other):
        if twin is None:
            yield (one,)
        elif one.message_type is not None and twin.message_type is not None and is_map(one) == is_map(twin):
            inner, theirs = element_field(one).message_type, element_field(twin).message_type
            if inner is not None and theirs is not None and inner.full_name not in inside:
                deeper = fields_missing(inner, theirs, pairs, (*inside, inner.full_name))
                yield from ((one, *steps) for steps in deeper)


def is_alike(old: Descriptor, new: Descriptor) -> bool:
    """Whether the two messages are the same in everything that a diff shows: one class can read both sides."""
    return bool(_signature(old, set()) == _signature(new, set()))


def _signature(message: Descriptor, seen: set[str]) -> Any:
    if message.full_name in seen:
        return message.full_name
    seen.add(message.full_name)
    return message.full_name, [
        (
            (field.number, field.name, field.type, field.is_repeated, field.has_presence),
            field.message_type and _signature(field.message_type, seen),
            field.enum_type and _enum_signature(field.enum_type),
        )
        for field in message.fields
    ]


def _enum_signature(enum: EnumDescriptor) -> Any:
    return enum.full_name, [(value.number, value.name) for value in enum.values]


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
