"""Columns that are one list: `x1, x2, x3`, and `reward1_id, reward1_count, reward2_id, …` as a list of messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gdata.scaffold.guess import SourceColumn
from gdata.schema.names import fold

_MAX_ELEMENTS = 200


@dataclass(frozen=True)
class Series:
    """Columns whose headers differ in one number alone, which counts from 1; `prefix` and `suffix` surround it."""

    prefix: str
    suffix: str
    columns: tuple[SourceColumn, ...]

    @property
    def pattern(self) -> str:
        """The header with `{}` in place of the number."""
        return f"{self.prefix}{{}}{self.suffix}"


@dataclass(frozen=True)
class Group:
    """Series that make a list of messages: of each, what its part is called; `name` is what they share."""

    name: str
    parts: tuple[tuple[str, Series], ...]
    interleaved: bool
    """The columns of one element stand side by side."""


Item = SourceColumn | Series | Group


def find_series(columns: Sequence[SourceColumn]) -> list[Item]:
    """The columns in their order, with those that are a list put together at the place of the first."""
    series = _all_series(columns)
    groups = _all_groups(series)
    grouped = {id(part) for group in groups for _, part in group.parts}
    owner: dict[int, Item] = {column.index: one for one in series if id(one) not in grouped for column in one.columns}
    owner |= {column.index: group for group in groups for _, part in group.parts for column in part.columns}
    items: dict[int, Item] = {}
    for column in columns:
        item = owner.get(column.index, column)
        items.setdefault(id(item), item)
    return list(items.values())


def _all_series(columns: Sequence[SourceColumn]) -> list[Series]:
    candidates: dict[tuple[str, str], dict[int, SourceColumn]] = {}
    for column in columns:
        for number in re.finditer(r"[0-9]+", column.header):
            prefix, suffix = column.header[: number.start()], column.header[number.end() :]
            if prefix.strip() and len(number[0]) < 4:
                candidates.setdefault((fold(prefix), fold(suffix)), {}).setdefault(int(number[0]), column)
    found: list[Series] = []
    taken: set[int] = set()
    for members in sorted(candidates.values(), key=len, reverse=True):
        count = len(members)
        free = not any(column.index in taken for column in members.values())
        if 2 <= count <= _MAX_ELEMENTS and set(members) == set(range(1, count + 1)) and free:
            found.append(_series([members[number] for number in range(1, count + 1)]))
            taken |= {column.index for column in members.values()}
    return sorted(found, key=lambda one: one.columns[0].index)


def _series(columns: list[SourceColumn]) -> Series:
    """The first header's number is the 1 that differs from the second's 2."""
    first, second = columns[0].header, columns[1].header
    for number in re.finditer(r"[0-9]+", first):
        prefix, suffix = first[: number.start()], first[number.end() :]
        if fold(second).startswith(fold(prefix)) and fold(second).endswith(fold(suffix)) and int(number[0]) == 1:
            return Series(prefix, suffix, tuple(columns))
    raise AssertionError("a series has a first column")


def _all_groups(series: Sequence[Series]) -> list[Group]:
    groups: list[Group] = []
    left = list(series)
    while left:
        first, *others = left
        mates = [one for one in others if len(one.columns) == len(first.columns) and _shared(first, one)]
        left = [one for one in left if one is not first and one not in mates]
        if mates:
            groups.append(_group([first, *mates]))
    return groups


def _shared(one: Series, other: Series) -> str:
    """What two series are both called, "" where they have nothing to do with each other."""
    if fold(one.prefix) == fold(other.prefix):
        return one.prefix
    if fold(one.suffix) or fold(other.suffix):
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
    name = _shared(series[0], series[1]).strip(" _-.[]")
    parts = []
    for one in series:
        text = f"{one.prefix} {one.suffix}".strip()
        part = text[len(name) :] if text.lower().startswith(name.lower()) else text
        parts.append((part.strip(" _-.[]"), one))
    return Group(name, tuple(parts), _is_interleaved(series))
