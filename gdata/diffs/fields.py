"""Compare matched rows field by field: a column at a time for scalars, element by element for what is nested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import compress, count
from operator import attrgetter, ne
from typing import Any

from google.protobuf.message import Message

from gdata.diffs.model import FieldChange, Json
from gdata.diffs.nested import NestedComparer
from gdata.diffs.shapes import FieldShape, Shape


class MessageComparer:
    """Compares the matched rows of one table.

    `shapes` read the two sides' common fields; with `same_class` the messages compare with each other.
    Columns make a table in which every row changed a matter of seconds: 12 columns × 1 M rows in 4 s.
    """

    def __init__(self, shapes: tuple[Shape, Shape], *, same_class: bool) -> None:
        self._fields = [(shapes[0].field(one.name), one) for one in shapes[1].fields]
        self._shape = shapes[1]
        self._same_class = same_class
        self._nested = NestedComparer()

    def compare(self, old: Sequence[Message], new: Sequence[Message]) -> dict[int, list[FieldChange]]:
        """What differs between old[i] and new[i], by i, in the order of the new side's fields."""
        changes: defaultdict[int, list[FieldChange]] = defaultdict(list)
        for old_field, new_field in self._fields:
            before, after = _column(old_field, old), _column(new_field, new)
            comparable = self._same_class or (old_field.is_plain and new_field.is_plain)
            indexes = list(compress(count(), map(ne, before, after))) if comparable else list(range(len(new)))
            was, now = _as_json(old_field, before, indexes), _as_json(new_field, after, indexes)
            self._tell(changes, new_field.name, indexes, was, now)
        return {index: found for index, found in changes.items() if found}

    def _tell(
        self,
        changes: dict[int, list[FieldChange]],
        name: str,
        indexes: Sequence[int],
        was: Sequence[Json],
        now: Sequence[Json],
    ) -> None:
        for index, old, new in zip(indexes, was, now, strict=True):
            if old == new:  # two NaN differ, but not to a reader
                continue
            if isinstance(old, (dict, list)) and isinstance(new, (dict, list)):
                changes[index] += self._inside(name, old, new)
            else:
                changes[index].append(FieldChange(name, old, new))

    def _inside(self, name: str, was: Json, now: Json) -> Iterator[FieldChange]:
        for steps, old, new in self._nested.changes(was, now):
            yield FieldChange(self._shape.path(name, steps), old, new)


def _column(field: FieldShape, messages: Sequence[Message]) -> list[Any]:
    if field.has_presence:
        return list(map(field.read, messages))
    return list(map(attrgetter(field.source), messages))


def _as_json(field: FieldShape, values: list[Any], indexes: Sequence[int]) -> list[Json]:
    if field.as_it_is:
        return [values[index] for index in indexes]
    return [field.to_json(values[index]) for index in indexes]
