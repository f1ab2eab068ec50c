"""Draw rows by weight: what a drop group, a gacha pool or a loot box gives."""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.descriptor import FieldDescriptor

from gdata.bundles.fieldpath import FieldPath
from gdata.errors import LookupFailed
from gdata.language import counted, sentence

Row = TypeVar("Row", covariant=True)

_NUMBERS = (
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
    FieldDescriptor.CPPTYPE_FLOAT,
    FieldDescriptor.CPPTYPE_DOUBLE,
)


class Randomness(Protocol):
    """Where draws come from: `random.Random(seed)`, numpy's `default_rng(seed)`, or anything with its `random()`."""

    def random(self) -> float:
        """A number from 0 up to, but not 1."""


class Picker(Generic[Row]):
    """Rows and their weights. A draw takes one `random()` of its generator, so the same seed draws the same rows.

    The cumulative weights are made once, and a draw is a search in them: of 100 rows 0.3 µs, where numpy's
    `Generator.choice(p=…)` takes 8 to look through `p` each time (benchmarks/picker.py). Threads may share it.
    """

    __slots__ = ("_cumulative", "_last", "_random", "_total", "rows", "weights")

    def __init__(
        self, rows: Sequence[Row], weights: Sequence[float], rng: Randomness | None = None, *, name: str
    ) -> None:
        """`rng` is that of draws that aren't given one; without it Python's own. `name` names the table in errors.

        Raises:
            LookupFailed: a weight is below zero or no number, or there is nothing to draw.
        """
        for weight in weights:
            if not (math.isfinite(weight) and weight >= 0):
                raise LookupFailed(
                    sentence("{table}: a weight is a number from 0 on, and one is {weight}", table=name, weight=weight)
                )
        drawn = [(row, weight) for row, weight in zip(rows, weights, strict=True) if weight > 0]
        if not drawn:
            raise LookupFailed(
                counted(
                    "{table}: its {count} row has no weight above 0, so there is nothing to draw",
                    "{table}: of {count} rows none has a weight above 0, so there is nothing to draw",
                    len(rows),
                    table=name,
                )
            )
        self.rows: Sequence[Row] = [row for row, _ in drawn]
        """The rows that can be drawn, those without a weight left out."""
        self.weights = [weight for _, weight in drawn]
        """Of each of these rows."""
        self._cumulative = list(accumulate(self.weights))
        self._total = float(self._cumulative[-1])
        self._last = len(drawn) - 1
        self._random: Callable[[], float] = (rng or random).random

    @property
    def shares(self) -> list[float]:
        """The chance of each of `rows`: they sum to 1."""
        total = math.fsum(self.weights)
        return [weight / total for weight in self.weights]

    def pick(self, rng: Randomness | None = None) -> Row:
        """One row."""
        drawn = self._random() if rng is None else rng.random()
        return self.rows[bisect(self._cumulative, drawn * self._total, 0, self._last)]

    def picks(self, count: int, rng: Randomness | None = None) -> list[Row]:
        """`count` rows, each drawn from all of them: the same one may come again."""
        draw = self._random if rng is None else rng.random
        rows, cumulative, total, last = self.rows, self._cumulative, self._total, self._last
        return [rows[bisect(cumulative, draw() * total, 0, last)] for _ in range(count)]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<picker of {len(self.rows)} rows>"


def weights_of(rows: Sequence[Any], field: FieldPath) -> list[float]:
    """The weight of each row by a FieldPath; one that isn't set is 0.

    Raises:
        LookupFailed: the field is no number, or has several values in a row.
    """
    if field.is_many or field.leaf.cpp_type not in _NUMBERS:
        raise LookupFailed(sentence("{field} isn't one number of a row, so it can't be a weight", field=field.text))
    return [next(iter(values)) or 0 for values in field.column(rows)]
