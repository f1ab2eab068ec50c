"""Compare the two bundles of one target: the schema, then every table whose hashes leave a change open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from gdata.bundles.reader import Bundle
from gdata.bundles.references import find_users
from gdata.config import SchemaRule
from gdata.diffs.changes import WholeRows
from gdata.diffs.model import Misreading, SchemaChange, Side, TableDiff
from gdata.diffs.tables.readers import old_readings
from gdata.diffs.tables.rows import TableSide
from gdata.diffs.tables.schemachanges import schema_changes
from gdata.diffs.tables.schemas import BundleSchema, means_the_same, open_schema
from gdata.diffs.tables.table import compare_tables, one_sided
from gdata.diffs.tables.titles import SideTitles

_USERS_MOST = 10_000
"""Removed rows of a table whose users are counted; of more, nobody reads them one by one."""
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
                found.append(_with_users(diff, old_side.name, old))
        return sorted(found, key=lambda diff: diff.name)

    def _read_ahead(self, pairs: Iterable[tuple[TableSide, TableSide]]) -> Iterator[tuple[TableSide, TableSide]]:
        """The pairs, with the bytes of the next ones being read and hashed meanwhile."""
        waiting = []
        for old, new in pairs:
            waiting.append((old.reading(self.readers), new.reading(self.readers)))
            if len(waiting) > READ_AHEAD:
                yield waiting.pop(0)
        yield from waiting


def compare_one_table(old: Bundle | None, new: Bundle | None, table: str) -> TableDiff | None:
    """What changed in one table of a target; None where nothing did. A rename isn't looked for.

    Raises:
        DamagedError: a file of one of the bundles isn't what its manifest says.
    """
    sides = (
        _sides(bundle, open_schema(bundle), table) if bundle is not None and table in bundle.manifest.tables else {}
        for bundle in (old, new)
    )
    before, after = (found.get(table) for found in sides)
    if before is None or after is None:
        one = before or after
        return None if one is None else one_sided(one, is_new=before is None)
    return compare_tables(before, after)


def _with_users(diff: TableDiff, name: str, old: _Sides) -> TableDiff:
    """The table with how many rows referred to each of those that were removed."""
    referring = any(ref.table == name for side in old.values() for refs in side.entry.refs.values() for ref in refs)
    removed = diff.removed
    if not isinstance(removed, WholeRows) or not referring or not 0 < len(removed) <= _USERS_MOST:
        return diff
    users: dict[int, set[tuple[str, int]]] = {}
    rows = [row.message for row in removed]
    entries = {one: side.entry for one, side in old.items()}
    held = cache(lambda one: _messages(old[one]))
    for at, use in find_users(entries, held, lambda one: old[one].shape.row, name, rows):
        users.setdefault(at, set()).add((use.table, id(use.row)))
    return replace(diff, removed=removed.with_users({at: len(found) for at, found in users.items()}))


def _messages(side: TableSide) -> Sequence[Message]:
    """All rows of a side, held so that each stays the one object that it is."""
    raw = side.raw()
    return list(raw.read(range(len(raw.rows))))


def _schema_changes(
    old: BundleSchema, new: BundleSchema, category: SchemaRule, sources: bytes | None
) -> tuple[SchemaChange, ...]:
    if category in ("off", "readers"):
        return schema_changes(old, new, ())
    from gdata.diffs.tables.breaking import breaking_changes

    return schema_changes(old, new, breaking_changes(old, new, category, sources))


def _sides(bundle: Bundle, schema: BundleSchema, only: str = "") -> _Sides:
    titles = SideTitles(bundle, schema)
    return {
        name: TableSide(name, entry, schema.table(name, entry, bundle.place), bundle, titles)
        for name, entry in bundle.manifest.tables.items()
        if only in ("", name)
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
