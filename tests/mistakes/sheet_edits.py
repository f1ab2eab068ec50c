"""What planners do to a sheet, by its name in the corpus: each edit changes the rows of one `SheetFile`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import cycle
from typing import Any

from openpyxl.utils import column_index_from_string, get_column_letter
from sheet_files import SheetFile, position, remove_sheet, write_sheet

EDITS: dict[str, Callable[[SheetFile, Any], None]] = {}
"""By name. Edits of one mistake are made in their order."""


def edit(name: str) -> Callable[[Callable[[SheetFile, Any], None]], Callable[[SheetFile, Any], None]]:
    def register(function: Callable[[SheetFile, Any], None]) -> Callable[[SheetFile, Any], None]:
        EDITS[name] = function
        return function

    return register


def apply_edits(sheet: SheetFile, edits: Mapping[str, Any]) -> None:
    """Make the edits and write the file; `rename_sheet`, `copy_sheet` and `delete_sheet` come last."""
    for name, argument in edits.items():
        if name not in ("rename_sheet", "copy_sheet", "delete_sheet"):
            EDITS[name](sheet, argument)
    if edits.get("delete_sheet"):
        remove_sheet(sheet)
    elif "copy_sheet" in edits:
        write_sheet(sheet, title=edits["copy_sheet"], copy=True)
    else:
        write_sheet(sheet, title=edits.get("rename_sheet"))


@edit("cells")
def _cells(sheet: SheetFile, values: Mapping[str, Any]) -> None:
    for place, value in values.items():
        sheet.set(place, value)


@edit("down")
def _down(sheet: SheetFile, columns: Mapping[str, list[Any]]) -> None:
    """Cells one below the other, from a place on; rows that are blank or a note are left as they are."""
    for place, values in columns.items():
        for at, value in zip(_below(sheet, place), values, strict=False):
            sheet.set(at, value)


@edit("fill_down")
def _fill_down(sheet: SheetFile, columns: Mapping[str, list[Any]]) -> None:
    """The same, again and again down to the last row."""
    for place, values in columns.items():
        for at, value in zip(list(_below(sheet, place)), cycle(values), strict=False):
            sheet.set(at, value)


def _below(sheet: SheetFile, place: str) -> Iterator[str]:
    row, column = position(place)
    for number, cells in enumerate(sheet.rows[row:], start=row + 1):
        if any(cell not in (None, "") for cell in cells) and not str(cells[0] or "").startswith("#"):
            yield f"{get_column_letter(column + 1)}{number}"


@edit("append")
def _append(sheet: SheetFile, rows: list[list[Any]]) -> None:
    """Rows below the last, as typed."""
    sheet.rows.extend(list(row) for row in rows)


@edit("insert_rows")
def _insert_rows(sheet: SheetFile, rows: Mapping[int, list[Any]]) -> None:
    """A row with these cells where the sheet's row of that number stands."""
    for number, row in rows.items():
        sheet.rows.insert(number - 1, list(row))


@edit("delete_rows")
def _delete_rows(sheet: SheetFile, numbers: list[int]) -> None:
    for number in sorted(numbers, reverse=True):
        del sheet.rows[number - 1]


@edit("copy_rows")
def _copy_rows(sheet: SheetFile, pairs: Mapping[int, int]) -> None:
    """Paste a row over another one, or below the last."""
    for source, target in pairs.items():
        row = list(sheet.rows[source - 1])
        sheet.rows[target - 1 : target] = [row]


@edit("delete_columns")
def _delete_columns(sheet: SheetFile, letters: list[str]) -> None:
    for index in sorted(map(column_index_from_string, letters), reverse=True):
        for row in sheet.rows:
            del row[index - 1 : index]


@edit("clear_columns")
def _clear_columns(sheet: SheetFile, letters: list[str]) -> None:
    """All cells but the header's."""
    for letter in letters:
        for row in sheet.rows[1:]:
            row[column_index_from_string(letter) - 1] = None


@edit("swap_columns")
def _swap_columns(sheet: SheetFile, letters: list[str]) -> None:
    """With their headers, which harms nothing."""
    one, other = (column_index_from_string(letter) - 1 for letter in letters)
    for row in sheet.rows:
        row[one], row[other] = row[other], row[one]


@edit("sort_cells")
def _sort_cells(sheet: SheetFile, ends: list[str]) -> None:
    """Sort the cells of one column and leave the others: [H3, H20], a third "down" for descending."""
    (first, column), (last, _) = position(ends[0]), position(ends[1])
    values = sorted((row[column] for row in sheet.rows[first : last + 1]), reverse="down" in ends)
    for row, value in zip(sheet.rows[first : last + 1], values, strict=True):
        row[column] = value


@edit("sort_rows")
def _sort_rows(sheet: SheetFile, order: Mapping[str, Any]) -> None:
    """Sort whole rows, header excepted, by a column's values as text."""
    column = column_index_from_string(order["by"]) - 1
    sheet.rows[1:] = sorted(sheet.rows[1:], key=lambda row: str(row[column]), reverse=order.get("down", False))


@edit("push_down")
def _push_down(sheet: SheetFile, place: str) -> None:
    """Insert a blank cell, so that the column slips down by one from there."""
    row, column = position(place)
    values = [None, *(cells[column] for cells in sheet.rows[row:])]
    sheet.rows.append([None] * len(sheet.rows[0]))
    for cells, value in zip(sheet.rows[row:], values, strict=True):
        cells[column] = value


@edit("pull_up")
def _pull_up(sheet: SheetFile, place: str) -> None:
    """Delete a cell, so that the column slips up by one from there."""
    row, column = position(place)
    values = [cells[column] for cells in sheet.rows[row + 1 :]]
    for cells, value in zip(sheet.rows[row:], [*values, None], strict=True):
        cells[column] = value


@edit("drag_down")
def _drag_down(sheet: SheetFile, ends: list[str]) -> None:
    """Fill the cells as a series that counts on from the first."""
    (first, column), (last, _) = position(ends[0]), position(ends[1])
    start = sheet.rows[first][column]
    for step, row in enumerate(sheet.rows[first : last + 1]):
        row[column] = start + step if isinstance(start, int) else start


@edit("replace")
def _replace(sheet: SheetFile, texts: Mapping[str, str]) -> None:
    """Search and replace in all text cells."""
    for row in sheet.rows:
        for column, value in enumerate(row):
            if isinstance(value, str):
                for old, new in texts.items():
                    row[column] = value = value.replace(old, new)


@edit("merge")
def _merge(sheet: SheetFile, area: str) -> None:
    """What the area hides is gone, save its first cell."""
    first, _, last = area.partition(":")
    (top, left), (bottom, right) = position(first), position(last)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if (row, column) != (top, left):
                sheet.rows[row][column] = None
    sheet.merges.append(area)


@edit("unmerge")
def _unmerge(sheet: SheetFile, area: str) -> None:
    sheet.merges.remove(area)


@edit("encoding")
def _encoding(sheet: SheetFile, name: str) -> None:
    sheet.encoding = name


@edit("keep_rows")
def _keep_rows(sheet: SheetFile, count: int) -> None:
    """Cut the sheet off below so many rows."""
    del sheet.rows[count:]
