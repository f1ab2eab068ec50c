"""The part of a schema that one table depends on, as bytes: the same as long as nothing in it changes."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

from gdata.schema.plan import TablePlan


def schema_part(tables: Iterable[TablePlan], files: Iterable[FileDescriptorProto]) -> bytes:
    """All that `tables` reach: messages, enums, their options, and the languages of their files.

    `files` are the project's. Their extensions are part of it, for rules of protovalidate may be defined as such.
    """
    reached: dict[str, Descriptor | EnumDescriptor] = {}
    for table in tables:
        _reach(table.descriptor, reached)
    parts = []
    for name in sorted(reached):
        parts.append(name.encode() + _proto(reached[name]).SerializeToString(deterministic=True))
    used = {type_.file.name for type_ in reached.values()}
    for file in files:
        if file.name in used:
            parts.append(f"{file.name} {file.syntax} {file.edition}".encode() + file.options.SerializeToString())
        parts += [extension.SerializeToString(deterministic=True) for extension in _extensions(file)]
    return b"\0".join(parts)


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
