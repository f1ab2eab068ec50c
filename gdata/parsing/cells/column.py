"""A column of cells to a column of values.

A clean column is converted as a whole: its types are looked at once, its text with one regular expression.
Where anything is unusual, each distinct cell goes through `convert_cell`, which is the truth. On 2.4 million
cells of csv the whole-column way takes a ninth of the time of the other (`benchmarks/parse.py`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from gdata.parsing.cells.cell import EXACT_INTEGERS, INTEGER_RANGES, CellType, Fault, is_blank
from gdata.parsing.cells.compound import ReadCell
from gdata.parsing.cells.textcheck import are_exact, are_finite, is_clean_text, keeps_digits
from gdata.parsing.cells.utf8column import convert_utf8, is_solid
from gdata.sources.grid import ERROR_TEXTS, CellValue
from gdata.sources.textrows import Utf8Cells, spread_cells

# Which characters a clean column of numbers has; int() and float() then tell whether they stand as they should.
_INTEGERS = re.compile(r"[0-9\n-]*")
_NUMBERS = re.compile(r"[0-9.\n-]*")


@dataclass
class Column:
    """Values of one column, None where the cell is blank or wrong; and what is wrong, by index."""

    values: Sequence[Any]
    blank: Sequence[bool] | None
    """Which cells are blank; None: none is."""
    faults: list[tuple[int, Fault]] = dataclasses.field(default_factory=list)


def convert_column(cells: Sequence[CellValue], read: ReadCell, type_: CellType | None) -> Column:
    """Convert `cells`; `read` does one cell, `type_` is what they are if all hold one scalar."""
    if isinstance(cells, Utf8Cells):
        converted = convert_utf8(cells, read, type_)
        if converted is not None:
            return Column(*converted)
        cells = cells.texts
    fast = _FAST.get(type_.kind) if type_ is not None and type_.is_plain else None
    if cells:
        # Most columns have no blank cell and nothing unusual, and then nobody has to look for one.
        values = fast(cells, type_) if fast is not None and type_ is not None else _fast_distinct(cells, read)
        if values is not None:
            return Column(values, None)
    blank = blanks(cells)
    if blank is not None:
        filled = list(compress(cells, (not b for b in blank)))
        values = None
        if filled:
            values = fast(filled, type_) if fast is not None and type_ is not None else _fast_distinct(filled, read)
        if values is not None:
            return Column(spread_cells(values, blank), blank)
    return _convert_each(cells, blank, read)


def blanks(cells: Sequence[Any]) -> list[bool] | None:
    """Which cells are blank; None where none is."""
    if isinstance(cells, Utf8Cells):
        if is_solid(cells):
            return None
        cells = cells.texts
    if all(cells):
        # Every cell is true as Python sees it; only a text of blanks alone can still be blank.
        try:
            only_blanks = any(map(str.isspace, cells))
        except TypeError:
            only_blanks = any(cell.isspace() for cell in cells if cell.__class__ is str)
        if not only_blanks:
            return None
    flags = [cell is None or (cell.__class__ is str and (not cell or cell.isspace())) for cell in cells]
    return flags if any(flags) else None


def _convert_each(cells: Sequence[CellValue], blank: Sequence[bool] | None, read: ReadCell) -> Column:
    known: dict[tuple[type, CellValue], tuple[Any, Fault | None]] = {}
    values: list[Any] = []
    faults: list[tuple[int, Fault]] = []
    warned: set[int] = set()
    for index, cell in enumerate(cells):
        if blank is not None and blank[index]:
            values.append(None)
            continue
        distinct = (cell.__class__, cell)
        converted = known.get(distinct)
        if converted is None:
            converted = known[distinct] = read(cell)
        value, fault = converted
        values.append(value)
        if fault is not None:
            if fault.kind.once_a_column:
                if id(fault.kind) in warned:
                    continue
                warned.add(id(fault.kind))
            faults.append((index, fault))
    return Column(values, blank, faults)


def _fast_distinct(cells: Sequence[CellValue], read: ReadCell) -> list[Any] | None:
    """Each distinct cell read once; None where one has a fault or the types are mixed (True == 1 in a dict)."""
    if len(set(map(type, cells))) != 1:
        return None
    known: dict[CellValue, Any] = {}
    for cell in set(cells):
        if is_blank(cell):
            return None
        known[cell], fault = read(cell)
        if fault is not None:
            return None
    return [known[cell] for cell in cells]


def _joined(cells: Sequence[Any]) -> str | None:
    """The cells as lines, if all are text: joining tells types in less time than looking at them."""
    try:
        return "\n".join(cells)
    except TypeError:
        return None


def _fast_integers(cells: Sequence[Any], type_: CellType) -> list[Any] | None:
    text = _joined(cells)
    if text is not None:
        if not _INTEGERS.fullmatch(text):
            return None
        try:
            values = list(map(int, cells))
        except ValueError:  # Blank, `1-2`, thousands of digits.
            return None
    elif set(map(type, cells)) == {int}:
        values = list(cells)
        if max(values) > EXACT_INTEGERS or min(values) < -EXACT_INTEGERS:
            return None
    else:
        return None
    low, high = INTEGER_RANGES[type_.kind]
    return values if low <= min(values) and max(values) <= high else None


def _fast_doubles(cells: Sequence[Any], _type: CellType) -> list[Any] | None:
    text = _joined(cells)
    return _typed_doubles(cells) if text is None else _text_doubles(cells, text)


def _text_doubles(cells: Sequence[str], text: str) -> list[Any] | None:
    if not _NUMBERS.fullmatch(text):
        return None
    try:
        values = list(map(float, cells))
    except ValueError:  # Blank, `1.2.3`.
        return None
    return values if are_exact(values) else None


def _typed_doubles(cells: Sequence[Any]) -> list[Any] | None:
    if not set(map(type, cells)) <= {int, float}:
        return None
    try:
        values = list(map(float, cells))
    except OverflowError:
        return None
    return values if are_finite(values) else None


def _fast_floats(cells: Sequence[Any], _type: CellType) -> list[Any] | None:
    text = _joined(cells)
    if text is None:
        values = _typed_doubles(cells)
    else:
        values = _text_doubles(cells, text)
        # With at most six digits nothing is lost in 32 bits; a point makes seven characters.
        if values is None or max(map(len, cells)) <= 7:
            return values
    return values if values is not None and keeps_digits(values) else None


def _fast_strings(cells: Sequence[Any], _type: CellType) -> list[Any] | None:
    text = _joined(cells)
    if not text or not is_clean_text(text, cells):
        return None
    return list(cells) if "#" not in text or ERROR_TEXTS.isdisjoint(cells) else None


_FAST: dict[str, Callable[[Sequence[Any], CellType], list[Any] | None]] = {
    "int32": _fast_integers,
    "int64": _fast_integers,
    "uint32": _fast_integers,
    "uint64": _fast_integers,
    "double": _fast_doubles,
    "float": _fast_floats,
    "string": _fast_strings,
}
