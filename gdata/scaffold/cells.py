"""The cells of a column while it is guessed at: decoded once, counted once, asked often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, compress
from operator import not_
from typing import Any, Literal, overload

from gdata.parsing.cells.cell import shown
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind
from gdata.sources.cells import TypedCells, Utf8Cells, choose
from gdata.sources.grid import CellValue

_LARGEST = 10**9 - 1
_FEW = 5
_NUMBERS = re.compile(r"((?!-0\n)-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,7})?\n)+")
"""Numbers, one a line, that every reader takes for the same."""


class Cells(Sequence[CellValue]):
    """A column's cells; a csv sheet's as the bytes that they are, and only the different ones as text.

    Of 1,200 sheets most cells stand there many times, and are looked at by ten guesses (`benchmarks/scaffold.py`). All
    columns of all sheets are held until references are found, so what stands there twice is one object, and nothing is
    decoded or kept that a guess can do without: 116 sheets of 4,000 rows take 550 MiB, and 860 otherwise.
    """

    def __init__(self, raw: Sequence[Any]) -> None:
        """`raw` are a grid's cells."""
        self._raw = raw.raw if isinstance(raw, Utf8Cells) else raw
        self._is_utf8 = isinstance(raw, Utf8Cells)
        self._plain: dict[str, dict[Any, Any]] = {}

    @classmethod
    def joined(cls, parts: Iterable[Cells]) -> Cells:
        """One column below the other."""
        parts = list(parts)
        if parts and all(part._is_utf8 for part in parts):
            return cls(Utf8Cells(list(chain.from_iterable(part._raw for part in parts))))
        return cls(list(chain.from_iterable(parts)))

    def chosen(self, flags: Iterable[object]) -> Cells:
        """Those whose flag is true."""
        return Cells(choose(Utf8Cells(list(self._raw)) if self._is_utf8 else self._raw, flags))

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, index: int) -> CellValue: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CellValue]: ...
    def __getitem__(self, index: int | slice) -> CellValue | Sequence[CellValue]:
        found = self._raw[index]
        if isinstance(index, slice):
            return [self._text(one) for one in found]
        text: CellValue = self._text(found)
        return text

    def __iter__(self) -> Iterator[CellValue]:
        return map(self._text, self._raw) if self._is_utf8 else iter(self._raw)

    def _text(self, raw: Any) -> Any:
        return raw.decode() if raw.__class__ is bytes else raw

    @cached_property
    def _is_alike(self) -> bool:
        """Whether two cells that are equal are the same: TRUE isn't 1, nor is 1.0."""
        return self._is_utf8 or len({*map(type, self._raw)} & {bool, int, float}) < 2

    @property
    def _keys(self) -> Sequence[Any]:
        """What cells are told apart by."""
        return self._raw if self._is_alike else self._marked

    @cached_property
    def _marked(self) -> Sequence[Any]:
        return [(cell.__class__, cell) for cell in self._raw]

    @cached_property
    def _firsts(self) -> Sequence[Any]:
        """The keys of the different cells, in the order of their first."""
        firsts = dict.fromkeys(self._keys)
        if len(firsts) == len(self._keys):
            return self._keys
        if self._is_utf8 and 2 * len(firsts) < len(self._raw):
            one = dict(zip(firsts, firsts, strict=True))
            self._raw = list(map(one.__getitem__, self._raw))
        return list(firsts)

    @cached_property
    def _different(self) -> tuple[Sequence[Any], Utf8Cells | TypedCells]:
        """The keys of the different cells that aren't blank, and these cells."""
        keys = self._firsts
        if self._is_utf8:
            keys = keys if isinstance(keys, list) and all(keys) else list(filter(None, keys))
            cells: Utf8Cells | TypedCells = Utf8Cells(keys)
        else:
            cells = TypedCells(keys if self._is_alike else (cell for _, cell in keys))
        blanks = cells.blanks() if keys else None
        if blanks is None:
            return keys, cells
        filled = list(map(not_, blanks))
        return list(compress(keys, filled)), cells.chosen(filled)

    @cached_property
    def distinct(self) -> list[CellValue]:
        """The different cells that aren't blank, in the order of their first."""
        cells = self._different[1]
        return cells.decoded if isinstance(cells, Utf8Cells) else cells

    def each_different(self) -> Iterator[CellValue]:
        """The same, where few of them are asked for."""
        return iter(self._different[1])

    @property
    def variety(self) -> int:
        """How many different cells there are that aren't blank."""
        return len(self._different[0])

    @property
    def counts(self) -> list[tuple[CellValue, int]]:
        """The different cells that aren't blank, and how often each stands there."""
        counted = Counter(self._keys)
        return list(zip(self.distinct, map(counted.__getitem__, self._different[0]), strict=True))

    @property
    def has_blanks(self) -> bool:
        """Whether any cell is blank."""
        return len(self._different[0]) < len(self._firsts)

    @cached_property
    def _blanks(self) -> set[Any]:
        """The keys of blank cells."""
        return set(self._firsts).difference(self._different[0]) if self.has_blanks else set()

    @cached_property
    def blank(self) -> list[bool]:
        """Which cells are blank."""
        blanks = self._blanks
        return [key in blanks for key in self._keys] if blanks else [False] * len(self._keys)

    @cached_property
    def filled(self) -> int:
        """How many cells aren't blank."""
        return len(self) - sum(map(self._keys.count, self._blanks))

    @property
    def lines(self) -> str:
        """The different cells that aren't blank, each with a line break behind it; "" where one isn't text."""
        try:
            return "\n".join([*self.distinct, ""])  # type: ignore[list-item]
        except TypeError:
            return ""

    @cached_property
    def plainly(self) -> Literal["whole", "number", ""]:
        """Whether the cells that aren't blank are whole numbers, or texts of numbers, with nothing odd in them."""
        if self._whole is not None:
            return "whole"
        lines = self.lines
        return "number" if lines.count("\n") == self.variety and _NUMBERS.fullmatch(lines) else ""

    @cached_property
    def _whole(self) -> list[int] | None:
        """The numbers that the different cells are, if every reader takes them for the same whole ones."""
        cells = self._different[1]
        values = cells.whole_numbers() if self.variety else None
        if not values or max(values) > _LARGEST or min(values) < -_LARGEST:
            return None
        if not self._is_utf8 and values == self.distinct:
            return values
        lines = b"\n%b\n" % cells.joined if isinstance(cells, Utf8Cells) else f"\n{self.lines}".encode()
        # No line breaks and no leading zeros; of texts that is told of all at once.
        is_plain = lines.count(b"\n") == len(values) + 1 and lines.count(b"\n0") == lines.count(b"\n0\n")
        return values if is_plain and b"-0" not in lines else None

    def plain(self, kind: FieldKind) -> list[Any]:
        """The cells as keys and references compare them; None where one is blank or doesn't fit."""
        known = self._known(kind)
        return [known[key] for key in self._keys]

    def plain_values(self, kind: FieldKind) -> frozenset[Any]:
        """The different values of `plain`."""
        return frozenset(self._each(kind)) - {None}

    def is_unique(self, kind: FieldKind) -> bool:
        """Whether no two values of `plain` are alike, and none is None."""
        if len(self._different[0]) < len(self):
            return False
        values = set(self._each(kind))
        return None not in values and len(values) == len(self)

    def says_the_same(self, other: Cells, kind: FieldKind) -> bool:
        """Whether each cell of `plain` is the same as the other column's; mostly the first ones tell that it isn't."""
        few = _FEW if len(self) == len(other) else 0
        is_likely = few and Cells(self[:few]).plain(kind) == Cells(other[:few]).plain(kind)
        return bool(is_likely) and self.plain(kind) == other.plain(kind)

    def _known(self, kind: FieldKind) -> dict[Any, Any]:
        if kind not in self._plain:
            known = dict(zip(self._different[0], self._each(kind), strict=True))
            self._plain[kind] = known | dict.fromkeys(self._blanks)
        return self._plain[kind]

    def _each(self, kind: FieldKind) -> Sequence[Any]:
        """The different cells that aren't blank as `plain` has them."""
        if FIELD_TYPES[kind].is_whole and self._whole is not None:
            return self._whole
        if self._is_utf8 and kind == "string":
            return self.distinct
        return [_plain(cell, kind) for cell in self.distinct]


def _plain(cell: CellValue, kind: FieldKind) -> Any:
    try:
        return plain_value(cell, kind)
    except (ValueError, OverflowError):
        return None  # A formula error, or 1.5e999.


def plain_value(cell: CellValue, kind: FieldKind) -> Any:
    """A cell's value as keys and references compare it; the cell isn't blank and fits its type."""
    if kind == "string":
        return shown(cell) if not isinstance(cell, str) else cell
    text = shown(cell).strip()
    return int(float(text)) if kind != "bool" and "." in text else int(text) if kind != "bool" else text.casefold()


NO_CELLS = Cells(())
