"""Rows to the columns of a sheet: each field laid out as planners like it, or else in whatever way holds its values.

Each cell, of one value, several or JSON, reads back as the same values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gdata.parsing.cells.cell import CellType
from gdata.parsing.cells.readings import READINGS
from gdata.parsing.sheet.node import case_fields
from gdata.proto.text import as_dict
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.sources.grid import CellValue, DateCell

Layout = Literal["columns", "rows", "cell", "case", "json"]
"""`columns`: each part has its own, elements are numbered. `rows`: a list goes down rows. `cell`: one cell has all of
it. `case`: a oneof in `….@case` and `….@1`. `json`: one cell, which holds anything."""

_MOST_NUMBERED = 5
"""Of elements that lie side by side; longer lists go down rows."""
_MOST_ENTRIES = 12
_MOST_PARTS = 3
_NO_COLUMN = frozenset(".[]@#{}")
"""Signs that mean something in a header."""
_UNCERTAIN = frozenset(["nested", "struct"])


@dataclass(frozen=True)
class SheetColumn:
    """A column: its header, the field that its cells are of, and what is in them from line to line."""

    header: str
    field: FieldPlan
    cells: Sequence[CellValue]
    is_whole: bool = False
    """One cell holds a whole list, map or message."""
    choices: tuple[str, ...] = ()
    """What a cell may be beside what its field says: the members of a oneof."""

    @property
    def is_text(self) -> bool:
        """Whether a spreadsheet would change what is typed there, unless it is formatted as plain text."""
        kind = self.field.value_kind
        if self.is_whole or self.field.type.is_changed or self.field.flags is not None or self.field.unit == "color":
            return True
        return kind not in ("enum", "bool", "timestamp") and any(isinstance(cell, str) for cell in self.cells)


@dataclass(frozen=True)
class Choices:
    """How the fields of a table are laid out, by name; those of a oneof by its name too."""

    layouts: Mapping[str, Layout] = field(default_factory=dict)
    by_names: bool = False
    """Headers are the names of the .proto file, not the planners' words."""

    def with_layout(self, name: str, layout: Layout) -> Choices:
        """The same, and one field laid out otherwise."""
        return replace(self, layouts={**self.layouts, name: layout})


@dataclass(frozen=True)
class SheetLines:
    """The rows of a table as columns."""

    columns: Sequence[SheetColumn]
    count: int
    """How many lines there are."""
    is_multirow: bool = False


def first_choices(row: MessagePlan, rows: Sequence[Any], *, has_key: bool) -> Choices:
    """How each field is laid out at first, by what its values are like."""
    layouts: dict[str, Layout] = {}
    for one in row.fields:
        if one.kind in _UNCERTAIN and (one.is_list or one.is_map or one.kind == "nested"):
            layouts[one.name] = "json"
        elif one.is_map:
            layouts[one.name] = _layout_of_map(one, rows)
        elif one.is_list:
            layouts[one.name] = _layout_of_list(one, rows, has_key=has_key)
        elif one.message is not None:
            layouts[one.name] = "columns" if one.message.fields else "json"
    return Choices(layouts)


def _layout_of_list(one: FieldPlan, rows: Sequence[Any], *, has_key: bool) -> Layout:
    most = max((len(getattr(row, one.name)) for row in rows), default=0)
    is_numbered = any("{}" in text for text in _texts_below(one))
    if one.message is None:
        return "columns" if is_numbered and most <= _MOST_NUMBERED * 2 else "cell"
    if not one.message.fields:
        return "json"
    if is_numbered or most <= _MOST_NUMBERED:
        return "columns"
    return "rows" if has_key else "cell"


def _layout_of_map(one: FieldPlan, rows: Sequence[Any]) -> Layout:
    keys = {key_text(key) for row in rows for key in getattr(row, one.name)}
    fits = keys and len(keys) <= _MOST_ENTRIES and not any(_NO_COLUMN & set(key) or key != key.strip() for key in keys)
    if fits and all(keys):
        return "columns"
    return "cell" if one.message is None else "json"


def _texts_below(one: FieldPlan) -> Iterator[str]:
    yield from one.columns
    for part in one.message.fields if one.message is not None else ():
        yield from part.columns


def next_layout(one: FieldPlan, now: Layout) -> Layout | None:
    """What to try where a layout doesn't hold a field's values; None where nothing is left."""
    if now == "json" or (one.message is None and not (one.is_list or one.is_map) and one.kind != "nested"):
        return None
    holds_parts = one.is_list or one.is_map
    is_flat = one.message is None or _is_flat(one.message)
    return "cell" if now in ("columns", "rows") and holds_parts and is_flat else "json"


def _is_flat(message: MessagePlan) -> bool:
    return len(message.fields) <= _MOST_PARTS and all(
        not (one.is_list or one.is_map) and one.message is None and one.kind not in _UNCERTAIN for one in message.fields
    )


def lay_out_rows(
    row: MessagePlan, rows: Sequence[Any], choices: Choices, writer: CellWriter, hidden: frozenset[str] = frozenset()
) -> SheetLines:
    """The rows of a table as columns; `hidden` are the full names of fields whose values nobody knows."""
    heights = [1] * len(rows)
    long = [one for one in row.fields if choices.layouts.get(one.name) == "rows"]
    for one in long:
        heights = [max(height, len(getattr(each, one.name))) for height, each in zip(heights, rows, strict=True)]
    builder = _Builder(choices, writer, hidden)
    columns = []
    for column in builder.message(row, rows, "", is_top=True):
        columns.append(replace(column, cells=_spread(column.cells, heights)) if long else column)
    columns += builder.long(long, rows, heights)
    return SheetLines(columns, sum(heights), bool(long))


def _spread(cells: Sequence[CellValue], heights: Sequence[int]) -> list[CellValue]:
    """The cells, each at the first of its record's lines."""
    spread: list[CellValue] = []
    for cell, height in zip(cells, heights, strict=True):
        spread += [cell, *[None] * (height - 1)]
    return spread


class _Builder:
    def __init__(self, choices: Choices, writer: CellWriter, hidden: frozenset[str]) -> None:
        self._choices, self._writer, self._hidden = choices, writer, hidden

    def message(
        self, message: MessagePlan, values: Sequence[Any], above: str, *, is_top: bool = False
    ) -> Iterator[SheetColumn]:
        """The columns of a message's fields; where a value is None, nothing is there."""
        told: set[str] = set()
        for one in message.fields:
            layout = self._choices.layouts.get(one.name if is_top else "", None)
            if one.kind == "any" or one.descriptor.full_name in self._hidden or layout == "rows":
                continue
            if is_top and one.oneof and self._choices.layouts.get(one.oneof) == "case":
                if one.oneof not in told:
                    told.add(one.oneof)
                    yield from self._case(message, one.oneof, values)
                continue
            yield from self.field(one, values, above + self._header(one), layout)

    def long(self, fields: Sequence[FieldPlan], rows: Sequence[Any], heights: Sequence[int]) -> Iterator[SheetColumn]:
        """The columns of lists that go down rows."""
        for one in fields:
            elements: list[Any] = []
            for each, height in zip(rows, heights, strict=True):
                own = list(getattr(each, one.name))
                elements += [*own, *[None] * (height - len(own))]
            header = self._header(one)
            if one.message is None:
                yield SheetColumn(header, one, [self._writer.cell(one, value) for value in elements])
            else:
                yield from self.message(one.message, elements, f"{header}.")

    def field(
        self, one: FieldPlan, values: Sequence[Any], header: str, layout: Layout | None = None
    ) -> Iterator[SheetColumn]:
        """The columns of one field of the messages in `values`."""
        if layout == "json" or one.kind == "nested" or (one.message is not None and not one.message.fields):
            yield SheetColumn(header, one, [json_cell(one, value) for value in values], is_whole=True)
        elif one.is_map:
            yield from self._map(one, values, header, layout)
        elif one.is_list:
            yield from self._list(one, values, header, layout)
        elif one.message is not None:
            yield from self.message(one.message, [value_of(one, value) for value in values], f"{header}.")
        else:
            yield SheetColumn(header, one, [self._writer.cell(one, value_of(one, value)) for value in values])

    def _list(self, one: FieldPlan, values: Sequence[Any], header: str, layout: Layout | None) -> Iterator[SheetColumn]:
        lists = [list(getattr(value, one.name)) if value is not None else [] for value in values]
        if layout != "columns":
            is_simple = one.message is None and one.kind not in _UNCERTAIN
            if is_simple or (layout == "cell" and one.message is not None and _is_flat(one.message)):
                cells = [self._writer.list_cell(one, each) for each in lists]
            else:
                cells = [json_cell(one, value) for value in values]
            yield SheetColumn(header, one, cells, is_whole=True)
            return
        for index in range(max([*map(len, lists), 1])):
            elements = [each[index] if index < len(each) else None for each in lists]
            yield from self._element(one, elements, header, index + 1)

    def _element(self, one: FieldPlan, elements: Sequence[Any], header: str, number: int) -> Iterator[SheetColumn]:
        pattern = next((text for text in one.columns if "{}" in text), None)
        is_named = pattern is not None and not self._choices.by_names
        own = pattern.replace("{}", str(number)) if pattern is not None and is_named else f"{header}[{number}]"
        if one.message is None:
            yield SheetColumn(own, one, [self._writer.cell(one, value) for value in elements])
            return
        for part in one.message.fields:
            if part.kind == "any" or part.descriptor.full_name in self._hidden:
                continue
            text = next((text for text in part.columns if "{}" in text), None)
            is_simple = not (part.is_list or part.is_map) and part.message is None
            if text is not None and is_simple and not self._choices.by_names:
                yield from self.field(part, elements, text.replace("{}", str(number)))
            else:
                yield from self.field(part, elements, f"{own}.{self._header(part)}")

    def _map(self, one: FieldPlan, values: Sequence[Any], header: str, layout: Layout | None) -> Iterator[SheetColumn]:
        maps = [sorted_entries(getattr(value, one.name)) if value is not None else {} for value in values]
        keys = sorted({key for each in maps for key in each})
        if layout == "columns" and keys:
            pattern = next((text for text in one.columns if "{}" in text and text != "{}"), None)
            for key in keys:
                named = pattern.replace("{}", key_text(key)) if pattern and not self._choices.by_names else ""
                own, cells = named or f"{header}[{key_text(key)}]", [each.get(key) for each in maps]
                if one.message is None:
                    yield SheetColumn(own, one, [self._writer.cell(one, value) for value in cells])
                else:
                    yield from self.message(one.message, cells, f"{own}.")
        elif one.message is None and one.kind not in _UNCERTAIN:
            yield SheetColumn(header, one, [self._writer.map_cell(one, each) for each in maps], is_whole=True)
        else:
            yield SheetColumn(header, one, [json_cell(one, value) for value in values], is_whole=True)

    def _case(self, message: MessagePlan, oneof: str, values: Sequence[Any]) -> Iterator[SheetColumn]:
        members = [one for one in message.fields if one.oneof == oneof]
        named = {one.name: self._header(one) for one in members}
        chosen = [value.WhichOneof(oneof) for value in values]
        cells: list[CellValue] = [named[name] if name is not None else None for name in chosen]
        yield SheetColumn(f"{oneof}.@case", members[0], cells, is_whole=True, choices=tuple(named.values()))
        by_name = {one.name: one for one in members}
        for number in range(max(len(case_fields(one)) for one in members)):
            placed = zip(chosen, values, strict=True)
            parts = [self._case_cell(by_name.get(name or ""), value, number) for name, value in placed]
            yield SheetColumn(f"{oneof}.@{number + 1}", members[0], parts, is_whole=True)

    def _case_cell(self, member: FieldPlan | None, row: Any, number: int) -> CellValue:
        if member is None or number >= len(case_fields(member)):
            return None
        if member.message is None:
            return self._writer.cell(member, getattr(row, member.name))
        part, holder = case_fields(member)[number], getattr(row, member.name)
        if part.is_list and part.message is None and part.kind not in _UNCERTAIN:
            return self._writer.list_cell(part, list(getattr(holder, part.name)))
        if part.is_map and part.message is None and part.kind not in _UNCERTAIN:
            return self._writer.map_cell(part, sorted_entries(getattr(holder, part.name)))
        if part.is_list or part.is_map or part.message is not None or part.kind == "nested":
            return json_cell(part, holder)
        return self._writer.cell(part, value_of(part, holder))

    def _header(self, one: FieldPlan) -> str:
        if self._choices.by_names:
            return one.name
        return next((text for text in one.columns if "{}" not in text and not _NO_COLUMN & set(text)), one.name)


# --- cells -------------------------------------------------------------------------------------------------------

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
