"""References: every value of a field with `ref` is there, in the table it points at.

Whole columns are compared as sets; rows are walked only for values that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from gdata import kinds
from gdata.checks.columns import Column, column_values, numbered_sound_rows, sound_rows, walk_column
from gdata.checks.reference_rules import ReferenceRule, Referent
from gdata.checks.rowpaths import written_path
from gdata.checks.similar import SimilarValues
from gdata.checks.text import plain_text, scalar_text
from gdata.parsing.view import Path, TableView
from gdata.problems import Cell, Problem

_MOST_HINTS = 200
"""So many different missing values of a column get a nearest one; a flood has another cause than typing."""


class References:
    """Runs reference rules. What was found for a set of views is kept for the next set that shares them."""

    def __init__(self, rules: Sequence[ReferenceRule]) -> None:
        self._rules = rules
        self._existing: dict[tuple[int, tuple[str, ...]], ExistingValues] = {}
        self._found: dict[tuple[int, ...], tuple[list[TableView], list[Problem]]] = {}

    def check(self, views: Mapping[str, TableView], texts: Mapping[Cell, str] | None = None) -> list[Problem]:
        """The references of one target's tables, by short name.

        `texts` are what stands in cells that have a problem already: a value that such a key may have been
        meant to be isn't reported as missing.
        """
        return [
            problem
            for number, rule in enumerate(self._rules)
            if rule.table in views
            for problem in self._check_once(number, rule, views, texts or {})
        ]

    def _check_once(
        self, number: int, rule: ReferenceRule, views: Mapping[str, TableView], texts: Mapping[Cell, str]
    ) -> list[Problem]:
        used = [views[rule.table], *(views[one.plan.name] for one in rule.referents if one.plan.name in views)]
        # The views are kept with what was found, so that no other can get the identity of one of them.
        key = (number, *map(id, used))
        if key not in self._found:
            self._found[key] = used, self._check_rule(rule, views, texts)
        return self._found[key][1]

    def _check_rule(
        self, rule: ReferenceRule, views: Mapping[str, TableView], texts: Mapping[Cell, str]
    ) -> list[Problem]:
        view = views[rule.table]
        values = set(_values(view, rule)) - rule.none
        values.discard("")
        if not values:
            return []
        unfed = [one for one in rule.referents if one.plan.name not in views]
        if unfed:
            return [_no_sheet(view, rule, unfed[0])]
        existing = [self._existing_values(views[one.plan.name], one) for one in rule.referents]
        missing = values.difference(*(one.values for one in existing))
        if not missing or not all(one.view.whole for one in existing):
            return []
        missing = {value for value in missing if not any(one.may_be_meant(value, texts) for one in existing)}
        for one in existing:
            missing -= one.between_bad_keys(missing)
        return list(_report(view, rule, missing, existing))

    def _existing_values(self, view: TableView, referent: Referent) -> ExistingValues:
        key = (id(view), tuple(column.name for column in referent.columns))
        if key not in self._existing:
            self._existing[key] = ExistingValues(view, referent)
        return self._existing[key]


@dataclass
class ExistingValues:
    """The values of a table's key, or of one of its fields, and where they stand."""

    view: TableView
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

    def may_be_meant(self, value: Any, texts: Mapping[Cell, str]) -> bool:
        """Whether a cell of this column that has a problem looks as if `value` should stand there."""
        if self._bad_texts is None:
            self._bad_texts = list(self._find_bad_texts(texts))
        if not self._bad_texts:
            return False
        column = self.referent.columns[0]
        text = (plain_text(value) if len(self.referent.columns) > 1 else _text(column, value)) or ""
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


def _values(view: TableView, rule: ReferenceRule) -> list[Any]:
    rows = (row for _, row in numbered_sound_rows(view, _fields_of(rule)))
    found = column_values(rows, rule.column, rule.when.holds if rule.when is not None else None)
    return list(map(rule.value_of, found)) if rule.value_of is not None else found


def _fields_of(rule: ReferenceRule) -> list[str]:
    """The top-level fields that the rule reads: with a problem in one of them it isn't run."""
    names = [rule.column.top]
    if rule.when is not None and len(rule.column.steps) == 1:
        names.append(rule.when.field.name)
    return names


def _report(
    view: TableView, rule: ReferenceRule, missing: set[Any], existing: Sequence[ExistingValues]
) -> Iterator[Problem]:
    if not missing:
        return
    accept = rule.when.holds if rule.when is not None else None
    hints: dict[Any, tuple[Any, Cell] | None] = {}
    for index, row in numbered_sound_rows(view, _fields_of(rule)):
        for path, found in walk_column(row, rule.column, accept):
            value = rule.value_of(found) if rule.value_of is not None else found
            if value not in missing:
                continue
            if value not in hints:
                hints[value] = _nearest(value, existing) if len(hints) < _MOST_HINTS else None
            yield _missing(view, rule, (index, path), value, existing, hints[value])


def _nearest(value: Any, existing: Sequence[ExistingValues]) -> tuple[Any, Cell] | None:
    return next((near for near in (one.nearest(value) for one in existing) if near is not None), None)


def _missing(
    view: TableView,
    rule: ReferenceRule,
    place: tuple[int, Path],
    value: Any,
    existing: Sequence[ExistingValues],
    near: tuple[Any, Cell] | None,
) -> Problem:
    words: dict[str, Any] = {
        "target": " / ".join(dict.fromkeys(one.referent.plan.name for one in existing)),
        "key": existing[0].referent.key,
        "place": ", ".join(dict.fromkeys(one.place for one in existing)),
    }
    kind = kinds.REFERENCE_MISSING
    if near is not None:
        kind = kinds.REFERENCE_MISSING_NEAR
        words |= {"near": _text(rule.column, near[0]), "near_cell": str(near[1])}
    return kind.at(
        view.locate(*place),
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, place[1]),
        value=_text(rule.column, value),
        **words,
    )


def _text(column: Column, value: Any) -> str:
    return (plain_text(value) if column.side == "keys" else scalar_text(column.field.descriptor, value)) or ""


def _no_sheet(view: TableView, rule: ReferenceRule, unfed: Referent) -> Problem:
    """A reference to a table without a sheet, told once, at the first cell that has one."""
    accept = rule.when.holds if rule.when is not None else None
    index, path = next(
        (index, path)
        for index, row in numbered_sound_rows(view, _fields_of(rule))
        for path, value in walk_column(row, rule.column, accept)
        if value not in rule.none
    )
    return kinds.REFERENCE_UNFED.at(
        view.locate(index, path),
        table=view.plan.name,
        field=written_path(view.plan.row.descriptor, path),
        target=unfed.plan.name,
    )
