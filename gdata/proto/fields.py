"""Pools of descriptors, and what their fields are. Of a map, protobuf has a hidden message with a key and a value."""

from __future__ import annotations

from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool


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
