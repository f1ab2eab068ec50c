"""Rows by size: the row at most at a level, those between two dates. One sorted list for each group of rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdata.bundles.fieldpath import FieldPath
from gdata.errors import LookupFailed
from gdata.language import sentence


@dataclass(frozen=True)
class Order:
    """The values of a field, rising, and the position of the row of each; equal values stand in the table's order."""

    values: Sequence[Any]
    positions: Sequence[int]

    def at_most(self, value: Any) -> int | None:
        """The position of the first row with the largest value that isn't above `value`."""
        end = bisect_right(self.values, value)
        return self.positions[bisect_left(self.values, self.values[end - 1])] if end else None

    def between(self, low: Any, high: Any) -> Sequence[int]:
        """The positions of the rows from `low` to `high`, both included; None: no end on that side."""
        start = 0 if low is None else bisect_left(self.values, low)
        end = len(self.values) if high is None else bisect_right(self.values, high)
        return self.positions[start:end]


def orders_by(rows: Sequence[Any], fields: Sequence[FieldPath]) -> Mapping[Any, Order]:
    """The orders by the last field, for each group of rows in which those before it are equal.

    Rows in which one of the fields isn't set are in none.

    Raises:
        LookupFailed: a field has several values in a row.
    """
    for field in fields:
        if field.is_many:
            raise LookupFailed(
                sentence("{field} may have several values in a row: rows have no order by it", field=field.text)
            )
    groups: dict[Any, list[tuple[Any, int]]] = {}
    columns = [field.column(rows) for field in fields]
    for position, found in enumerate(zip(*columns, strict=True)):
        values = [next(iter(one)) for one in found]
        if None not in values:
            groups.setdefault(tuple(values[:-1]), []).append((values[-1], position))
    orders = {}
    for group, pairs in groups.items():
        pairs.sort()
        orders[group] = Order([value for value, _ in pairs], [position for _, position in pairs])
    return orders
