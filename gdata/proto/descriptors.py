"""Pools of descriptors: what their fields are and hold, what their options say, and where each is declared.

Of a map, protobuf has a hidden message with a key and a value; numbers of 32 bits Python has only as 64. The options of
a private pool's descriptors are messages of the default pool, which doesn't know the extensions; they are parsed again
with the pool's own classes. Where a message, field or enum value is declared, protoc's source info tells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, EnumValueDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass


def is_map_entry(message: Descriptor | None) -> bool:
    """Whether a message is the hidden one of a map."""
    return message is not None and bool(message.GetOptions().map_entry)


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map."""
    return is_map_entry(field.message_type)


def element_field(field: FieldDescriptor) -> FieldDescriptor:
    """The field that describes one element: of a map its value's, else the field itself."""
    entry: Any = field.message_type
    return cast(FieldDescriptor, entry.fields_by_name["value"]) if is_map(field) else field


def key_field(field: FieldDescriptor) -> FieldDescriptor:
    """The field that describes a map's keys."""
    entry: Any = field.message_type
    return cast(FieldDescriptor, entry.fields_by_name["key"])


def row_type(field: FieldDescriptor) -> Descriptor | None:
    """The message of one element, where elements are messages."""
    return element_field(field).message_type


def pool_of(files: FileDescriptorSet) -> DescriptorPool:
    """A pool of their own with these files, so that two schemas with one name don't meet; dependencies come first.

    Raises:
        TypeError: they don't fit together.
    """
    pool = DescriptorPool()
    for file in files.file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def as_float32(value: float) -> float:
    """The nearest value that 32 bits can hold, as a `float` field has it."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return value


def shortest_float32(value: float) -> float:
    """The number with the fewest digits that 32 bits read back as `value`: 0.1, not 0.10000000149."""
    for digits in range(6, 9):
        shortest = float(f"{value:.{digits}g}")
        if as_float32(shortest) == value:
            return shortest
    return float(f"{value:.9g}")


def float32_text(value: float) -> str:
    """The same as text."""
    return repr(shortest_float32(value)).removesuffix(".0")


class ExtensionReader:
    """One extension for each kind of options (`FieldOptions` …) of one pool."""

    def __init__(self, pool: DescriptorPool, extensions: Mapping[str, str]) -> None:
        self._of: dict[str, tuple[Any, Any]] = {}
        self._known: dict[Any, Any] = {}
        try:
            for owner, extension in extensions.items():
                options = GetMessageClass(pool.FindMessageTypeByName(f"google.protobuf.{owner}"))
                self._of[owner] = options, pool.FindExtensionByName(extension)
        except KeyError:
            # No file imports the one that declares them, so none can use them.
            self._of.clear()

    @property
    def is_known(self) -> bool:
        """Whether any file of the pool may use them."""
        return bool(self._of)

    def read(self, owner: str, descriptor: Any) -> Any | None:
        """What a descriptor has in the extension of its kind of options; None where that is nothing."""
        if owner not in self._of or not descriptor.has_options:
            return None
        if descriptor not in self._known:
            options_class, extension = self._of[owner]
            options = options_class.FromString(descriptor.GetOptions().SerializeToString())
            self._known[descriptor] = options.Extensions[extension] if options.HasExtension(extension) else None
        return self._known[descriptor]


class OptionReader:
    """The gdata options of fields, enum values and messages of one pool; None where there are none."""

    def __init__(self, pool: DescriptorPool) -> None:
        extensions = {"FieldOptions": "field", "EnumValueOptions": "value", "MessageOptions": "table"}
        self._reader = ExtensionReader(pool, {owner: f"gdata.{name}" for owner, name in extensions.items()})

    def of_field(self, field: FieldDescriptor) -> Any | None:
        """The gdata.FieldOptions of a field."""
        return self._reader.read("FieldOptions", field)

    def of_enum_value(self, value: EnumValueDescriptor) -> Any | None:
        """The gdata.EnumValueOptions of an enum's value."""
        return self._reader.read("EnumValueOptions", value)

    def of_message(self, message: Descriptor) -> Any | None:
        """The gdata.TableOptions of a message."""
        return self._reader.read("MessageOptions", message)


# Field numbers in descriptor.proto, from which the paths of a SourceCodeInfo.Location are made.
_FILE_MESSAGE, _FILE_ENUM = 4, 5
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM = 2, 3, 4
_ENUM_VALUE = 2

SourcePath = tuple[int, ...]


class SourceLines:
    """`file.proto:12` of every full name declared in the given files."""

    def __init__(self, files: Sequence[FileDescriptorProto]) -> None:
        self._files = files

    def of(self, name: str) -> str:
        """Where `name` (game.Item, game.Item.price) is declared; without source info, the name itself."""
        return self.below(name) or name

    def below(self, name: str, *steps: int) -> str:
        """Where the part of a declaration stands that `steps` lead to, its options for example; "" if nowhere."""
        file, path = self._declared.get(name, (None, ()))
        line = self._lines[file.name].get((*path, *steps)) if file is not None else None
        return f"{file.name}:{line}" if file is not None and line is not None else ""

    def comment(self, name: str) -> str:
        """What the .proto file says of `name` above it or behind it, as one text; "" where it says nothing."""
        file, path = self._declared.get(name, (None, ()))
        if file is None:
            return ""
        comment = self._comments[file.name].get(path, "")
        return "\n".join(line.strip() for line in comment.strip().splitlines())

    @cached_property
    def _comments(self) -> dict[str, dict[SourcePath, str]]:
        return {
            file.name: {
                tuple(one.path): f"{one.leading_comments}\n{one.trailing_comments}"
                for one in file.source_code_info.location
                if one.leading_comments or one.trailing_comments
            }
            for file in self._files
        }

    @cached_property
    def _declared(self) -> dict[str, tuple[FileDescriptorProto, SourcePath]]:
        return {name: (file, path) for file in self._files for name, path in declarations(file)}

    @cached_property
    def _lines(self) -> dict[str, dict[SourcePath, int]]:
        return {
            file.name: {tuple(one.path): one.span[0] + 1 for one in file.source_code_info.location}
            for file in self._files
        }


def declarations(file: FileDescriptorProto) -> Iterator[tuple[str, SourcePath]]:
    """The full name of each message, field, enum and enum value of a file, with its path in the source info."""
    package = f"{file.package}." if file.package else ""
    return _declarations(package, file.message_type, file.enum_type, (_FILE_MESSAGE,), (_FILE_ENUM,))


def _declarations(
    prefix: str,
    messages: Iterable[DescriptorProto],
    enums: Iterable[EnumDescriptorProto],
    message_path: SourcePath,
    enum_path: SourcePath,
) -> Iterator[tuple[str, SourcePath]]:
    for index, message in enumerate(messages):
        name, path = prefix + message.name, (*message_path, index)
        yield name, path
        for number, field in enumerate(message.field):
            yield f"{name}.{field.name}", (*path, _MESSAGE_FIELD, number)
        yield from _declarations(
            f"{name}.", message.nested_type, message.enum_type, (*path, _MESSAGE_NESTED), (*path, _MESSAGE_ENUM)
        )
    for index, enum in enumerate(enums):
        name, path = prefix + enum.name, (*enum_path, index)
        yield name, path
        for number, value in enumerate(enum.value):
            yield f"{name}.{value.name}", (*path, _ENUM_VALUE, number)
