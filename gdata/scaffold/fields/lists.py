"""Lists over columns: `x1, x2, x3`, or of messages `reward1_id, reward1_count, reward2_id, …`; and down rows.

Rows with a blank first cell go on with the record above, and have elements of its lists:

Name,   Class, Level, Cost
Cannon, Army,  1,     250
      ,      , 2,     1000
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise

from gdata.parsing.cells.cell import shown
from gdata.scaffold.guess import SheetFound, SourceColumn
from gdata.scaffold.names import words_of
from gdata.text import fold

_MAX_ELEMENTS = 200


@dataclass(frozen=True)
class Series:
    """Columns whose headers differ in one number alone, which counts from 0 or 1; `prefix` and `suffix` surround it."""

    prefix: str
    suffix: str
    columns: tuple[SourceColumn, ...]
    patterns: tuple[str, ...]
    """The headers with `{}` in place of the number, each way they are written once."""
    is_repeated: bool = False
    """The headers are all alike."""

    @property
    def name(self) -> str:
        """What all of its columns are called."""
        program = self.columns[0].program_name
        return (program if self.is_repeated else re.sub("[0-9]", "", program)) or f"{self.prefix} {self.suffix}"


@dataclass(frozen=True)
class Group:
    """Series that make a list of messages: of each, what its part is called; `name` is what they share."""

    name: str
    parts: tuple[tuple[str, Series], ...]
    interleaved: bool
    """The columns of one element stand side by side."""

    @property
    def columns(self) -> Sequence[SourceColumn]:
        """All columns, a part after the other."""
        return [column for _, part in self.parts for column in part.columns]


Item = SourceColumn | Series | Group


def find_series(columns: Sequence[SourceColumn]) -> list[Item]:
    """The columns in their order, with those that are a list put together at the place of the first."""
    repeated = _repeated(columns)
    taken = {column.index for one in repeated for column in one.columns}
    series = [*repeated, *_all_series([column for column in columns if column.index not in taken])]
    groups = _all_groups(series)
    grouped = {id(part) for group in groups for _, part in group.parts}
    owner: dict[int, Item] = {column.index: one for one in series if id(one) not in grouped for column in one.columns}
    owner |= {column.index: group for group in groups for column in group.columns}
    items: dict[int, Item] = {}
    for column in columns:
        item = owner.get(column.index, column)
        items.setdefault(id(item), item)
    return list(items.values())


def _repeated(columns: Sequence[SourceColumn]) -> list[Series]:
    """Columns whose headers are all alike, or one that is merged over them."""
    by_header: dict[str, list[SourceColumn]] = {}
    for column in columns:
        by_header.setdefault(fold(column.header), []).append(column)
    found = []
    for members in by_header.values():
        if len(members) > 1:
            header = members[0].header
            pattern = header if members[1].is_merged else f"{header}{{}}"
            found.append(Series(header, "", tuple(members), (pattern,), is_repeated=True))
    return found


def _all_series(columns: Sequence[SourceColumn]) -> list[Series]:
    candidates: dict[tuple[str, str], dict[int, SourceColumn]] = {}
    for column in columns:
        for number in re.finditer(r"[0-9]+", column.header):
            prefix, suffix = column.header[: number.start()], column.header[number.end() :]
            if prefix.strip() and len(number[0]) < 4:
                place = _bare(prefix), _bare(suffix)
                candidates.setdefault(place, {}).setdefault(int(number[0]), column)
    found: list[Series] = []
    taken: set[int] = set()
    for (prefix, suffix), members in sorted(candidates.items(), key=lambda one: -len(one[1])):
        count, first = len(members), min(members)
        free = not any(column.index in taken for column in members.values())
        if 2 <= count <= _MAX_ELEMENTS and first in (0, 1) and max(members) == first + count - 1 and free:
            ordered = [members[number] for number in sorted(members)]
            found.append(_series(ordered, prefix, suffix, first))
            taken |= {column.index for column in members.values()}
    return sorted(found, key=lambda one: one.columns[0].index)


def _bare(text: str) -> str:
    """A part of a header as series compare it: `calc1 desc` and `calc3desc` are of one."""
    return fold(text).strip("_")


def _series(columns: list[SourceColumn], prefix: str, suffix: str, first: int) -> Series:
    """Each header's number is the one between what all of them share."""
    split = [_split(column.header, prefix, suffix, number) for number, column in enumerate(columns, first)]
    patterns: dict[str, str] = {}
    for before, after in split:
        # The reader takes space, `-` and `_` as alike, and one of them before the number, where none must stand there.
        text = f"{before}{{}}{after}"
        place = fold(f"{before}\0{after}").replace("_\0", "\0")
        patterns[place] = min(patterns.get(place, text), text, key=len)
    return Series(*split[0], tuple(columns), tuple(patterns.values()))


def _split(header: str, prefix: str, suffix: str, wanted: int) -> tuple[str, str]:
    for number in re.finditer(r"[0-9]+", header):
        before, after = header[: number.start()], header[number.end() :]
        if int(number[0]) == wanted and (_bare(before), _bare(after)) == (prefix, suffix):
            return before, after
    raise AssertionError("every header of a series has its number")


def _all_groups(series: Sequence[Series]) -> list[Group]:
    groups: list[Group] = []
    left = list(series)
    while left:
        first, *others = left
        alike = [one for one in others if len(one.columns) == len(first.columns)]
        mates = [one for one in alike if _shared(first, one)]
        side_by_side = [one for one in alike if one not in mates]
        mates = sorted([*mates, *_beside([first, *mates], side_by_side)], key=lambda one: one.columns[0].index)
        left = [one for one in left if one is not first and one not in mates]
        if mates:
            groups.append(_group([first, *mates]))
    return groups


def _beside(members: Sequence[Series], others: Sequence[Series]) -> list[Series]:
    """Of `others` those that stand between the columns of `members`: `prop1 par1 min1 prop2 par2 min2`."""
    found: list[Series] = []
    for one in others:
        together = [*members, *found, one]
        places = sorted(series.columns[0].index for series in together)
        step = len(together)
        solid = places == list(range(places[0], places[0] + step))
        if solid and all(_step(series) for series in together) and _is_interleaved(sorted(together, key=_place)):
            found.append(one)
            continue
        # Others still to come may close the gap between these columns.
        if _steps_alike(members[0], one) and _between(members[0], one, others):
            found.append(one)
    return found


def _place(series: Series) -> int:
    return series.columns[0].index


def _step(series: Series) -> int:
    """How far apart the columns are; 0 where that differs."""
    places = [column.index for column in series.columns]
    steps = {after - before for before, after in pairwise(places)}
    return steps.pop() if len(steps) == 1 else 0


def _steps_alike(one: Series, other: Series) -> bool:
    return _step(one) == _step(other) > 1 and abs(_place(one) - _place(other)) < _step(one)


def _between(one: Series, other: Series, others: Sequence[Series]) -> bool:
    """Whether all columns from one to the other are of series that go on in the same step."""
    low, high = sorted((_place(one), _place(other)))
    starts = {_place(series) for series in others if _steps_alike(one, series)} | {_place(one)}
    return all(place in starts for place in range(low, high + 1))


def _shared(one: Series, other: Series) -> str:
    """What two series are both called, "" where they have nothing to do with each other."""
    if _bare(one.prefix) == _bare(other.prefix):
        return one.prefix
    if _bare(one.suffix) or _bare(other.suffix):
        return ""
    words, others = _words(one.prefix), _words(other.prefix)
    if words[0] == others[0] and (len(words) > 1 or len(others) > 1):
        return words[0]
    shared = _common_start(one.prefix, other.prefix)
    # 보상아이템1, 보상수량1: without a blank only columns side by side are believed.
    return shared if len(shared) > 1 and not shared.isascii() and _is_interleaved([one, other]) else ""


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.split(r"[\s_\-.\[\]]+|(?<=[a-z])(?=[A-Z])", text) if word] or [text]


def _common_start(one: str, other: str) -> str:
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(map(len, (one, other))))
    return one[:length]


def _is_interleaved(series: Sequence[Series]) -> bool:
    order = [column.index for element in zip(*(one.columns for one in series), strict=True) for column in element]
    return order == sorted(order)


def _group(series: list[Series]) -> Group:
    shared = _shared(series[0], series[1]) if all(_shared(series[0], one) for one in series[1:]) else ""
    name = shared.strip(" _-.[]") or series[0].prefix.strip(" _-.[]")
    parts = []
    for one in series:
        text = one.name.strip()
        part = text[len(name) :] if shared and text.lower().startswith(name.lower()) else text
        parts.append((part.strip(" _-.[]"), one))
    return Group(name, tuple(parts), _is_interleaved(series))


# --- down rows ---------------------------------------------------------------------------------------------------

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
    first = sheet.columns[0].cells
    if not first.has_blanks:
        return sheet
    starts = [not blank for blank in first.blank]
    if not starts[0] or sum(starts) < 2 or not _may_be_key(sheet.columns[0], starts):
        return sheet
    goes_on = [not start for start in starts]
    columns = [sheet.columns[0]]
    for column in sheet.columns[1:]:
        continues = not all(compress(column.cells.blank, goes_on))
        columns.append(replace(column, continues=continues))
    columns = _with_kin(columns)
    if not any(column.continues for column in columns) or not _is_told_by_others(columns, starts):
        return sheet
    kept = tuple(
        column if column.continues else replace(column, cells=column.cells.chosen(starts), lines=column.cells)
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
    own = [column for column in others if not column.continues and not all(compress(column.cells.blank, starts))]
    lists = [column for column in others if column.continues]
    # Without any scalar beside the key, what goes on must be there in every row.
    return bool(own) or any(not column.cells.has_blanks for column in lists)


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
    starts = [not blank for blank in columns[0].lines.blank] if columns else []
    if len(going_on) > 1 and all(stem and len(members) > 1 for stem, members in stems.items()):
        return _one_in_another([_together(stem, members) for stem, members in stems.items()], starts)
    nested = _one_in_another(_in_two(going_on), starts) if going_on else []
    return nested if len(nested) < 2 else [_together("", going_on)]


def _in_two(columns: Sequence[SourceColumn]) -> list[Continued]:
    """Columns without a common name: the first few as a list where they are filled together, and all others everywhere.

    A column of texts that stand only where they change looks the same, so the first one must count or be an id.
    """
    blank = [column.cells.blank for column in columns]
    first = next((place for place, one in enumerate(blank) if one != blank[0]), len(columns))
    rest, words = blank[first:], words_of(columns[0].header)[0]
    is_full = bool(rest) and any(blank[0]) and all(one == rest[0] for one in rest)
    named = [word for word in words if word not in _NUMBERING]
    counts = len(named) < len(words) or all(shown(cell).isdigit() for cell in columns[0].cells.distinct)
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
        [not all(row) for row in zip(*(column.cells.blank for column in one.columns), strict=True)]
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
