"""A bundle's schema as descriptors: a table's message, its rows, and whether two of them mean the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError, Message

from gdata.bundles.manifest import TableEntry
from gdata.bundles.reader import Bundle
from gdata.errors import DamagedError
from gdata.language import sentence
from gdata.proto.descriptors import element_field, is_map, is_map_entry


@dataclass(frozen=True)
class TableShape:
    """A table's message, the field that holds its rows (None of a record), and the message of a row."""

    table: Descriptor
    rows: FieldDescriptor | None
    row: Descriptor
    is_map: bool = False

    @property
    def rows_number(self) -> int:
        """The number of the field that holds its rows; 0 of a record."""
        return 0 if self.rows is None else self.rows.number


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
