"""The rows of a sheet in Google's answer, as its bytes: the core says where they stand, and may read them by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from gdata.sources import blockrows
from gdata.sources.blockrows import BlockRows, PlacedBlock, cut_places

_BETWEEN = b", \t\r\n"


class AnswerBlock(PlacedBlock):
    """Some consecutive rows of an answer."""

    def __init__(self, body: bytes, places: memoryview[int]) -> None:
        super().__init__(places)
        self._body = body

    @cached_property
    def _rows(self) -> list[list[Any]]:
        rows: list[list[Any]] = json.loads(b"[" + self._text(0, len(self)) + b"]")
        return rows

    def _row_alone(self, number: int) -> list[Any]:
        row: list[Any] = json.loads(self._text(number, number + 1))
        return row

    def _text(self, start: int, end: int) -> bytes:
        return self._body[self._places[start] : self._places[end]].rstrip(_BETWEEN)

    def after(self, row: int) -> AnswerBlock:
        """The rows from `row` on."""
        return AnswerBlock(self._body, self._places[row:]) if row else self

    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""
        return encoder.json(self._body, self._places[0], self._places[-1])


def answer_rows(body: bytes, places: bytes) -> Sequence[list[Any]]:
    """The rows of one sheet of an answer; `places` as the core has found them."""
    cut = cut_places(memoryview(places).cast("Q"), blockrows.BLOCK_BYTES)
    return BlockRows([AnswerBlock(body, own) for _, own in cut])
