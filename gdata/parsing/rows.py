"""Columns of values to protobuf rows.

upb takes a value by attribute in half the time that a dict of it takes to be made and read, so clean columns of
scalars go in by attribute, and only what has blanks or parts goes in by dict (`benchmarks/parse.py`: 10,000 rows of
12 columns 13 ms, against 17 ms).
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from google.protobuf.message_factory import GetMessageClass

from gdata.schema.plan import FieldPlan, TablePlan

Columns = Mapping[str, Sequence[Any]]
"""By field name, the value of every row: None is unset, a nested message is a dict."""

_BY_ATTRIBUTE = frozenset(["int32", "int64", "uint32", "uint64", "float", "double", "bool", "string", "bytes", "enum"])


def make_message(plan: TablePlan, parts: Sequence[tuple[Columns, int]]) -> tuple[Any, list[Any]]:
    """The table's message and its row messages in sheet order; each part is columns and how many rows they have."""
    table_class = GetMessageClass(plan.descriptor)
    if plan.kind == "rows":
        message = table_class()
        rows = [row for columns, count in parts for row in _add_rows(message, plan, columns, count)]
        return message, rows
    dicts = [row for columns, count in parts for row in make_dicts(columns, count)]
    if plan.kind == "record":
        message = table_class(**(dicts[0] if dicts else {}))
        return message, [message]
    row_class = GetMessageClass(plan.row.descriptor)
    rows = [row_class(**row) for row in dicts]
    key = plan.key[0].name
    return table_class(**{plan.rows_field: {getattr(row, key): row for row in rows}}), rows


def _add_rows(message: Any, plan: TablePlan, columns: Columns, count: int) -> list[Any]:
    clean = {
        field.name: columns[field.name]
        for field in plan.row.fields
        if field.name in columns and _goes_by_attribute(field) and None not in columns[field.name]
    }
    others = {name: values for name, values in columns.items() if name not in clean}
    rows = getattr(message, plan.rows_field)
    added: list[Any]
    if others:
        first = len(rows)
        message.MergeFrom(type(message)(**{plan.rows_field: make_dicts(others, count)}))
        added = rows[first:]
    else:
        add = rows.add
        added = [add() for _ in range(count)]
    for name, values in clean.items():
        _setter(name)(added, values)
    return added


def _goes_by_attribute(field: FieldPlan) -> bool:
    is_scalar = field.kind in _BY_ATTRIBUTE and not field.is_list and not field.is_map
    return is_scalar and not keyword.iskeyword(field.name)


@lru_cache(maxsize=4096)
def _setter(name: str) -> Any:
    """A loop that sets one field of every row; setattr would take twice as long."""
    scope: dict[str, Any] = {"zip": zip, "__builtins__": {}}
    # The name is that of a protobuf field: an identifier, and no keyword of Python.
    exec(f"def set_all(rows, values):\n for row, value in zip(rows, values): row.{name} = value", scope)
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
