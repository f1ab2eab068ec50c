"""Rows that go on with the record above: their first cell is blank, and what stands in them are elements of lists.

Name,   Class, Level, Cost
Cannon, Army,  1,     250
      ,      , 2,     1000
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

from gdata.scaffold.cells import as_cells
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import words_of
from gdata.scaffold.series import find_series

_MEMO = frozenset("memo note notes comment desc description remark section".split())


@dataclass(frozen=True)
class Continued:
    """Columns that are one list down rows: of messages where they are several; `name` is what they share."""

    name: tuple[str, ...]
    columns: tuple[SourceColumn, ...]


def with_continuation(sheet: SheetFound) -> SheetFound:
    """The sheet, with `multirow` where its rows go on: lists keep all their cells, other columns those of records."""
    if sheet.layout != "rows" or len(sheet.columns) < 2 or sheet.records < 2:
        return sheet
    first = as_cells(sheet.columns[0].cells)
    if not first.has_blanks:
        return sheet
    starts = [not blank for blank in first.blank]
    if not starts[0] or sum(starts) < 2 or not _may_be_key(sheet.columns[0], starts):
        return sheet
    goes_on = [not start for start in starts]
    columns = [sheet.columns[0]]
    for column in sheet.columns[1:]:
        continues = not all(compress(as_cells(column.cells).blank, goes_on))
        columns.append(replace(column, continues=continues))
    if not any(column.continues for column in columns) or not _is_told_by_others(columns, starts):
        return sheet
    kept = tuple(
        column if column.continues else replace(column, cells=as_cells(column.cells).chosen(starts))
        for column in columns
    )
    return replace(sheet, columns=kept, records=sum(starts), entry=replace(sheet.entry, multirow=True))


def _may_be_key(column: SourceColumn, starts: Sequence[bool]) -> bool:
    keys = list(compress(column.cells, starts))
    words = words_of(column.header)[0]
    return len(set(map(str, keys))) == len(keys) and not (set(words) & _MEMO)


def _is_told_by_others(columns: Sequence[SourceColumn], starts: Sequence[bool]) -> bool:
    """Whether other columns are filled where the first one is, and blank where it is: these are the record's own."""
    others = columns[1:]
    own = [
        column for column in others if not column.continues and not all(compress(as_cells(column.cells).blank, starts))
    ]
    lists = [column for column in others if column.continues]
    # Without any scalar beside the key, what goes on must be there in every row.
    return bool(own) or any(not as_cells(column.cells).has_blanks for column in lists)


def find_continued(columns: Sequence[SourceColumn]) -> list[Continued]:
    """Of columns that go on, those that are one list; columns of series stay what they are."""
    series = {
        column.index for item in find_series(columns) if not isinstance(item, SourceColumn) for column in _of(item)
    }
    going_on = [column for column in columns if column.continues and column.index not in series]
    stems: dict[str, list[SourceColumn]] = {}
    for column in going_on:
        words = words_of(column.header)[0]
        stems.setdefault(words[0] if len(words) > 1 else "", []).append(column)
    if len(going_on) > 1 and all(stem and len(members) > 1 for stem, members in stems.items()):
        return [_together(stem, members) for stem, members in stems.items()]
    return [_together("", going_on)] if going_on else []


def _of(item: object) -> Sequence[SourceColumn]:
    parts = getattr(item, "parts", None)
    if parts is not None:
        return [column for _, part in parts for column in part.columns]
    columns: Sequence[SourceColumn] = getattr(item, "columns", ())
    return columns


def _together(stem: str, columns: Sequence[SourceColumn]) -> Continued:
    if stem or len(columns) == 1:
        return Continued((stem,) if stem else (), tuple(columns))
    levels = [words for column in columns if (words := words_of(column.header)[0])[-1:] in (["level"], ["lv"])]
    return Continued(tuple(levels[0]) if levels else ("line",), tuple(columns))
