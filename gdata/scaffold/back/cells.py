"""One value as the cell that a planner would write: what `gdata.parsing.cells.cell` reads back as the same value."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from gdata.bundles.encode import as_dict
from gdata.parsing.cells.cell import CellType
from gdata.parsing.cells.readings import convert_cell
from gdata.proto.floats import shortest_float32
from gdata.schema.plan import FieldPlan
from gdata.sources.grid import CellValue, DateCell

_EPOCH = datetime(1899, 12, 30)
_LONGEST_NUMBER = 10**15
"""Spreadsheets keep fifteen digits of a number."""
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465
_LARGEST_COLOR = 0xFFFFFF
_OPENING = ("[", "{")


@dataclass(frozen=True)
class CellWriter:
    """Writes values of a project's fields."""

    timezone: ZoneInfo

    def cell(self, field: FieldPlan, value: Any) -> CellValue:
        """The cell of one value of a field: of a list an element, of a map an entry's value; None is blank."""
        if value is None:
            return None
        kind = field.value_kind
        if field.kind == "wrapper":
            value = value.value
        if field.flags is not None:
            return _flags_text(field, value)
        if field.unit == "color":
            return f"#{value:06X}" if 0 <= value <= _LARGEST_COLOR else hex(value)
        match kind:
            case "int32" | "int64" | "uint32" | "uint64":
                return int(value) if abs(value) < _LONGEST_NUMBER else str(value)
            case "float" | "double":
                return _number(shortest_float32(value) if kind == "float" else value)
            case "bool":
                return bool(value)
            case "enum":
                return str(field.choices[value]) if value in field.choices else int(value)
            case "string":
                return str(value) or None
            case "bytes":
                return base64.b64encode(value).decode() or None
            case "timestamp":
                return self._date(field, value)
            case "duration":
                return _length(value)
            case "field_mask":
                return ",".join(value.paths) or None
            case "message" | "nested" | "struct" | "wrapper" | "any":
                return json_text(value)
        assert_never(kind)

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

    def _date(self, field: FieldPlan, value: Any) -> CellValue:
        """A date cell where it is read back as the same moment, else the moment in UTC."""
        nanos = value.seconds * 10**9 + value.nanos
        try:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanos // 1000)
            local = moment.astimezone(self.timezone).replace(tzinfo=None)
        except OverflowError:
            return str(value.ToJsonString())
        serial = (local - _EPOCH) / timedelta(days=1)
        if value.nanos % 10**6 == 0 and _FIRST_SERIAL <= serial < _LAST_SERIAL:
            shown = local.isoformat(" ", "milliseconds" if value.nanos else "seconds")
            cell = DateCell(serial, shown.removesuffix(" 00:00:00"))
            read, fault = convert_cell(cell, CellType.of(field, self.timezone))
            if fault is None and read == {"seconds": value.seconds, "nanos": value.nanos}:
                return cell
        return str(value.ToJsonString())


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


def _number(value: float) -> CellValue:
    """A number as a cell holds it; as text where a workbook would change it."""
    if value == 0 and str(value).startswith("-"):
        return "-0.0"
    if value.is_integer() and abs(value) < _LONGEST_NUMBER:
        return int(value)
    # XlsxWriter writes sixteen digits.
    return value if float(f"{value:.16G}") == value else repr(value)


def _length(value: Any) -> str:
    text = str(value.ToJsonString()).removesuffix("s")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "s"


def _flags_text(field: FieldPlan, value: int) -> CellValue:
    flags = field.flags
    assert flags is not None
    if value in flags.choices:
        return flags.choices[value]
    bits = [number for number in sorted(flags.choices) if number and value & number == number]
    single = [number for number in bits if number & (number - 1) == 0]
    return "|".join(flags.choices[number] for number in single) if _or(single) == value else int(value)


def _or(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= number
    return found
