"""The same change of several targets, told once: which targets carry a table's changes, or those of a schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gdata.diffs.changes import cells_in, cells_of, mark
from gdata.diffs.model import Diff, Row, SchemaChange, TableDiff, TableRows
from gdata.diffs.words.report import SchemaReport
from gdata.text import visible

_SEEN_ROWS = 20_000
"""Rows of a column that is new or gone that are looked at one by one, to see whether two targets have the same."""
_Shown = set[int]
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
    if isinstance(rows, TableRows):
        return rows.keys if rows.keys is not None else range(1, len(rows) + 1)
    return (row.key or row.number for row in rows)


def group_schemas(diff: Diff) -> Iterator[SchemaReport]:
    """The schema's changes, each with the targets that have it; those of the same targets together."""
    targets: dict[SchemaChange, tuple[str, ...]] = {}
    for target, found in diff.targets.items():
        for change in found.schema:
            targets[change] = (*targets.get(change, ()), visible(target))
    groups: dict[tuple[str, ...], list[SchemaChange]] = {}
    for change, names in targets.items():
        groups.setdefault(names, []).append(change)
    return (SchemaReport(names, tuple(changes)) for names, changes in groups.items())
