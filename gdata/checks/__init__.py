"""Checks over whole tables. A project's own are written so: `@check("ItemTable")` and `@check.table("GachaTable")`.

    from gdata.checks import check

    @check("ItemTable")
    def sells_below_price(item, data):
        if item.sell_price > item.price:
            yield "sell_price", f"sells for {item.sell_price}, bought for {item.price}"

The decorators only mark the function, so a unit test can call it as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from gdata.problems import Severity

__all__ = ["check"]

Function = TypeVar("Function", bound=Callable[..., Any])

Scope = Literal["row", "table"]

MARKS = "__gdata_checks__"
"""The attribute of a marked function: a tuple of `Mark`s."""


@dataclass(frozen=True)
class Mark:
    """What a decorator says of a function: which table it checks, a row or the whole of it at a time."""

    table: str
    scope: Scope
    severity: Severity


class CheckDecorator:
    """The type of `check`."""

    def __call__(self, *tables: str, severity: Severity = "error") -> Callable[[Function], Function]:
        """Mark a check of each row: it takes the row and the data, and yields (field path, message)."""
        return _marker(tables, "row", severity)

    def table(self, *tables: str, severity: Severity = "error") -> Callable[[Function], Function]:
        """Mark a check of whole tables: it takes the rows and the data, and yields (row, field path, message)."""
        return _marker(tables, "table", severity)


def _marker(tables: tuple[Any, ...], scope: Scope, severity: Severity) -> Callable[[Function], Function]:
    if not tables or not all(isinstance(table, str) for table in tables):
        raise TypeError('name the table: @check("ItemTable")')
    if severity not in get_args(Severity):
        raise ValueError(f"severity is {severity!r}; it can be {' or '.join(get_args(Severity))}")

    def mark(function: Function) -> Function:
        marks = tuple(Mark(table, scope, severity) for table in tables)
        setattr(function, MARKS, (*marks, *getattr(function, MARKS, ())))
        return function

    return mark


check = CheckDecorator()
"""Marks a function as a check: `@check("ItemTable")` of each row, `@check.table("ItemTable")` of all at once."""
