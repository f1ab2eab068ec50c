"""The words of a project, read out of its .proto files' options: headers of columns, labels of enum values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import EnumValueOptions, FieldOptions

from gdata import options_pb2
from gdata.diffs.presentation import Presentation
from gdata.diffs.schemas import Schema

_OPTIONS: Any = options_pb2


def read_words(sources: bytes, timezone: str) -> Presentation:
    """The words that a project's full descriptors (a FileDescriptorSet with gdata's options) give."""
    headers: dict[tuple[str, str], str] = {}
    labels: dict[tuple[str, str], Mapping[str, str]] = {}
    for message in Schema(sources, "the full descriptors").messages.values():
        rows = [one for one in message.fields if one.is_repeated and one.message_type is not None]
        # A message with one list of messages is a table of rows, or a record that has such a list.
        for holder in (message, *(_value_of(one).message_type for one in rows if len(rows) == 1)):
            for path, one in _fields(holder, "", ()):
                columns = _field_options(one).column
                if columns:
                    headers.setdefault((message.name, path), columns[0])
                if _value_of(one).enum_type is not None:
                    labels.setdefault((message.name, path), _labels(_value_of(one).enum_type))
    return Presentation(headers, labels, timezone)


def _fields(message: Descriptor | None, prefix: str, inside: tuple[str, ...]) -> Iterator[tuple[str, FieldDescriptor]]:
    """The fields of a message and of those in it, by path without indexes; none inside itself."""
    for one in message.fields if message is not None else ():
        path, inner = f"{prefix}{one.name}", _value_of(one).message_type
        yield path, one
        if inner is not None and inner.full_name not in inside and not inner.full_name.startswith("google.protobuf."):
            yield from _fields(inner, f"{path}.", (*inside, inner.full_name))


def _value_of(one: FieldDescriptor) -> FieldDescriptor:
    """The field itself; of a map, that of its values."""
    is_map = one.message_type is not None and one.message_type.GetOptions().map_entry
    return one.message_type.fields_by_name["value"] if is_map and one.message_type is not None else one


def _field_options(one: FieldDescriptor) -> Any:
    # The descriptors have a pool of their own; options are read by the classes that know gdata's extensions.
    options = FieldOptions.FromString(one.GetOptions().SerializeToString())
    return options.Extensions[_OPTIONS.field]


def _labels(enum: EnumDescriptor | None) -> dict[str, str]:
    found = {}
    for value in enum.values if enum is not None else ():
        options = EnumValueOptions.FromString(value.GetOptions().SerializeToString())
        labels = options.Extensions[_OPTIONS.value].label
        if labels:
            found[value.name] = labels[0]
    return found
