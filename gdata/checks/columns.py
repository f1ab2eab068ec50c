"""A field's values over all rows of a table, wherever the field lies: in nested messages, lists and maps.

The rows that are right pass in one comprehension a level; only where something is wrong are they walked one
by one, with the path to each value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from gdata.parsing.view import Path, View
from gdata.schema.fieldtypes import FieldKind
from gdata.schema.plan import FieldPlan, MessagePlan

MapSide = Literal["", "keys", "values"]

Accept = Callable[[Any], bool]
"""Which of the messages that hold a field count."""


@dataclass(frozen=True)
class Column:
    """A field and the way to it from the row; of a map with scalars, its keys or its values."""

    steps: tuple[FieldPlan, ...]
    side: MapSide = ""

    @property
    def field(self) -> FieldPlan:
        """The field itself."""
        return self.steps[-1]

    @property
    def top(self) -> str:
        """The row's field that it lies in."""
        return self.steps[0].name

    @property
    def name(self) -> str:
        """The way as messages write it: `rewards.item_id`."""
        return ".".join(step.name for step in self.steps)

    @property
    def kind(self) -> FieldKind:
        """What its values are; of a wrapper, what it wraps."""
        if self.side == "keys":
            return self.field.map_key_kind
        return self.field.value_kind


def all_columns(row: MessagePlan) -> Iterator[Column]:
    """Every field of a row, nested ones after the message that they lie in."""
    yield from _columns_below(row, ())


def _columns_below(message: MessagePlan, way: tuple[FieldPlan, ...]) -> Iterator[Column]:
    for field in message.fields:
        yield Column((*way, field))
        if field.message is not None:
            yield from _columns_below(field.message, (*way, field))


def column_at(row: MessagePlan, dotted: str) -> Column | None:
    """The column that a dotted path without indexes leads to (`reward.item_id`), if there is one."""
    steps: tuple[FieldPlan, ...] = ()
    message: MessagePlan | None = row
    for name in dotted.split("."):
        field = message.field(name) if message is not None else None
        if field is None:
            return None
        steps, message = (*steps, field), field.message
    return Column(steps)


def sound_rows(view: View, fields: Iterable[str]) -> Iterable[Any]:
    """The rows in which none of these top-level fields has a problem already."""
    return (row for _, row in numbered_sound_rows(view, fields)) if view.bad_fields else view.rows


def numbered_sound_rows(view: View, fields: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """The same rows, with their indexes."""
    wanted = frozenset(fields)
    bad = view.bad_fields
    return ((index, row) for index, row in enumerate(view.rows) if index not in bad or not wanted & bad[index])


def column_values(rows: Iterable[Any], column: Column, accept: Accept | None = None) -> list[Any]:
    """All values of a column, blank ones left out as far as they can be told; messages of a message field."""
    holders: Any = rows
    for step in column.steps[:-1]:
        holders = _inner(holders, step)
    if accept is not None:
        holders = [one for one in holders if accept(one)]
    return _values(holders, column)


def walk_column(row: Any, column: Column, accept: Accept | None = None) -> Iterator[tuple[Path, Any]]:
    """The same values of one row, each with its path."""
    for path, holder in _walk_holders(row, column.steps[:-1], ()):
        if accept is None or accept(holder):
            yield from _walk_values(holder, column, path)


def _inner(holders: Iterable[Any], step: FieldPlan) -> list[Any]:
    name = step.name
    if step.is_map:
        return [inner for one in holders for inner in getattr(one, name).values()]
    if step.is_list:
        return [inner for one in holders for inner in getattr(one, name)]
    return [getattr(one, name) for one in holders if one.HasField(name)]


def _values(holders: Iterable[Any], column: Column) -> list[Any]:
    field, name = column.field, column.field.name
    if field.is_map and column.side == "keys":
        found = [key for one in holders for key in getattr(one, name)]
    elif field.is_map:
        found = [value for one in holders for value in getattr(one, name).values()]
    elif field.is_list:
        found = [value for one in holders for value in getattr(one, name)]
    elif field.has_presence:
        found = [getattr(one, name) for one in holders if one.HasField(name)]
    else:
        found = list(map(attrgetter(name), holders))
        if _may_lack_column(field) and not any(found):
            return []
    if field.kind == "wrapper" and column.side != "keys":
        return [value.value for value in found]
    return found


def _may_lack_column(field: FieldPlan) -> bool:
    # Without a column every value is the zero that nobody wrote, so a whole column of zeros says nothing.
    return field.absent_ok and not field.has_presence


def _walk_holders(message: Any, steps: tuple[FieldPlan, ...], path: Path) -> Iterator[tuple[Path, Any]]:
    if not steps:
        yield path, message
        return
    step, rest = steps[0], steps[1:]
    for inner_path, inner in _walk_elements(message, step, (*path, step.name)):
        yield from _walk_holders(inner, rest, inner_path)


def _walk_elements(message: Any, step: FieldPlan, path: Path) -> Iterator[tuple[Path, Any]]:
    value = getattr(message, step.name)
    if step.is_map:
        yield from (((*path, key), inner) for key, inner in value.items())
    elif step.is_list:
        yield from (((*path, index), inner) for index, inner in enumerate(value))
    elif not step.has_presence or message.HasField(step.name):
        yield path, value


def _walk_values(holder: Any, column: Column, path: Path) -> Iterator[tuple[Path, Any]]:
    field = column.field
    for inner_path, value in _walk_elements(holder, field, (*path, field.name)):
        if column.side == "keys":
            yield inner_path, inner_path[-1]
        else:
            yield inner_path, value.value if field.kind == "wrapper" else value
