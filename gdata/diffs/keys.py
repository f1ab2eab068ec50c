"""The keys of a table's rows: read from either side, matched by value, written as JSON."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from google.protobuf.message import Message

from gdata.diffs.model import Key
from gdata.diffs.rows import RawTable
from gdata.diffs.schemas import TableShape
from gdata.diffs.shapes import Shapes


@dataclass(frozen=True)
class RowKeys:
    """How the rows of one side are known: by the fields of this side, or by the key of their map."""

    fields: tuple[str, ...]
    writers: tuple[Callable[[Any], Any], ...]
    of_map: bool = False

    @classmethod
    def of(cls, names: Sequence[str], shape: TableShape, shapes: Shapes) -> RowKeys | None:
        """The keys of a table whose key fields are `names`; None where its rows have none."""
        if shape.rows is None or not (names or shape.is_map):
            return None
        whole = shapes.whole(shape.row)
        known = {one.name: one for one in whole.fields}
        if not names or any(name not in known for name in names):
            return cls((), (str,), of_map=True) if shape.is_map else None
        return cls(tuple(names), tuple(known[name].write for name in names))

    def of_rows(self, raw: RawTable, indexes: Sequence[int]) -> Sequence[Hashable]:
        """The keys of some rows, to be matched."""
        if self.of_map:
            return raw.map_keys(indexes)
        return self.of_messages(map(raw.reader(len(indexes)), indexes))

    def of_messages(self, messages: Iterable[Message]) -> Sequence[Hashable]:
        """The keys of rows that are read already; not those of a map."""
        return list(map(attrgetter(*self.fields), messages))

    def to_json(self, key: Any) -> Key:
        """A key that was read, as the diff has it."""
        if len(self.writers) == 1:
            return (self.writers[0](key),)
        return tuple(write(value) for write, value in zip(self.writers, key, strict=True))


def keys_of_both(
    old: TableShape, new: TableShape, names: Sequence[str], shapes: Shapes
) -> tuple[RowKeys, RowKeys] | None:
    """The keys of both sides: the new one's fields, found on the old side by their numbers; None: there are none."""
    new_keys = RowKeys.of(names, new, shapes)
    if new_keys is None:
        return None
    if new_keys.of_map:
        return (new_keys, new_keys) if old.is_map else None
    numbers = [new.row.fields_by_name[name].number for name in new_keys.fields]
    twins = [old.row.fields_by_number.get(number) for number in numbers]
    if any(twin is None or twin.message_type is not None or twin.is_repeated for twin in twins):
        return None
    old_keys = RowKeys.of([twin.name for twin in twins if twin is not None], old, shapes)
    return None if old_keys is None else (old_keys, new_keys)
