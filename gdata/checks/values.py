"""A table's values: those of a field over all rows, wherever it lies, and how people write where one is and what it is.

The rows that are right pass in one comprehension a level; only where something is wrong are they walked one by one,
with the path to each value. Written as headers have it (`rewards[1].item_id`, `stats[str]`), a path counts a list's
elements from 1, inside from 0; the descriptor tells whether an index is that or a map's key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gdata.parsing.view import Path, View
from gdata.proto.descriptors import OptionReader, element_field, float32_text, is_map, key_field
from gdata.schema.fieldtypes import FieldKind
from gdata.schema.plan import FieldPlan, MessagePlan
from gdata.text import did_you_mean

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


def marked_columns(row: MessagePlan) -> list[Column]:
    """The fields of a row that checks are about, nested ones after the message that they lie in."""
    return [Column(way) for way in row.marked]


def column_at(row: MessagePlan, dotted: str) -> Column | None:
    """The column that a dotted path without indexes leads to (`reward.item_id`), if there is one."""
    steps = row.way(dotted)
    return Column(steps) if steps else None


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


_STEP = re.compile(r"(?P<name>[^.\[\]]+)(?:\[(?P<index>[^\]]*)\])?(?:\.|$)")


def written_path(row: Descriptor, path: Path) -> str:
    """A path as messages write it: `rewards[1].item_id` (from 1), `stats[str]`, `prices[1001]` of a map by number."""
    text = ""
    for field, step in _steps_with_fields(row, path):
        if field is not None:
            text += f"[{_index_text(field, step)}]"
        else:
            text += f".{step}" if text else str(step)
    return text


def parse_path(row: Descriptor, text: str) -> Path:
    """The path that `text` writes; "" is the row itself.

    Raises:
        ValueError: it leads to no field; the message says where it goes wrong.
    """
    path: Path = ()
    message: Descriptor | None = row
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(f"{text!r} is no field path: write it as rewards[1].item_id")
        field = _field(message, match["name"])
        path = (*path, field.name, *_index(field, match["index"]))
        message = element_field(field).message_type
        at = match.end()
    return path


def value_at(row: Any, path: Path) -> Any:
    """The value that a path leads to."""
    value = row
    for field, step in _steps_with_fields(row.DESCRIPTOR, path):
        value = getattr(value, str(step)) if field is None else value[step]
    return value


def last_field(row: Descriptor, path: Path) -> FieldDescriptor:
    """The last field that a path names."""
    message: Any = row
    found: FieldDescriptor | None = None
    for field, step in _steps_with_fields(row, path):
        if field is None:
            found = message.fields_by_name[str(step)]
            message = element_field(found).message_type
    assert found is not None, "the path of the row itself names no field"
    return found


def _steps_with_fields(row: Descriptor, path: Path) -> Iterator[tuple[FieldDescriptor | None, Any]]:
    """Each step, with the list or map that it is an index of; None beside a field's name."""
    message: Any = row
    index_of: FieldDescriptor | None = None
    for step in path:
        yield index_of, step
        if index_of is not None:
            index_of = None
            continue
        field = message.fields_by_name.get(step) if message is not None else None
        if field is not None:
            index_of = field if field.is_repeated else None
            message = element_field(field).message_type


def _index_text(field: FieldDescriptor, step: str | int | bool) -> str:
    if isinstance(step, bool):
        return str(step).lower()
    return str(step) if is_map(field) or isinstance(step, str) else str(step + 1)


def _field(message: Descriptor | None, name: str) -> FieldDescriptor:
    known = message.fields_by_name if message is not None else {}
    if name not in known:
        place = message.full_name if message is not None else "a single value"
        raise ValueError(f"{place} has no field {name}. {did_you_mean(name, known)}".rstrip())
    return known[name]


def _index(field: FieldDescriptor, text: str | None) -> tuple[str | int | bool, ...]:
    if text is None:
        return ()
    if not field.is_repeated:
        raise ValueError(f"{field.name} is no list or map, so it takes no index")
    if not is_map(field):
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"{field.name}[{text}]: a list's index is a number from 1")
        return (int(text) - 1,)
    key = key_field(field)
    if key.type == FieldDescriptor.TYPE_STRING:
        return (text,)
    if key.type == FieldDescriptor.TYPE_BOOL:
        return (text.casefold() == "true",)
    try:
        return (int(text),)
    except ValueError:
        raise ValueError(f"{field.name}[{text}]: the map's keys are numbers") from None


_TIMESTAMP = "google.protobuf.Timestamp"
LONGEST = 200
"""Characters of a value that a problem shows."""


def value_text(row: Any, path: Path, timezone: tzinfo = UTC) -> str | None:
    """The value at `path` in a row as a cell's text; None for messages, lists, maps and what isn't there.

    Points in time are written as in a cell: local time of `timezone`.
    """
    value, field, index_of = row, None, None
    for step in path:
        if index_of is not None:
            if not _has(value, index_of, step):
                return None
            value, field, index_of = value[step], element_field(index_of), None
            continue
        field = value.DESCRIPTOR.fields_by_name.get(step)
        if field is None or (field.has_presence and not value.HasField(step)):
            return None
        value = getattr(value, field.name)
        index_of = field if field.is_repeated else None
    if field is None or index_of is not None:
        return None
    return element_text(field, value, timezone)


def element_text(field: FieldDescriptor, value: Any, timezone: tzinfo) -> str | None:
    """One value of a field as a cell's text, points in time in local time; None for other messages."""
    if field.message_type is not None and field.message_type.full_name == _TIMESTAMP:
        return _local_time(value, timezone)
    return scalar_text(field, value)


def scalar_text(field: FieldDescriptor, value: Any) -> str | None:
    """One value of a field as a cell's text: an enum's label, TRUE, 0.1 and not 0.10000000149."""
    if field.enum_type is not None and isinstance(value, int):
        return _enum_texts(field.enum_type).get(value, str(value))
    if isinstance(value, float) and field.type == FieldDescriptor.TYPE_FLOAT:
        return float32_text(value)
    return plain_text(value)


@lru_cache(maxsize=1_000)
def _enum_texts(enum: EnumDescriptor) -> dict[int, str]:
    """What planners write for each number: its first label, else its name."""
    texts: dict[int, str] = {}
    reader = OptionReader(enum.file.pool)
    for value in enum.values:
        options = reader.of_enum_value(value)
        texts.setdefault(value.number, options.label[0] if options and options.label else value.name)
    return texts


def _local_time(value: Any, timezone: tzinfo) -> str:
    try:
        return str(value.ToDatetime(timezone).replace(tzinfo=None))
    except (ValueError, OverflowError):
        return str(value)


def plain_text(value: Any) -> str | None:
    """A number, bool or string as a cell's text, cut where it is very long; None for anything else."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + "…"
    if isinstance(value, tuple):
        return ", ".join(plain_text(part) or "" for part in value)
    well_known = getattr(getattr(value, "DESCRIPTOR", None), "full_name", "")
    if well_known in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        return str(value.ToJsonString())
    return None


def _has(container: Any, field: FieldDescriptor, index: Any) -> bool:
    return index in container if is_map(field) else 0 <= index < len(container)
