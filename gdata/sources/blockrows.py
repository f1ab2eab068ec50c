"""The rows of a sheet as the bytes that they came in, in blocks: one is cut into cells when its turn comes.

Cells that are made, converted and freed a block at a time stay in the processor's cache: all of a sheet's cells at
once take a third more time, and ten times the memory (`benchmarks/parse.py`).
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice
from typing import Any, Self, overload

BLOCK_BYTES = 128 << 10
"""Of a block's text. With 32 KiB what every block costs begins to show, with 512 KiB the cells leave the cache."""


class RowBlock(Sequence[list[Any]]):
    """Some consecutive rows."""

    @abstractmethod
    def after(self, row: int) -> RowBlock:
        """The rows from `row` on."""

    def backwards(self) -> Iterator[list[Any]]:
        """The rows from the last one on; often nobody asks for a second."""
        yield from reversed(list(self))

    @abstractmethod
    def encode(self, encoder: Any) -> Any:
        """What the core's encoder finds in the rows."""


class PlacedBlock(RowBlock):
    """Some consecutive rows that the core has found in a larger text, made into cells when somebody asks."""

    def __init__(self, places: memoryview[int]) -> None:
        """`places`: where each row begins, and where the last one ends."""
        self._places = places

    @cached_property
    @abstractmethod
    def _rows(self) -> list[list[Any]]:
        """All of them."""

    @abstractmethod
    def _row_alone(self, number: int) -> list[Any] | None:
        """One of them without the others; None where it takes all."""

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
        row = self._row_alone(number)
        return row if row is not None else self._rows[number]

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self._rows)

    def backwards(self) -> Iterator[list[Any]]:
        """The rows from the last one on, each by itself."""
        return (self[number] for number in range(len(self) - 1, -1, -1))


def cut_places(places: memoryview[int], size: int) -> Iterator[tuple[int, memoryview[int]]]:
    """The places of rows in blocks of about `size` bytes: the number of a block's first row, and its own places."""
    first, count = 0, len(places) - 1
    while first < count:
        end = max(bisect_right(places, places[first] + size, first, count), first + 1)
        yield first, places[first : end + 1]
        first = end


class BlockRows(Sequence[list[Any]]):
    """Rows in blocks; equal to a list of such rows."""

    def __init__(self, blocks: Sequence[RowBlock]) -> None:
        self.blocks = blocks

    @cached_property
    def _ends(self) -> list[int]:
        """How many rows there are up to the end of each block."""
        return list(accumulate(map(len, self.blocks)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> list[Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[list[Any]]: ...
    def __getitem__(self, index: int | slice) -> list[Any] | Sequence[list[Any]]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                return list(self)[index]
            return self._after(start) if stop == len(self) else list(islice(self._after(start), max(stop - start, 0)))
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        block = bisect_right(self._ends, number)
        return self.blocks[block][number - (self._ends[block - 1] if block else 0)]

    def __iter__(self) -> Iterator[list[Any]]:
        return chain.from_iterable(self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, BlockRows)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(list(self))

    def _after(self, row: int) -> Self:
        """The rows from `row` on."""
        first = bisect_right(self._ends, row)
        if first == len(self.blocks):
            return type(self)([])
        skipped = row - (self._ends[first - 1] if first else 0)
        return type(self)([self.blocks[first].after(skipped), *self.blocks[first + 1 :]])
