"""A column of cells to a column of values.

A clean column is converted as a whole, as its kind of field does it (`gdata.parsing.cells.readings`). Where anything is
unusual, each distinct cell goes through `convert_cell`, which is the truth.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gdata.parsing.cells.cell import CellType, Fault
from gdata.parsing.cells.readings import READINGS, ReadCell
from gdata.schema.fieldtypes import FIELD_TYPES
from gdata.sources.cells import Cells, spread
from gdata.sources.grid import CellValue


@dataclass
class Column:
    """Values of one column, None where the cell is blank or wrong; and what is wrong, by index."""

    values: Sequence[Any]
    blank: Sequence[bool] | None
    """Which cells are blank; None: none is."""
    faults: list[tuple[int, Fault]] = dataclasses.field(default_factory=list)


def convert_column(cells: Cells, read: ReadCell, type_: CellType | None) -> Column:
    """Convert `cells`; `read` does one cell, `type_` is what they are if all hold one scalar."""
    empty = cells.empty()
    converted = _convert_clean(cells, empty, read, type_)
    if converted is None:
        blank = cells.blanks()
        converted = _convert_clean(cells, blank, read, type_) if blank != empty else None
        return converted or _convert_each(cells, blank, read)
    return converted


def _convert_clean(cells: Cells, blank: Sequence[bool] | None, read: ReadCell, type_: CellType | None) -> Column | None:
    """The column, if nothing is odd in its cells beside those that are blank."""
    filled = cells if blank is None else cells.chosen(not one for one in blank)
    if not filled:
        return Column([None] * len(cells), blank)
    as_column = READINGS[type_.kind].column if type_ is not None and type_.is_plain else None
    if as_column is not None and type_ is not None:
        values = as_column(filled, FIELD_TYPES[type_.kind])
    else:
        values = filled.each(read)
    if values is None or blank is None:
        return None if values is None else Column(values, None)
    return Column(spread(values, blank), blank)


def _convert_each(cells: Sequence[CellValue], blank: Sequence[bool] | None, read: ReadCell) -> Column:
    known: dict[tuple[type, CellValue], tuple[Any, Fault | None]] = {}
    values: list[Any] = []
    faults: list[tuple[int, Fault]] = []
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
            faults.append((index, fault))
    return Column(values, blank, faults)
