"""The values that references may have: those of a table's key or of one of its fields, where they stand, and what
somebody may have meant who wrote another one.

Comparing with every value takes a second for 100,000 of them. So the texts one slip of the fingers away are made
and looked up; only in small tables is every value compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from gdata.bundles.titles import title_field as names_title
from gdata.checks.keys import composed
from gdata.checks.references.rules import Referent
from gdata.checks.values import Column, column_values, plain_text, scalar_text, sound_rows, walk_column
from gdata.parsing.places import LeftOut, Places
from gdata.parsing.view import View
from gdata.problems import Cell
from gdata.schema.plan import FieldPlan, TablePlan
from gdata.text import fold


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


_COMPARABLE = 2_000
"""Up to so many values each is compared."""
_NEIGHBOURS = 10
"""Numbers that differ in their last digit alone are a series, not slips."""
_LONGEST = 60
"""Longer texts aren't slipped: there are too many ways."""


class SimilarValues:
    """Finds among `values` (all numbers, or all texts) the one most like another."""

    def __init__(self, values: Iterable[Any]) -> None:
        self._values = frozenset(values)

    def nearest(self, value: Any) -> Any | None:
        """The value most like `value`; None where nothing is like it."""
        if isinstance(value, bool) or not self._values:
            return None
        return self._nearest_number(value) if isinstance(value, int) else self._nearest_text(value)

    @cached_property
    def _sorted(self) -> list[Any]:
        return sorted(self._values)

    @cached_property
    def _by_folded(self) -> dict[str, str]:
        return {fold(value): value for value in self._sorted}

    @cached_property
    def _alphabet(self) -> str:
        return "".join(sorted({character for value in self._values for character in value}))

    def _nearest_number(self, value: int) -> int | None:
        """The one that is a slip away. Of a number's neighbours none is likelier to be meant than another."""
        texts = (text for text in _slips(str(value), "0123456789") if text.lstrip("-").isdecimal())
        near = [(number, sorted(text)) for text in texts if (number := int(text)) in self._values]
        digits = sorted(str(value))
        swapped = [number for number, same in near if same == digits]
        others = [number for number, _ in near if abs(number - value) >= _NEIGHBOURS]
        return min(swapped or others, key=lambda number: (abs(number - value), number), default=None)

    def _nearest_text(self, value: str) -> Any:
        folded = fold(value)
        if folded in self._by_folded:
            return self._by_folded[folded]
        if len(value) <= _LONGEST:
            found = next((text for text in _slips(value, self._alphabet[:200]) if text in self._values), None)
            if found is not None:
                return found
        if len(self._values) > _COMPARABLE:
            return None
        import difflib

        near = difflib.get_close_matches(folded, self._by_folded, n=1, cutoff=0.6)
        return self._by_folded[near[0]] if near else None


def _slips(text: str, alphabet: str) -> Iterator[str]:
    """Texts one slip away, the likeliest first: two characters swapped, one wrong, one left out, one too many."""
    for at in range(len(text) - 1):
        yield text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    for at in reversed(range(len(text))):
        yield from (text[:at] + character + text[at + 1 :] for character in alphabet)
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]
    for at in reversed(range(len(text) + 1)):
        yield from (text[:at] + character + text[at:] for character in alphabet)
