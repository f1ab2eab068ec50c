"""Find the rows that differ, where most stand at the same place, without cutting the tables into rows.

Both sides start at a row. Where the next rows' bytes of one side are also the next bytes of the other, both are
at a row again after them; only where they aren't are rows looked at one by one. A million rows of which a thousand
changed take 0.13 s, against 0.35 s for cutting both sides and comparing each row (benchmarks/diff.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

_BLOCK = 64
_GIVE_UP_FROM = 4096
"""So many rows may differ at their place before it is asked whether they are too many for this way."""
_MOST = 0.1


class NotAligned(Exception):
    """Too much differs for scanning to pay, or the bytes aren't a plain run of rows."""


class FewRows(Sequence[bytes]):
    """The rows of a table of which only those that may have changed are at hand."""

    def __init__(self, count: int, rows: Mapping[int, bytes]) -> None:
        self._count = count
        self._rows = rows

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        return (
            [self._rows[at] for at in range(*index.indices(self._count))]
            if isinstance(index, slice)
            else self._rows[index]
        )


@dataclass
class Scan:
    """The rows whose bytes aren't those at the same place of the other side: `odd`, and what is after its end."""

    old: FewRows
    new: FewRows
    odd: list[int] = field(default_factory=list)


def scan(old: bytes, new: bytes, number: int) -> Scan:
    """Compare two tables whose rows are field `number`, row by row in place.

    Raises:
        NotAligned: they are to be cut into rows instead.
    """
    tag = number << 3 | 2
    if tag > 0x7F:
        raise NotAligned
    try:
        return _scan(old, new, tag)
    except IndexError as error:  # the bytes end within a row: cutting says what is wrong with them
        raise NotAligned from error


def _scan(old: bytes, new: bytes, tag: int) -> Scan:
    old_rows: dict[int, bytes] = {}
    new_rows: dict[int, bytes] = {}
    odd: list[int] = []
    at = other = index = 0
    block = range(_BLOCK)
    while at < len(old) and other < len(new):
        start, rows = at, _BLOCK
        for passed in block:
            size = old[at + 1]
            if old[at] != tag:
                raise NotAligned
            if size < 0x80:
                at += size + 2
            elif old[at + 2] < 0x80:
                at += (size & 0x7F | old[at + 2] << 7) + 3
            else:
                _, at = _row(old, at, tag)
            if at >= len(old):
                rows = passed + 1
                break
        if old[start:at] == new[other : other + at - start]:
            other += at - start
        else:
            at = start
            for row in range(index, index + rows):
                if other >= len(new):
                    rows = row - index
                    break
                before, at = _row(old, at, tag)
                after, other = _row(new, other, tag)
                if before != after:
                    old_rows[row], new_rows[row] = before, after
                    odd.append(row)
            if len(odd) > max(_GIVE_UP_FROM, index * _MOST):
                raise NotAligned
        index += rows
    if at > len(old) or other > len(new):
        raise NotAligned
    old_rows.update(enumerate(_rest(old, at, tag, index), index))
    new_rows.update(enumerate(_rest(new, other, tag, index), index))
    count = index + sum(row >= index for row in old_rows), index + sum(row >= index for row in new_rows)
    return Scan(FewRows(count[0], old_rows), FewRows(count[1], new_rows), odd)


def _row(content: bytes, at: int, tag: int) -> tuple[bytes, int]:
    """The row that starts at `at`, and where the next one does."""
    if content[at] != tag:
        raise NotAligned
    at += 1
    size = shift = 0
    while True:
        part = content[at]
        at += 1
        size |= (part & 0x7F) << shift
        if part < 0x80:
            break
        shift += 7
        if shift > 28:
            raise NotAligned
    if at + size > len(content):
        raise NotAligned
    return content[at : at + size], at + size


def _rest(content: bytes, at: int, tag: int, seen: int) -> Iterator[bytes]:
    """The rows from `at` to the end."""
    count = 0
    while at < len(content):
        row, at = _row(content, at, tag)
        count += 1
        if count > max(_GIVE_UP_FROM, seen * _MOST):
            raise NotAligned
        yield row
