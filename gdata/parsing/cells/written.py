"""One value as the cell that a planner would write: what `gdata.parsing.cells.readings` reads as that value again."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from gdata.parsing.cells.cell import CellType, convert_timestamp
from gdata.proto.descriptors import shortest_float32
from gdata.schema.fieldtypes import COLOR
from gdata.schema.plan import FlagsPlan
from gdata.sources.grid import CellValue, DateCell

_EPOCH = datetime(1899, 12, 30)
_LONGEST_NUMBER = 10**15
"""Spreadsheets keep fifteen digits of a number."""
_FIRST_SERIAL, _LAST_SERIAL = 61, 2_958_465
_LARGEST_COLOR = 0xFFFFFF


def write_integer(value: Any, type_: CellType) -> CellValue:
    """A whole number, a color, or bits by their names."""
    if type_.flags is not None:
        return _flags_text(type_.flags, value)
    if type_.unit == COLOR:
        return f"#{value:06X}" if 0 <= value <= _LARGEST_COLOR else hex(value)
    return int(value) if abs(value) < _LONGEST_NUMBER else str(value)


def write_number(value: Any, type_: CellType) -> CellValue:
    """A number as a cell holds it; as text where a workbook would change it."""
    number = shortest_float32(value) if type_.kind == "float" else value
    if number == 0 and str(number).startswith("-"):
        return "-0.0"
    if number.is_integer() and abs(number) < _LONGEST_NUMBER:
        return int(number)
    # XlsxWriter writes sixteen digits.
    return number if float(f"{number:.16G}") == number else repr(number)


def write_bool(value: Any, _type: CellType) -> CellValue:
    """A checkbox."""
    return bool(value)


def write_enum(value: Any, type_: CellType) -> CellValue:
    """What planners call a value, else its number."""
    choices = type_.choices or {}
    return str(choices[value]) if value in choices else int(value)


def write_string(value: Any, _type: CellType) -> CellValue:
    """A text."""
    return str(value) or None


def write_bytes(value: Any, _type: CellType) -> CellValue:
    """Base64."""
    return base64.b64encode(value).decode() or None


def write_timestamp(value: Any, type_: CellType) -> CellValue:
    """A date cell where it is read back as the same moment, else the moment in UTC."""
    nanos = value.seconds * 10**9 + value.nanos
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanos // 1000)
        local = moment.astimezone(type_.timezone).replace(tzinfo=None)
    except OverflowError:
        return str(value.ToJsonString())
    serial = (local - _EPOCH) / timedelta(days=1)
    if value.nanos % 10**6 == 0 and _FIRST_SERIAL <= serial < _LAST_SERIAL:
        shown = local.isoformat(" ", "milliseconds" if value.nanos else "seconds")
        cell = DateCell(serial, shown.removesuffix(" 00:00:00"))
        read, fault = convert_timestamp(cell, type_)
        if fault is None and read == {"seconds": value.seconds, "nanos": value.nanos}:
            return cell
    return str(value.ToJsonString())


def write_duration(value: Any, _type: CellType) -> CellValue:
    """Seconds: `90s`."""
    text = str(value.ToJsonString()).removesuffix("s")
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "s"


def write_field_mask(value: Any, _type: CellType) -> CellValue:
    """The paths."""
    return ",".join(value.paths) or None


def _flags_text(flags: FlagsPlan, value: int) -> CellValue:
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
