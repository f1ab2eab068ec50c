"""What a dotted field path means in rows: `price`, `rewards.item_id` (of any element); and the rows in order by it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gdata.errors import LookupFailed
from gdata.language import Sentence, sentence
from gdata.proto.descriptors import as_float32, is_map
from gdata.text import nearest, question

_PYTHON_TYPES: dict[int, tuple[type, ...]] = {
    FieldDescriptor.CPPTYPE_STRING: (str,),
    FieldDescriptor.CPPTYPE_FLOAT: (float, int),
    FieldDescriptor.CPPTYPE_DOUBLE: (float, int),
}
_ORDINARY: tuple[type, ...] = (int,)


@dataclass(frozen=True)
class FieldPath:
    """A way from a row to the values of one field, checked against the row's descriptor."""

    text: str
    steps: tuple[FieldDescriptor, ...]

    @classmethod
    def of(cls, row_type: Descriptor, text: str, *, table: str) -> FieldPath:
        """Raises LookupFailed where the rows of `table` have no such field."""
        steps: list[FieldDescriptor] = []
        message: Descriptor | None = row_type
        for name in text.split("."):
            field = None if message is None else message.fields_by_name.get(name)
            if field is None:
                where = ".".join(step.name for step in steps) or sentence("a row")
                raise LookupFailed(_no_field(sentence("{place}: {why}", place=table, why=where), name, message))
            if is_map(field):
                raise LookupFailed(
                    sentence(
                        "{table}: {path} goes through the map {map_field}, which has no index; read its rows",
                        table=table,
                        path=text,
                        map_field=name,
                    )
                )
            steps.append(field)
            message = field.message_type
        return cls(text, tuple(steps))

    @property
    def leaf(self) -> FieldDescriptor:
        """The field at the end."""
        return self.steps[-1]

    @property
    def is_many(self) -> bool:
        """Whether a row may have several values here."""
        return any(step.is_repeated for step in self.steps)

    def values(self, row: Any) -> list[Any]:
        """The values in one row; a field that isn't set is None, a list may have none at all."""
        return [value for holder in self.holders(row) for value in self.values_in(holder)]

    def holders(self, row: Any) -> list[Any]:
        """The messages in `row` that have the field at the end; None for one that isn't set."""
        found = [row]
        for step in self.steps[:-1]:
            found = [message for one in found for message in _values(one, step)]
        return found

    def values_in(self, holder: Any) -> Sequence[Any]:
        """The values of the field at the end in one of the holders."""
        return _values(holder, self.leaf)

    def column(self, rows: Iterable[Any]) -> Iterable[Iterable[Any]]:
        """Of each row the distinct values."""
        if self.is_many:
            return (dict.fromkeys(self.values(row)) for row in rows)
        if any(step.has_presence for step in self.steps):
            return map(self.values, rows)
        return zip(map(attrgetter(self.text), rows), strict=True)

    def accept(self, value: Any) -> Any:
        """`value` as rows hold it: an enum's number for its name, 32 bits of a float.

        Raises:
            LookupFailed: the field can't have this value, or is a message, which has no value of its own.
        """
        leaf = self.leaf
        if leaf.message_type is not None:
            inner = ", ".join(f"{self.text}.{name}" for name in leaf.message_type.fields_by_name)
            raise LookupFailed(
                sentence("{field} is a message: ask for one of its fields: {inner}", field=self.text, inner=inner)
            )
        if value is None:
            return None
        if leaf.enum_type is not None and isinstance(value, str):
            return _enum_number(leaf.name, leaf.enum_type, value)
        if isinstance(value, float) and leaf.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
            return as_float32(value)
        if not isinstance(value, _expected_types(leaf)):
            raise LookupFailed(
                sentence(
                    "{field} holds {expected}; {value} is {type}, and equals none",
                    field=self.text,
                    expected=" | ".join(one.__name__ for one in _expected_types(leaf)),
                    value=repr(value),
                    type=type(value).__name__,
                )
            )
        return value


def _values(message: Any, field: FieldDescriptor) -> Sequence[Any]:
    if field.is_repeated:
        return () if message is None else getattr(message, field.name)
    if message is None or (field.has_presence and not message.HasField(field.name)):
        return (None,)
    return (getattr(message, field.name),)


def _expected_types(field: FieldDescriptor) -> tuple[type, ...]:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return (bytes,)
    return _PYTHON_TYPES.get(field.cpp_type, _ORDINARY)


def _enum_number(field: str, enum: EnumDescriptor, name: str) -> int:
    names = enum.values_by_name
    if name not in names:
        raise LookupFailed(
            sentence(
                "{field}: the enum {enum} has no {name}; {known}",
                field=field,
                enum=enum.name,
                name=name,
                known=_known(name, names),
            )
        )
    return int(names[name].number)


def _no_field(place: Sentence, name: str, message: Descriptor | None) -> Sentence:
    if message is None:
        return sentence("{place} is no message, so it has no field {name}", place=place, name=name)
    known = _known(name, message.fields_by_name)
    return sentence("{place} has no field {name}; {known}", place=place, name=name, known=known)


def _known(name: str, names: Iterable[str]) -> object:
    return question(nearest(name, names)) or sentence("it has {names}", names=", ".join(names))


@dataclass(frozen=True)
class Order:
    """The values of a field, rising, and the position of the row of each; equal values stand in the table's order."""

    values: Sequence[Any]
    positions: Sequence[int]

    def at_most(self, value: Any) -> int | None:
        """The position of the first row with the largest value that isn't above `value`."""
        end = bisect_right(self.values, value)
        return self.positions[bisect_left(self.values, self.values[end - 1])] if end else None

    def between(self, low: Any, high: Any) -> Sequence[int]:
        """The positions of the rows from `low` to `high`, both included; None: no end on that side."""
        start = 0 if low is None else bisect_left(self.values, low)
        end = len(self.values) if high is None else bisect_right(self.values, high)
        return self.positions[start:end]


def orders_by(rows: Sequence[Any], fields: Sequence[FieldPath]) -> Mapping[Any, Order]:
    """The orders by the last field, for each group of rows in which those before it are equal.

    Rows in which one of the fields isn't set are in none.

    Raises:
        LookupFailed: a field has several values in a row.
    """
    for field in fields:
        if field.is_many:
            raise LookupFailed(
                sentence("{field} may have several values in a row: rows have no order by it", field=field.text)
            )
    groups: dict[Any, list[tuple[Any, int]]] = {}
    columns = [field.column(rows) for field in fields]
    for position, found in enumerate(zip(*columns, strict=True)):
        values = [next(iter(one)) for one in found]
        if None not in values:
            groups.setdefault(tuple(values[:-1]), []).append((values[-1], position))
    orders = {}
    for group, pairs in groups.items():
        pairs.sort()
        orders[group] = Order([value for value, _ in pairs], [position for _, position in pairs])
    return orders
