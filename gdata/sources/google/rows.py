"""The rows of a sheet in Google's answer, as its bytes: the core says where they stand, and may read them by itself."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from gdata.sources import blockrows
from gdata.sources.blockrows import BlockRows, RowBlock

_BETWEEN = b", \t\r\n"


class AnswerBlock(RowBlock):
    """Some consecutive rows of an answer."""

    def __init__(self, body: bytes, places: memoryview[int]) -> None:
        """`places`: where each row begins, and where the last one ends."""
        self._body, self._places = body, places

    @cached_property
    def _rows(self) -> list[list[Any]]:
        rows: list[list[Any]] = json.loads(b"[" + self._text(0, len(self)) + b"]")
        return rows

    def _text(self, start: int, end: int) -> bytes:
        return self._body[self._places[start] : self._places[end]].rstrip(_BETWEEN)

    def __len__(self) -> int:
        return len(self._places) - 1

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> list[Any] | list[list[Any]]:
        if isinstance(index, slice) or "_rows" in vars(self):
            return self._rows[index]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        row: list[Any] = json.loads(self._text(number, number + 1))
        return row

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._rows)

    def after(self, row: int) -> AnswerBlock:
        """The rows from `row` on."""
        return AnswerBlock(self._body, self._places[row:]) if row else self

    def backwards(self) -> Iterator[list[Any]]:
        """The rows from the last one on, each by itself."""
        return (self[number] for number in range(len(self) - 1, -1, -1))

    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""
        return encoder.json(self._body, self._places[0], self._places[-1])


def answer_rows(body: bytes, places: bytes) -> Sequence[list[Any]]:
    """The rows of one sheet of an answer; `places` as the core has found them."""
    starts = memoryview(places).cast("Q")
    blocks, first, count = [], 0, len(starts) - 1
    while first < count:
        end = max(bisect_right(starts, starts[first] + blockrows.BLOCK_BYTES, first, count), first + 1)
        blocks.append(AnswerBlock(body, starts[first : end + 1]))
        first = end
    return BlockRows(blocks)
