"""The values that references may have: those of a table's key or of one of its fields, where they stand, and what
somebody may have meant who wrote another one; and the keys that are gone.

A row that was deleted, or whose key was overtyped, is one mistake, told once at its own table. Whether there was such a
row, only the last release tells; without one each cell that refers to it is told of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from gdata import kinds
from gdata.bundles.titles import title_field as names_title
from gdata.checks.keys import composed
from gdata.checks.references.rules import Referent
from gdata.checks.values import Column, column_values, plain_text, scalar_text, sound_rows, value_text, walk_column
from gdata.language import Sentence, counted, sentence
from gdata.parsing.places import LeftOut, Places
from gdata.parsing.view import View
from gdata.problems import MOST_RELATED, Cell, Problem
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.text import SimilarValues


@dataclass
class ExistingValues:
    """The values of a table's key, or of one of its fields, and where they stand."""

    view: View
    referent: Referent
    values: frozenset[Any] = field(init=False)
    _similar: SimilarValues | None = None
    _bad_texts: list[str] | None = None

    def __post_init__(self) -> None:
        columns = self.referent.columns
        rows = sound_rows(self.view, [column.top for column in columns])
        if len(columns) == 1:
            self.values = frozenset(column_values(rows, columns[0]))
        else:
            self.values = frozenset(map(attrgetter(*(column.name for column in columns)), rows))

    @property
    def place(self) -> str:
        """Where they stand, for people: `Item!A:A`, `Item!A:A, Item!B:B`."""
        cells = [self.view.locate(0, (column.top,)) for column in self.referent.columns] if self.view.rows else []
        return (
            ", ".join(str(Cell(cell.spreadsheet, cell.sheet, 0, cell.column)) for cell in cells) or self.view.plan.name
        )

    def nearest(self, value: Any) -> tuple[Any, Cell] | None:
        """The value most like `value`, and its cell."""
        if len(self.referent.columns) > 1 or self.referent.columns[0].kind in ("bool", "enum"):
            return None
        if self._similar is None:
            self._similar = SimilarValues(self.values)
        found = self._similar.nearest(value)
        cell = self._cell(found) if found is not None else None
        return (found, cell) if cell is not None else None

    def looking_like(self, text: str) -> tuple[Any, Cell] | None:
        """The value that looks just like `text`, where only Unicode tells them apart, and its cell."""
        found = self._by_look.get(composed(text)) if len(self.referent.columns) == 1 else None
        cell = self._cell(found) if found is not None else None
        return (found, cell) if cell is not None else None

    @cached_property
    def _by_look(self) -> dict[str, str]:
        return {composed(value): value for value in self.values if isinstance(value, str)}

    def titled(self, text: str) -> tuple[Any, Cell] | None:
        """The value of the one row that people call `text`, and its cell."""
        return self._by_title.get(text)

    @cached_property
    def _by_title(self) -> dict[str, tuple[Any, Cell] | None]:
        field = title_field(self.view.plan)
        (column, *others), found = self.referent.columns, dict[str, tuple[Any, Cell] | None]()
        if others or len(column.steps) > 1 or field is None:
            return found
        for index, row in enumerate(self.view.rows):
            title = getattr(row, field.name)
            # A title that two rows share tells of neither.
            place = getattr(row, column.top), self.view.locate(index, (column.top,))
            found[title] = None if title in found else place
        return found

    def left_out(self, value: Any) -> LeftOut | None:
        """The row with this value that is switched off, or for other targets."""
        return self._left_out.get(value)

    @cached_property
    def _left_out(self) -> dict[Any, LeftOut]:
        places, (column, *others) = self.view.locate, self.referent.columns
        if others or len(column.steps) > 1 or not isinstance(places, Places):
            return {}
        return {one.value: one for one in places.left_out(column.top)}

    def may_be_meant(self, value: Any, texts: Mapping[Cell, str]) -> bool:
        """Whether a cell of this column that has a problem looks as if `value` should stand there."""
        if self._bad_texts is None:
            self._bad_texts = list(self._find_bad_texts(texts))
        if not self._bad_texts:
            return False
        column = self.referent.columns[0]
        text = (plain_text(value) if len(self.referent.columns) > 1 else column_text(column, value)) or ""
        return any(_is_like(text, bad) for bad in self._bad_texts)

    def between_bad_keys(self, missing: set[Any]) -> set[Any]:
        """Of the missing numbers those that rows with a blank or unreadable key may have: they lie between the keys
        above and below, and are no more than those rows.
        """
        column = self.referent.columns[0]
        if len(self.referent.columns) > 1 or len(column.steps) > 1 or column.kind in ("string", "bool", "enum"):
            return set()
        explained: set[Any] = set()
        for count, low, high in self._gaps(column.top):
            inside = {value for value in missing if low < value < high}
            if len(inside) <= count:
                explained |= inside
        return explained

    def _gaps(self, name: str) -> Iterator[tuple[int, int, int]]:
        """Of each run of rows with a bad key: how many there are, and the keys above and below."""
        bad = sorted(index for index, names in self.view.bad_fields.items() if name in names)
        for _, run in groupby(enumerate(bad), key=lambda pair: pair[1] - pair[0]):
            indexes = [index for _, index in run]
            above, below = indexes[0] - 1, indexes[-1] + 1
            if above >= 0 and below < len(self.view.rows):
                yield len(indexes), getattr(self.view.rows[above], name), getattr(self.view.rows[below], name)

    def _find_bad_texts(self, texts: Mapping[Cell, str]) -> Iterator[str]:
        tops = {column.top for column in self.referent.columns}
        for index, names in self.view.bad_fields.items():
            for name in names & tops:
                text = texts.get(self.view.locate(index, (name,)))
                if text:
                    yield text

    def _cell(self, value: Any) -> Cell | None:
        column = self.referent.columns[0]
        for index, row in enumerate(self.view.rows):
            for path, one in walk_column(row, column):
                if one == value:
                    return self.view.locate(index, path)
        return None


def _is_like(text: str, bad: str) -> bool:
    """Whether the bad cell's text is `text` with a slip or another format: 1,001, l001, １００１."""
    import difflib
    import unicodedata

    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", bad)))
    # A Korean syllable falls apart into its letters: a slip changes one of them.
    text, plain = unicodedata.normalize("NFD", text), unicodedata.normalize("NFD", plain)
    return difflib.SequenceMatcher(None, text, plain).ratio() >= 0.7


def title_field(plan: TablePlan) -> FieldPlan | None:
    """The field that tells people which row it is."""
    name = names_title(plan.row.descriptor, plan.title)
    return plan.row.field(name) if name else None


def column_text(column: Column, value: Any) -> str:
    """A value of a column as a cell's text."""
    return (plain_text(value) if column.side == "keys" else scalar_text(column.field.descriptor, value)) or ""


_FEW = 4
"""As many cells are better told each at its place."""

_BLANKS = (kinds.TEXT_BLANK_ENDS, kinds.TEXT_BREAK_ENDS)
_UNSEEN = (kinds.TEXT_ZERO_WIDTH, kinds.KEY_LOOKALIKE)
_GONE = (kinds.KEY_GONE.code, kinds.KEY_ABSENT.code)

LiveKeys = Callable[[str], Mapping[str, str]]
"""The keys of a table in the last release, by its short name: as texts, in its order, with what each row is called."""


def fold_gone(
    problems: Sequence[Problem], views: Mapping[str, View], live: LiveKeys, is_error: Callable[[Problem], bool]
) -> list[Problem]:
    """The problems, with one for each key that the last release has and the sheets no longer have, or that cells of
    several columns look for, or that has a blank too many or a character that isn't seen, in place of those of the
    cells that refer to it.

    `is_error`: whether sheets.yaml lets a problem be an error; of what it softens no other error is made.
    """
    kept: list[Problem] = []
    missed: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        place = _referent(problem, views)
        (missed.setdefault(place, []) if place != ("", "") else kept).append(problem)
    wrong = {one.cell for one in problems if one.code == kinds.REFERENCE_MISSING.code}
    marred = [one for one in kept if one.kind in (*_BLANKS, *_UNSEEN) and one.field]
    blanks = {(one.table, _meant_key(one)): one for one in marred}
    blanks = {place: one for place, one in blanks.items() if place in missed and _is_key(one, views)}
    # One mistake is one problem: the blank in a key, and the one in a cell that refers.
    told = set(blanks.values())
    kept = [one for one in kept if one not in told and not (one.kind in _BLANKS and one.cell in wrong)]
    tables = {table: _Table(views[table], live(table)) for table, _ in missed}
    for (table, key), referring in missed.items():
        if (table, key) in blanks:
            folded = _with_blank(blanks[table, key], key, referring)
        elif key in tables[table].live:
            folded = tables[table].problem(key, referring)
        elif _is_row_missing(referring) and all(map(is_error, referring)):
            folded = tables[table].absent(key, referring)
        else:
            kept += referring
            continue
        targets = {one.target for one in referring}
        kept.append(replace(folded, target=targets.pop() if len(targets) == 1 else ""))
    return kept


def _is_key(problem: Problem, views: Mapping[str, View]) -> bool:
    return problem.table in views and [one.name for one in views[problem.table].plan.key] == [problem.field]


def _meant_key(problem: Problem) -> str:
    """A text as it would be without the blank, the hidden character or the letter that looks like another."""
    from gdata.parsing.cells.meant import ZERO_WIDTH  # which a build to which nothing is new needs nothing of

    text = problem.value or ""
    if problem.kind is kinds.KEY_LOOKALIKE:
        text = str(dict(problem.words)["instead"])
    return ZERO_WIDTH.sub("", text).strip()


def _with_blank(blank: Problem, key: str, referring: list[Problem]) -> Problem:
    """The problem of a key with a blank at an end, or a character that isn't seen, and referred to without it."""
    cells = _cells_of(referring)
    kind = kinds.REFERENCE_BLANK_ENDS if blank.kind in _BLANKS else kinds.REFERENCE_UNSEEN
    return kind.at(
        blank.cell,
        table=blank.table,
        field=blank.field,
        value=blank.value,
        related=cells[:MOST_RELATED],
        key=key,
        target=blank.table,
        cells=_counted(cells),
        character=dict(blank.words).get("character", ""),
    )


def _is_row_missing(referring: list[Problem]) -> bool:
    """Whether it is rather the row that is missing than these cells that are wrong."""
    cells = {one.cell for one in referring}
    return len(cells) > _FEW and len({(cell.spreadsheet, cell.sheet, cell.column) for cell in cells}) > 1


def gone_place(problem: Problem) -> tuple[str, str, str] | None:
    """What a problem of a key that isn't there is about: its code, the table and the key; None for others."""
    if problem.code not in _GONE:
        return None
    return problem.code, problem.table, str(dict(problem.words)["key"])


def gone_once(problems: Sequence[Problem]) -> Problem:
    """One problem for those of a key that isn't there in several versions, in which other cells refer to it."""
    if len(set(problems)) == 1:
        return problems[0]
    first = max(problems, key=lambda one: (one.cell.row, len(one.related)))
    cells = list(dict.fromkeys(cell for one in problems for cell in one.related))
    words = dict(first.words)
    if len(first.related) < len(cells) <= MOST_RELATED:
        words["cells"] = _counted(cells)
    targets = {one.target for one in problems}
    target = targets.pop() if len(targets) == 1 else ""
    return replace(first, related=tuple(cells[:MOST_RELATED]), words=tuple(words.items()), target=target)


def without_gone(off: Iterable[Problem], told: Iterable[Problem], views: Mapping[str, View]) -> list[Problem]:
    """The problems of rows that are switched off, but those that refer to a key that is told as gone."""
    gone = {place[1:] for one in told if (place := gone_place(one)) is not None}
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
