"""Compare two builds. Where every hash is equal this is all that is loaded: the answer comes in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gdata.bundles.reader import Bundle
from gdata.config import SchemaRule
from gdata.diffs.changes import cells_in, cells_of, keys_of, mark
from gdata.diffs.model import (
    Diff,
    Key,
    Misreading,
    Row,
    RowChange,
    SchemaChange,
    Side,
    Status,
    Summary,
    TableDiff,
    TableRows,
    TargetDiff,
)
from gdata.garbage import paused_gc


def compare(old: Side, new: Side, *, category: SchemaRule = "readers") -> Diff:
    """What changed from `old` to `new`.

    `category` is how the schema's changes are judged: readers, by what the old schema reads of the new data; off,
    not at all; else as `buf breaking` does.

    Raises:
        DamagedError: a file of one of the bundles isn't what its manifest says.
        OutsideError: a file can't be read, or buf can't run.
    """
    names = [*new.bundles, *(name for name in old.bundles if name not in new.bundles)]
    if all(_is_same(old, new, name) for name in names):
        return Diff(old, new, Summary(), {name: TargetDiff(Summary()) for name in names})
    from concurrent.futures import ThreadPoolExecutor

    from gdata.diffs.tables.targets import READ_AHEAD, TargetComparison

    with paused_gc(), ThreadPoolExecutor(2 * READ_AHEAD) as readers:
        targets = {
            name: _summed_up(
                *TargetComparison(old.bundles.get(name), new.bundles.get(name), readers).compare(category, new)
            )
            for name in names
        }
    return Diff(
        old, new, summarize(targets), {name: _with_origins(one, name, old, new) for name, one in targets.items()}
    )


def _with_origins(diff: TargetDiff, target: str, old: Side, new: Side) -> TargetDiff:
    """The tables with the sheets of the values that overlays changed."""
    if not (old.origins or new.origins):
        return diff
    names = {table: one.renamed_from or table for table, one in diff.tables.items()}
    tables = {
        table: replace(one, origins=(_origins(old, target, names[table]), _origins(new, target, table)))
        for table, one in diff.tables.items()
    }
    return replace(diff, tables=tables)


def _origins(side: Side, target: str, table: str) -> dict[tuple[str, ...], Mapping[str, str]]:
    found = side.origins.get(target, {}).get(table, {})
    return {tuple(map(str, json.loads(key))): sheets for key, sheets in found.items()}


def _both(old: Side, new: Side, target: str) -> tuple[Bundle | None, Bundle | None]:
    return old.bundles.get(target), new.bundles.get(target)


def _is_same(old: Side, new: Side, target: str) -> bool:
    before, after = _both(old, new, target)
    return before is not None and after is not None and before.manifest.bundle == after.manifest.bundle


def _summed_up(
    schema: tuple[SchemaChange, ...], tables: Mapping[str, TableDiff], misread: tuple[Misreading, ...] = ()
) -> TargetDiff:
    return TargetDiff(summarize({"": TargetDiff(Summary(), (), tables)}), schema, tables, misread)


def summarize(targets: Mapping[str, TargetDiff]) -> Summary:
    """The counts over all targets: a table, row or cell counts once, however many of them carry it."""
    by_name: dict[str, list[TableDiff]] = {}
    for target in targets.values():
        for name, table in target.tables.items():
            by_name.setdefault(name, []).append(table)

    def tables(*statuses: Status) -> int:
        return sum(any(table.status in statuses for table in found) for found in by_name.values())

    return Summary(
        tables_added=tables("added"),
        tables_removed=tables("removed"),
        tables_changed=tables("changed", "renamed"),
        rows_added=sum(_rows(found, lambda table: table.added) for found in by_name.values()),
        rows_removed=sum(_rows(found, lambda table: table.removed) for found in by_name.values()),
        rows_changed=sum(_rows(found, lambda table: table.changed) for found in by_name.values()),
        cells_changed=sum(map(_cells, by_name.values())),
    )


def _rows(tables: Sequence[TableDiff], which: Callable[[TableDiff], Sequence[Row] | Sequence[RowChange]]) -> int:
    """How many rows there are in any of the tables; without keys, as many as in the one that has most.

    A table that only one side has isn't read row by row for this: where each target has the same bytes not at all, so
    that the first diff, in which everything is new, stays a matter of moments.
    """
    found = [which(table) for table in tables if which(table)]
    if len(found) < 2:
        return len(found[0]) if found else 0
    whole = [rows for rows in found if isinstance(rows, TableRows)]
    if len(whole) == len(found):
        if len({rows.content for rows in whole}) == 1:
            return len(whole[0])
        known = [rows.keys for rows in whole if rows.keys is not None]
        return len(set().union(*known)) if len(known) == len(whole) else max(map(len, found))
    keys: set[Key] = set()
    for rows in found:
        for key in keys_of(rows):
            if key is None:
                return max(map(len, found))
            keys.add(key)
    return len(keys)


def _cells(tables: Sequence[TableDiff]) -> int:
    """How many cells changed in any of the tables."""
    counts = [cells_of(table.changed) for table in tables]
    if len(tables) == 1 or any(change.key is None for table in tables for change in table.changed[:1]):
        return max(counts)
    return len({mark(key, one.path) for table in tables for key, one in cells_in(table.changed)})
