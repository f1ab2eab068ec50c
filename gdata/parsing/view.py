"""What parsing hands on: a table's rows as messages that know their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gdata.problems import Cell
from gdata.schema.plan import TablePlan

Path = tuple[str | int | bool, ...]
"""The way from a row to a value: field names, after a list's name an index from 0, after a map's name a key.
`("rewards", 0, "item_id")`, `("stats", "str")`; () is the row itself."""


@dataclass(frozen=True)
class TableView:
    """One table as the targets with one set of tags see it: rows and column variants are already chosen.

    Whole messages, before any group of fields is stripped. Targets that see the same rows share a view.
    """

    plan: TablePlan
    message: Any = field(repr=False)
    """The table's message."""
    rows: list[Any] = field(repr=False)
    """The row messages in sheet order, duplicates of a map's key included; a record is its one row."""
    locate: Callable[[int, Path], Cell] = field(repr=False)
    """The cell of a value: by index in `rows` and path. A path without a cell of its own (a group, a list, a
    field left blank with no column) gives the nearest enclosing one's first cell, at last the row's first cell."""
    bad_fields: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """Row index → top-level fields in which a cell has a problem already; they are unset in the message."""
    whole: bool = True
    """False when sheets of this table couldn't be read or have an unknown header: rows may be missing, so
    a missing reference to it isn't reported."""


def dotted(path: Path) -> str:
    """A path as messages write it: `rewards[1].item_id`, `stats[str]`; list indexes from 1."""
    text = ""
    for step in path:
        if isinstance(step, bool) or not isinstance(step, (int, str)):
            text += f"[{str(step).lower()}]"
        elif isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            text += f".{step}" if text else step
    return text
