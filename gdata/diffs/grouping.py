"""The same change for server and client is shown once: targets that carry it stand together."""

from __future__ import annotations

from gdata.diffs.model import Diff, Row, TableDiff

_Shown = set[tuple[object, ...]]
TableGroup = tuple[tuple[str, ...], TableDiff]
"""The targets that carry a table's changes, or a part of them and nothing else; and the changes."""


def group_tables(diff: Diff) -> list[TableGroup]:
    """Every changed table, by name; of several targets, the one that shows most stands for those it contains."""
    by_name: dict[str, list[tuple[str, TableDiff]]] = {}
    for target, found in diff.targets.items():
        for name, table in found.tables.items():
            by_name.setdefault(name, []).append((target, table))
    return [group for name in sorted(by_name) for group in _groups(by_name[name])]


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
    return (
        len(table.added) + len(table.removed) + sum(len(change.fields) for change in table.changed) + len(table.columns)
    )


def _shown(table: TableDiff) -> _Shown:
    """What a reader sees of the table's changes. Rows of one side only count by their key: a target that has
    fewer fields shows a part of them."""
    if table.status in ("added", "removed"):
        return {(len(table.added), len(table.removed))}
    found: _Shown = {("added", *_identity(row)) for row in table.added}
    found |= {("removed", *_identity(row)) for row in table.removed}
    found |= {
        (change.key or change.number, one.path, repr(one.old), repr(one.new))
        for change in table.changed
        for one in change.fields
    }
    found |= {("column", column.path, column.is_new, len(column.rows)) for column in table.columns}
    return found | ({("reordered",)} if table.reordered else set())


def _identity(row: Row) -> tuple[object, ...]:
    return (row.key or row.number,)
