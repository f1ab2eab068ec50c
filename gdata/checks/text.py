"""Values as a planner would read them in a cell."""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from gdata.parsing.view import Path
from gdata.proto.fields import element_field, is_map
from gdata.proto.floats import float32_text
from gdata.proto.options import OptionReader

_TIMESTAMP = "google.protobuf.Timestamp"
LONGEST = 200
"""Characters of a value that a problem shows."""


def value_text(row: Any, path: Path, timezone: tzinfo = UTC) -> str | None:
    """The value at `path` in a row as a cell's text; None for messages, lists, maps and what isn't there.

    Points in time are written as in a cell: local time of `timezone`.
    """
    value, field, index_of = row, None, None
    for step in path:
        if index_of is not None:
            if not _has(value, index_of, step):
                return None
            value, field, index_of = value[step], element_field(index_of), None
            continue
        field = value.DESCRIPTOR.fields_by_name.get(step)
        if field is None or (field.has_presence and not value.HasField(step)):
            return None
        value = getattr(value, field.name)
        index_of = field if field.is_repeated else None
    if field is None or index_of is not None:
        return None
    return element_text(field, value, timezone)


def element_text(field: FieldDescriptor, value: Any, timezone: tzinfo) -> str | None:
    """One value of a field as a cell's text, points in time in local time; None for other messages."""
    if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
        return _local_time(value, timezone)
    return scalar_text(field, value)


def scalar_text(field: FieldDescriptor, value: Any) -> str | None:
    """One value of a field as a cell's text: an enum's label, TRUE, 0.1 and not 0.10000000149."""
    if field.enum_type is not None and isinstance(value, int):
        return _enum_texts(field.enum_type).get(value, str(value))
    if isinstance(value, float) and field.type == FieldDescriptor.TYPE_FLOAT:
        return float32_text(value)
    return plain_text(value)


@lru_cache(maxsize=1_000)
def _enum_texts(enum: EnumDescriptor) -> dict[int, str]:
    """What planners write for each number: its first label, else its name."""
    texts: dict[int, str] = {}
    reader = OptionReader(enum.file.pool)
    for value in enum.values:
        options = reader.of_enum_value(value)
        texts.setdefault(value.number, options.label[0] if options and options.label else value.name)
    return texts


def _local_time(value: Any, timezone: tzinfo) -> str:
    try:
        return str(value.ToDatetime(timezone).replace(tzinfo=None))
    except (ValueError, OverflowError):
        return str(value)


def plain_text(value: Any) -> str | None:
    """A number, bool or string as a cell's text, cut where it is very long; None for anything else."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, tuple):
        return ", ".join(plain_text(part) or "" for part in value)
    well_known = getattr(getattr(value, "DESCRIPTOR", None), "full_name", "")
    if well_known in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        return str(value.ToJsonString())
    return None


def _has(container: Any, field: FieldDescriptor, index: Any) -> bool:
    return index in container if is_map(field) else 0 <= index < len(container)
