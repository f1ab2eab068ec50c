"""Many values in one cell: lists, messages, maps, and JSON where a cell starts with `[` or `{`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata.parsing.cell import CellType, Converted, Fault, convert_cell, is_blank, shown
from gdata.problems import Kind
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell, FormulaCell

ReadCell = Callable[[CellValue], Converted]
"""Turns a cell that isn't blank into what the field's constructor argument takes."""

_NUMBER_KINDS = frozenset(["int32", "int64", "uint32", "uint64", "float", "double"])
_MAX_NESTING = 50
_WIDE_SIGNS = str.maketrans("，、：；／｜", ",,:;/|")
_SEPARATORS = ",;/|"
_JSON_REASONS = (
    ("Expecting property name", "a name in double quotes should stand at character {at}"),
    ("Expecting value", "a value is missing at character {at}"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is missing at character {at}"),
    ("Expecting ':' delimiter", "a colon is missing at character {at}"),
    ("Unterminated string", "the text that begins at character {at} has no closing quote"),
    ("Extra data", "there is more after its end, at character {at}"),
)
_JSON_BOOLS = {"TRUE": "true", "FALSE": "false"}


def cell_reader(field: FieldPlan, timezone: ZoneInfo, *, is_element: bool = False) -> ReadCell:
    """How one cell becomes a value of `field`; `is_element`: of one element of a list, or one value of a map."""
    read = _single_reader(field, timezone)
    if is_element:
        return read
    if field.is_map:
        return _guarded(field, lambda text: _read_map(text, field, read, timezone))
    if field.is_list:
        return _list_reader(field, read)
    return read


def scalar_type(field: FieldPlan, timezone: ZoneInfo) -> CellType | None:
    """The type of one cell of a field that holds one scalar; None for messages, JSON and wrappers."""
    if field.kind in ("message", "struct", "wrapper", "any"):
        return None
    return _cell_type(field, timezone)


def _cell_type(field: FieldPlan, timezone: ZoneInfo) -> CellType:
    enum = field.descriptor.enum_type
    if field.is_map:
        enum = field.descriptor.message_type.fields_by_name["value"].enum_type
    return CellType(
        field.scalar_kind if field.kind == "wrapper" else field.kind,
        timezone,
        field.unit,
        field.labels,
        field.enum_names,
        field.choices,
        enum.name if enum is not None else "",
    )


def _single_reader(field: FieldPlan, timezone: ZoneInfo) -> ReadCell:
    if field.kind == "message":
        message = field.message
        assert message is not None
        return _guarded(field, lambda text: _read_message(text, field, message, timezone))
    if field.kind == "struct":
        # The spreadsheet's way to write JSON's true and false.
        return _guarded(field, lambda text: _read_json(_JSON_BOOLS.get(text, text), field))
    type_ = _cell_type(field, timezone)
    if field.kind == "wrapper":
        return lambda cell: _wrapped(convert_cell(cell, type_))
    return lambda cell: convert_cell(cell, type_)


def _wrapped(converted: Converted) -> Converted:
    value, fault = converted
    return (None if value is None else {"value": value}), fault


def _guarded(field: FieldPlan, read: Callable[[str], Converted]) -> ReadCell:
    """`read` of a cell's text, behind what no such cell may be, and JSON."""

    def read_cell(cell: CellValue) -> Converted:
        if isinstance(cell, DateCell):
            return _fault(kinds.CELL_EATEN)
        if isinstance(cell, FormulaCell):
            return _fault(kinds.CELL_UNCOMPUTED)
        if cell in ERROR_TEXTS:
            return _fault(kinds.CELL_FORMULA_ERROR)
        if cell in ("Loading...", "Loading…"):
            return _fault(kinds.CELL_LOADING)
        text = shown(cell) if not isinstance(cell, str) else cell.strip()
        if text[:1] in ("[", "{"):
            return _read_json(text, field)
        value, fault = read(text)
        return (value, fault) if value is not None else (None, _other_separator(text, field, read) or fault)

    return read_cell


def _other_separator(text: str, field: FieldPlan, read: Callable[[str], Converted]) -> Fault | None:
    """The fault that is told instead, where the text is right once its separators are those of the field."""
    others = [text.translate(_WIDE_SIGNS)]
    if field.separator not in text:
        others += [text.replace(other, field.separator) for other in _SEPARATORS if other != field.subseparator]
    for instead in others:
        if instead != text and read(instead)[0] is not None:
            sign = next(old for old, new in zip(text, instead, strict=False) if old != new)
            return Fault(kinds.CELL_SEPARATOR, {"character": sign, "corrected": instead})
    return None


def _list_reader(field: FieldPlan, read: ReadCell) -> ReadCell:
    def read_text(text: str) -> Converted:
        return _read_list(text, field, read)

    read_guarded = _guarded(field, read_text)

    def read_cell(cell: CellValue) -> Converted:
        if isinstance(cell, (bool, int, float)) and field.kind != "message":
            # In a list a typed cell is its one element.
            value, fault = read(cell)
            if fault is None and _may_be_eaten(cell, field):
                fault = Fault(kinds.CELL_EATEN_COMMA, {})
            return (None if value is None else [value]), fault
        return read_guarded(cell)

    return read_cell


def _may_be_eaten(cell: float, field: FieldPlan) -> bool:
    return (
        field.kind in _NUMBER_KINDS
        and field.separator == ","
        and not isinstance(cell, bool)
        and cell >= 1000
        and math.isfinite(cell)
        and float(cell).is_integer()
    )


def _read_list(text: str, field: FieldPlan, read: ReadCell) -> Converted:
    values, warning = [], None
    for part in split_outside_quotes(text, field.separator):
        if not part:
            return _fault(kinds.CELL_EMPTY_ELEMENT, separator=_visible(field.separator))
        # A message's own parts may be quoted, so it unquotes them itself.
        value, fault = read(part if field.kind == "message" else unquote(part))
        if value is None:
            return None, _of_part(fault, part)
        warning = warning or fault
        values.append(value)
    return values, warning


def _read_message(text: str, field: FieldPlan, message: MessagePlan, timezone: ZoneInfo) -> Converted:
    fields = sorted(message.fields, key=lambda one: one.number)
    parts = split_outside_quotes(text, field.subseparator)
    expected = _visible(field.subseparator).join(one.name for one in fields)
    if len(parts) > len(fields):
        return _fault(kinds.CELL_PARTS, count=len(parts), expected=expected)
    value: dict[str, Any] = {}
    warning = None
    for one, part in zip(fields, parts + [""] * (len(fields) - len(parts)), strict=True):
        part = unquote(part) or (one.default or "")
        if is_blank(part):
            if may_be_blank(one):
                continue
            return _fault(kinds.CELL_PARTS, count=len(parts), expected=expected)
        if one.is_list or one.is_map or one.kind in ("message", "any"):
            return _fault(kinds.CELL_NOT_JSON, reason=f"{one.name} is itself made of parts; write the cell as JSON")
        value[one.name], fault = cell_reader(one, timezone)(part)
        if value[one.name] is None:
            return None, _of_part(fault, part)
        warning = warning or fault
    return value, warning


def may_be_blank(field: FieldPlan) -> bool:
    """Whether a blank cell is no problem: unset and zero differ, or blank is what the type's zero looks like."""
    if field.descriptor.is_required:  # Of proto2: without it there is no message.
        return field.default is not None
    if field.is_list or field.is_map or field.has_presence or field.default is not None:
        return True
    return field.kind in ("string", "bytes", "message", "struct")


def _read_map(text: str, field: FieldPlan, read: ReadCell, timezone: ZoneInfo) -> Converted:
    entries: dict[Any, Any] = {}
    warning = None
    for part in split_outside_quotes(text, field.separator):
        key_text, *rest = split_outside_quotes(part, field.subseparator)
        if not part or not rest:
            expected = f"key{field.subseparator}value"
            return _fault(kinds.CELL_PARTS, count=len(rest) + 1, expected=expected, value=part)
        key, fault = map_key(unquote(key_text), field, timezone)
        if key is None:
            return None, fault
        if key in entries:
            return None, Fault(kinds.CELL_MAP_KEY, {"value": str(key)})
        value_text = field.subseparator.join(rest)
        entries[key], fault = read(value_text if field.kind == "message" else unquote(value_text))
        if entries[key] is None:
            return None, _of_part(fault, value_text)
        warning = warning or fault
    return entries, warning


def map_key(text: str, field: FieldPlan, timezone: ZoneInfo) -> Converted:
    """A map's key as its type; keys are text in cells and headers alike."""
    return convert_cell(text, CellType(field.map_key_kind, timezone))


def _read_json(text: str, field: FieldPlan) -> Converted:
    """A cell in protobuf's JSON mapping, as the value of `field`."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)
        holder: Any = GetMessageClass(field.descriptor.containing_type)()
        json_format.ParseDict({field.descriptor.json_name: content}, holder, max_recursion_depth=_MAX_NESTING)
        missing = [name for name in holder.FindInitializationErrors() if name.startswith(field.name)]
        if missing:
            raise ValueError(f"{missing[0]} is required")
    except (json.JSONDecodeError, json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        return _fault(kinds.CELL_NOT_JSON, reason=_json_reason(error, text, field) or "it is nested too deep")
    value = getattr(holder, field.name)
    if field.is_map:
        return {key: value[key] for key in value}, None
    return (list(value) if field.is_list else value), None


def _json_reason(error: Exception, text: str, field: FieldPlan) -> str:
    """Why the text is no JSON of the field, without the words of the library that found it."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error).replace(f"Failed to parse {field.descriptor.json_name} field: ", "").rstrip(".")
    if any(quote in text for quote in "“”‘’„＂"):
        return 'its quotes must be plain ones: "'
    told = next((told for start, told in _JSON_REASONS if error.msg.startswith(start)), "")
    return told.format(at=error.pos + 1) if told else error.msg


def _of_part(fault: Fault | None, part: str) -> Fault | None:
    """The fault of one part of a cell, which quotes that part and not the whole cell."""
    return Fault(fault.kind, {"value": shown(part), **fault.words}) if fault is not None else None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = next(key for key in content if [name for name, _ in pairs].count(key) > 1)
        raise ValueError(f"{twice} stands in it twice")
    return content


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """The parts of `text` between separators that stand outside of double quotes; blanks around a part dropped."""
    if '"' not in text:
        return [part.strip() for part in text.split(separator)]
    parts, start, quoted = [], 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def unquote(part: str) -> str:
    """A part without the quotes around it, doubled ones inside made single, as in CSV."""
    if len(part) >= 2 and part[0] == part[-1] == '"':
        return part[1:-1].replace('""', '"')
    return part


def _visible(separator: str) -> str:
    return {"\n": "line break", "\t": "tab", " ": "blank"}.get(separator, separator)


def _fault(kind: Kind, **words: Any) -> Converted:
    return None, Fault(kind, words)
