"""A bundle's schema as .proto text that every client takes: no options, no imports of ours, proto3 where it can be.

Godot's godobuf, protobuf-c, Cocos with protobufjs and older prost read no custom options and no editions. Readers lose
nothing: what is left out isn't on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from gdata.errors import UsageError
from gdata.language import Sentence, sentence
from gdata.proto.descriptors import is_map, is_map_entry, key_field, pool_of

_SCALARS: Mapping[int, str] = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in vars(FieldDescriptor).items()
    if name.startswith("TYPE_") and name not in ("TYPE_MESSAGE", "TYPE_GROUP", "TYPE_ENUM")
}


HEADER = "// Written by `gdata fetch --protos`: do not edit.\n"


def refuse_to_replace(folder: Path, names: Iterable[str]) -> None:
    """Raise UsageError where one of the files is there already and isn't such a text: somebody's own schema."""
    for name in names:
        path = folder / name
        if path.exists() and not path.read_bytes().startswith(HEADER.encode()):
            raise UsageError(
                sentence("{path} is a .proto file of your own", path=path),
                hint=sentence("name another folder with --protos"),
            )


@dataclass(frozen=True)
class ProtoFiles:
    """The texts by the files' names, and what couldn't be said in proto3."""

    texts: Mapping[str, str]
    notes: tuple[Sentence, ...]


def proto_texts(schema: bytes) -> ProtoFiles:
    """The files of a bundle's schema, each as proto3 where that means the same, else as proto2."""
    files = FileDescriptorSet.FromString(schema)
    pool = pool_of(files)
    older: dict[str, Sentence] = {}
    for file in files.file:
        described = pool.FindFileByName(file.name)
        reason = _why_not_proto3(described) or next(
            (
                sentence("it uses {file}", file=name)
                for name in file.dependency
                if name in older and _uses_enum(described, name)
            ),
            None,
        )
        if reason is not None:
            older[file.name] = reason
    texts = {file.name: "".join(_file(pool.FindFileByName(file.name), file.name in older)) for file in files.file}
    notes = (sentence("{file} is proto2: {reason}", file=name, reason=reason) for name, reason in older.items())
    return ProtoFiles(texts, tuple(notes))


def _why_not_proto3(file: Any) -> Sentence | None:
    for enum in _enums(file):
        if enum.values[0].number != 0:
            return sentence("the first value of {enum} isn't 0", enum=enum.full_name)
    for message in _messages(file.message_types_by_name.values()):
        for field in message.fields:
            if field.is_required:
                return sentence("{field} is required", field=field.full_name)
            if field.type == FieldDescriptor.TYPE_GROUP:
                return sentence("{field} is a group", field=field.full_name)
            if field.has_default_value:
                return sentence("{field} has a default", field=field.full_name)
    return None


def _uses_enum(file: Any, other: str) -> bool:
    """Whether a message has a field of an enum in another file: a proto3 message takes no enum of proto2."""
    fields = (field for message in _messages(file.message_types_by_name.values()) for field in message.fields)
    return any(field.enum_type is not None and field.enum_type.file.name == other for field in fields)


def _messages(messages: Any) -> Iterator[Any]:
    for message in messages:
        yield message
        yield from _messages(message.nested_types)


def _enums(file: Any) -> Iterator[Any]:
    yield from file.enum_types_by_name.values()
    for message in _messages(file.message_types_by_name.values()):
        yield from message.enum_types


def _file(file: Any, is_older: bool) -> Iterator[str]:
    yield HEADER
    yield f'syntax = "{"proto2" if is_older else "proto3"}";\n'
    if file.package:
        yield f"\npackage {file.package};\n"
    if file.dependencies:
        yield "\n" + "".join(f'import "{one.name}";\n' for one in file.dependencies)
    for enum in file.enum_types_by_name.values():
        yield "\n" + "".join(_enum(enum, ""))
    for message in file.message_types_by_name.values():
        yield "\n" + "".join(_message(message, "", is_older))


def _enum(enum: Any, indent: str) -> Iterator[str]:
    yield f"{indent}enum {enum.name} {{\n"
    numbers = [value.number for value in enum.values]
    if len(set(numbers)) < len(numbers):
        yield f"{indent}  option allow_alias = true;\n"
    for value in enum.values:
        yield f"{indent}  {value.name} = {value.number};\n"
    yield f"{indent}}}\n"


def _message(message: Any, indent: str, is_older: bool) -> Iterator[str]:
    yield f"{indent}message {message.name} {{\n"
    inner = f"{indent}  "
    for enum in message.enum_types:
        yield from _enum(enum, inner)
    for nested in message.nested_types:
        if not is_map_entry(nested) and not _is_group(message, nested):
            yield from _message(nested, inner, is_older)
    done: set[str] = set()
    for field in message.fields:
        oneof = field.containing_oneof
        if oneof is None or _is_optional(field):
            yield from _field(field, inner, is_older)
        elif oneof.name not in done:
            done.add(oneof.name)
            yield f"{inner}oneof {oneof.name} {{\n"
            for member in oneof.fields:
                yield f"{inner}  {_type(member)} {member.name} = {member.number};\n"
            yield f"{inner}}}\n"
    yield f"{indent}}}\n"


def _field(field: Any, indent: str, is_older: bool) -> Iterator[str]:
    label = _label(field, is_older)
    if field.type == FieldDescriptor.TYPE_GROUP:
        yield from _group(field, indent, label)
        return
    default = f" [default = {_default(field)}]" if field.has_default_value else ""
    yield f"{indent}{label}{_type(field)} {field.name} = {field.number}{default};\n"


def _group(field: Any, indent: str, label: str) -> Iterator[str]:
    yield f"{indent}{label}group {field.message_type.name} = {field.number} {{\n"
    for inner in field.message_type.fields:
        yield from _field(inner, f"{indent}  ", True)
    yield f"{indent}}}\n"


def _label(field: Any, is_older: bool) -> str:
    if is_map(field):
        return ""
    if field.is_repeated:
        return "repeated "
    if field.is_required:
        return "required "
    if is_older:
        return "optional "
    return "optional " if field.has_presence and field.message_type is None else ""


def _type(field: Any) -> str:
    if is_map(field):
        value = field.message_type.fields_by_name["value"]
        return f"map<{_type(key_field(field))}, {_type(value)}>"
    named = field.message_type or field.enum_type
    return str(named.full_name) if named is not None else _SCALARS[field.type]


def _default(field: Any) -> str:
    value = field.default_value
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, bytes)):
        content = value.encode() if isinstance(value, str) else value
        return (
            '"'
            + "".join(chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\{one:03o}" for one in content)
            + '"'
        )
    return str(value)


def _is_optional(field: Any) -> bool:
    oneof = field.containing_oneof
    return len(oneof.fields) == 1 and str(oneof.name).startswith("_")


def _is_group(message: Any, nested: Any) -> bool:
    return any(field.type == FieldDescriptor.TYPE_GROUP and field.message_type is nested for field in message.fields)
