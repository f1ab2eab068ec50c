"""Columns of values to protobuf rows, and which of a record's lines go on in the last element of a list.

upb takes a value by attribute in half the time that a dict of it takes to be made and read, so scalars go in by
attribute, and only what has parts goes in by dict (`benchmarks/parse.py`: 10,000 rows of 12 columns 13 ms, against
17 ms).

A line whose key is blank belongs to the record above. In it a list of messages gets a further element where one of the
element's own cells is filled; where only lists within the element are, these go on in the element above.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from google.protobuf.message_factory import GetMessageClass

from gdata.parsing.header import Node
from gdata.parsing.view import View, bytes_of
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.sources.textrows import Utf8Cells

if TYPE_CHECKING:
    from gdata.parsing.records import SheetRecords


Columns = Mapping[str, Sequence[Any]]
"""By field name, the value of every row: None is unset, a nested message is a dict."""

_BY_ATTRIBUTE = frozenset(["int32", "int64", "uint32", "uint64", "float", "double", "bool", "string", "bytes", "enum"])


class TableBuilder:
    """A table's message, to which rows are added part by part."""

    def __init__(self, plan: TablePlan) -> None:
        self._plan = plan
        self._message = GetMessageClass(plan.descriptor)()
        self._rows: list[Any] = []
        self._dicts: list[dict[str, Any]] = []
        self._parts: list[bytes] = []
        """What comes before the rows, on the wire."""
        self._count = 0
        # In the order of the fields: of two members of a oneof the last one stays.
        self._by_attribute = [field.name for field in plan.row.fields if _goes_by_attribute(field)]

    def add(self, columns: Columns, count: int) -> None:
        """Add `count` rows."""
        self._count += count
        if self._plan.kind == "rows":
            self._rows += self._add_rows(columns, count)
        else:
            self._dicts += make_dicts(columns, count)

    def add_bytes(self, content: bytes, count: int) -> None:
        """Add `count` rows that are on the wire already; only where a table's rows are a list."""
        self._count += count
        self._end_message()
        self._parts.append(content)

    @property
    def count(self) -> int:
        """How many rows the view of what was added has."""
        return 1 if self._plan.kind == "record" else self._count

    def fill(self, view: View) -> View:
        """Give a view its rows, in the order in which they were added."""
        plan = self._plan
        if self._parts:
            self._end_message()
            return view.holding_bytes(b"".join(self._parts))
        if plan.kind == "rows":
            return view.holding(self._message, self._rows)
        if plan.kind == "record":
            message = type(self._message)(**(self._dicts[0] if self._dicts else {}))
            return view.holding(message, [message])
        row_class = GetMessageClass(plan.row.descriptor)
        rows = [row_class(**row) for row in self._dicts]
        key = plan.key[0].name
        return view.holding(type(self._message)(**{plan.rows_field: {getattr(row, key): row for row in rows}}), rows)

    def _end_message(self) -> None:
        if self._rows:
            self._parts.append(bytes_of(self._message))
            self._message, self._rows = type(self._message)(), []

    def _add_rows(self, columns: Columns, count: int) -> list[Any]:
        others = {name: values for name, values in columns.items() if name not in self._by_attribute}
        rows = getattr(self._message, self._plan.rows_field)
        added: list[Any]
        if others:
            first = len(rows)
            self._message.MergeFrom(type(self._message)(**{self._plan.rows_field: make_dicts(others, count)}))
            added = rows[first:]
        else:
            add = rows.add
            added = [add() for _ in range(count)]
        for name in self._by_attribute:
            if name in columns:
                values = columns[name]
                _setter(name)(added, values.raw if isinstance(values, Utf8Cells) else values)
        return added


def _goes_by_attribute(field: FieldPlan) -> bool:
    return field.kind in _BY_ATTRIBUTE and not field.is_list and not field.is_map


@lru_cache(maxsize=4096)
def _setter(name: str) -> Any:
    """A loop that sets one field of every row that has a value; setattr would take twice as long."""
    scope: dict[str, Any] = {"zip": zip, "setattr": setattr, "__builtins__": {}}
    # The name is that of a protobuf field: an identifier, and perhaps a keyword of Python.
    store = f"setattr(row, {name!r}, value)" if keyword.iskeyword(name) else f"row.{name} = value"
    exec(f"def set_all(rows, values):\n for row, value in zip(rows, values):\n  if value is not None: {store}", scope)
    return scope["set_all"]


def make_dicts(columns: Columns, count: int) -> list[dict[str, Any]]:
    """A dict for each row, in one comprehension made for just these names.

    Twice as fast as `dict(zip(names, values))` (`benchmarks/parse.py`).
    """
    if not columns:
        return [{} for _ in range(count)]
    rows: list[dict[str, Any]] = _dict_maker(tuple(columns))(*columns.values())
    return rows


@lru_cache(maxsize=512)
def _dict_maker(names: tuple[str, ...]) -> Any:
    variables = [f"v{index}" for index in range(len(names))]
    pairs = ", ".join(f"{name!r}: {variable}" for name, variable in zip(names, variables, strict=True))
    arguments = ", ".join(f"c{index}" for index in range(len(names)))
    loop = f"{variables[0]} in c0" if len(names) == 1 else f"{', '.join(variables)} in zip({arguments}, strict=True)"
    # The names are those of protobuf fields: identifiers, quoted here as strings.
    return eval(f"lambda {arguments}: [{{{pairs}}} for {loop}]", {"zip": zip, "__builtins__": {}})


class Part(dict[str, Any]):
    """An element of a list, or what a line adds to the one above."""

    def __init__(self, values: dict[str, Any], node: Node, goes_on: bool) -> None:
        super().__init__(values)
        self.node, self.goes_on = node, goes_on


class Further:
    """Which lines go on in the element above, of every list or map of messages that has lists within."""

    def __init__(self, records: SheetRecords, starts: Sequence[int]) -> None:
        self._records = records
        self._lines: dict[int, Sequence[bool]] = {}
        """By the identity of an element's node, and of the messages in it."""
        is_start = set(starts)
        breaks = [line in is_start for line in range(records.line_count)]
        for node in records.header.nodes.values():
            if is_several(node):
                self._find(node, breaks)

    def lines(self, element: Node) -> Sequence[bool] | None:
        """In which lines an element goes on; None where it never does."""
        return self._lines.get(id(element))

    def _find(self, several: Node, breaks: Sequence[bool]) -> None:
        """`breaks` tells in which lines that which holds the list begins anew."""
        for element in elements_of(several):
            own, inner = list(_own_columns(element)), list(inner_lists(element))
            if not own or not inner:
                continue  # Without cells of its own every filled line is an element.
            filled = self._filled(list(element.columns()))
            goes_on = _going_on(filled, self._filled(own), breaks)
            if any(goes_on):
                self._note(element, goes_on)
            begins = [one and not further for one, further in zip(filled, goes_on, strict=True)]
            for one in inner:
                self._find(one, begins)

    def _note(self, message: Node, goes_on: Sequence[bool]) -> None:
        self._lines[id(message)] = goes_on
        for part in message.fields.values():
            if not is_several(part):
                self._note(part, goes_on)

    def _filled(self, columns: Sequence[int]) -> list[bool]:
        """In which lines any of the columns is filled."""
        lines = range(self._records.line_count)
        return [not all(self._records.is_blank_at(line, column) for column in columns) for line in lines]


def _going_on(filled: Sequence[bool], own_filled: Sequence[bool], breaks: Sequence[bool]) -> list[bool]:
    goes_on, is_open = [], False
    for is_filled, is_own, is_break in zip(filled, own_filled, breaks, strict=True):
        is_open = is_open and not is_break
        goes_on.append(is_filled and not is_own and is_open)
        is_open = is_open or is_filled
    return goes_on


def is_several(node: Node) -> bool:
    """Whether a node is a list or a map as a whole."""
    return (node.field.is_list or node.field.is_map) and not node.is_element


def elements_of(several: Node) -> list[Node]:
    """The nodes of a list's elements in their order; a map down rows has the one of its entries."""
    if several.field.is_map:
        return [several] if "key" in several.fields else []
    return [several.elements[index] for index in sorted(several.elements)]


def _own_columns(message: Node) -> Iterator[int]:
    """The columns that hold one value an element."""
    for part in message.fields.values():
        if part.fields and not part.is_case and not is_several(part):
            yield from _own_columns(part)
        elif not is_several(part):
            yield from part.columns()


def inner_lists(message: Node) -> Iterator[Node]:
    """The lists and maps in a message, and in the messages that it holds."""
    for part in message.fields.values():
        if is_several(part):
            yield part
        else:
            yield from inner_lists(part)
