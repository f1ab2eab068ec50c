"""Lists down rows: those with a blank first cell go on with the record above, and have elements of its lists.

Name,   Class, Level, Cost
Cannon, Army,  1,     250
      ,      , 2,     1000
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

from gdata.parsing.cells.cell import shown
from gdata.scaffold.cells import as_cells
from gdata.scaffold.fields.series import find_series
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import words_of

_NUMBERING = frozenset("id no num number index idx step level lv order seq".split())
_MEMO = frozenset("memo note notes comment desc description remark section".split())


@dataclass(frozen=True)
class Continued:
    """Columns that are one list down rows: of messages where they are several; `name` is what they share."""

    name: tuple[str, ...]
    columns: tuple[SourceColumn, ...]
    within: tuple[Continued, ...] = ()
    """Lists of each of its elements: they go on in rows where its own columns are blank."""

    @property
    def every(self) -> Sequence[SourceColumn]:
        """Its own columns, and those of the lists in it."""
        return [*self.columns, *(column for one in self.within for column in one.every)]


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
    columns = _with_kin(columns)
    if not any(column.continues for column in columns) or not _is_told_by_others(columns, starts):
        return sheet
    kept = tuple(
        column if column.continues else replace(column, cells=as_cells(column.cells).chosen(starts), lines=column.cells)
        for column in columns
    )
    return replace(sheet, columns=kept, records=sum(starts), entry=replace(sheet.entry, multirow=True))


def _with_kin(columns: Sequence[SourceColumn]) -> list[SourceColumn]:
    """The columns; of those that are one list over columns, all go on where one does."""
    kin = [item.columns for item in find_series(columns) if not isinstance(item, SourceColumn)]
    going_on = {one.index for together in kin if any(one.continues for one in together) for one in together}
    return [replace(column, continues=column.continues or column.index in going_on) for column in columns]


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
    if not any(column.continues for column in columns):
        return []
    items = [item for item in find_series(columns) if not isinstance(item, SourceColumn)]
    series = {column.index for item in items for column in item.columns}
    going_on = [column for column in columns if column.continues and column.index not in series]
    stems: dict[str, list[SourceColumn]] = {}
    for column in going_on:
        words = words_of(column.header)[0]
        stems.setdefault(words[0] if len(words) > 1 else "", []).append(column)
    starts = [not blank for blank in as_cells(columns[0].lines).blank] if columns else []
    if len(going_on) > 1 and all(stem and len(members) > 1 for stem, members in stems.items()):
        return _one_in_another([_together(stem, members) for stem, members in stems.items()], starts)
    nested = _one_in_another(_in_two(going_on), starts) if going_on else []
    return nested if len(nested) < 2 else [_together("", going_on)]


def _in_two(columns: Sequence[SourceColumn]) -> list[Continued]:
    """Columns without a common name: the first few as a list where they are filled together, and all others everywhere.

    A column of texts that stand only where they change looks the same, so the first one must count or be an id.
    """
    blank = [as_cells(column.cells).blank for column in columns]
    first = next((place for place, one in enumerate(blank) if one != blank[0]), len(columns))
    rest, words = blank[first:], words_of(columns[0].header)[0]
    is_full = bool(rest) and any(blank[0]) and all(one == rest[0] for one in rest)
    named = [word for word in words if word not in _NUMBERING]
    counts = len(named) < len(words) or all(shown(cell).isdigit() for cell in as_cells(columns[0].cells).distinct)
    if not is_full or not counts or first == len(columns):
        return [_together("", columns)]
    return [Continued(tuple(named or words), tuple(columns[:first])), _together("", columns[first:])]


def _one_in_another(lists: Sequence[Continued], starts: Sequence[bool]) -> list[Continued]:
    """The lists, each in the one to its left whose elements go on in it."""
    done: list[Continued] = []
    for one in lists:
        if done and _goes_on_within(done[-1], one, starts):
            done[-1] = replace(done[-1], within=(*done[-1].within, one))
        else:
            done.append(one)
    return done


def _goes_on_within(outer: Continued, inner: Continued, starts: Sequence[bool]) -> bool:
    """Whether an element of `outer` follows a row where `inner` goes on alone: of lists side by side none does."""
    filled = [
        [not all(row) for row in zip(*(as_cells(column.cells).blank for column in one.columns), strict=True)]
        for one in (outer, inner)
    ]
    is_alone = False
    for start, own, below in zip(starts, *filled, strict=False):
        if own and is_alone and not start:
            return True
        is_alone = below and not own and not start
    return False


def _together(stem: str, columns: Sequence[SourceColumn]) -> Continued:
    if stem or len(columns) == 1:
        return Continued((stem,) if stem else (), tuple(columns))
    levels = [words for column in columns if (words := words_of(column.header)[0])[-1:] in (["level"], ["lv"])]
    return Continued(tuple(levels[0]) if levels else ("line",), tuple(columns))
