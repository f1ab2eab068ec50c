"""Many values in one cell: lists, messages, maps, and JSON where a cell starts with `[` or `{`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import (
    CellType,
    Converted,
    Fault,
    fault_of_part,
    is_blank,
    shown,
)
from gdata.parsing.cells.jsoncell import read_json
from gdata.parsing.cells.readings import ReadCell, convert_cell, convert_key
from gdata.problems import Kind
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan
from gdata.sources.grid import ERROR_TEXTS, CellValue, DateCell, FormulaCell

_WIDE_SIGNS = str.maketrans("，、：；／｜", ",,:;/|")
_SEPARATORS = ",;/|"
_JSON_BOOLS = {"TRUE": "true", "FALSE": "false"}


def cell_reader(field: FieldPlan, timezone: ZoneInfo, *, is_element: bool = False) -> ReadCell:
    """How one cell becomes a value of `field`; `is_element`: of one element of a list, or one value of a map."""
    read = _single_reader(field, timezone)
    if is_element:
        return read
    if field.is_map:
        return _guarded(field, timezone, lambda text: _read_map(text, field, read, timezone))
    if field.is_list:
        return _list_reader(field, read, timezone)
    return read


def reader_and_type(field: FieldPlan, timezone: ZoneInfo, is_element: bool) -> tuple[ReadCell, CellType | None]:
    """`cell_reader` of a field, and the type of its cell where it holds one scalar: no list, message or wrapper."""
    is_several = (field.is_list or field.is_map) and not is_element
    is_scalar = not (is_several or field.type.has_parts or field.kind in ("struct", "wrapper"))
    return cell_reader(field, timezone, is_element=is_element), CellType.of(field, timezone) if is_scalar else None


def _single_reader(field: FieldPlan, timezone: ZoneInfo) -> ReadCell:
    if field.type.has_parts:
        return _guarded(field, timezone, lambda text: _read_message(text, field, timezone), is_element=True)
    if field.kind == "struct":
        # The spreadsheet's way to write JSON's true and false.
        return _guarded(
            field, timezone, lambda text: _json(_JSON_BOOLS.get(text, text), field, timezone, True), is_element=True
        )
    type_ = CellType.of(field, timezone)
    if field.kind == "wrapper":
        return lambda cell: _wrapped(convert_cell(cell, type_))
    return lambda cell: convert_cell(cell, type_)


def _wrapped(converted: Converted) -> Converted:
    value, fault = converted
    return (None if value is None else {"value": value}), fault


def _json(text: str, field: FieldPlan, timezone: ZoneInfo, is_element: bool) -> Converted:
    return read_json(
        text, field, timezone, lambda one, default: cell_reader(one, timezone)(default), is_element=is_element
    )


def _guarded(
    field: FieldPlan, timezone: ZoneInfo, read: Callable[[str], Converted], *, is_element: bool = False
) -> ReadCell:
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
            return _json(text, field, timezone, is_element)
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


def _list_reader(field: FieldPlan, read: ReadCell, timezone: ZoneInfo) -> ReadCell:
    def read_text(text: str) -> Converted:
        return _read_list(text, field, read)

    read_guarded = _guarded(field, timezone, read_text)

    def read_cell(cell: CellValue) -> Converted:
        if isinstance(cell, (bool, int, float)) and not field.type.has_parts:
            # In a list a typed cell is its one element.
            value, fault = read(cell)
            if fault is None and _may_be_eaten(cell, field):
                fault = Fault(kinds.CELL_EATEN_COMMA, {})
            return (None if value is None else [value]), fault
        return read_guarded(cell)

    return read_cell


def _may_be_eaten(cell: float, field: FieldPlan) -> bool:
    return (
        FIELD_TYPES[field.kind].is_number
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
        value, fault = read(part if field.type.has_parts else unquote(part))
        if value is None:
            return None, fault and fault_of_part(fault, part)
        warning = warning or fault
        values.append(value)
    return values, warning


def _part_names(fields: Sequence[FieldPlan]) -> list[str]:
    """The headers of a message's fields, where all have one, else their names."""
    headers = [one.columns[0].replace("{}", "").strip() for one in fields if one.columns]
    return headers if len(headers) == len(fields) and all(headers) else [one.name for one in fields]


def _read_message(text: str, field: FieldPlan, timezone: ZoneInfo) -> Converted:
    if field.message is None:
        reason = sentence("{field} is a message within itself; write the cell as JSON", field=field.name)
        return _fault(kinds.CELL_NOT_JSON, reason=reason)
    if not field.message.fields:
        return ({}, None) if text.casefold() == "true" else _fault(kinds.CELL_NO_PARTS)
    fields = sorted(field.message.fields, key=lambda one: one.number)
    parts = split_outside_quotes(text, field.subseparator)
    wrong_count = Fault(
        kinds.CELL_PARTS,
        {"count": len(parts), "expected": str(_visible(field.subseparator)).join(_part_names(fields))},
    )
    if len(parts) > len(fields):
        return None, wrong_count
    value: dict[str, Any] = {}
    warning = None
    for one, part in zip(fields, parts + [""] * (len(fields) - len(parts)), strict=True):
        part = unquote(part)
        is_left_out = is_blank(part)
        if is_left_out and one.default is None:
            if one.may_be_blank:
                continue
            return None, wrong_count
        if not is_left_out and (one.is_list or one.is_map or one.type.has_parts):
            reason = sentence("{field} is itself made of parts; write the cell as JSON", field=one.name)
            return _fault(kinds.CELL_NOT_JSON, reason=reason)
        value[one.name], fault = cell_reader(one, timezone)(part if not is_left_out else one.default)
        if value[one.name] is None:
            return None, fault and fault_of_part(fault, part)
        warning = warning or fault
    several = _several_of_a_oneof(fields, value)
    return (None, Fault(kinds.ONEOF_SEVERAL, {"members": several})) if several else (value, warning)


def _several_of_a_oneof(fields: Sequence[FieldPlan], value: Mapping[str, Any]) -> str:
    """Members of one oneof that all have a value, of which protobuf would keep the last."""
    members: dict[str, list[str]] = {}
    for one in fields:
        if one.oneof and one.name in value:
            members.setdefault(one.oneof, []).append(one.name)
    return next((", ".join(names) for names in members.values() if len(names) > 1), "")


def _read_map(text: str, field: FieldPlan, read: ReadCell, timezone: ZoneInfo) -> Converted:
    entries: dict[Any, Any] = {}
    warning = None
    for part in split_outside_quotes(text, field.separator):
        if not part:
            return _fault(kinds.CELL_EMPTY_ELEMENT, separator=_visible(field.separator))
        key_text, *rest = split_outside_quotes(part, field.subseparator)
        if not rest:
            expected = f"key{field.subseparator}value"
            return _fault(kinds.CELL_PARTS, count=len(rest) + 1, expected=expected, value=part)
        key, fault = convert_key(unquote(key_text), field, timezone)
        if key is None:
            return None, fault
        if key in entries:
            return None, Fault(kinds.CELL_MAP_KEY, {"value": str(key)})
        value_text = field.subseparator.join(rest)
        entries[key], fault = read(value_text if field.type.has_parts else unquote(value_text))
        if entries[key] is None:
            return None, fault and fault_of_part(fault, value_text)
        warning = warning or fault
    return entries, warning


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


_BLANKS = {"\n": sentence("line break"), "\t": sentence("tab"), " ": sentence("blank")}


def _visible(separator: str) -> Sentence | str:
    return _BLANKS.get(separator, separator)


def _fault(kind: Kind, **words: Any) -> Converted:
    return None, Fault(kind, words)
