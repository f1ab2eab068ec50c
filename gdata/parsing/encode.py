"""A sheet's rows to rows on the wire by the core (`gdata._core`), a block at a time, where every cell is plainly right.

What a row is made of is told to the core as steps in the order of the wire. It recognizes whole numbers, decimals and
plain texts; of any other cell it asks once what it is, and the answer is that of `gdata.parsing.cells.compound`, as
bytes. So every kind of field that stands in cells of its own goes this way: a list in a cell, a date, a choice. A block
in which a cell has a problem, or may have one, isn't for the core at all: `gdata.parsing.records` reads it.

20 tables of 10,000 rows and 12 columns take a fifth of the time that they take without (`benchmarks/parse.py`).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from gdata._core import SEED
from gdata.config import Audience
from gdata.parsing.cells.cell import CellType, is_blank, shown
from gdata.parsing.cells.readings import AS_ASKED, AS_DOUBLE, AS_FLOAT, AS_INTEGER, AS_TEXT, READINGS, convert_cell
from gdata.parsing.sheet.head import SheetHead
from gdata.parsing.sheet.layout import Sheet, is_note, is_unticked
from gdata.parsing.sheet.node import Node, read_tags
from gdata.parsing.view import SWITCHED_OFF, bytes_of
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.grid import ERROR_TEXTS, BlockRows, CellValue, RowBlock

# As in rows.h.
_VALUE, _OPEN, _CLOSE, _FIXED, _NOTE, _MASK = range(6)
_VARINT, _ZIGZAG, _FIXED32, _FIXED64 = range(4)
_BLANK_WRONG, _BLANK_UNSET, _BLANK_DEFAULT = range(3)
_IS_WRONG, _IS_BLANK, _IS_FILLED, _IS_NOTE = range(2, 6)
_MOST_VIEWS = 64
_MOST_DEPTH = 16
_ALL_VIEWS = 2**64 - 1

_WIRES = {
    FieldDescriptor.TYPE_SINT32: _ZIGZAG,
    FieldDescriptor.TYPE_SINT64: _ZIGZAG,
    FieldDescriptor.TYPE_FIXED32: _FIXED32,
    FieldDescriptor.TYPE_SFIXED32: _FIXED32,
    FieldDescriptor.TYPE_FIXED64: _FIXED64,
    FieldDescriptor.TYPE_SFIXED64: _FIXED64,
}
_WIRE_TYPES = {_VARINT: 0, _ZIGZAG: 0, _FIXED32: 5, _FIXED64: 1}
_LENGTH_DELIMITED = 2
_OTHER_WIRE_TYPES = {AS_FLOAT: 5, AS_DOUBLE: 1, AS_TEXT: _LENGTH_DELIMITED}
_LIKE_NUMBERS = re.compile(r"[-.\d]+", re.ASCII)
_MOST_KEPT = 8 << 20
"""Bytes of answers that a step keeps from block to block."""

Answer = tuple[int, int, bytes]
"""What a cell is, which views see its row, and its value on the wire."""
_WRONG: Answer = (_IS_WRONG, 0, b"")


@dataclass(frozen=True)
class Encoded:
    """A block's rows on the wire."""

    views: Sequence[tuple[bytes, int]]
    """What each audience sees, and how many rows that is."""
    filled: Sequence[int]
    """The columns in which some row has something."""
    records: int
    notes: int


@dataclass(frozen=True)
class _Step:
    """A step of a row's making; see rows.h."""

    what: int
    ask: Callable[[CellValue], Answer] | None = None
    kind: int = AS_ASKED
    wire: int = _VARINT
    blank: int = _BLANK_UNSET
    keeps_zero: bool = False
    element: int = 0
    column: int = -1
    oneof: int = 0
    low: int = 0
    high: int = 0
    tag: bytes = b""
    fixed: bytes = b""

    def as_tuple(self) -> tuple[Any, ...]:
        return (
            *(self.what, self.kind, self.wire, self.blank, int(self.keeps_zero), self.element, self.column),
            *(self.oneof, self.low, self.high, self.tag, self.fixed),
        )


class _Unfit(Exception):
    """The sheet has something that the core knows nothing of."""


class RowEncoder:
    """Encodes the blocks of one sheet, for one thread."""

    def __init__(self, head: SheetHead, steps: Sequence[_Step], encoder: Any) -> None:
        self._head, self._steps, self._encoder = head, steps, encoder

    @classmethod
    def of(cls, native: Any, head: SheetHead, seen: Sequence[Audience]) -> RowEncoder | None:
        """What encodes a sheet's rows as audiences see them, with the core; None where that is for Python alone."""
        if not _is_fit(head) or len(seen) > _MOST_VIEWS:
            return None
        try:
            steps = list(_Steps(head, seen).all())
        except _Unfit:
            return None
        number = head.plan.descriptor.fields_by_name[head.plan.rows_field].number
        tuples = [step.as_tuple() for step in steps]
        # Only a row of csv may not be longer than the header.
        width = len(head.sheet.header) if head.sheet.grid.kind == "csv" else sys.maxsize
        tag = _tag(number, _LENGTH_DELIMITED)
        return cls(head, steps, native.Encoder(tuples, width, tag, len(seen), SEED))

    def encode(self, block: Sheet) -> Encoded | None:
        """A block's rows; None where something in it isn't plainly right."""
        lines, end = block.lines, self._head.end
        if not isinstance(lines, RowBlock) or (end is not None and end < block.first_line + len(lines)):
            return None
        self._encoder.forget(_MOST_KEPT)
        found = lines.encode(self._encoder)
        if isinstance(found, list):
            if not self._answer(found):
                return None
            found = lines.encode(self._encoder)
        return Encoded(*found) if isinstance(found, tuple) else None

    def _answer(self, asked: Sequence[tuple[int, bytes]]) -> bool:
        """Answer what was asked; False where an answer is that something is wrong."""
        is_right = True
        for number, cell in asked:
            ask = self._steps[number].ask
            answer = ask(_cell_of(cell)) if ask is not None else _WRONG
            self._encoder.answer(number, cell, *answer)
            is_right = is_right and answer[0] != _IS_WRONG
        return is_right


def _cell_of(asked: bytes) -> CellValue:
    """The cell that the core asks about: a letter for its type, then what stands there."""
    if asked[:1] == b"s":
        return asked[1:].decode()
    if asked[:1] == b"n":
        number: int | float = json.loads(asked[1:])
        return number
    return asked[:1] == b"t"


def _is_fit(head: SheetHead) -> bool:
    sheet, header = head.sheet, head.header
    if head.plan.kind != "rows" or sheet.entry.layout != "rows" or sheet.entry.multirow or sheet.entry.range:
        return False
    if not isinstance(sheet.lines, BlockRows):
        return False
    if header.has_bounds or head.plan.row.spans or sheet.entry.overlay:
        return False
    # Without its column a field makes each row one with a problem.
    if head.unread or header.faults or any(_LIKE_NUMBERS.fullmatch(text) for text in sheet.entry.blank):
        return False
    return not (sheet.grid.percents or sheet.grid.uncomputed)


class _Steps:
    """The steps of one sheet's rows."""

    def __init__(self, head: SheetHead, seen: Sequence[Audience]) -> None:
        self._head, self._seen = head, seen
        self._oneofs = 0

    def all(self) -> Iterator[_Step]:
        """Every step, in the order of the wire."""
        head, entry = self._head, self._head.sheet.entry
        if entry.notes:
            is_text = 0 in head.text_columns and 0 in head.header.mapped
            yield _Step(_NOTE, self._ask_note, column=0, element=int(is_text), fixed=entry.notes.encode())
        if head.header.enabled is not None:
            yield _Step(_MASK, self._ask_enabled, column=head.header.enabled, high=self._mask(is_on=True))
        if head.header.tags is not None:
            yield _Step(_MASK, self._ask_tags, column=head.header.tags, high=_ALL_VIEWS)
        yield from self._of_message(head.header.nodes, head.plan.row, 0)

    def _of_message(self, nodes: Mapping[str, Node], message: MessagePlan, depth: int) -> Iterator[_Step]:
        if depth > _MOST_DEPTH:
            raise _Unfit
        present = {name: node for name, node in nodes.items() if node.is_used}
        fields = [field for field in message.fields if field.name in present or field.default is not None]
        oneofs = self._number_oneofs(fields)
        for field in sorted(fields, key=lambda one: one.number):
            if field.name in present:
                steps = self._of_node(present[field.name], message, depth)
                oneof = oneofs.get(field.oneof)
                yield from (replace(one, oneof=oneof) for one in steps) if oneof else steps
            else:
                yield _Step(_FIXED, fixed=self._default(Node(field), message))

    def _number_oneofs(self, fields: Sequence[FieldPlan]) -> dict[str, int]:
        members: dict[str, list[FieldPlan]] = {}
        for field in fields:
            if field.oneof:
                members.setdefault(field.oneof, []).append(field)
        numbers = {}
        for name, group in members.items():
            if len(group) > 1:
                if any(field.default is not None or field.message is not None for field in group):
                    raise _Unfit
                self._oneofs += 1
                numbers[name] = self._oneofs
        return numbers

    def _of_node(self, node: Node, message: MessagePlan, depth: int, element: int = 0) -> Iterator[_Step]:
        field, tag = node.field, _tag(node.field.number, _LENGTH_DELIMITED)
        if node.case is not None or node.variants or node.entries or (node.column is not None and node.parts):
            raise _Unfit
        if node.column is not None:
            yield self._of_cell(node, message, element)
        elif node.elements and not node.fields:
            yield from self._of_elements(node, message, depth)
        elif field.message is not None and not (field.is_map or (field.is_list and not node.is_element)):
            if field.descriptor.type != FieldDescriptor.TYPE_MESSAGE:
                raise _Unfit
            yield _Step(_OPEN, tag=tag)
            yield from self._of_message(node.fields, field.message, depth + 1)
            yield _Step(_CLOSE)
        else:
            raise _Unfit

    def _of_elements(self, node: Node, message: MessagePlan, depth: int) -> Iterator[_Step]:
        elements = [node.elements[index] for index in sorted(node.elements)]
        if node.field.message is not None:
            for one in elements:
                yield from self._of_node(one, message, depth)
            return
        is_packed = _is_packed(node.field)
        if is_packed:
            yield _Step(_OPEN, tag=_tag(node.field.number, _LENGTH_DELIMITED))
        for index, one in enumerate(elements):
            (step,) = self._of_node(one, message, depth, element=min(index, 1) + 1)
            yield replace(step, tag=b"") if is_packed else step
        if is_packed:
            yield _Step(_CLOSE)

    def _of_cell(self, node: Node, message: MessagePlan, element: int) -> _Step:
        field, column = node.field, node.column
        assert column is not None
        clears = frozenset(self._head.sheet.entry.blank if column not in self._head.text_columns else ())
        blank, fixed = _BLANK_UNSET if node.is_element else _BLANK_WRONG, b""
        if not node.is_element and field.default is not None:
            blank, fixed = _BLANK_DEFAULT, self._default(node, message)
        elif not field.key and field.may_be_blank:
            blank = _BLANK_UNSET
        read, type_ = self._head.reader(node)
        wire_of = _WireOf(field, message, node.is_element)

        def ask(cell: CellValue) -> Answer:
            if is_blank(cell) or (isinstance(cell, str) and cell.strip() in clears):
                return _IS_BLANK, _ALL_VIEWS, b""
            value, fault = read(cell)
            wire = wire_of(value) if fault is None and value is not None else None
            return (_IS_FILLED, _ALL_VIEWS, wire) if wire is not None else _WRONG

        keeps_zero = node.is_element or field.descriptor.has_presence
        step = _Step(_VALUE, ask, column=column, blank=blank, fixed=fixed, keeps_zero=keeps_zero, element=element)
        return _recognizing(step, field, type_)

    def _default(self, node: Node, message: MessagePlan) -> bytes:
        value, _ = self._head.reader(node)[0](node.field.default or "")
        wire = _WireOf(node.field, message, is_element=False)(value)
        if wire is None:
            raise _Unfit
        return wire

    # --- what isn't a value -------------------------------------------------------------------------------

    def _ask_note(self, cell: CellValue) -> Answer:
        return (_IS_NOTE if is_note(cell, self._head.sheet.entry.notes) else _IS_BLANK), _ALL_VIEWS, b""

    def _mask(self, *, is_on: bool) -> int:
        return sum(1 << number for number, one in enumerate(self._seen) if (one == SWITCHED_OFF) != is_on)

    def _ask_enabled(self, cell: CellValue) -> Answer:
        if is_blank(cell) or (isinstance(cell, str) and cell.strip() in self._head.sheet.entry.blank):
            return _IS_BLANK, self._mask(is_on=True), b""
        value, fault = convert_cell(cell, CellType("bool", self._head.timezone))
        if fault is not None:
            return _WRONG
        return (_IS_BLANK if is_unticked(cell) else _IS_FILLED), self._mask(is_on=value is not False), b""

    def _ask_tags(self, cell: CellValue) -> Answer:
        if is_blank(cell) or (isinstance(cell, str) and cell.strip() in self._head.sheet.entry.blank):
            return _IS_BLANK, _ALL_VIEWS, b""
        _, fault = convert_cell(cell, CellType("string", self._head.timezone))
        tags = read_tags(shown(cell))
        if fault is not None or cell in ERROR_TEXTS or not tags <= self._head.known_tags:
            return _WRONG
        is_seen = (not one.tags or one == SWITCHED_OFF or not tags.isdisjoint(one.tags) for one in self._seen)
        return _IS_FILLED, sum(1 << number for number, seen in enumerate(is_seen) if seen or not tags), b""


def _recognizing(step: _Step, field: FieldPlan, type_: CellType | None) -> _Step:
    """The step, with what the core recognizes by itself: only where nothing but its type decides what a cell is."""
    plain = None if type_ is None else CellType(type_.kind, type_.timezone, labels={}, enum_names={}, choices={})
    if type_ is None or type_ != plain or field.kind != type_.kind:
        return step
    kind, bounds = READINGS[type_.kind].core, FIELD_TYPES[type_.kind].bounds
    if kind in _OTHER_WIRE_TYPES:
        return replace(step, kind=kind, tag=_tag(field.number, _OTHER_WIRE_TYPES[kind]))
    if kind == AS_INTEGER and bounds is not None:
        wire = _WIRES.get(field.descriptor.type, _VARINT)
        tag = _tag(field.number, _WIRE_TYPES[wire])
        return replace(step, kind=kind, wire=wire, low=bounds[0], high=bounds[1], tag=tag)
    return step


class _WireOf:
    """Values of a field on the wire, with its tag; of an element of a packed list without."""

    def __init__(self, field: FieldPlan, message: MessagePlan, is_element: bool) -> None:
        self._name, self._class = field.name, GetMessageClass(message.descriptor)
        self._is_element = is_element
        self._is_packed = is_element and field.message is None and _is_packed(field)

    def __call__(self, value: Any) -> bytes | None:
        """The value's bytes; None where protobuf doesn't take it, or they aren't those of one value."""
        try:
            wire = bytes_of(self._class(**{self._name: [value] if self._is_element else value}))
        except (TypeError, ValueError):
            return None
        return _unpacked(wire) if self._is_packed else wire


def _is_packed(field: FieldPlan) -> bool:
    """Whether a list's numbers stand together behind one tag."""
    descriptor = field.descriptor
    if descriptor.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES) or field.message is not None:
        return False
    if descriptor.message_type is not None:
        return False
    enum = descriptor.enum_type
    value = enum.values[0].number if enum is not None else 1
    wire = GetMessageClass(descriptor.containing_type)(**{field.name: [value]}).SerializePartialToString()
    return _after_varint(wire)[0] & 7 == _LENGTH_DELIMITED


def _unpacked(wire: bytes) -> bytes:
    """A field's bytes without its tag and length."""
    return _after_varint(_after_varint(wire)[1])[1]


def _after_varint(wire: bytes) -> tuple[int, bytes]:
    """The first byte, and what follows the number that begins with it."""
    end = next(index for index, byte in enumerate(wire) if byte < 0x80)
    return wire[0], wire[end + 1 :]


def _tag(number: int, wire_type: int) -> bytes:
    value, tag = number << 3 | wire_type, bytearray()
    while value >= 0x80:
        tag.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*tag, value])
