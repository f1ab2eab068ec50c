"""Text cells as the bytes they came in: most become numbers or go to protobuf, which takes UTF-8 as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import compress
from typing import Any, overload


class Utf8Cells(Sequence[str | None]):
    """The cells of a column: as a sequence they are str, in `raw` UTF-8. A value that isn't there is None in both.

    Bytes take half of the memory of Korean text and two thirds of its time, from splitting it to serializing it
    (`benchmarks/parse.py`).
    """

    def __init__(self, raw: list[Any]) -> None:
        """`raw` are bytes, and None."""
        self.raw = raw

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> list[str | None]: ...
    def __getitem__(self, index: int | slice) -> str | list[str | None] | None:
        return list(map(_text, self.raw[index])) if isinstance(index, slice) else _text(self.raw[index])

    def __iter__(self) -> Iterator[str | None]:
        return map(_text, self.raw)

    @cached_property
    def joined(self) -> bytes:
        """All cells, each after a line break; there must be no None among them."""
        return b"\n".join(self.raw)

    @cached_property
    def texts(self) -> list[str]:
        """The cells as str; there must be no None among them."""
        return list(map(bytes.decode, self.raw))


def choose_cells(cells: Sequence[Any], flags: Iterable[object]) -> Sequence[Any]:
    """The cells of a column, text or not, whose flag is true."""
    return Utf8Cells(list(compress(cells.raw, flags))) if isinstance(cells, Utf8Cells) else list(compress(cells, flags))


def spread_cells(filled: Sequence[Any], blank: Iterable[bool]) -> Sequence[Any]:
    """A column of which only the filled cells are given; None where it is blank."""
    rest = iter(filled.raw if isinstance(filled, Utf8Cells) else filled)
    cells = [None if is_blank else next(rest) for is_blank in blank]
    return Utf8Cells(cells) if isinstance(filled, Utf8Cells) else cells


def _text(cell: bytes | None) -> str | None:
    return None if cell is None else cell.decode()
