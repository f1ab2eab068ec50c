"""One cell to one value, by the field's type and never by guessing.

Typed cells (Google, workbooks) and text (CSV) give the same value wherever the cell's type fits the field.
This is the whole truth about a cell; `gdata.parsing.cells.readings` only goes faster where a column is clean.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.language import Sentence, sentence
from gdata.parsing.cells.meant import (
    ANY_NUMBER,
    INTEGER,
    NUMBER,
    WHOLE_NUMBER,
    ZERO_WIDTH,
    guarded,
    instead_of_fraction,
    instead_of_integer,
    instead_of_number,
    is_rounded,
    written_out,
)
from gdata.parsing.cells.times import LENGTH_FORM, both_readings, read_duration, read_timestamp, suggested_timestamp
from gdata.problems import Kind
from gdata.proto.descriptors import as_float32
from gdata.schema.fieldtypes import COLOR, FIELD_TYPES, SHARES, FieldKind
from gdata.schema.plan import FieldPlan, FlagsPlan
from gdata.sources.cells import ESCAPE, EXACT_INTEGERS, FLOAT_MAX, FOR_NOTHING
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell
from gdata.text import fold, nearest_value, question

_LONGEST_SHARE = 40
_LONGEST_QUOTED = 80
_TRUE = frozenset(["true", "yes", "y", "o", "1", "是", "はい", "예"])
_FALSE = frozenset(["false", "no", "n", "x", "0", "否", "いいえ", "아니오", "아니요"])
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,16}", re.ASCII)
_COLOR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
_SIX_DIGITS = re.compile(r"\d{6}", re.ASCII)
_LIKE_A_COLOR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", re.ASCII)
_WITH_SHARE = re.compile(r"([^%％‰‱]+?)\s*([%％‰‱])")
_OTHER_FLAG_SEPARATORS = re.compile(r"\s*[,;/+&｜，、；]\s*|\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# What JSON can write too: it makes itemId of item_id.
_FIELD_PATH = re.compile(r"[a-z](?:[a-z0-9]|_[a-z])*(?:\.[a-z](?:[a-z0-9]|_[a-z])*)*")
_FORMULA = re.compile(r"=\s*(?:[-+]?\$?[A-Z]{1,3}\$?\d+\b|[A-Z][A-Z0-9.]*\(|'[^']+'!|\w+!\$?[A-Z])", re.IGNORECASE)
_ERROR_WORDS = frozenset(text.casefold().rstrip("!?") for text in ERROR_TEXTS)
_SURROGATE = re.compile("[\ud800-\udfff]")
# Joins what belongs together in emoji and in Arabic and Indic scripts, where it is meant.
_JOINER_IN_PLACE = re.compile(r"(?<=[^\x00-\u02ff])[\u200c\u200d](?=[^\x00-\u02ff])")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell; with a warning the value stands."""

    kind: Kind
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CellType:
    """What a cell is converted to: a field's scalar type and what else decides."""

    kind: FieldKind
    timezone: ZoneInfo
    unit: str = ""
    labels: Mapping[str, int] | None = None
    enum_names: Mapping[int, str] | None = None
    choices: Mapping[int, str] | None = None
    enum_name: str = ""
    flags: FlagsPlan | None = None
    none: frozenset[str] = frozenset()
    """Words for nothing that a reference takes for none."""

    @property
    def is_plain(self) -> bool:
        """Whether a number means itself, whatever it is written with."""
        return self.flags is None and self.unit != COLOR

    @classmethod
    def of(cls, field: FieldPlan, timezone: ZoneInfo) -> CellType:
        """What one value of `field` is, if it is a scalar or a wrapper of one."""
        enum = field.value_type.enum_type
        return cls(
            field.value_kind,
            timezone,
            field.unit,
            field.labels,
            field.enum_names,
            field.choices,
            enum.name if enum is not None else "",
            field.flags,
            FOR_NOTHING.intersection(text for one in field.refs for text in one.none),
        )


Converted = tuple[Any, Fault | None]
"""A value ready for protobuf and what is wrong; with an error the value is None."""


def is_blank(cell: CellValue) -> bool:
    """Whether a cell has nothing in it, or nothing but blanks."""
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


def shown(cell: CellValue) -> str:
    """A cell's value as a message quotes it."""
    if isinstance(cell, str):
        return cell if len(cell) <= _LONGEST_QUOTED else cell[: _LONGEST_QUOTED - 1] + "…"
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    text = decimal_text(cell) if isinstance(cell, (int, float)) else str(cell) if cell is not None else ""
    return text if len(text) <= _LONGEST_QUOTED else text[: _LONGEST_QUOTED - 1] + "…"


def decimal_text(number: float) -> str:
    """The shortest decimal that means `number`: 1001, not 1001.0; 0.1; never an exponent."""
    if isinstance(number, int):
        return str(number)
    if not math.isfinite(number):
        return str(number)
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")


def fault_of_part(fault: Fault, part: str) -> Fault:
    """The fault of one part of a cell, which quotes that part and not the whole cell."""
    return Fault(fault.kind, {"value": shown(part), **fault.words})


def _fault(kind: Kind, **words: Any) -> Converted:
    return None, Fault(kind, words)


def convert_integer(cell: CellValue, type_: CellType) -> Converted:
    """A whole number."""
    if isinstance(cell, bool):
        return _fault(kinds.CELL_NOT_INTEGER, instead=WHOLE_NUMBER)
    if not type_.is_plain:
        return _color(cell, type_) if type_.flags is None else _flags(cell, type_)
    if isinstance(cell, str):
        text = _counted(cell.strip(), type_.unit)
        if _HEXADECIMAL.fullmatch(text):
            return _in_range(int(text, 16), type_)
        if not INTEGER.fullmatch(text):
            return _fault(kinds.CELL_NOT_INTEGER, instead=instead_of_integer(text))
        # No type needs more than 20 digits; int() of a longer text may take forever.
        number = int(text) if len(text) <= 40 else 10**40
    elif isinstance(cell, float):
        if not cell.is_integer():
            return _fault(kinds.CELL_NOT_INTEGER, instead=instead_of_fraction(cell))
        number = int(cell)
    else:
        assert isinstance(cell, int)
        number = cell
    found = _in_range(number, type_)
    if found[1] is None and not isinstance(cell, str) and abs(number) > EXACT_INTEGERS:
        return _fault(kinds.CELL_IMPRECISE)
    return found


def _in_range(number: int, type_: CellType) -> Converted:
    bounds = FIELD_TYPES[type_.kind].bounds
    assert bounds is not None
    low, high = bounds
    if low <= number <= high:
        return number, None
    return _fault(kinds.CELL_OUT_OF_RANGE, type=type_.kind, low=low, high=high)


def _counted(text: str, unit: str) -> str:
    """A text such as `5%` as the number of its field's unit; any other text as it is."""
    found = _WITH_SHARE.fullmatch(text) if unit in SHARES else None
    if found is None or not NUMBER.fullmatch(found[1]) or "e" in found[1].casefold() or len(text) > _LONGEST_SHARE:
        return text
    share = Decimal(found[1]) * SHARES[unit] / SHARES["%" if found[2] == "％" else found[2]]
    return format(share.normalize(), "f")


def percent_text(number: float) -> str:
    """What a cell shows that holds `number` and is formatted as percent, with all its digits."""
    return f"{format((Decimal(repr(number)) * 100).normalize(), 'f')}%"


def _color(cell: CellValue, type_: CellType) -> Converted:
    plain = replace(type_, unit="")
    if not isinstance(cell, str):
        number, fault = convert_integer(cell, plain)
        is_doubtful = fault is None and 100_000 <= number < 1_000_000
        return number, Fault(kinds.CELL_COLOR_DIGITS, {"color": f"#{number}"}) if is_doubtful else fault
    text = cell.strip()
    if _COLOR.fullmatch(text):
        return _in_range(int(text[1:], 16), type_)
    if _SIX_DIGITS.fullmatch(text) and text[0] == "0":
        return _fault(kinds.CELL_NOT_COLOR, before=question(f"#{text}"))
    number, fault = convert_integer(text, plain)
    if fault is None:
        is_doubtful = _SIX_DIGITS.fullmatch(text) is not None
        return number, Fault(kinds.CELL_COLOR_DIGITS, {"color": f"#{text}"}) if is_doubtful else None
    meant = _LIKE_A_COLOR.fullmatch(text)
    digits = "" if meant is None else meant[1] if len(meant[1]) == 6 else "".join(one * 2 for one in meant[1])
    return _fault(kinds.CELL_NOT_COLOR, before=question(f"#{digits}" if digits else None))


def _flags(cell: CellValue, type_: CellType) -> Converted:
    flags = type_.flags
    assert flags is not None
    text = shown(cell).strip()
    if INTEGER.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        number = int(text, 0 if "x" in text.casefold() else 10) if len(text) <= 40 else -1
        if number >= 0 and not number & ~flags.every:
            return _in_range(number, type_)
    bits = 0
    for part in text.split("|"):
        found = flags.labels.get(fold(part))
        if found is None:
            return None, _flag_fault(text, part.strip(), flags)
        bits |= found
    return _in_range(bits, type_)


def _flag_fault(text: str, part: str, flags: FlagsPlan) -> Fault:
    parts = [one for one in _OTHER_FLAG_SEPARATORS.split(text) if one]
    sign = _OTHER_FLAG_SEPARATORS.search(text)
    if sign is not None and "|" not in text and all(fold(one) in flags.labels for one in parts):
        return Fault(kinds.CELL_SEPARATOR, {"character": sign[0].strip() or " ", "corrected": "|".join(parts)})
    near = nearest_value(fold(part), flags.labels)
    before = question(flags.choices[flags.labels[near]] if near is not None else None)
    words = {"value": shown(part), "enum": flags.name, "before": before, "choices": choices_text(flags.choices)}
    return Fault(kinds.CELL_NOT_ENUM, words)


def percent_fault(cell: float) -> Fault:
    """What is wrong with a number that the sheet shows as percent, in a field of whole numbers."""
    percent = format((Decimal(repr(cell)) * 100).normalize(), "f")
    return Fault(kinds.CELL_PERCENT, {"percent": percent, "held": decimal_text(cell)})


def convert_number(cell: CellValue, type_: CellType) -> Converted:
    """A number of 32 or 64 bits."""
    if isinstance(cell, bool):
        return _fault(kinds.CELL_NOT_NUMBER, instead=ANY_NUMBER)
    if isinstance(cell, str):
        text = _counted(cell.strip(), type_.unit)
        if not NUMBER.fullmatch(text):
            return _fault(kinds.CELL_NOT_NUMBER, instead=instead_of_number(text))
        number = float(text)
    else:
        assert isinstance(cell, (int, float))
        number = float(cell)
    if not math.isfinite(number):
        return _fault(kinds.CELL_NOT_NUMBER, instead=kinds.INFINITE_INSTEAD)
    if type_.kind != "float":
        return number, rounded_double(cell) if isinstance(cell, str) else None
    if abs(number) > FLOAT_MAX:
        return _fault(kinds.CELL_OUT_OF_RANGE, type="float", low="-3.4e38", high="3.4e38")
    stored = stored_float(number)
    return number, Fault(kinds.CELL_FLOAT_DIGITS, {"stored": stored}) if stored else None


def stored_float(number: float) -> str:
    """How `number` reads after 32 bits, at the digits it is written with; "" where nothing is lost."""
    digits = len(repr(number).partition("e")[0].replace(".", "").strip("-0")) or 1
    as_float = as_float32(number)
    return "" if float(f"{as_float:.{digits}g}") == number else f"{as_float:.{max(digits, 9)}g}"


def rounded_double(text: str) -> Fault | None:
    """The warning for a whole number that 64 bits can't hold to its last digit."""
    text = text.strip()
    # Up to 15 digits every number is held; a text of thousands is no number of a game's.
    if len(text) <= 15 or len(text) > 400 or not INTEGER.fullmatch(text):
        return None
    stored = decimal_text(float(text))
    return Fault(kinds.CELL_DOUBLE_DIGITS, {"stored": stored}) if int(stored) != int(text) else None


def convert_bool(cell: CellValue, _type: CellType) -> Converted:
    """TRUE or FALSE, in some words."""
    if isinstance(cell, bool):
        return cell, None
    text = decimal_text(cell) if isinstance(cell, (int, float)) else str(cell).strip().casefold()
    if text in _TRUE:
        return True, None
    return (False, None) if text in _FALSE else _fault(kinds.CELL_NOT_BOOL)


def convert_string(cell: CellValue, type_: CellType) -> Converted:
    """A text as it is."""
    if isinstance(cell, bool):
        return ("TRUE" if cell else "FALSE"), None
    if isinstance(cell, (int, float)):
        return decimal_text(cell), Fault(kinds.TEXT_NUMBER, {})
    assert isinstance(cell, str)
    if _SURROGATE.search(cell):
        return _fault(kinds.TEXT_BROKEN, value=ascii(cell))
    text = cell.replace("\r\n", "\n") if "\r" in cell else cell
    return text, _text_fault(text) if text not in type_.none else None


def _text_fault(text: str) -> Fault | None:
    control = _CONTROL.search(text)
    if control is not None:
        return Fault(kinds.TEXT_CONTROL, {"character": f"U+{ord(control[0]):04X}"})
    for hidden in ZERO_WIDTH.finditer(text):
        if not _JOINER_IN_PLACE.match(text, hidden.start()):
            return Fault(kinds.TEXT_ZERO_WIDTH, {"character": f"U+{ord(hidden[0]):04X}"})
    if "\ufffd" in text:
        return Fault(kinds.TEXT_REPLACED, {})
    escape = ESCAPE.search(text) if "_x" in text else None
    if escape is not None:
        return Fault(kinds.TEXT_ESCAPED, {"escape": escape[0], "character": _sign_of(int(escape[1], 16))})
    left_over = _left_over(text)
    if left_over is not None:
        return left_over
    inner = text.strip(" \t\u3000\u00a0\n")
    if inner == text:
        return None
    return Fault(kinds.TEXT_BREAK_ENDS if "\n" in text.replace(inner, "", 1) else kinds.TEXT_BLANK_ENDS, {})


def _sign_of(code: int) -> Sentence | str:
    """What people call the sign of an escape."""
    if code in (0x0A, 0x0D):
        return sentence("a line break")
    sign = chr(code)
    return sign if sign.isprintable() and not sign.isspace() else f"U+{code:04X}"


def _left_over(text: str) -> Fault | None:
    """What a text is that nobody wrote: a formula, a program's word for nothing, a number without its last digits."""
    if text[:1] == "=" and (inner := guarded(text)):
        return Fault(kinds.TEXT_GUARDED, {"value": shown(text), "corrected": inner})
    if text[:1] == "=" and _FORMULA.match(text):
        return Fault(kinds.TEXT_FORMULA, {})
    if text in FOR_NOTHING or (text[:1] == "#" and text.casefold().rstrip("!?") in _ERROR_WORDS):
        return Fault(kinds.TEXT_ERROR, {"value": shown(text)})
    if "e+" in text.lower():
        number = written_out(text)
        if number is not None:
            return Fault(kinds.TEXT_EXPONENT, {"value": shown(text), "corrected": number})
        return Fault(kinds.TEXT_ROUNDED, {"value": shown(text)}) if is_rounded(text.replace("e+", "E+")) else None
    return None


def convert_enum(cell: CellValue, type_: CellType) -> Converted:
    """The number of an enum's value, by a name, a label or that number."""
    assert type_.labels is not None and type_.enum_names is not None and type_.choices is not None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if cell in type_.enum_names:
            return int(cell), None
    else:
        text = shown(cell).strip() if isinstance(cell, bool) else str(cell).strip()
        number = type_.labels.get(fold(text))
        if number is None and INTEGER.fullmatch(text) and len(text) <= 11:
            number = int(text) if int(text) in type_.enum_names else None
        if number is not None:
            return number, None
    # What no target's version has is read, but not suggested.
    suggested = {text: number for text, number in type_.labels.items() if number in type_.choices}
    near = nearest_value(fold(shown(cell)), suggested)
    near_name = type_.choices[suggested[near]] if near is not None else ""
    return _fault(
        kinds.CELL_NOT_ENUM,
        enum=type_.enum_name,
        before=question(near_name),
        choices=choices_text(type_.choices),
    )


def choices_text(choices: Mapping[int, str]) -> Sentence | str:
    """The values a planner may write; a zero that stands for "not said" isn't worth suggesting."""
    texts = [text for number, text in choices.items() if number or not text.endswith("_UNSPECIFIED")]
    shown, more = ", ".join(texts[:12]), len(texts) - 12
    return sentence("{choices}, … ({count} more)", choices=shown, count=more) if more > 0 else shown


def convert_timestamp(cell: CellValue, type_: CellType) -> Converted:
    """A moment."""
    if isinstance(cell, (DateCell, str)):
        seconds_and_nanos, kind = read_timestamp(cell, type_.timezone)
        if kind is None:
            return seconds_and_nanos, None
        if kind is kinds.CELL_NOT_TIME:
            return _fault(kind, instead=suggested_timestamp(str(cell)))
        earlier, later = both_readings(cell, type_.timezone)
        return _fault(kind, timezone=type_.timezone.key, earlier=earlier, later=later)
    return _fault(kinds.CELL_NOT_TIME, instead=suggested_timestamp(shown(cell)))


def convert_duration(cell: CellValue, type_: CellType) -> Converted:
    """A length of time."""
    if isinstance(cell, bool):
        return _fault(kinds.CELL_NOT_DURATION, instead=LENGTH_FORM)
    duration, instead = read_duration(cell, type_.unit)
    return (duration, None) if duration is not None else _fault(kinds.CELL_NOT_DURATION, instead=instead)


def convert_bytes(cell: CellValue, _type: CellType) -> Converted:
    """Bytes in base64."""
    try:
        return base64.b64decode(str(cell).strip() if isinstance(cell, str) else b"!", validate=True), None
    except (binascii.Error, ValueError):
        return _fault(kinds.CELL_NOT_BASE64)


def convert_field_mask(cell: CellValue, _type: CellType) -> Converted:
    """Paths of fields."""
    paths = [path.strip() for path in cell.split(",")] if isinstance(cell, str) else []
    if paths and all(map(_FIELD_PATH.fullmatch, paths)):
        return {"paths": paths}, None
    return _fault(kinds.CELL_NOT_FIELD_MASK)
