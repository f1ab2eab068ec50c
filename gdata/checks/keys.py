"""Keys and `unique` fields: no value twice within a table; and keys that are gone.

One problem tells of all the cells with one value: it stands at the last of them, the others are `related`. A row that
was deleted, or whose key was overtyped, is one mistake, told once at its own table. Whether there was such a row, only
the last release tells; without one each cell that refers to it is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
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
from gdata.checks.proofs import differ_at_once
from gdata.checks.values import scalar_text, value_text, written_path
from gdata.language import Sentence, counted, sentence
from gdata.parsing.view import Path, View
from gdata.problems import MOST_RELATED, Cell, Kind, Problem
from gdata.schema.plan import CONSTANT

_FEW = 4
"""As many cells are better told each at its place."""


def check_keys(view: View) -> list[Problem]:
    """Rows with one key. A row whose key has a problem already isn't compared."""
    key = tuple(field.name for field in view.plan.key)
    if not key or view.plan.kind == "record":
        return []
    if differ_at_once(view, view.plan.key):
        return []
    key_of = attrgetter(*key)
    if not view.bad_fields and len(set(map(key_of, view.rows))) == len(view.rows):
        return []
    indexes: dict[Any, list[int]] = {}
    for index, row in numbered_sound_rows(view, key):
        indexes.setdefault(key_of(row), []).append(index)
    return [_duplicate_rows(kinds.KEY_DUPLICATE, view, key, same) for same in indexes.values() if len(same) > 1]


def check_constants(view: View) -> list[Problem]:
    """Texts that name rows in generated code, and can't, or name two. A row whose text is blank has no constant."""
    field = view.plan.row.field(view.plan.constants)
    if field is None or view.plan.kind == "record":
        return []
    found, named = [], dict[str, list[int]]()
    for index, row in numbered_sound_rows(view, (field.name,)):
        text = getattr(row, field.name)
        if not text:
            continue
        if CONSTANT.fullmatch(text):
            named.setdefault(text.casefold(), []).append(index)
        else:
            cell = view.locate(index, (field.name,))
            found.append(kinds.CONSTANT_NAME.at(cell, table=view.plan.name, field=field.name, value=text))
    for same in named.values():
        # Of a unique field those that are alike are told of as such.
        is_told = field.unique and len({getattr(view.rows[index], field.name) for index in same}) == 1
        if len(same) > 1 and not is_told:
            found.append(_duplicate_rows(kinds.CONSTANT_TWICE, view, (field.name,), same))
    return found


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
    if len(column.steps) == 1 and differ_at_once(view, column.steps):
        return ()
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


LiveKeys = Callable[[str], Mapping[str, str]]
"""The keys of a table in the last release, by its short name: as texts, in its order, with what each row is called."""


def fold_gone(
    problems: Iterable[Problem], views: Mapping[str, View], live: LiveKeys, is_error: Callable[[Problem], bool]
) -> list[Problem]:
    """The problems, with one for each key that the last release has and the sheets no longer have, or that cells of
    several columns look for, in place of those of the cells that refer to it.

    `is_error`: whether sheets.yaml lets a problem be an error; of what it softens no other error is made.
    """
    kept: list[Problem] = []
    missed: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        place = _referent(problem, views)
        (missed.setdefault(place, []) if place != ("", "") else kept).append(problem)
    tables = {table: _Table(views[table], live(table)) for table, _ in missed}
    for (table, key), referring in missed.items():
        if key in tables[table].live:
            folded = tables[table].problem(key, referring)
        elif _is_row_missing(referring) and all(map(is_error, referring)):
            folded = tables[table].absent(key, referring)
        else:
            kept += referring
            continue
        targets = {one.target for one in referring}
        kept.append(replace(folded, target=targets.pop() if len(targets) == 1 else ""))
    return kept


def _is_row_missing(referring: list[Problem]) -> bool:
    """Whether it is rather the row that is missing than these cells that are wrong."""
    cells = {one.cell for one in referring}
    return len(cells) > _FEW and len({(cell.spreadsheet, cell.sheet, cell.column) for cell in cells}) > 1


def without_gone(off: Iterable[Problem], told: Iterable[Problem], views: Mapping[str, View]) -> list[Problem]:
    """The problems of rows that are switched off, but those that refer to a key that is told as gone."""
    codes = (kinds.KEY_GONE.code, kinds.KEY_ABSENT.code)
    gone = {(one.table, str(dict(one.words)["key"])) for one in told if one.code in codes}
    return [one for one in off if _referent(one, views) not in gone]


def _referent(problem: Problem, views: Mapping[str, View]) -> tuple[str, str]:
    """The table, by whose one key a missing value refers to it, and the value; ("", "") for other problems."""
    if problem.kind is not kinds.REFERENCE_MISSING:
        return "", ""
    words = dict(problem.words)
    table = str(words["target"])
    keys = [one.name for one in views[table].plan.key] if table in views else []
    return (table, problem.value or "") if keys == [words["key"]] else ("", "")


@dataclass(frozen=True)
class _Table:
    """A table as it is, and its keys as they were."""

    view: View
    live: Mapping[str, str]

    def absent(self, key: str, referring: list[Problem]) -> Problem:
        """The problem of a key that no release had."""
        cells = _cells_of(referring)
        return kinds.KEY_ABSENT.at(
            self._place,
            table=self.view.plan.name,
            field=self._name,
            value=key,
            related=cells[:MOST_RELATED],
            key=key,
            cells=_counted(cells),
        )

    def problem(self, key: str, referring: list[Problem]) -> Problem:
        """The problem of a key that the last release has."""
        title = self.live[key]
        cells = _cells_of(referring)
        at = self._overtyped(key)
        kind = kinds.KEY_GONE if at is None else kinds.KEY_OVERTYPED
        return kind.at(
            self._place if at is None else self.view.locate(at, (self._name,)),
            table=self.view.plan.name,
            field=self._name,
            value=key if at is None else self._keys[at],
            related=cells[:MOST_RELATED],
            row=sentence("{key} ({title})", key=key, title=title) if title else key,
            key=key,
            cells=_counted(cells),
        )

    @property
    def _name(self) -> str:
        return self.view.plan.key[0].name

    @cached_property
    def _keys(self) -> list[str]:
        return [value_text(row, (self._name,)) or "" for row in self.view.rows]

    @property
    def _place(self) -> Cell:
        """The column of the key."""
        if not self._keys:
            return Cell("", self.view.plan.name)
        first = self.view.locate(0, (self._name,))
        return Cell(first.spreadsheet, first.sheet, 0, first.column)

    def _overtyped(self, key: str) -> int | None:
        """The row that has a new key where this one was: the rows above and below it are still the same."""
        was = ["", *self.live, ""]
        now = ["", *self._keys, ""]
        at = was.index(key)
        above, below = was[at - 1], was[at + 1]
        start = now.index(above) + 1 if above in now else len(now)
        is_new = start + 1 < len(now) and now[start] not in self.live and now[start + 1] == below
        return start - 1 if is_new else None


def _cells_of(referring: Iterable[Problem]) -> list[Cell]:
    return list(dict.fromkeys(one.cell for one in referring))


def _counted(cells: Sequence[Cell]) -> Sentence:
    return counted("{count} cell refers to it", "{count} cells refer to it", len(cells))
