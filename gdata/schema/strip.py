"""The schema that a bundle carries: what its tables reach, and nothing its target may not see.

Code for servers and clients is generated from it, so it keeps the language options and json names; no source
info, comments or custom options are in it. What one table depends on is cut out the same way, as bytes that stay the
same as long as nothing in them changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import Message

from gdata.proto.descriptors import is_map_entry
from gdata.schema.plan import TablePlan
from gdata.schema.schema import Schema
from gdata.versions import Version


def runtime_schema(schema: Schema, visible: Visibility) -> bytes:
    """The serialized FileDescriptorSet of what is visible to a target. Files stand dependencies first, ties by name."""
    files = {file.name: visible.strip_file(file) for file in schema.files.file if visible.reaches_file(file)}
    result = FileDescriptorSet(file=[files[name] for name in _dependencies_first(files)])
    return result.SerializeToString(deterministic=True)


class Visibility:
    """Which messages, enums and fields one target's tables reach."""

    def __init__(
        self, schema: Schema, tables: Iterable[TablePlan], groups: tuple[str, ...], version: Version | None = None
    ) -> None:
        """Without `groups` a target sees every field that there is in its version."""
        self._schema = schema
        self._groups = groups
        self._version = version
        self._hidden: set[str] = set()
        self._types: set[str] = set()
        self._enums: dict[str, EnumDescriptor] = {}
        self._file_of: dict[str, str] = {}
        for table in tables:
            self._reach(table.descriptor, rows_field=table.rows_field)

    @property
    def hides_anything(self) -> bool:
        """Whether there is a field in the tables that the target may not see."""
        return bool(self._hidden)

    def has_value(self, enum: EnumDescriptor, name: str) -> bool:
        """Whether a value of an enum is there in the target's version; a text that is no value's name is no matter."""
        value = enum.values_by_name.get(name)
        return value is None or self._schema.has_value(value, self._version)

    def hides(self, field: FieldDescriptor) -> bool:
        """Whether the target may not see `field`."""
        return field.full_name in self._hidden

    def reaches_file(self, file: FileDescriptorProto) -> bool:
        """Whether anything that the target sees is declared in `file`."""
        return file.name in self._file_of.values()

    def _reach(self, message: Descriptor, *, rows_field: str = "") -> None:
        if message.full_name in self._types:
            return
        self._add(message)
        is_entry = is_map_entry(message)
        shipped = message.file.package == "google.protobuf"
        for field in message.fields:
            if not (is_entry or shipped or field.name == rows_field or self._sees(field)):
                self._hidden.add(field.full_name)
                continue
            if field.message_type is not None:
                self._reach(field.message_type)
            if field.enum_type is not None:
                self._add(field.enum_type)
                self._enums[field.enum_type.full_name] = field.enum_type

    def _add(self, type_: Descriptor | EnumDescriptor) -> None:
        self._types.add(type_.full_name)
        self._file_of[type_.full_name] = type_.file.name

    def _sees(self, field: FieldDescriptor) -> bool:
        if self._groups and set(self._groups).isdisjoint(self._schema.groups_of(field)):
            return False
        return self._schema.has_field(field, self._version)

    def strip_file(self, file: FileDescriptorProto) -> FileDescriptorProto:
        """`file` with what is reached in it."""
        prefix = f"{file.package}." if file.package else ""
        stripped = FileDescriptorProto(name=file.name)
        if file.syntax:  # proto2 has none.
            stripped.syntax = file.syntax
        if file.package:
            stripped.package = file.package
        if file.HasField("edition"):
            stripped.edition = file.edition
        stripped.message_type.extend(self._strip_messages(file.message_type, prefix))
        stripped.enum_type.extend(self._strip_enums(file.enum_type, prefix))
        if file.HasField("options"):
            stripped.options.CopyFrom(file.options)
        stripped.dependency.extend(self._imports(file.name, stripped))
        _drop_custom_options(stripped)
        return stripped

    def _strip_messages(self, messages: Iterable[DescriptorProto], prefix: str) -> Iterator[DescriptorProto]:
        for message in messages:
            name = prefix + message.name
            nested = list(self._strip_messages(message.nested_type, f"{name}."))
            enums = list(self._strip_enums(message.enum_type, f"{name}."))
            if name in self._types:
                yield self._strip_message(message, name, nested, enums)
            elif nested or enums:
                # Not seen itself, but the home of a type that is.
                yield DescriptorProto(name=message.name, nested_type=nested, enum_type=enums)

    def _strip_message(
        self, message: DescriptorProto, name: str, nested: list[DescriptorProto], enums: list[EnumDescriptorProto]
    ) -> DescriptorProto:
        fields = [FieldDescriptorProto.FromString(field.SerializeToString()) for field in message.field]
        fields = [field for field in fields if f"{name}.{field.name}" not in self._hidden]
        kept_oneofs = sorted({field.oneof_index for field in fields if field.HasField("oneof_index")})
        for field in fields:
            if field.HasField("oneof_index"):
                field.oneof_index = kept_oneofs.index(field.oneof_index)
        stripped = DescriptorProto(name=message.name, field=fields, nested_type=nested, enum_type=enums)
        stripped.oneof_decl.extend(message.oneof_decl[index] for index in kept_oneofs)
        stripped.reserved_range.extend(message.reserved_range)
        if not self._groups:
            # The name of a field that was is still a name: only a target that sees all may know it.
            stripped.reserved_name.extend(message.reserved_name)
        if message.HasField("options"):
            stripped.options.CopyFrom(message.options)
        return stripped

    def _strip_enums(self, enums: Iterable[EnumDescriptorProto], prefix: str) -> Iterator[EnumDescriptorProto]:
        for enum in enums:
            if prefix + enum.name in self._types:
                copy = EnumDescriptorProto.FromString(enum.SerializeToString())
                self._drop_values(copy, self._enums[prefix + enum.name])
                if self._groups:
                    copy.ClearField("reserved_name")
                yield copy

    def _drop_values(self, copy: EnumDescriptorProto, enum: EnumDescriptor) -> None:
        """Drop what isn't in the version."""
        values = [value for value in copy.value if self.has_value(enum, value.name)]
        if len(values) == len(copy.value):
            return
        copy.ClearField("value")
        copy.value.extend(values)
        if len({value.number for value in values}) == len(values):
            copy.options.ClearField("allow_alias")  # protoc takes it only where there are aliases.

    def _imports(self, name: str, file: FileDescriptorProto) -> list[str]:
        used = {self._file_of[type_] for type_ in _used_types(file.message_type)}
        return sorted(used - {name})


def _used_types(messages: Iterable[DescriptorProto]) -> Iterator[str]:
    for message in messages:
        yield from (field.type_name.removeprefix(".") for field in message.field if field.type_name)
        yield from _used_types(message.nested_type)


def _drop_custom_options(message: Message) -> None:
    """Clear every extension and unknown field below `message`, and options that have nothing left."""
    message.DiscardUnknownFields()
    for field, value in message.ListFields():
        if field.is_extension:
            message.ClearExtension(field)  # type: ignore[arg-type]
        elif field.message_type is not None:
            for one in value if field.is_repeated else (value,):
                _drop_custom_options(one)
            if field.name == "options" and not value.ListFields():
                message.ClearField("options")


def _dependencies_first(files: dict[str, FileDescriptorProto]) -> list[str]:
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for dependency in sorted(files[name].dependency):
            add(dependency)
        ordered.setdefault(name)

    for name in sorted(files):
        add(name)
    return list(ordered)


class SchemaParts:
    """What tables depend on of a schema, as bytes: the same as long as nothing in it changes."""

    def __init__(self, files: Iterable[FileDescriptorProto]) -> None:
        """`files` are the project's. Their extensions are part of all: protovalidate's rules may be such."""
        self._extensions: list[bytes] = []
        self._files: dict[str, bytes] = {}
        for file in files:
            about = f"{file.name} {file.syntax} {file.edition}".encode() + file.options.SerializeToString()
            self._files[file.name] = about
            self._extensions += [one.SerializeToString(deterministic=True) for one in _extensions(file)]

    def of(self, tables: Iterable[TablePlan]) -> bytes:
        """All that `tables` reach: messages, enums, their options, and the languages of their files."""
        reached: dict[str, Descriptor | EnumDescriptor] = {}
        for table in tables:
            _reach(table.descriptor, reached)
        parts = [
            name.encode() + _proto(reached[name]).SerializeToString(deterministic=True) for name in sorted(reached)
        ]
        used = {type_.file.name for type_ in reached.values()} & self._files.keys()
        parts += [self._files[name] for name in sorted(used)]
        return b"\0".join([*parts, *self._extensions])


def _proto(type_: Descriptor | EnumDescriptor) -> Message:
    if isinstance(type_, Descriptor):
        message = DescriptorProto()
        type_.CopyToProto(message)
        return message
    enum = EnumDescriptorProto()
    type_.CopyToProto(enum)
    return enum


def _reach(message: Descriptor, reached: dict[str, Descriptor | EnumDescriptor]) -> None:
    if message.full_name in reached:
        return
    reached[message.full_name] = message
    for field in message.fields:
        if field.message_type is not None:
            _reach(field.message_type, reached)
        if field.enum_type is not None:
            reached[field.enum_type.full_name] = field.enum_type


def _extensions(file: FileDescriptorProto | DescriptorProto) -> list[FieldDescriptorProto]:
    nested = file.message_type if isinstance(file, FileDescriptorProto) else file.nested_type
    return [*file.extension, *(one for message in nested for one in _extensions(message))]
