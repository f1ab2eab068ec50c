"""Lists over columns: `x1, x2, x3`, or of messages `reward1_id, reward1_count, reward2_id, …`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gdata.scaffold.guess import SourceColumn
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
        # The reader takes space, `-` and `_` as alike, and one of them before the number.
        patterns.setdefault(fold(f"{before}\0{after}").replace("_\0", "\0"), f"{before}{{}}{after}")
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
