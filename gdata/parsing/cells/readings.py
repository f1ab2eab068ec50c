"""How cells become values of each kind of field, and values cells: one cell, a whole column, the core's part, blanks.

What holds for a kind wherever it comes from stands in `gdata.schema.fieldtypes`. A clean column is converted as a
whole; where anything is unusual, each distinct cell goes through `convert_cell`, which is the truth.
"""

from __future__ import annotations

import base64
import dataclasses
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never, get_args
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.parsing.cells.cell import (
    CellType,
    Converted,
    Fault,
    convert_bool,
    convert_bytes,
    convert_duration,
    convert_enum,
    convert_field_mask,
    convert_integer,
    convert_number,
    convert_string,
    convert_timestamp,
)
from gdata.parsing.cells.times import MARCH_1900
from gdata.problems import Kind
from gdata.proto.descriptors import shortest_float32
from gdata.schema.fieldtypes import COLOR, FIELD_TYPES, FieldKind, FieldType, bits_text, color_text
from gdata.schema.plan import FieldPlan
from gdata.sources.cells import Cells, spread
from gdata.sources.grid import ERROR_TEXTS, SERIAL_EPOCH, CellValue, DateCell, FormulaCell

ReadCell = Callable[[CellValue], Converted]
"""Turns a cell that isn't blank into what the field's constructor argument takes."""

AS_ASKED, AS_INTEGER, AS_FLOAT, AS_DOUBLE, AS_TEXT = range(5)
"""What the core recognizes of itself, as in rows.h."""


_LONGEST_NUMBER = 10**15
"""Spreadsheets keep fifteen digits of a number."""
_LAST_SERIAL = 2_958_465


@dataclass(frozen=True)
class Reading:
    """How the cells of one kind of field are read."""

    cell: Callable[[CellValue, CellType], Converted] | None = None
    """Of a cell that isn't blank; None where `gdata.parsing.cells.compound` reads its parts, or JSON."""
    column: Callable[[Cells, FieldType], Sequence[Any] | None] | None = None
    """Of a column without blanks, where that is faster; None if anything in it is odd."""
    write: Callable[[Any, CellType], CellValue] | None = None
    """A value as the cell that is read as it; None where that is made of parts, or JSON."""
    core: int = AS_ASKED
    blank: Kind = kinds.CELL_BLANK
    """What is told of a blank cell where there must be a value."""
    left_out: Kind = kinds.CELL_JSON_BLANK
    """What is told of a value that JSON in a cell lacks."""
    empty: str | bytes | None = None
    """The value of a text with nothing in it, where that is one."""
    takes_digits: bool = False
    """A number in JSON is read with its digits as they stand."""


def _reading_of(kind: FieldKind) -> Reading:
    match kind:
        case "int32" | "int64" | "uint32" | "uint64":
            return Reading(convert_integer, _whole_numbers, write_integer, AS_INTEGER, takes_digits=True)
        case "float":
            return Reading(convert_number, _floats, write_number, AS_FLOAT, takes_digits=True)
        case "double":
            return Reading(convert_number, _doubles, write_number, AS_DOUBLE, takes_digits=True)
        case "string":
            return Reading(convert_string, _texts, write_string, AS_TEXT, empty="", takes_digits=True)
        case "bytes":
            return Reading(convert_bytes, write=write_bytes, empty=b"")
        case "bool":
            blank, left_out = kinds.CELL_BLANK_BOOL, kinds.CELL_JSON_BOOL
            return Reading(convert_bool, write=write_bool, blank=blank, left_out=left_out, takes_digits=True)
        case "enum":
            blank, left_out = kinds.CELL_BLANK_CHOICE, kinds.CELL_JSON_CHOICE
            return Reading(convert_enum, write=write_enum, blank=blank, left_out=left_out, takes_digits=True)
        case "timestamp":
            return Reading(convert_timestamp, write=write_timestamp)
        case "duration":
            return Reading(convert_duration, write=write_duration, takes_digits=True)
        case "field_mask":
            return Reading(convert_field_mask, write=write_field_mask)
        case "message" | "nested" | "wrapper" | "struct" | "any":
            return Reading()
    assert_never(kind)


def _whole_numbers(cells: Cells, type_: FieldType) -> Sequence[Any] | None:
    values = cells.whole_numbers()
    if values is None or type_.bounds is None:
        return None
    low, high = type_.bounds
    return values if low <= min(values) and max(values) <= high else None


def _floats(cells: Cells, _type: FieldType) -> Sequence[Any] | None:
    return cells.numbers(single=True)


def _doubles(cells: Cells, _type: FieldType) -> Sequence[Any] | None:
    return cells.numbers()


def _texts(cells: Cells, _type: FieldType) -> Sequence[Any] | None:
    return cells.texts()


def convert_cell(cell: CellValue, type_: CellType) -> Converted:
    """The value of a cell that isn't blank, for a field of this type."""
    if isinstance(cell, FormulaCell):
        return None, Fault(kinds.CELL_PICTURE if cell.is_picture else kinds.CELL_UNCOMPUTED, {})
    if isinstance(cell, str):
        if cell in ERROR_TEXTS:
            return None, Fault(kinds.CELL_FORMULA_ERROR, {})
        if cell in ("Loading...", "Loading…") and type_.kind != "string":
            return None, Fault(kinds.CELL_LOADING, {})
    elif isinstance(cell, (int, float)) and not abs(cell) <= sys.float_info.max:
        return None, Fault(kinds.CELL_NOT_NUMBER, {"instead": kinds.INFINITE_INSTEAD})
    elif isinstance(cell, DateCell) and not FIELD_TYPES[type_.kind].is_time:
        return None, Fault(kinds.CELL_DATE, {"type": FIELD_TYPES[type_.kind].holds})
    read = READINGS[type_.kind].cell
    assert read is not None, type_.kind
    return read(cell, type_)


def convert_key(text: str, field: FieldPlan, timezone: ZoneInfo) -> Converted:
    """A map's key as its type; keys are text in cells and headers alike."""
    return convert_cell(text, CellType(field.map_key_kind, timezone))


@dataclass
class Column:
    """Values of one column, None where the cell is blank or wrong; and what is wrong, by index."""

    values: Sequence[Any]
    blank: Sequence[bool] | None
    """Which cells are blank; None: none is."""
    faults: list[tuple[int, Fault]] = dataclasses.field(default_factory=list)


def convert_column(cells: Cells, read: ReadCell, type_: CellType | None) -> Column:
    """Convert `cells`; `read` does one cell, `type_` is what they are if all hold one scalar."""
    empty = cells.empty()
    converted = _convert_clean(cells, empty, read, type_)
    if converted is None:
        blank = cells.blanks()
        converted = _convert_clean(cells, blank, read, type_) if blank != empty else None
        return converted or _convert_each(cells, blank, read)
    return converted


def _convert_clean(cells: Cells, blank: Sequence[bool] | None, read: ReadCell, type_: CellType | None) -> Column | None:
    """The column, if nothing is odd in its cells beside those that are blank."""
    filled = cells if blank is None else cells.chosen(not one for one in blank)
    if not filled:
        return Column([None] * len(cells), blank)
    as_column = READINGS[type_.kind].column if type_ is not None and type_.is_plain else None
    if as_column is not None and type_ is not None:
        values = as_column(filled, FIELD_TYPES[type_.kind])
    else:
        values = filled.each(read)
    if values is None or blank is None:
        return None if values is None else Column(values, None)
    return Column(spread(values, blank), blank)


def _convert_each(cells: Sequence[CellValue], blank: Sequence[bool] | None, read: ReadCell) -> Column:
    known: dict[tuple[type, CellValue], tuple[Any, Fault | None]] = {}
    values: list[Any] = []
    faults: list[tuple[int, Fault]] = []
    for index, cell in enumerate(cells):
        if blank is not None and blank[index]:
            values.append(None)
            continue
        distinct = (cell.__class__, cell)
        converted = known.get(distinct)
        if converted is None:
            converted = known[distinct] = read(cell)
        value, fault = converted
        values.append(value)
        if fault is not None:
            faults.append((index, fault))
    return Column(values, blank, faults)


def write_integer(value: Any, type_: CellType) -> CellValue:
    """A whole number, a color, or bits by their names."""
    if type_.flags is not None:
        written = bits_text(type_.flags.choices, value)
        return int(value) if written is None else written
    if type_.unit == COLOR:
        return color_text(value)
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
    serial = (local - SERIAL_EPOCH) / timedelta(days=1)
    if value.nanos % 10**6 == 0 and MARCH_1900 <= serial < _LAST_SERIAL:
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


READINGS: dict[FieldKind, Reading] = {kind: _reading_of(kind) for kind in get_args(FieldKind)}
"""Every kind's; mypy tells in `_reading_of` where one is missing."""
