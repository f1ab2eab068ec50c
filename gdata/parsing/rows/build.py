"""Columns of values to protobuf rows.

upb takes a value by attribute in half the time that a dict of it takes to be made and read, so scalars go in by
attribute, and only what has parts goes in by dict (`benchmarks/parse.py`: 10,000 rows of 12 columns 13 ms, against
17 ms).
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from gdata.parsing.view import View, bytes_of
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.sources.cells import for_protobuf

Columns = Mapping[str, Sequence[Any]]
"""By field name, the value of every row: None is unset, a nested message is a dict."""


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
                _setter(name)(added, for_protobuf(columns[name]))
        return added


def _goes_by_attribute(field: FieldPlan) -> bool:
    return FIELD_TYPES[field.kind].is_scalar and not field.is_list and not field.is_map


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
