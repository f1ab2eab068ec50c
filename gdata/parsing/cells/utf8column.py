"""A column of UTF-8 text to a column of values, without a str for every cell.

Only for columns in which every cell is clean or empty; `gdata.parsing.cells.column` does the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gdata.parsing.cells.cell import INTEGER_RANGES, CellType
from gdata.parsing.cells.compound import ReadCell
from gdata.parsing.cells.textcheck import are_exact, is_clean_text, keeps_digits, may_be_left_over
from gdata.sources.grid import ERROR_TEXTS
from gdata.sources.textrows import Utf8Cells, spread_cells

_DIGITS = b"0123456789-\n"
_DECIMALS = b"0123456789.-\n"
_VISIBLE = bytes(range(0x21, 0x7F)) + b"\n"
# What is wrong with a text, or white, begins with another of these: control characters, U+0080 to U+00FF (C2),
# U+1000 to U+1FFF (E1), U+2000 to U+2FFF (E2), U+3000 to U+3FFF (E3: kana too), U+F000 to U+FFFF (EF).
_PLAIN = bytes({*range(0x20, 0x7F), *b"\n", *range(0x80, 0x100)} - {0xC2, 0xE1, 0xE2, 0xEF})
_IDEOGRAPHIC_SPACE = "\u3000".encode()
_ERRORS = frozenset(text.encode() for text in ERROR_TEXTS)


def convert_utf8(
    cells: Utf8Cells, read: ReadCell, type_: CellType | None
) -> tuple[Sequence[Any], list[bool] | None] | None:
    """The values of a column, None where a cell is empty, and which are (None: none is); None if one isn't clean.

    `read` does one cell, `type_` is what they are if all hold one scalar.
    """
    convert = _CONVERT.get(type_.kind) if type_ is not None and type_.is_plain else None
    blank = None if all(cells.raw) else [not cell for cell in cells.raw]
    filled = cells if blank is None else Utf8Cells(list(filter(None, cells.raw)))
    values: Sequence[Any] | None = []
    if filled.raw:
        values = convert(filled, type_) if convert is not None and type_ is not None else _distinct(filled, read)
    if values is None or blank is None:
        return None if values is None else (values, None)
    return spread_cells(values, blank), blank


def is_solid(cells: Utf8Cells) -> bool:
    """Whether it shows at once that no cell is blank: there are no blanks in any."""
    if not all(cells.raw) or cells.joined.translate(None, _VISIBLE):
        return False
    return cells.joined.count(b"\n") == len(cells) - 1


def _distinct(cells: Utf8Cells, read: ReadCell) -> list[Any] | None:
    known: dict[bytes, Any] = dict.fromkeys(cells.raw)
    for cell in known:
        text = cell.decode()
        known[cell], fault = (None, True) if text.isspace() else read(text)
        if fault:
            return None
    return list(map(known.__getitem__, cells.raw))


def _integers(cells: Utf8Cells, type_: CellType) -> list[Any] | None:
    if cells.joined.translate(None, _DIGITS):
        return None
    try:
        values = list(map(int, cells.raw))
    except ValueError:  # `1-2`, thousands of digits.
        return None
    low, high = INTEGER_RANGES[type_.kind]
    return values if low <= min(values) and max(values) <= high else None


def _doubles(cells: Utf8Cells, _type: CellType) -> list[Any] | None:
    if cells.joined.translate(None, _DECIMALS):
        return None
    try:
        values = list(map(float, cells.raw))
    except ValueError:  # `1.2.3`.
        return None
    return values if are_exact(values) else None


def _floats(cells: Utf8Cells, type_: CellType) -> list[Any] | None:
    values = _doubles(cells, type_)
    # With at most six digits nothing is lost in 32 bits; a point makes seven characters.
    return values if values is None or max(map(len, cells.raw)) <= 7 or keeps_digits(values) else None


def _strings(cells: Utf8Cells, _type: CellType) -> Utf8Cells | None:
    joined = cells.joined
    is_plain = not joined.translate(None, _PLAIN) and not (b"\xe3" in joined and _IDEOGRAPHIC_SPACE in joined)
    if not is_plain or may_be_left_over(joined):
        is_clean = is_clean_text(joined.decode(), cells.texts)
    else:
        is_clean = not (
            joined[:1] in b" \n" or joined[-1:] in b" \n" or b"\n\n" in joined or b" \n" in joined or b"\n " in joined
        )
    return cells if is_clean and (b"#" not in joined or _ERRORS.isdisjoint(cells.raw)) else None


_CONVERT: dict[str, Callable[[Utf8Cells, CellType], Sequence[Any] | None]] = {
    "int32": _integers,
    "int64": _integers,
    "uint32": _integers,
    "uint64": _integers,
    "double": _doubles,
    "float": _floats,
    "string": _strings,
}
