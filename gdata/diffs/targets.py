"""Compare the two bundles of one target: the schema, then every table whose hashes leave a change open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from google.protobuf.descriptor import FieldDescriptor

from gdata.bundles.reader import Bundle
from gdata.config import SchemaRule
from gdata.diffs.model import Misreading, SchemaChange, Side, TableDiff
from gdata.diffs.readers import old_readings
from gdata.diffs.schemas import Schema, means_the_same, open_schema, schema_changes
from gdata.diffs.tables import TableSide, compare_tables, one_sided

READ_AHEAD = 2
"""Tables whose bytes are read, both sides at once, while the one before is compared."""


_Sides = dict[str, TableSide]
TargetChanges = tuple[tuple[SchemaChange, ...], dict[str, TableDiff], tuple[Misreading, ...]]
"""Those of the schema, those of the tables by name, and what readers of the old schema get wrong."""


@dataclass(frozen=True)
class TargetComparison:
    """The two bundles of a target, either of which may be missing; `readers` read their files."""

    old: Bundle | None
    new: Bundle | None
    readers: Executor

    def compare(self, category: SchemaRule, new_side: Side) -> TargetChanges:
        """What changed for the target; `new_side` has the sources of the new schema, and the other targets."""
        if self.old is None or self.new is None:
            return self._one_sided(category)
        if self.old.manifest.bundle == self.new.manifest.bundle:
            return (), {}, ()
        same_schema = self.old.manifest.schema.sha256 == self.new.manifest.schema.sha256
        old_schema = open_schema(self.old)
        new_schema = old_schema if same_schema else open_schema(self.new)
        schema = () if same_schema else _schema_changes(old_schema, new_schema, category, new_side.sources)
        old, new = _sides(self.old, old_schema), _sides(self.new, new_schema)
        misread = self._misread(old, new, new_side) if category == "readers" else ()
        return schema, {diff.name: diff for diff in self._tables(old, new)}, misread

    def _one_sided(self, category: SchemaRule) -> TargetChanges:
        bundle, is_new = self.new or self.old, self.new is not None
        assert bundle is not None
        sides = _sides(bundle, open_schema(bundle))
        misread = () if is_new or category != "readers" else tuple(old_readings(sides, {}, lambda _: False))
        return (), {name: one_sided(side, is_new=is_new) for name, side in sorted(sides.items())}, misread

    def _misread(self, old: _Sides, new: _Sides, new_side: Side) -> tuple[Misreading, ...]:
        others = [bundle for bundle in new_side.bundles.values() if bundle is not self.new]

        def is_kept(field: FieldDescriptor) -> bool:
            holder = field.containing_type
            found = (open_schema(bundle).messages.get(holder.full_name) for bundle in others if holder is not None)
            return any(one is not None and field.name in one.fields_by_name for one in found)

        return tuple(old_readings(old, new, is_kept))

    def _tables(self, old: _Sides, new: _Sides) -> list[TableDiff]:
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
        return sorted(found, key=lambda diff: diff.name)

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


def _sides(bundle: Bundle, schema: Schema) -> _Sides:
    return {
        name: TableSide(name, entry, schema.table(name, entry, bundle.place), bundle)
        for name, entry in bundle.manifest.tables.items()
    }


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
