"""The cells of a column while it is guessed at: decoded once, counted once, asked often."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, overload

from gdata.parsing.cells.cell import is_blank, shown
from gdata.schema.fieldtypes import FIELD_TYPES, FieldKind
from gdata.sources.cells import Utf8Cells, choose
from gdata.sources.grid import CellValue

PLAIN_INTEGERS = re.compile(r"(-?(0|[1-9][0-9]{0,8})\n)+")
PLAIN_NUMBERS = re.compile(r"(-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,7})?\n)+")
"""Numbers, one a line, that every reader takes for the same."""


class Cells(Sequence[CellValue]):
    """A column's cells; a csv sheet's as the bytes that they are, and only the different ones as text.

    Of 1,200 sheets most cells stand there many times, and are looked at by ten guesses (`benchmarks/scaffold.py`).
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
    def _keys(self) -> Sequence[Any]:
        """What cells are told apart by: TRUE isn't 1."""
        return self._raw if self._is_utf8 else [(cell.__class__, cell) for cell in self._raw]

    @cached_property
    def _counted(self) -> dict[Any, int]:
        return Counter(self._keys)

    @cached_property
    def _by_key(self) -> dict[Any, CellValue]:
        """The different cells, decoded in one go where they are bytes."""
        keys = list(self._counted)
        if not self._is_utf8:
            return {key: key[1] for key in keys}
        filled = [key for key in keys if key is not None] if None in self._counted else keys
        return dict(zip(filled, map(bytes.decode, filled), strict=True)) | dict.fromkeys(set(keys) - set(filled))

    @cached_property
    def _blanks(self) -> set[Any]:
        """The keys of blank cells."""
        if not self._is_utf8:
            return {key for key, cell in self._by_key.items() if is_blank(cell)}
        texts = [text or " " for text in self._by_key.values()]
        flags = map(str.isspace, texts)  # type: ignore[arg-type]
        return {key for key, is_space in zip(self._by_key, flags, strict=True) if is_space}

    @cached_property
    def counts(self) -> list[tuple[CellValue, int]]:
        """The different cells that aren't blank, in the order of their first, and how often each stands there."""
        counted, by_key = self._counted, self._by_key
        if not self._blanks and self._is_utf8:
            return list(zip(by_key.values(), counted.values(), strict=True))
        return [(by_key[key], count) for key, count in counted.items() if key not in self._blanks]

    @cached_property
    def distinct(self) -> list[CellValue]:
        """The different cells that aren't blank."""
        return [cell for cell, _ in self.counts]

    @property
    def has_blanks(self) -> bool:
        """Whether any cell is blank."""
        return bool(self._blanks)

    @cached_property
    def blank(self) -> list[bool]:
        """Which cells are blank."""
        blanks = self._blanks
        return [key in blanks for key in self._keys] if blanks else [False] * len(self._keys)

    @cached_property
    def joined_text(self) -> str:
        """The different cells that aren't blank, each with a line break behind it; "" where one isn't text."""
        try:
            return "\n".join([*self.distinct, ""])  # type: ignore[list-item]
        except TypeError:
            return ""

    def plain(self, kind: FieldKind) -> list[Any]:
        """The cells as keys and references compare them; None where one is blank or doesn't fit."""
        known = self._known(kind)
        return [known[key] for key in self._keys]

    def plain_values(self, kind: FieldKind) -> frozenset[Any]:
        """The different values of `plain`."""
        return frozenset(value for value in self._known(kind).values() if value is not None)

    def _known(self, kind: FieldKind) -> dict[Any, Any]:
        if kind in self._plain:
            return self._plain[kind]
        if self._is_utf8 and FIELD_TYPES[kind].is_whole and PLAIN_INTEGERS.fullmatch(self.joined_text):
            filled = [key for key in self._counted if key not in self._blanks]
            self._plain[kind] = dict(zip(filled, map(int, filled), strict=True)) | dict.fromkeys(self._blanks)
        elif self._is_utf8 and kind == "string":
            self._plain[kind] = self._by_key | dict.fromkeys(self._blanks)
        else:
            self._plain[kind] = {key: _plain(cell, kind) for key, cell in self._by_key.items()}
        return self._plain[kind]


def _plain(cell: CellValue, kind: FieldKind) -> Any:
    try:
        return None if is_blank(cell) else plain_value(cell, kind)
    except ValueError:
        return None  # A formula error.


def plain_value(cell: CellValue, kind: FieldKind) -> Any:
    """A cell's value as keys and references compare it; the cell isn't blank and fits its type."""
    if kind == "string":
        return shown(cell) if not isinstance(cell, str) else cell
    text = shown(cell).strip()
    return int(float(text)) if kind != "bool" and "." in text else int(text) if kind != "bool" else text.casefold()


def as_cells(cells: Sequence[CellValue]) -> Cells:
    """Cells that can be asked; the same ones where they can already."""
    return cells if isinstance(cells, Cells) else Cells(cells)
