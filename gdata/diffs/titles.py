"""What the rows of one side are called: a table of texts is read when the first title in it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from gdata.bundles.manifest import Reference
from gdata.bundles.reader import Bundle
from gdata.bundles.titles import Titles, titles_of
from gdata.diffs.schemas import Schema, TableShape, class_of
from gdata.language import current_language


@dataclass
class SideTitles:
    """The titles of all tables of a bundle, in the language in use."""

    bundle: Bundle
    schema: Schema
    _known: dict[str, Titles] = field(default_factory=dict)
    _rows: dict[tuple[str, str], Mapping[Any, Message]] = field(default_factory=dict)

    def of(self, table: str) -> Titles:
        """Those of one table."""
        if table not in self._known:
            entry = self.bundle.manifest.tables[table]
            row = self.schema.table(table, entry, self.bundle.place).row
            self._known[table] = titles_of(entry, row, self._find, current_language())
        return self._known[table]

    def _find(self, reference: Reference) -> tuple[Callable[[Any], Any], Descriptor] | None:
        entry = self.bundle.manifest.tables.get(reference.table)
        if entry is None:
            return None
        shape = self.schema.table(reference.table, entry, self.bundle.place)

        def look_up(value: Any) -> Message | None:
            place = (reference.table, reference.fields[0])
            if place not in self._rows:
                self._rows[place] = self._read(shape, *place)
            return self._rows[place].get(value)

        return look_up, shape.row

    def _read(self, shape: TableShape, table: str, name: str) -> Mapping[Any, Message]:
        """The rows of a table by the values of one field; none where its bytes are no table: that is told elsewhere."""
        if shape.rows is None:
            return {}
        try:
            held: Any = getattr(class_of(shape.table).FromString(self.bundle.table(table)), shape.rows.name)
        except DecodeError:
            return {}
        return {getattr(row, name): row for row in (held.values() if shape.is_map else held)}
