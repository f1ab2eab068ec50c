"""A message as text, the same for the same message: in protobuf's JSON mapping, or its text format, maps by key."""

from __future__ import annotations

import json
from typing import Any

from google.protobuf.descriptor import Descriptor

from gdata.proto.descriptors import is_map_entry

JSON_OF_ITS_OWN = frozenset(["google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"])


def as_text(message: Any, format: str) -> bytes:
    """A table's message in `format`, json or txtpb; the same bytes for the same table."""
    if format == "txtpb":
        from google.protobuf import text_format

        return text_format.MessageToString(message, as_utf8=True).encode()
    return json.dumps(as_dict(message), ensure_ascii=False, indent=2).encode() + b"\n"


def as_dict(message: Any, *, proto_names: bool = False, zeros: bool = False) -> dict[str, Any]:
    """A message in protobuf's JSON mapping, always in the same order; `zeros`: with the fields that can't be unset."""
    from google.protobuf import json_format

    content = json_format.MessageToDict(
        message, preserving_proto_field_name=proto_names, always_print_fields_with_no_presence=zeros
    )
    sorted_content: dict[str, Any] = _with_sorted_maps(content, message.DESCRIPTOR)
    return sorted_content


def _with_sorted_maps(value: Any, descriptor: Descriptor) -> Any:
    """protobuf gives a map's entries in an order that differs from machine to machine."""
    if descriptor.full_name in JSON_OF_ITS_OWN:
        return _sorted_json(value)
    if not isinstance(value, dict):
        return value  # A wrapper or time, which JSON writes as a text or number.
    by_number = sorted(descriptor.fields, key=lambda field: field.number)
    named = [(name, field) for field in by_number for name in (field.json_name, field.name) if name in value]
    return {name: _with_sorted_field(value[name], field) for name, field in named}


def _with_sorted_field(value: Any, field: Any) -> Any:
    type_ = field.message_type
    if type_ is None:
        return value
    if is_map_entry(type_):
        of_value = type_.fields_by_name["value"]
        entries = sorted(value.items(), key=_numbers_by_size)
        return {key: _with_sorted_field(one, of_value) for key, one in entries}
    if field.is_repeated:
        return [_with_sorted_maps(one, type_) for one in value]
    return _with_sorted_maps(value, type_)


def _numbers_by_size(entry: tuple[str, Any]) -> tuple[int, str]:
    key = entry[0]
    return (int(key), key) if key.removeprefix("-").isdecimal() and len(key) < 21 else (0, key)


def _sorted_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted_json(one) for key, one in sorted(value.items())}
    return [_sorted_json(one) for one in value] if isinstance(value, list) else value
