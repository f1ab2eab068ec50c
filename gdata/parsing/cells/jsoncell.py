"""JSON in a cell: protobuf's mapping of it, held to the same rules as cells and told in the same words.

protobuf's own reader takes "NaN", leaves what is left out at zero, knows no labels and speaks of its own insides.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass

from gdata import kinds
from gdata.language import Sentence, sentence
from gdata.parsing.cells.cell import (
    CellType,
    Converted,
    Fault,
    choices_text,
    fault_of_part,
    rounded_double,
    shown,
)
from gdata.parsing.cells.readings import READINGS, convert_cell, convert_key
from gdata.problems import Kind
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.cells import EXACT_INTEGERS
from gdata.sources.grid import CellValue
from gdata.text import fold, nearest, question

ReadText = Callable[[FieldPlan, str], Converted]
"""Reads a cell's text as the value of a field."""

_MAX_DEPTH = 80
"""How deep messages lie in one cell: readers stop at 100, and the table and its rows are some of these."""
_STRUCT_SIGNS = {"google.protobuf.Struct": (dict, "{ }"), "google.protobuf.ListValue": (list, "[ ]")}
_SURROGATE = re.compile("[\ud800-\udfff]")
_REASONS = (
    ("Expecting property name", sentence("a name in double quotes should stand at character {at}")),
    ("Expecting value", sentence("a value is missing at character {at}")),
    ("Expecting ',' delimiter", sentence("a comma or a closing bracket is missing at character {at}")),
    ("Expecting ':' delimiter", sentence("a colon is missing at character {at}")),
    ("Unterminated string", sentence("the text that begins at character {at} has no closing quote")),
    ("Extra data", sentence("there is more after its end, at character {at}")),
    ("Invalid \\", sentence("the \\ at character {at} means nothing; write \\\\ for one")),
    ("Invalid control character", sentence("a line break or tab stands in a text at character {at}; write \\n or \\t")),
)
"""What Python says of broken JSON, and what people are told."""
_TRAILING_COMMA = sentence("a comma at character {at} has nothing behind it")
_BROKEN_OFF = sentence("it breaks off at character {at}")
_TOO_DEEP = sentence("it is nested too deep")


class _Number(str):
    """A number of the JSON, with its digits as they stand."""

    __slots__ = ()


class _Refused(Exception):
    """The JSON isn't a value of its field."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind.code)
        self.fault = fault


def read_json(
    text: str, field: FieldPlan, timezone: ZoneInfo, read_text: ReadText, *, is_element: bool = False
) -> Converted:
    """The value of a cell that is JSON; `is_element`: of one element of a list, or one value of a map.

    `read_text` reads the defaults of what is left out.
    """
    reader = _Reader(timezone, read_text)
    try:
        return reader.read(_content(text), field, is_element), reader.warning
    except _Refused as refused:
        return None, refused.fault
    except RecursionError:
        return None, Fault(kinds.CELL_NOT_JSON, {"reason": _TOO_DEEP})


def _content(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_twice,
        )
    except json.JSONDecodeError as error:
        _refuse(_reason(error, text))


def _reason(error: json.JSONDecodeError, text: str) -> Sentence:
    if any(quote in text for quote in "“”‘’„＂"):
        return sentence('its quotes must be plain ones: "')
    before = text[: error.pos].rstrip()
    if before.endswith(",") and text[error.pos :].lstrip()[:1] in ("]", "}"):
        return _TRAILING_COMMA.with_words(at=len(before))
    if text[error.pos : error.pos + 1] == "'":
        return sentence('its quotes must be double ones: "')
    told = next((told for start, told in _REASONS if error.msg.startswith(start)), _BROKEN_OFF)
    return told.with_words(at=error.pos + 1)


class _Reader:
    """Follows a schema's fields through the JSON of one cell."""

    def __init__(self, timezone: ZoneInfo, read_text: ReadText) -> None:
        self._timezone = timezone
        self._read_text = read_text
        self.warning: Fault | None = None
        """The first thing that is odd and stands."""

    def read(self, content: Any, field: FieldPlan, is_element: bool) -> Any:
        """The field's value."""
        return self._field(content, field, "", 1, is_element=is_element)

    def _field(self, content: Any, field: FieldPlan, name: str, depth: int, *, is_element: bool = False) -> Any:
        """`name` is what the value is called within the cell, "" for the whole of it."""
        if depth > _MAX_DEPTH:
            _refuse(_TOO_DEEP)
        if field.is_map and not is_element:
            return self._map(content, field, name, depth)
        if field.is_list and not is_element:
            return self._list(content, field, name, depth)
        if field.kind in ("message", "nested"):
            message = field.message_again() if field.message_again is not None else field.message
            assert message is not None
            return self._message(content, message, field, name, depth)
        if field.kind == "struct":
            return self._struct(content, field, name or field.name, depth)
        return self._scalar(content, field, name or field.name)

    def _list(self, content: Any, field: FieldPlan, name: str, depth: int) -> list[Any]:
        if not isinstance(content, list):
            _refuse(sentence("{field} is a list: write it in [ ]", field=name or field.name))
        values = []
        for number, part in enumerate(content, 1):
            if _is_left_out(part, field):
                _refuse_as(kinds.CELL_EMPTY_ELEMENT, separator=",")
            values.append(self._field(part, field, f"{name or field.name}[{number}]", depth, is_element=True))
        return values

    def _map(self, content: Any, field: FieldPlan, name: str, depth: int) -> dict[Any, Any]:
        if not isinstance(content, dict):
            _refuse(sentence("{field} is a map: write it in {{ }}", field=name or field.name))
        entries: dict[Any, Any] = {}
        for text, part in content.items():
            key = self._taken(convert_key(text, field, self._timezone), text)
            if key in entries:
                _refuse_as(kinds.CELL_MAP_KEY, value=text)
            if _is_left_out(part, field):
                _refuse_left_out(field, f"{name or field.name}[{text}]")
            entries[key] = self._field(part, field, f"{name or field.name}[{text}]", depth + 1, is_element=True)
        return entries

    def _message(self, content: Any, message: MessagePlan, within: FieldPlan, name: str, depth: int) -> dict[str, Any]:
        if not isinstance(content, dict):
            _refuse(sentence("{field} is a message: write it in {{ }}", field=name or within.name))
        given = _by_field(content, message)
        _check_oneofs(given, message)
        value: dict[str, Any] = {}
        for field in message.fields:
            inner = f"{name}.{field.name}" if name else field.name
            if field.name in given:
                value[field.name] = self._field(given[field.name], field, inner, depth + 1)
            elif field.default is not None:
                value[field.name] = self._read_text(field, field.default)[0]
            elif not field.may_be_blank:
                _refuse_left_out(field, inner)
        return value

    def _scalar(self, content: Any, field: FieldPlan, name: str) -> Any:
        if field.kind == "any":
            _refuse(sentence("{field} is of a type that no cell can hold", field=name))
        if isinstance(content, (dict, list)):
            _refuse(sentence("{field} is one value: write it without [ ] and {{ }}", field=name))
        if field.kind == "field_mask" and isinstance(content, str):
            content = re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", content)
        type_ = CellType.of(field, self._timezone)
        value = self._taken(convert_cell(_cell(content, type_.kind), type_), shown(content))
        return {"value": value} if field.kind == "wrapper" else value

    def _taken(self, converted: Converted, text: str) -> Any:
        value, fault = converted
        if fault is not None:
            fault = fault_of_part(fault, text)
            if value is None:
                raise _Refused(fault)
            self.warning = self.warning or fault
        return value

    def _struct(self, content: Any, field: FieldPlan, name: str, depth: int) -> Any:
        type_ = field.value_type.message_type
        wanted, signs = _STRUCT_SIGNS.get(type_.full_name, (object, ""))
        if not isinstance(content, wanted):
            _refuse(sentence("{field} is written in {signs}", field=name, signs=signs))
        return ParseDict(self._plain(content, depth), GetMessageClass(type_)())

    def _plain(self, content: Any, depth: int) -> Any:
        """The content as Python has it; each list and object in it takes up to three messages."""
        if depth > _MAX_DEPTH:
            _refuse(_TOO_DEEP)
        if isinstance(content, _Number):
            number = float(content)
            if not math.isfinite(number):
                _refuse_as(kinds.CELL_NOT_NUMBER, value=shown(content), instead=kinds.INFINITE_INSTEAD)
            rounded = rounded_double(content)
            self.warning = self.warning or (rounded and fault_of_part(rounded, content))
            return number
        if isinstance(content, list):
            return [self._plain(part, depth + 2) for part in content]
        if isinstance(content, dict):
            return {_whole(name): self._plain(part, depth + 3) for name, part in content.items()}
        return _whole(content) if isinstance(content, str) else content


def _cell(content: Any, kind: FieldKind) -> CellValue:
    """A value of the JSON as a cell holds it."""
    if not isinstance(content, _Number):
        return content  # type: ignore[no-any-return]
    is_whole = content.lstrip("-").isdigit()
    if READINGS[kind].takes_digits and (is_whole or not FIELD_TYPES[kind].is_whole):
        return str(content)
    number = float(content)
    return int(number) if number.is_integer() and abs(number) <= EXACT_INTEGERS else number


def _whole(text: str) -> str:
    if _SURROGATE.search(text):
        _refuse_as(kinds.TEXT_BROKEN, value=ascii(text))
    return text


def _by_field(content: dict[str, Any], message: MessagePlan) -> dict[str, Any]:
    """What the JSON gives, by field name; nulls and blanks count as left out, as blank cells do."""
    fields = {fold(name): field for field, name in _names(message)}
    given: dict[str, Any] = {}
    seen: set[str] = set()
    for name, part in content.items():
        field = fields.get(fold(name))
        if field is None:
            near = question(nearest(name, [text for _, text in _names(message)]))
            words = {"name": shown(_whole(name)), "message": message.descriptor.name, "before": near}
            _refuse_as(kinds.CELL_JSON_NAME, **words, names=", ".join(one.name for one in message.fields) or "—")
        if field.name in seen:
            _refuse(sentence("{name} stands in it twice", name=name))
        seen.add(field.name)
        if not _is_left_out(part, field) or field.is_list or field.is_map:
            given[field.name] = part
        if part is None and not _takes_null(field):
            given.pop(field.name, None)
    return given


def _names(message: MessagePlan) -> Iterator[tuple[FieldPlan, str]]:
    """Every text that names a field, those that win where two coincide last."""
    for field in message.fields:
        yield from ((field, text) for text in field.columns if "{}" not in text)
    for field in message.fields:
        yield field, field.descriptor.json_name
    for field in message.fields:
        yield field, field.name


def _takes_null(field: FieldPlan) -> bool:
    value_type = field.value_type.message_type
    return value_type is not None and value_type.full_name == "google.protobuf.Value"


def _is_left_out(part: Any, field: FieldPlan) -> bool:
    """Whether nothing is said of one value: a text may be empty, nothing else may."""
    if part is None:
        return not _takes_null(field)
    return isinstance(part, str) and not part.strip() and field.kind != "struct" and READINGS[field.kind].empty is None


def _check_oneofs(given: dict[str, Any], message: MessagePlan) -> None:
    members: dict[str, list[str]] = {}
    for field in message.fields:
        if field.oneof and field.name in given:
            members.setdefault(field.oneof, []).append(field.name)
    for names in members.values():
        if len(names) > 1:
            _refuse_as(kinds.ONEOF_SEVERAL, members=", ".join(names))


def _refuse_left_out(field: FieldPlan, name: str) -> NoReturn:
    _refuse_as(READINGS[field.kind].left_out, part=name, choices=choices_text(field.choices))


def _refuse(reason: Sentence) -> NoReturn:
    _refuse_as(kinds.CELL_NOT_JSON, reason=reason)


def _refuse_as(kind: Kind, **words: Any) -> NoReturn:
    raise _Refused(Fault(kind, words))


def _refuse_constant(name: str) -> NoReturn:
    _refuse(sentence("{name} is no JSON", name=name))


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in content if names.count(name) > 1)
        _refuse(sentence("{name} stands in it twice", name=twice))
    return content
