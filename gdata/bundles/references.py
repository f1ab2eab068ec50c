"""What references of the manifest mean in rows: which row a value refers to, which rows and fields refer to a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from gdata.bundles.fieldpath import FieldPath
from gdata.bundles.manifest import Reference, TableEntry
from gdata.errors import LookupFailed
from gdata.language import sentence
from gdata.proto.descriptors import element_field, is_map, key_field
from gdata.text import nearest

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
    wanted: dict[tuple[str, ...], dict[Any, int]] = {}
    for name, entry in tables.items():
        for path, references in entry.refs.items():
            for one in references:
                if one.table != table or not one.fields:
                    continue
                if one.fields not in wanted:
                    wanted[one.fields] = places_by_value(descriptors(table), rows, one.fields)
                kinds = descriptors(name), descriptors(table)
                yield from _uses(name, rows_of(name), kinds, path, one, wanted[one.fields])


def _uses(
    name: str,
    rows: Sequence[Any],
    kinds: tuple[Descriptor, Descriptor],
    path: str,
    reference: Reference,
    wanted: Mapping[Any, int],
) -> Iterator[tuple[int, Use]]:
    """Those of one field; `kinds`: what the rows are that have it, and those that it refers to."""
    *outer, last = path.split(".")
    leaf = leaf_at(kinds[0], path)
    by_key = leaf is not None and refers_by_key(leaf, reference, kinds[1])
    read: Callable[[Any], Any] | None = None
    if leaf is not None:
        read = (lambda value: value) if by_key else value_reader(leaf, reference)
    if leaf is None or read is None:
        return
    values = {value: index for value, index in wanted.items() if not is_none(reference, value)}
    if not outer and not leaf.is_repeated and leaf.message_type is None:
        # A column at a time: most references are a field of the row itself.
        for row, value in zip(rows, map(attrgetter(last), rows), strict=True):
            if value in values and value and holds(reference.when, row):
                yield values[value], Use(name, row, last)
        return
    for row in rows:
        for prefix, holder in _holders(row, outer):
            if holds(reference.when, holder):
                for where, held in _values(holder, leaf, f"{prefix}{last}", by_key=by_key):
                    value = read(held)
                    if value in values and value:
                        yield values[value], Use(name, row, where)


def places_by_value(kind: Descriptor, rows: Sequence[Any], fields: Sequence[str]) -> dict[Any, int]:
    """Where among `rows` the one stands that a value of `fields` refers to; of a list, by each of its values."""
    found = [kind.fields_by_name.get(name) for name in fields]
    if not found or any(one is None or one.message_type is not None for one in found):
        return {}  # No value refers by a message.
    read = map(attrgetter(*fields), rows)
    if any(one.is_repeated for one in found if one is not None):
        return {value: at for at, held in enumerate(read) for value in held} if len(found) == 1 else {}
    return dict(zip(read, count()))


def value_reader(leaf: FieldDescriptor, reference: Reference) -> Callable[[Any], Any] | None:
    """How what a field holds is read as what it refers by; None where it can't refer.

    A value refers by itself. A message refers to a key of several fields: by its own fields of the same names, else by
    all of them in the order of their numbers.
    """
    kind = element_field(leaf).message_type
    if kind is None:
        return (lambda value: value) if len(reference.fields) == 1 else None
    names: Sequence[str] = reference.fields
    if not all(name in kind.fields_by_name for name in names):
        names = [field.name for field in sorted(kind.fields, key=lambda one: one.number)]
    return attrgetter(*names) if len(names) == len(reference.fields) else None


def refers_by_key(leaf: FieldDescriptor, reference: Reference, referent: Descriptor) -> bool:
    """Whether it is a map's keys that refer, not its values: where they fit the field that is referred to, they do."""
    if not is_map(leaf) or len(reference.fields) != 1:
        return False
    field = referent.fields_by_name.get(reference.fields[0])
    return field is not None and _sort(field) == _sort(key_field(leaf))


_WHOLE = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
)


def _sort(field: FieldDescriptor) -> int:
    return -1 if field.cpp_type in _WHOLE else int(field.type)


def leaf_at(row: Descriptor, path: str) -> FieldDescriptor | None:
    """The field at the end of a manifest's path; None where generated classes don't have it."""
    message: Descriptor | None = row
    field = None
    for name in path.split("."):
        field = message.fields_by_name.get(name) if message is not None else None
        message = element_field(field).message_type if field is not None else None
    return field


def holds(when: str, holder: Any) -> bool:
    """Whether a reference holds in the message that has its field, by the value of a sibling: `kind=KIND_ITEM`."""
    if not when:
        return True
    name, _, wanted = when.partition("=")
    field = holder.DESCRIPTOR.fields_by_name.get(name.strip())
    if field is None:
        return False
    value = getattr(holder, name.strip())
    known = field.enum_type.values_by_number.get(value) if field.enum_type is not None else None
    return wanted.strip() in {_as_text(value), known.name if known is not None else ""}


def is_none(reference: Reference, value: Any) -> bool:
    """Whether a value is one of those that mean no reference."""
    return _as_text(value) in reference.none


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


def _values(holder: Any, leaf: FieldDescriptor, path: str, *, by_key: bool) -> Held:
    held = getattr(holder, leaf.name)
    if is_map(leaf):
        yield from ((f"{path}[{key}]", key if by_key else held[key]) for key in sorted(held))
    elif leaf.is_repeated:
        yield from ((f"{path}[{index}]", value) for index, value in enumerate(held, 1))
    elif not leaf.has_presence or holder.HasField(leaf.name):
        yield path, held


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Tables(Protocol):
    """Where the rows that are referred to lie."""

    def __getitem__(self, name: str) -> Any: ...


class Resolver:
    """The references of all tables, by the message and the field that they stand on.

    A nested message (`Reward`) has its references wherever it is used, so a row is as good as a part of one.
    """

    def __init__(self, tables: Mapping[str, TableEntry], rows: Mapping[str, Descriptor]) -> None:
        """`rows` has the Descriptor of each table's rows."""
        self._by_field: dict[tuple[str, str], tuple[Reference, ...]] = {}
        for name, entry in tables.items():
            for path, references in entry.refs.items():
                leaf = leaf_at(rows[name], path)
                if leaf is not None:
                    self._by_field[_holder_name(leaf), leaf.name] = references

    def resolve(self, tables: Tables, row: Any, field: str) -> Any:
        """What `Snapshot.resolve` says."""
        descriptor = getattr(row, "DESCRIPTOR", None)
        if not isinstance(descriptor, Descriptor):
            raise LookupFailed(
                sentence(
                    "{value} is no row: resolve takes a row, or a message in one, and a field's name", value=repr(row)
                )
            )
        path = FieldPath.of(descriptor, field, table=descriptor.name)
        references = self._by_field.get((_holder_name(path.leaf), path.leaf.name))
        if references is None:
            raise LookupFailed(self._no_reference(path))
        found = [
            _follow(tables, references, holder, path.leaf, value)
            for holder in path.holders(row)
            for value in path.values_in(holder)
        ]
        if path.is_many:
            return [one for one in found if one is not None]
        return found[0] if found else None

    def _no_reference(self, path: FieldPath) -> str:
        own = [name for message, name in self._by_field if message == _holder_name(path.leaf)]
        near = nearest(path.leaf.name, own)
        known = f"did you mean {near}?" if near else f"references are {', '.join(own) or 'on none of its fields'}"
        return f"{path.leaf.full_name} is no reference to another table; {known}"


def _holder_name(field: FieldDescriptor) -> str:
    assert field.containing_type is not None  # only extensions have none
    return field.containing_type.full_name


def _follow(tables: Tables, references: Iterable[Reference], holder: Any, leaf: FieldDescriptor, value: Any) -> Any:
    if value is None:
        return None
    asked = []
    for reference in references:
        read = value_reader(leaf, reference)
        if read is None or is_none(reference, value) or not holds(reference.when, holder):
            continue
        row = _find(tables[reference.table], reference.fields, read(value))
        if row is not None:
            return row
        asked.append(reference.table)
    # Zero and "" may stand for a cell that was blank, which never is a reference.
    if asked and value:
        raise LookupFailed(
            sentence(
                "{field} = {value}: no such row in {tables}",
                field=leaf.full_name,
                value=repr(value),
                tables=", ".join(asked),
            )
        )
    return None


def _find(table: Any, fields: tuple[str, ...], value: Any) -> Any:
    if fields == table.key:
        return table.get(value)
    values = value if len(fields) > 1 else (value,)
    return next(iter(table.where(**dict(zip(fields, values, strict=True)))), None)
