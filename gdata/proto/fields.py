"""Pools of descriptors, and what their fields are and hold.

Of a map, protobuf has a hidden message with a key and a value; numbers of 32 bits Python has only as 64.
"""

from __future__ import annotations

import struct
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
