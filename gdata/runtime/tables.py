"""A table's bytes, verified before, as a `Table` of its rows, or as the record of a vertical table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from google.protobuf.message import DecodeError, Message

from gdata.bundles.lookup import Table
from gdata.bundles.manifest import TableEntry
from gdata.errors import DamagedError
from gdata.runtime.messages import TableType


def parse_table(name: str, kind: TableType, entry: TableEntry, parts: Sequence[bytes], place: str) -> Any:
    """The table `name` from the bytes of its parts.

    Raises:
        DamagedError: they are no such message, or don't hold the rows that the manifest counts.
    """
    message = kind.message()
    try:
        for part in parts:
            message.MergeFromString(part)
    except DecodeError as error:
        raise _damaged(place, name, f"can't be read as {entry.message} ({error})") from error
    if not kind.rows_field:
        return message
    held = getattr(message, kind.rows_field)
    if len(held) != entry.rows:
        raise _damaged(place, name, f"has {len(held)} rows, and its manifest counts {entry.rows}")
    return Table(name, MapRows(held) if kind.is_map else held, kind.key, kind.row)


class MapRows(Sequence[Message]):
    """The rows of a `map<K, Row>` in the order of their keys."""

    def __init__(self, rows: Mapping[Any, Message]) -> None:
        self._rows = rows
        self._keys = sorted(rows)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        if isinstance(index, slice):
            return [self._rows[key] for key in self._keys[index]]
        return self._rows[self._keys[index]]

    def __iter__(self) -> Iterator[Message]:
        return map(self._rows.__getitem__, self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _damaged(place: str, name: str, what: str) -> DamagedError:
    return DamagedError(f"{place}: the table {name} {what}", hint="build or fetch the bundle again")
