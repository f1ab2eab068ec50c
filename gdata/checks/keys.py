"""Keys and `unique` fields: no value twice within a table.

One problem tells of all the cells with one value: it stands at the last of them, the others are `related`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any

from gdata import kinds
from gdata.checks.columns import (
    Column,
    all_columns,
    column_at,
    column_values,
    numbered_sound_rows,
    sound_rows,
    walk_column,
)
from gdata.checks.rowpaths import written_path
from gdata.checks.text import scalar_text, value_text
from gdata.parsing.view import Path, View
from gdata.problems import Cell, Kind, Problem

MOST_RELATED = 100
"""A value that stands in more cells than this has the first of them in `related`."""


def check_keys(view: View) -> list[Problem]:
    """Rows with one key. A row whose key has a problem already isn't compared."""
    key = tuple(field.name for field in view.plan.key)
    if not key or view.plan.kind == "record":
        return []
    key_of = attrgetter(*key)
    if not view.bad_fields and len(set(map(key_of, view.rows))) == len(view.rows):
        return []
    indexes: dict[Any, list[int]] = {}
    for index, row in numbered_sound_rows(view, key):
        indexes.setdefault(key_of(row), []).append(index)
    return [_duplicate_rows(kinds.KEY_DUPLICATE, view, key, same) for same in indexes.values() if len(same) > 1]


def check_unique_together(view: View) -> list[Problem]:
    """Rows with the same values of all fields that the table calls unique together. A row with none isn't compared."""
    return [problem for names in view.plan.unique for problem in _check_together(view, names)]


def _check_together(view: View, names: tuple[str, ...]) -> Iterator[Problem]:
    columns = [column for name in names if (column := column_at(view.plan.row, name)) is not None]
    indexes: dict[tuple[Any, ...], list[int]] = {}
    for index, row in numbered_sound_rows(view, {column.top for column in columns}):
        values = tuple(_comparable(row, column) for column in columns)
        if any(values):
            indexes.setdefault(values, []).append(index)
    for same in indexes.values():
        if len(same) > 1:
            yield _duplicate_rows(kinds.UNIQUE_TOGETHER, view, names, same)


def _comparable(row: Any, column: Column) -> Any:
    """A row's value of a column, as a tuple of it that is () where it is blank."""
    values = (value for _, value in walk_column(row, column) if value != "" and value != b"")
    return tuple(one.SerializeToString(deterministic=True) if hasattr(one, "DESCRIPTOR") else one for one in values)


def check_doubled(off: View, others: Iterable[View]) -> list[Problem]:
    """Rows that are switched off with the key of another row: switched on, they would be one too many."""
    key = tuple(field.name for field in off.plan.key)
    if not key:
        return []
    key_of = attrgetter(*key)
    wanted = {key_of(row) for _, row in numbered_sound_rows(off, key)}
    taken: dict[Any, Cell] = {}
    for view in others:
        for index, row in enumerate(view.rows):
            if key_of(row) in wanted:
                taken.setdefault(key_of(row), view.locate(index, (key[-1],)))
    return [
        kinds.KEY_DUPLICATE.at(
            off.locate(index, (key[-1],)),
            table=off.plan.name,
            field=", ".join(key),
            value=value_text(row, (key[-1],)),
            related=[taken[key_of(row)]],
            count=2,
            key=", ".join(value_text(row, (name,)) or "" for name in key),
            first=taken[key_of(row)],
        )
        for index, row in numbered_sound_rows(off, key)
        if key_of(row) in taken
    ]


def _duplicate_rows(kind: Kind, view: View, names: tuple[str, ...], indexes: list[int]) -> Problem:
    last, paths = view.rows[indexes[-1]], [tuple(name.split(".")) for name in names]
    shown = [*indexes[:MOST_RELATED], indexes[-1]]
    cells = list(dict.fromkeys(view.locate(index, path) for index in shown for path in paths))
    *others, cell = cells
    return kind.at(
        cell,
        table=view.plan.name,
        field=", ".join(names),
        value=value_text(last, paths[-1]),
        related=others,
        count=len(indexes),
        key=", ".join(value_text(last, path) or "" for path in paths),
        first=cells[0],
    )


def check_unique(view: View) -> list[Problem]:
    """Values that stand twice in a `unique` field, in nested messages and lists too. Blank cells aren't values."""
    columns = [column for column in all_columns(view.plan.row) if column.field.unique and column.kind != "message"]
    return [
        problem
        for column in columns
        if column.steps != view.plan.key  # two equal keys are told of as such
        for problem in _check_unique_column(view, column)
    ]


def _check_unique_column(view: View, column: Column) -> Iterable[Problem]:
    values = column_values(sound_rows(view, (column.top,)), column)
    if len(set(values)) == len(values):
        return ()
    return _duplicates(view, column)


def _duplicates(view: View, column: Column) -> Iterator[Problem]:
    places: dict[Any, list[tuple[int, Path]]] = {}
    for index, row in numbered_sound_rows(view, (column.top,)):
        for path, value in walk_column(row, column):
            if value != "" and value != b"":
                places.setdefault(value, []).append((index, path))
    for value, same in places.items():
        if len(same) > 1:
            yield _duplicate_value(view, column, value, same)


def _duplicate_value(view: View, column: Column, value: Any, places: list[tuple[int, Path]]) -> Problem:
    _, path = places[-1]
    cells = [view.locate(*place) for place in (*places[:MOST_RELATED], places[-1])]
    *others, cell = dict.fromkeys(cells)
    return kinds.UNIQUE_DUPLICATE.at(
        cell,
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        value=scalar_text(column.field.descriptor, value),
        related=others,
        count=len(places),
        first=cells[0],
    )
