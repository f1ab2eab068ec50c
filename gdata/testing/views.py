"""Make table views out of a .proto text and rows as dicts: what tests of checks start from, without any sheet.

    views = build_views('''
        syntax = "proto3";
        package game;
        import "gdata/options.proto";
        message Item { int32 id = 1 [(gdata.field).key = true]; int64 price = 2; }
        message ItemTable { repeated Item rows = 1; }
    ''', {"ItemTable": [{"id": 1, "price": 100}, {"id": 1, "price": 200}]})

Each table is the sheet of its own name in the spreadsheet "game": headers in row 1, the first row below them.
Every field has a column, in the order of the .proto file; a list has as many as its longest row needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from gdata.parsing.view import Path, View
from gdata.problems import Cell
from gdata.schema.plan import MessagePlan, TablePlan
from gdata.schema.schema import Schema
from gdata.testing.bundles import Protos, compile_protos

BadFields = Mapping[str, Mapping[int, Collection[str]]]
"""By table and row index, the top-level fields whose cells have a problem; leave them out of the rows."""


def build_schema(protos: Protos) -> Schema:
    """The schema of .proto texts.

    Raises:
        SchemaError: they don't compile.
    """
    return Schema(compile_protos(protos))


def build_views(
    protos: Protos | Schema,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    bad: BadFields | None = None,
    records: Collection[str] = (),
    partial: Collection[str] = (),
    package: str = "game",
) -> dict[str, View]:
    """The views of `tables` (rows as dicts, as protobuf's classes take them), by name.

    `records` are tables of the vertical layout, given as one row; `partial` are those that aren't whole.
    """
    schema = protos if isinstance(protos, Schema) else build_schema(protos)
    return {
        name: build_view(
            schema,
            schema.table(f"{package}.{name}", is_record=name in records),
            rows,
            bad=(bad or {}).get(name, {}),
            whole=name not in partial,
        )
        for name, rows in tables.items()
    }


def build_view(
    schema: Schema,
    plan: TablePlan,
    rows: Sequence[Mapping[str, Any]],
    *,
    bad: Mapping[int, Collection[str]] | None = None,
    whole: bool = True,
) -> View:
    """The view of one table: see `build_views`."""
    message, messages = _table_message(schema, plan, rows)
    columns = _columns(plan.row, rows)

    def locate(index: int, path: Path) -> Cell:
        return Cell("game", plan.name, index + 2, _column(columns, path))

    bad_fields = {index: frozenset(fields) for index, fields in (bad or {}).items()}
    return View(plan, len(messages), locate, bad_fields or {}, whole).holding(message, messages)


def _table_message(schema: Schema, plan: TablePlan, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, list[Any]]:
    table_class = schema.message_class(plan.descriptor)
    if plan.kind == "record":
        record = table_class(**(rows[0] if rows else {}))
        return record, [record]
    if plan.kind == "rows":
        message = table_class(**{plan.rows_field: rows})
        return message, list(getattr(message, plan.rows_field))
    key = plan.key[0].name
    row_class = schema.message_class(plan.row.descriptor)
    messages = [row_class(**row) for row in rows]
    return table_class(**{plan.rows_field: {getattr(one, key): one for one in messages}}), messages


def _columns(row: MessagePlan, rows: Sequence[Mapping[str, Any]]) -> dict[Path, int]:
    """Column numbers from 1 by path, fields in the order of the .proto file."""
    position = {field.name: number for number, field in enumerate(row.fields)}
    paths = dict.fromkeys(path for one in rows for path in _paths(one, ()))
    paths |= dict.fromkeys((name,) for name in position if not any(path[0] == name for path in paths))
    in_order = sorted(paths, key=lambda path: position[str(path[0])])
    return {path: number for number, path in enumerate(in_order, start=1)}


def _paths(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _paths(inner, (*path, name))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))
    else:
        yield path


def _column(columns: Mapping[Path, int], path: Path) -> int:
    """The path's own column, else the first inside it, else that of what encloses it."""
    if path in columns:
        return columns[path]
    inside = [number for one, number in columns.items() if one[: len(path)] == path]
    return min(inside) if inside else _column(columns, path[:-1])
