"""Keys that are gone: a row that was deleted, or whose key was overtyped, is one mistake, told once at its own table.

Whether there was such a row, only the last release tells; without one each cell that refers to it is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gdata import kinds
from gdata.checks.values import value_text
from gdata.language import Sentence, counted, sentence
from gdata.parsing.view import View
from gdata.problems import MOST_RELATED, Cell, Problem

_FEW = 4
"""As many cells are better told each at its place."""

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
