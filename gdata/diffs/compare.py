"""Compare two builds, and see the same change in several targets as one: it is counted once, and told once.

Where every hash is equal this is all that is loaded: the answer comes in milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from gdata.config import SchemaRule
from gdata.diffs.changes import WholeRows, cells_in, cells_of, keys_of, mark
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


def _is_same(old: Side, new: Side, target: str) -> bool:
    before, after = old.bundles.get(target), new.bundles.get(target)
    return before is not None and after is not None and before.manifest.bundle == after.manifest.bundle


def _summed_up(
    schema: tuple[SchemaChange, ...], tables: Mapping[str, TableDiff], misread: tuple[Misreading, ...] = ()
) -> TargetDiff:
    return TargetDiff(summarize({"": TargetDiff(Summary(), (), tables)}), schema, tables, misread)


def summarize(targets: Mapping[str, TargetDiff]) -> Summary:
    """The counts over all targets: a table, row or cell counts once, however many of them carry it."""
    by_name = {name: [table for _, table in found] for name, found in _by_name(targets).items()}

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
    whole = [rows for rows in found if isinstance(rows, WholeRows) and rows.content]
    if len(whole) == len(found):
        if len({rows.content for rows in whole}) == 1:
            return len(whole[0])
        known = [rows.numbers for rows in whole if rows.numbers is not None]
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


_SEEN_ROWS = 20_000
"""Rows of a column that is new or gone that are looked at one by one, to see whether two targets have the same."""
_Shown = set[int]
TableGroup = tuple[tuple[str, ...], TableDiff]
"""The targets that carry a table's changes, or a part of them and nothing else; and the changes."""


def group_tables(diff: Diff) -> list[TableGroup]:
    """Every changed table, by name; of several targets, the one that shows most stands for those it contains."""
    return [group for _, found in sorted(_by_name(diff.targets).items()) for group in _groups(found)]


def _by_name(targets: Mapping[str, TargetDiff]) -> dict[str, list[tuple[str, TableDiff]]]:
    found: dict[str, list[tuple[str, TableDiff]]] = {}
    for target, diff in targets.items():
        for name, table in diff.tables.items():
            found.setdefault(name, []).append((target, table))
    return found


def _groups(tables: list[tuple[str, TableDiff]]) -> list[TableGroup]:
    if len(tables) == 1:
        return [((tables[0][0],), tables[0][1])]
    groups: list[tuple[list[str], TableDiff, _Shown]] = []
    for target, table in sorted(tables, key=lambda one: -_size(one[1])):
        shown = _shown(table)
        holder = next((group for group in groups if group[1].status == table.status and shown <= group[2]), None)
        if holder is None:
            groups.append(([target], table, shown))
        else:
            holder[0].append(target)
    order = [target for target, _ in tables]
    return [(tuple(sorted(targets, key=order.index)), table) for targets, table, _ in groups]


def _size(table: TableDiff) -> int:
    return len(table.added) + len(table.removed) + cells_of(table.changed) + len(table.columns)


def _shown(table: TableDiff) -> _Shown:
    """What a reader sees of the table's changes. Rows of one side only count by their key: a target that has
    fewer fields shows a part of them."""
    one_sided = (len(table.added), len(table.removed)) if table.status in ("added", "removed") else ()
    found = {mark(one_sided), *([mark("reordered")] if table.reordered else [])}
    for sort, rows in (("added", table.added), ("removed", table.removed)):
        found.update(mark(sort, key) for key in _identities(rows))
    found.update(mark(key, one.path, one.old, one.new) for key, one in cells_in(table.changed))
    for column in table.columns:
        place = "column", column.path, column.is_new
        if len(column.rows) > _SEEN_ROWS:
            found.add(mark(*place, len(column.rows)))
        else:
            found.update(mark(*place, row.key or row.number, row.fields) for row in column.rows)
    return found


def _identities(rows: Sequence[Row]) -> Iterable[object]:
    if isinstance(rows, WholeRows) and rows.content:
        return rows.numbers if rows.numbers is not None else range(1, len(rows) + 1)
    return (row.key or row.number for row in rows)


def group_schemas(diff: Diff) -> Iterator[tuple[tuple[str, ...], list[SchemaChange]]]:
    """The schema's changes, each with the targets that have it; those of the same targets together."""
    targets: dict[SchemaChange, tuple[str, ...]] = {}
    for target, found in diff.targets.items():
        for change in found.schema:
            targets[change] = (*targets.get(change, ()), target)
    groups: dict[tuple[str, ...], list[SchemaChange]] = {}
    for change, names in targets.items():
        groups.setdefault(names, []).append(change)
    yield from groups.items()
