"""Values of fields as cells: one, several in one cell, or JSON; what each reads back as the same values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gdata.bundles.encode import as_dict
from gdata.parsing.cells.cell import CellType
from gdata.parsing.cells.readings import READINGS
from gdata.schema.plan import FieldPlan
from gdata.sources.grid import CellValue, DateCell

_OPENING = ("[", "{")


@dataclass(frozen=True)
class CellWriter:
    """Writes values of a project's fields."""

    timezone: ZoneInfo

    def cell(self, field: FieldPlan, value: Any) -> CellValue:
        """The cell of one value of a field: of a list an element, of a map an entry's value; None is blank."""
        if value is None:
            return None
        write = READINGS[field.value_kind].write
        if write is None:
            return json_text(value)
        return write(value.value if field.kind == "wrapper" else value, CellType.of(field, self.timezone))

    def text(self, field: FieldPlan, value: Any) -> str:
        """The value as the text that stands for it within a cell of several."""
        cell = self.cell(field, value)
        if isinstance(cell, bool):
            return "TRUE" if cell else "FALSE"
        if isinstance(cell, DateCell):
            return str(value.ToJsonString())
        return "" if cell is None else str(cell)

    def list_cell(self, field: FieldPlan, values: Sequence[Any]) -> CellValue:
        """A list in one cell: `1, 2, 3`; of messages `1001:10, 1002:5`."""
        parts = [self._part(field, one) for one in values]
        return f"{field.separator} ".join(parts) or None

    def map_cell(self, field: FieldPlan, entries: dict[Any, Any]) -> CellValue:
        """A map in one cell: `atk:5, hp:54`."""
        parts = [
            f"{self._quoted(field, key_text(key))}{field.subseparator}{self._part(field, value)}"
            for key, value in entries.items()
        ]
        return f"{field.separator} ".join(parts) or None

    def _part(self, field: FieldPlan, value: Any) -> str:
        if field.message is None:
            return self._quoted(field, self.text(field, value))
        parts = sorted(field.message.fields, key=lambda one: one.number)
        texts = [self.text(one, value_of(one, value)) for one in parts]
        return field.subseparator.join(self._quoted(field, text) if text else "" for text in texts)

    def _quoted(self, field: FieldPlan, text: str) -> str:
        signs = (field.separator, field.subseparator, '"', "\n", "\r", "\t")
        is_plain = text == text.strip() and not any(sign in text for sign in signs) and text[:1] not in _OPENING
        if is_plain and text:
            return text
        return '"' + text.replace('"', '""') + '"'


def value_of(field: FieldPlan, message: Any) -> Any:
    """A message's value of a field that is no list and no map; None where it is unset."""
    if message is None or (field.descriptor.has_presence and not message.HasField(field.name)):
        return None
    return getattr(message, field.name)


def json_cell(field: FieldPlan, message: Any) -> CellValue:
    """A field's whole value as JSON; blank where it is unset or has nothing in it."""
    if message is None or (field.descriptor.has_presence and not message.HasField(field.name)):
        return None
    value = getattr(message, field.name)
    if not field.descriptor.has_presence and not value:
        return None
    alone = type(message)()
    if field.is_list:
        getattr(alone, field.name).extend(value)
    elif field.is_map:
        getattr(alone, field.name).MergeFrom(value)
    else:
        getattr(alone, field.name).CopyFrom(value)
    return json.dumps(as_dict(alone, proto_names=True, zeros=True)[field.name], ensure_ascii=False)


def json_text(message: Any) -> str:
    """A message as JSON."""
    return json.dumps(as_dict(message, proto_names=True, zeros=True), ensure_ascii=False)


def key_text(key: Any) -> str:
    """A map's key as text."""
    return ("true" if key else "false") if isinstance(key, bool) else str(key)


def sorted_entries(entries: Any) -> dict[Any, Any]:
    """A map's entries in the order of their keys, so that the same map always makes the same sheet."""
    return {key: entries[key] for key in sorted(entries)}
