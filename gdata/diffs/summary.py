"""How much changed, counted for one target and over all of them, where each row counts once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from gdata.diffs.model import Key, Row, RowChange, SchemaChange, Status, Summary, TableDiff, TableRows, TargetDiff


def summarize_target(schema: Iterable[SchemaChange], tables: Mapping[str, TableDiff]) -> TargetDiff:
    """The target with its counts."""
    return TargetDiff(summarize_all({"": TargetDiff(Summary(), (), tables)}), tuple(schema), tables)


def summarize_all(targets: Mapping[str, TargetDiff]) -> Summary:
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

    A table that only one side has isn't read for this where each target has as many of its rows as the others:
    they are the same rows then, and the first diff, in which everything is new, stays a matter of milliseconds.
    """
    found = [which(table) for table in tables if which(table)]
    unread = all(isinstance(rows, TableRows) for rows in found) and len(set(map(len, found))) == 1
    if len(found) < 2 or unread:
        return len(found[0]) if found else 0
    keys: set[Key] = set()
    for rows in found:
        for row in rows:
            if row.key is None:
                return max(map(len, found))
            keys.add(row.key)
    return len(keys)


def _cells(tables: Sequence[TableDiff]) -> int:
    """How many cells changed in any of the tables."""
    counts = [sum(len(change.fields) for change in table.changed) for table in tables]
    if len(tables) == 1 or any(change.key is None for table in tables for change in table.changed[:1]):
        return max(counts)
    return len({(change.key, one.path) for table in tables for change in table.changed for one in change.fields})
