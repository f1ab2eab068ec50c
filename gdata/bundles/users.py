"""Who refers to a row: every row and field whose value leads to it, by the references that the manifest lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.bundles.manifest import Reference, TableEntry
from gdata.proto.fields import is_map

Held = Iterator[tuple[str, Any]]
"""Paths with indexes from 1, and the messages there."""


class Use(NamedTuple):
    """One field of one row that refers to another row."""

    table: str
    row: Any
    path: str
    """As planners write it: `rewards[2].item_id`."""


def find_users(
    tables: Mapping[str, TableEntry],
    rows_of: Callable[[str], Sequence[Any]],
    descriptors: Callable[[str], Descriptor],
    table: str,
    rows: Sequence[Any],
) -> Iterator[tuple[int, Use]]:
    """Every use of any of `rows`, which are of `table`, with the index of the row that it refers to.

    `rows_of` gives a table's rows (the record of a vertical one as its only row), `descriptors` what they are; only
    tables that may refer to `table` are asked for.
    """
    wanted: dict[str, dict[Any, int]] = {}
    for name, entry in tables.items():
        for path, references in entry.refs.items():
            for one in references:
                if one.table != table or len(one.fields) != 1:
                    continue
                field = one.fields[0]
                if field not in wanted:
                    wanted[field] = {getattr(row, field): index for index, row in enumerate(rows)}
                yield from _uses(name, rows_of(name), descriptors(name), path, one, wanted[field])


def _uses(
    name: str, rows: Sequence[Any], kind: Descriptor, path: str, reference: Reference, wanted: Mapping[Any, int]
) -> Iterator[tuple[int, Use]]:
    *outer, last = path.split(".")
    leaf = _leaf(kind, path)
    if leaf is None:
        return
    values = {value: index for value, index in wanted.items() if _as_text(value) not in reference.none}
    if not outer and not leaf.is_repeated:
        # A column at a time: most references are a field of the row itself.
        for row, value in zip(rows, map(attrgetter(last), rows), strict=True):
            if value in values and value and _holds(reference.when, row):
                yield values[value], Use(name, row, last)
        return
    for row in rows:
        for prefix, holder in _holders(row, outer):
            if _holds(reference.when, holder):
                for where, value in _values(holder, leaf, f"{prefix}{last}"):
                    if value in values and value:
                        yield values[value], Use(name, row, where)


def _holders(message: Any, steps: Sequence[str], prefix: str = "") -> Held:
    """The messages at the end of `steps`, each with the path to it."""
    if not steps:
        yield prefix, message
        return
    first, *rest = steps
    field = message.DESCRIPTOR.fields_by_name[first]
    held = getattr(message, first)
    if is_map(field):
        for key in sorted(held):
            yield from _holders(held[key], rest, f"{prefix}{first}[{key}].")
    elif field.is_repeated:
        for index, inner in enumerate(held, 1):
            yield from _holders(inner, rest, f"{prefix}{first}[{index}].")
    elif message.HasField(first):
        yield from _holders(held, rest, f"{prefix}{first}.")


def _values(holder: Any, leaf: FieldDescriptor, path: str) -> Iterator[tuple[str, Any]]:
    held = getattr(holder, leaf.name)
    if is_map(leaf):
        yield from ((f"{path}[{key}]", held[key]) for key in sorted(held))
    elif leaf.is_repeated:
        yield from ((f"{path}[{index}]", value) for index, value in enumerate(held, 1))
    else:
        yield path, held


def _leaf(kind: Descriptor, path: str) -> FieldDescriptor | None:
    message: Any = kind
    field: Any = None
    for name in path.split("."):
        field = message.fields_by_name.get(name) if message is not None else None
        if field is None:
            return None
        message = field.message_type
        if is_map(field):
            message = field.message_type.fields_by_name["value"].message_type
    return None if field.message_type is not None and not is_map(field) else field


def _holds(when: str, holder: Any) -> bool:
    if not when:
        return True
    name, _, wanted = when.partition("=")
    field = holder.DESCRIPTOR.fields_by_name.get(name.strip())
    if field is None:
        return False
    value = getattr(holder, name.strip())
    known = field.enum_type.values_by_number.get(value) if field.enum_type is not None else None
    return wanted.strip() in {_as_text(value), known.name if known is not None else ""}


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
