"""Compare the two bundles of one target: the schema, then every table whose hashes leave a change open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from gdata.bundles.manifest import TableEntry
from gdata.bundles.reader import Bundle
from gdata.config import SchemaRule
from gdata.diffs.model import SchemaChange, Side, TableDiff
from gdata.diffs.schemas import Schema, means_the_same, open_schema, schema_changes
from gdata.diffs.tables import TableSide, compare_tables, one_sided

READ_AHEAD = 2
"""Tables whose bytes are read, both sides at once, while the one before is compared."""


TargetChanges = tuple[tuple[SchemaChange, ...], dict[str, TableDiff]]
"""Those of the schema, and those of the tables by name."""


@dataclass(frozen=True)
class TargetComparison:
    """The two bundles of a target, either of which may be missing; `readers` read their files."""

    old: Bundle | None
    new: Bundle | None
    readers: Executor

    def compare(self, category: SchemaRule, new_side: Side) -> TargetChanges:
        """What changed for the target: its schema, its tables; `new_side` has the sources of the new schema."""
        if self.old is not None and self.new is not None:
            if self.old.manifest.bundle == self.new.manifest.bundle:
                return (), {}
            same_schema = self.old.manifest.schema.sha256 == self.new.manifest.schema.sha256
            old_schema = open_schema(self.old)
            new_schema = old_schema if same_schema else open_schema(self.new)
            schema = () if same_schema else _schema_changes(old_schema, new_schema, category, new_side.sources)
            return schema, dict(self._tables(old_schema, new_schema))
        return (), dict(self._one_sided())

    def _one_sided(self) -> Iterator[tuple[str, TableDiff]]:
        bundle = self.new or self.old
        assert bundle is not None
        schema = open_schema(bundle)
        for name, entry in sorted(bundle.manifest.tables.items()):
            yield name, one_sided(_side(name, bundle, entry, schema), is_new=bundle is self.new)

    def _tables(self, old_schema: Schema, new_schema: Schema) -> Iterator[tuple[str, TableDiff]]:
        assert self.old is not None and self.new is not None
        old = {name: _side(name, self.old, one, old_schema) for name, one in self.old.manifest.tables.items()}
        new = {name: _side(name, self.new, one, new_schema) for name, one in self.new.manifest.tables.items()}
        renames = find_renames(
            {name: side for name, side in old.items() if name not in new},
            {name: side for name, side in new.items() if name not in old},
        )
        found = [one_sided(old[name], is_new=False) for name in old.keys() - new.keys() - set(renames.values())]
        found += [one_sided(new[name], is_new=True) for name in new.keys() - old.keys() - renames.keys()]
        pairs = [(old[renames.get(name, name)], new[name]) for name in sorted(new) if renames.get(name, name) in old]
        for old_side, new_side in self._read_ahead(pair for pair in pairs if _may_differ(*pair)):
            diff = compare_tables(old_side, new_side)
            if diff is not None:
                found.append(diff)
        yield from ((diff.name, diff) for diff in sorted(found, key=lambda diff: diff.name))

    def _read_ahead(self, pairs: Iterable[tuple[TableSide, TableSide]]) -> Iterator[tuple[TableSide, TableSide]]:
        """The pairs, with the bytes of the next ones being read and hashed meanwhile."""
        waiting = []
        for old, new in pairs:
            waiting.append((old.reading(self.readers), new.reading(self.readers)))
            if len(waiting) > READ_AHEAD:
                yield waiting.pop(0)
        yield from waiting


def _schema_changes(old: Schema, new: Schema, category: SchemaRule, sources: bytes | None) -> tuple[SchemaChange, ...]:
    from gdata.diffs.breaking import breaking_changes

    return schema_changes(old, new, breaking_changes(old, new, category, sources))


def _side(name: str, bundle: Bundle, entry: TableEntry, schema: Schema) -> TableSide:
    return TableSide(name, entry, schema.table(name, entry, bundle.place), bundle)


def _may_differ(old: TableSide, new: TableSide) -> bool:
    """Whether the hashes leave it open that a row differs."""
    if old.name != new.name or [part.sha256 for part in old.entry.parts] != [part.sha256 for part in new.entry.parts]:
        return True
    return not means_the_same(old.shape.row, new.shape.row)


_ENOUGH = 0.5
"""The share of equal rows, of the longer side, from which two tables are one."""


def find_renames(removed: Mapping[str, TableSide], added: Mapping[str, TableSide]) -> dict[str, str]:
    """New name → old name, for each table that goes on under another name. The likest pairs first."""
    likeness = [
        (_likeness(old, new), new_name, old_name)
        for old_name, old in sorted(removed.items())
        for new_name, new in sorted(added.items())
        if old.entry.kind == new.entry.kind and means_the_same(old.shape.row, new.shape.row)
    ]
    renames: dict[str, str] = {}
    for share, new_name, old_name in sorted(likeness, key=lambda one: (-one[0], *one[1:])):
        if share >= _ENOUGH and new_name not in renames and old_name not in renames.values():
            renames[new_name] = old_name
    return renames


def _likeness(old: TableSide, new: TableSide) -> float:
    if [part.sha256 for part in old.entry.parts] == [part.sha256 for part in new.entry.parts]:
        return 1.0 if old.entry.size else 0.0
    longer = max(old.entry.rows, new.entry.rows)
    if not longer or min(old.entry.rows, new.entry.rows) < longer * _ENOUGH:
        return 0.0
    return sum((Counter(old.cut().rows) & Counter(new.cut().rows)).values()) / longer
