"""Defaults that the .proto file gives for blank cells: each must be what its field can hold."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from gdata.errors import SchemaError
from gdata.parsing.compound import cell_reader
from gdata.schema.plan import FieldPlan, MessagePlan, TablePlan


def check_defaults(plan: TablePlan, timezone: ZoneInfo) -> None:
    """Read every default of a table's rows as its cell would be.

    Raises:
        SchemaError: one is no value of its field.
    """
    for field in _defaulted(plan.row, set()):
        value, fault = cell_reader(field, timezone)(field.default)
        if value is None:
            words = fault.words if fault is not None else {}
            name = field.descriptor.full_name
            raise SchemaError(
                f"{field.descriptor.file.name}: the default {field.default!r} of {name} is no value of that field",
                hint=str(words.get("instead", "") or "write what a cell of that column would hold"),
            )


def _defaulted(message: MessagePlan, seen: set[str]) -> Iterator[FieldPlan]:
    if message.name in seen:
        return
    seen.add(message.name)
    for field in message.fields:
        if field.default is not None:
            yield field
        if field.message is not None:
            yield from _defaulted(field.message, seen)
